//! Contexts with drivers outside of a guest, and clients of their cells.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::time::{sleep, timeout};
use tonic::Status;

use super::cell_client::{Client, Seen};
use super::limits::Times;
use super::{request, Contexts, Drivers};
use crate::execution::WorkingDirectory;
use crate::lifecycle::Lifecycle;
use crate::reaper::Reaper;
use crate::sandbox::{Sandbox, Settings};
use crate::wire::guest::AdoptRequest;
use crate::wire::sandbox::v1::cell_event::Event;
use crate::wire::sandbox::v1::{
    CellOutcome, CellVariables, ContextState, CreateContextRequest, ExecuteCellRequest,
};

pub const TIMES: Times = Times {
    start: Duration::from_secs(120),
    grace: Duration::from_secs(5),
    patience: Duration::from_secs(30),
    keep_alive: Duration::from_secs(30),
    inspection: Duration::from_secs(30),
};

/// Whether the first `python3` in PATH has IPython, and the libraries whose objects it shows.
pub static HAS_IPYTHON: LazyLock<bool> = LazyLock::new(|| {
    let imported = Command::new("python3")
        .args(["-c", "import IPython, e2b_charts, pandas"])
        .output();
    let has = imported.is_ok_and(|output| output.status.success());
    if !has {
        eprintln!("skipped: python3 lacks packages that setup/ipython.sh fetches");
    }
    has
});

pub struct Fixture {
    directory: TempDir,
    pub contexts: Contexts,
    pub id: String,
}

/// Starts a context. Returns `None` if there is no IPython.
pub async fn fixture() -> Option<Fixture> {
    fixture_with(TIMES).await
}

pub async fn fixture_with(times: Times) -> Option<Fixture> {
    match *HAS_IPYTHON {
        true => Some(fixture_of("python", times).await),
        false => None,
    }
}

/// Starts a context of a language whose programs exist.
pub async fn fixture_of(language: &str, times: Times) -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    let contexts = contexts_in(directory.path(), Lifecycle::booted(), times);
    let id = contexts
        .create(request::spec(context_of(language)).unwrap())
        .await
        .unwrap()
        .id;
    Fixture::of(directory, contexts, id)
}

/// Where Python finds packages, and those that a test puts into `library`.
pub fn packages(directory: &Path) -> String {
    let packages = std::env::var("PYTHONPATH").unwrap_or_default();
    format!("{packages}:{}", directory.join("library").display())
}

pub fn contexts_in(directory: &Path, lifecycle: Lifecycle, times: Times) -> Contexts {
    let sandbox = Sandbox::default();
    let path = std::env::var("PATH").unwrap();
    let packages = packages(directory);
    let env = [
        ("PATH", path.as_str()),
        ("PYTHONPATH", packages.as_str()),
        ("HOME", directory.to_str().unwrap()),
        // Bytecode next to the driver would become part of the recipe of the image.
        ("PYTHONDONTWRITEBYTECODE", "1"),
    ];
    let env = env
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    sandbox.set(
        Settings::from_request(AdoptRequest {
            env,
            cwd: String::new(),
        })
        .unwrap(),
    );
    let image = Path::new(env!("CARGO_MANIFEST_DIR")).join("../image");
    let image = image.canonicalize().unwrap();
    let jupyter = std::env::var("NEUROVISOR_TEST_JUPYTER").unwrap_or_default();
    // Those that a test puts there come first.
    let own = [directory.join("drivers")].into_iter();
    let of_images = ["base", "interpreter-full"].map(|name| image.join(name).join("drivers"));
    let drivers = Drivers {
        directories: own.chain(of_images).collect(),
        kernels: vec![Path::new(&jupyter).join("share/jupyter/kernels")],
    };
    Contexts::new(
        sandbox,
        lifecycle,
        WorkingDirectory::in_test(directory),
        Reaper::start().unwrap(),
        drivers,
        times,
    )
}

pub fn python() -> CreateContextRequest {
    context_of("python")
}

