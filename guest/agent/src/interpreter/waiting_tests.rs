//! The driver of a template, which the first context takes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::cell_client::Seen;
use super::fixture::{contexts_in, packages, python, Fixture, HAS_IPYTHON, OK, TIMES};
use super::{request, Contexts};
use crate::lifecycle::Lifecycle;
use crate::sandbox::Settings;
use crate::wire::guest::AdoptRequest;
use crate::wire::sandbox::v1::CreateContextRequest;

/// Contexts with a driver that waits, whose process id is known.
async fn warmed() -> Option<(TempDir, Contexts, u32)> {
    if !*HAS_IPYTHON {
        return None;
    }
    warmed_in(tempfile::tempdir().unwrap()).await
}

pub async fn warmed_in(directory: TempDir) -> Option<(TempDir, Contexts, u32)> {
    let contexts = contexts_in(directory.path(), Lifecycle::booted(), TIMES);
    fs::create_dir(temporary(directory.path())).unwrap();
    contexts.warm(&settings(directory.path())).await.unwrap();
    let [driver] = drivers_of(directory.path())[..] else {
        panic!("not one driver");
    };
    Some((directory, contexts, driver))
}

/// The settings of [`contexts_in`].
fn settings(home: &Path) -> Settings {
    let variable = |name| std::env::var(name).unwrap_or_default();
    let env = [
        ("PATH", variable("PATH")),
        ("PYTHONPATH", packages(home)),
        ("HOME", home.to_str().unwrap().to_owned()),
        ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
        ("TMPDIR", temporary(home).to_str().unwrap().to_owned()),
    ];
    let env = env.map(|(name, value)| (name.to_owned(), value)).into();
    let cwd = String::new();
    Settings::from_request(AdoptRequest { env, cwd }).unwrap()
}

/// Where the driver that waits has its temporary files.
fn temporary(home: &Path) -> PathBuf {
    home.join("tmp")
}

/// Returns the processes with this home.
fn drivers_of(home: &Path) -> Vec<u32> {
    let variable = format!("HOME={}\0", home.display());
    let started_with = |process: &u32| {
        let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        String::from_utf8_lossy(&environment).contains(&variable)
    };
    let processes = fs::read_dir("/proc").unwrap();
    let numbers = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    numbers.filter(started_with).collect()
}

fn directory_of(process: u32) -> PathBuf {
    fs::read_link(format!("/proc/{process}/cwd")).unwrap()
}

pub async fn create(contexts: &Contexts, asked: CreateContextRequest) -> String {
    let spec = request::spec(asked).unwrap();
    contexts.create(spec).await.unwrap().id
}

/// Runs a cell in a new context, and removes the context.
async fn run(
    directory: TempDir,
    contexts: Contexts,
    asked: CreateContextRequest,
    code: &str,
) -> Seen {
    let id = create(&contexts, asked).await;
    let fixture = Fixture::of(directory, contexts, id);
    fixture.run(code).await
}

const PROCESS: &str = "import os\nos.getpid()";

#[tokio::test]
async fn the_first_context_takes_the_driver_that_waits() {
    let Some((directory, contexts, driver)) = warmed().await else {
        return;
    };
    assert_eq!(directory_of(driver), Path::new("/"));
    // Files of the time before are gone in a machine that has been primed.
    let home = directory.path().to_owned();
    fs::remove_dir_all(temporary(&home)).unwrap();
    let mut asked = python();
    asked.env = [("GREETING".to_owned(), "hello 'x'".to_owned())].into();
    let id = create(&contexts, asked).await;
    let other = create(&contexts, python()).await;
    let fixture = Fixture::of(directory, contexts, id);
    assert_eq!(fixture.run(PROCESS).await.result(), driver.to_string());
    let seen = fixture
        .run("import os, subprocess, sys\nprint(os.environ['GREETING'], os.getcwd(), sys.path[0], _dh)\nsubprocess.run(['sh', '-c', 'echo $GREETING; cat /proc/self/oom_score_adj'])")
        .await;
    let home = home.display();
    let expected = format!("hello 'x' {home}  [PosixPath('{home}')]\nhello 'x'\n0\n");
    assert_eq!(
        (seen.stdout.as_str(), seen.outcome()),
        (expected.as_str(), OK)
    );
    // The next one is started.
    let mut cell = fixture.cell(PROCESS);
    cell.context_id = other;
    assert_ne!(
        fixture.start(cell).finish().await.result(),
        driver.to_string()
    );
    // So is the driver after a restart.
    fixture.contexts.restart(&fixture.id).await.unwrap();
    assert_ne!(fixture.run(PROCESS).await.result(), driver.to_string());
}

#[tokio::test]
async fn a_driver_that_has_waited_is_refreshed() {
    let Some((directory, contexts, driver)) = warmed().await else {
        return;
    };
    // It has drawn names at its start.
    let code = "import os, tempfile\nos.getpid(), tempfile._name_sequence";
    let seen = run(directory, contexts, python(), code).await;
    assert_eq!(seen.result(), format!("({driver}, None)"));
}

#[tokio::test]
async fn contexts_that_would_notice_it_get_another_driver() {
    for (name, value, cwd) in [
        ("PYTHONHASHSEED", "0", ""),
        ("TZ", "UTC", ""),
        ("HOME", "/usr", ""),
        ("A", "", "/usr"),
    ] {
        let Some((directory, contexts, driver)) = warmed().await else {
            return;
        };
        let mut asked = python();
        asked.env = [(name.to_owned(), value.to_owned())].into();
        asked.cwd = cwd.to_owned();
        let seen = run(directory, contexts.clone(), asked, PROCESS).await;
        assert_ne!(seen.result(), driver.to_string(), "{name}");
        contexts.end_waiting().await;
    }
    let Some((directory, contexts, driver)) = warmed().await else {
        return;
    };
    // Packages that the user has installed before.
    fs::create_dir(directory.path().join(".local")).unwrap();
    let seen = run(directory, contexts.clone(), python(), PROCESS).await;
    assert_ne!(seen.result(), driver.to_string());
    contexts.end_waiting().await;
}

#[tokio::test]
async fn a_driver_that_has_died_meanwhile_is_replaced() {
    let Some((directory, contexts, driver)) = warmed().await else {
        return;
    };
    kill(driver);
    gone(driver).await;
    let seen = run(directory, contexts, python(), "1").await;
    assert_eq!((seen.result().as_str(), seen.outcome()), ("1", OK));
}

#[tokio::test]
async fn gives_way_to_a_program() {
    let Some((_directory, contexts, driver)) = warmed().await else {
        return;
    };
    let adjustment = fs::read_to_string(format!("/proc/{driver}/oom_score_adj")).unwrap();
    assert_eq!(adjustment, "1000\n");
    contexts.end_waiting().await;
    gone(driver).await;
    contexts.end_waiting().await;
}

fn kill(process: u32) {
    let process = rustix::process::Pid::from_raw(process.try_into().unwrap()).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
}

async fn gone(process: u32) {
    let path = format!("/proc/{process}");
    let until_gone = async {
        while Path::new(&path).exists() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(60), until_gone).await.unwrap();
}