fn context_of(language: &str) -> CreateContextRequest {
    CreateContextRequest {
        language: language.to_owned(),
        ..Default::default()
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        for context in self.contexts.list() {
            let _ = self.contexts.remove(&context.id);
        }
    }
}

impl Fixture {
    pub fn of(directory: TempDir, contexts: Contexts, id: String) -> Self {
        Self {
            directory,
            contexts,
            id,
        }
    }

    pub fn cell(&self, code: &str) -> ExecuteCellRequest {
        ExecuteCellRequest {
            context_id: self.id.clone(),
            code: code.to_owned(),
            ..Default::default()
        }
    }

    pub fn start(&self, cell: ExecuteCellRequest) -> Client {
        self.try_start(cell).unwrap()
    }

    pub fn try_start(&self, cell: ExecuteCellRequest) -> Result<Client, Status> {
        let (id, cell) = request::cell(cell)?;
        Client::of(|credits| self.contexts.execute(&id, cell, credits))
    }

    pub fn attach(&self, cell: u64, from: u64) -> Result<Client, Status> {
        Client::of(|credits| self.contexts.attach(&self.id, cell, from, credits))
    }

    pub async fn run(&self, code: &str) -> Seen {
        self.start(self.cell(code)).finish().await
    }

    /// Runs a cell that ends because it is interrupted, and keeps its context's variables.
    pub async fn interrupted(&self, code: &str) -> Seen {
        let seen = self
            .interrupt_after(code, |event| matches!(event, Event::Started(_)))
            .await;
        let kept = (CellOutcome::Interrupted, CellVariables::Kept);
        assert_eq!(seen.outcome(), kept, "{code}: {seen:?}");
        seen
    }

    /// Interrupts a cell soon after an event, and returns what is seen after that.
    pub async fn interrupt_after(&self, code: &str, is_event: impl Fn(&Event) -> bool) -> Seen {
        let mut client = self.start(self.cell(code));
        client.grant(1 << 20);
        client.until(is_event).await;
        sleep(Duration::from_millis(200)).await;
        let began = Instant::now();
        self.contexts.interrupt(&self.id, 0).unwrap();
        let seen = client.finish().await;
        let took = began.elapsed();
        assert!(took < Duration::from_secs(30), "{code}: {took:?}");
        seen
    }

    pub async fn run_with(&self, code: &str, change: impl FnOnce(&mut ExecuteCellRequest)) -> Seen {
        let mut cell = self.cell(code);
        change(&mut cell);
        self.start(cell).finish().await
    }

    /// Runs a cell in another context.
    pub async fn run_in(&self, request: CreateContextRequest, code: &str) -> Seen {
        let created = self.contexts.create(request::spec(request).unwrap());
        let cell = ExecuteCellRequest {
            context_id: created.await.unwrap().id,
            ..self.cell(code)
        };
        self.start(cell).finish().await
    }

    pub fn directory(&self) -> &str {
        self.directory.path().to_str().unwrap()
    }

    /// Returns the path of a file in the directory of the contexts.
    pub fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.directory())
    }

    pub async fn until_state(&self, state: ContextState) {
        until(&format!("the context is not {state:?}"), || {
            self.state() == state
        })
        .await;
    }

    pub fn state(&self) -> ContextState {
        self.contexts
            .list()
            .iter()
            .find(|one| one.id == self.id)
            .unwrap()
            .state()
    }
}

/// Waits until a file exists, which a cell makes.
pub async fn until_exists(path: impl AsRef<Path>) {
    let path = path.as_ref();
    until(&format!("there is no {path:?}"), || path.exists()).await;
}

async fn until(problem: &str, is_met: impl Fn() -> bool) {
    let met = async {
        while !is_met() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(60), met).await.expect(problem);
}

pub const OK: (CellOutcome, CellVariables) = (CellOutcome::Ok, CellVariables::Kept);
pub const FAILED: (CellOutcome, CellVariables) = (CellOutcome::Error, CellVariables::Kept);
