//! Contexts with drivers and libraries that image `base` does not have.

mod arrow;
mod bridge;
mod java;
mod oracle;
mod r;

use std::collections::HashMap;
use std::env;

use tempfile::tempdir;

use super::fixture::{contexts_in, Fixture, FAILED, HAS_IPYTHON, TIMES};
use super::request;
use crate::lifecycle::Lifecycle;
use crate::wire::sandbox::v1::{CellOutcome, CellVariables, ContextState, CreateContextRequest};

/// Returns the directory with pyarrow and ipykernel.
fn jupyter() -> Option<String> {
    let found = env::var("NEUROVISOR_TEST_JUPYTER")
        .ok()
        .filter(|_| *HAS_IPYTHON);
    if found.is_none() {
        eprintln!(
            "skipped: NEUROVISOR_TEST_JUPYTER does not name the packages that setup/ipython.sh fetches"
        );
    }
    found
}

/// Starts a context with variables of the environment.
async fn fixture_with(language: &str, env: HashMap<String, String>) -> Fixture {
    let directory = tempdir().unwrap();
    let contexts = contexts_in(directory.path(), Lifecycle::booted(), TIMES);
    let request = CreateContextRequest {
        language: language.to_owned(),
        env,
        ..Default::default()
    };
    let created = contexts.create(request::spec(request).unwrap()).await;
    Fixture::of(directory, contexts, created.unwrap().id)
}

/// Starts a context of a driver in Python that finds these packages, too.
async fn fixture_with_jupyter(language: &str) -> Option<Fixture> {
    let path = env::var("PYTHONPATH").unwrap_or_default();
    // In an image all drivers are in one directory.
    let drivers = concat!(env!("CARGO_MANIFEST_DIR"), "/../image/base/drivers");
    let path = format!("{path}:{}:{drivers}", jupyter()?);
    Some(fixture_with(language, [("PYTHONPATH".to_owned(), path)].into()).await)
}

/// How a context ends.
#[derive(Clone, Copy)]
enum End {
    /// It has sent what is not allowed, or closed its socket, which it may notice first.
    Broken,
    /// With an exit code.
    Died(i32),
}

/// Runs each cell in a new interpreter, which it ends.
async fn check_ends(fixture: &Fixture, cells: &[(String, End)]) {
    for (code, end) in cells {
        fixture.contexts.restart(&fixture.id).await.unwrap();
        let seen = fixture.run(code).await;
        let (outcome, variables) = seen.outcome();
        assert_eq!(variables, CellVariables::Lost, "{code}: {seen:?}");
        match end {
            End::Broken => assert_eq!(outcome, CellOutcome::DriverBroken, "{code}: {seen:?}"),
            End::Died(exit_code) => assert_eq!(
                (outcome, seen.ended.exit_code),
                (CellOutcome::Died, *exit_code),
                "{code}: {seen:?}"
            ),
        }
        assert_eq!(fixture.state(), ContextState::Dead, "{code}");
    }
    fixture.contexts.restart(&fixture.id).await.unwrap();
}

/// Interrupts each cell. Then another one still finds the variables.
async fn check_interrupts(fixture: &Fixture, cells: &[&str], show: &str, shown: &str) {
    check_interrupts_as(fixture, cells, "Interrupted", show, shown).await;
}

async fn check_interrupts_as(
    fixture: &Fixture,
    cells: &[&str],
    name: &str,
    show: &str,
    shown: &str,
) {
    for code in cells {
        let seen = fixture.interrupted(code).await;
        assert_eq!(seen.errors[0].name, name, "{code}: {seen:?}");
        assert!(!seen.stdout.contains("never"), "{code}: {seen:?}");
    }
    let seen = fixture.run(show).await;
    assert_eq!(seen.stdout, shown, "{seen:?}");
    let seen = fixture
        .run_with(cells[0], |cell| cell.timeout_secs = 1)
        .await;
    assert_eq!(seen.outcome(), (CellOutcome::TimedOut, CellVariables::Kept));
}

/// Runs a cell that nothing but the end of its interpreter ends.
async fn check_stubborn(fixture: &Fixture, code: &str, show: &str, shown: &str) {
    // Longer than the cell takes to become deaf on a busy machine.
    let seen = fixture.run_with(code, |cell| cell.timeout_secs = 5).await;
    assert_eq!(seen.outcome(), (CellOutcome::TimedOut, CellVariables::Lost));
    fixture.contexts.restart(&fixture.id).await.unwrap();
    assert_eq!(fixture.run(show).await.stdout, shown);
}

/// Checks that variables and the directory of a cell are restored, by cells that set `OLD` to `a b`, and show `OLD`, `NEW` and the directory.
async fn check_surroundings(fixture: &Fixture, set: &str, show: &str, change: &str) {
    fixture.run(set).await;
    let seen = fixture
        .run_with(&format!("{show}\n{change}"), |cell| {
            let pairs = [("OLD", "'\"\n$x `ls`"), ("NEW", "ü")];
            let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
            cell.env = pairs.into();
            cell.cwd = "/usr".to_owned();
        })
        .await;
    assert_eq!(seen.stdout, "'\"\n$x `ls` ü /usr \n", "{seen:?}");
    assert_eq!(fixture.run(show).await.stdout, "a b none / \n");
    let seen = fixture
        .run_with(show, |cell| cell.cwd = "/nowhere".to_owned())
        .await;
    assert_eq!(
        (
            seen.errors[0].name.as_str(),
            seen.outcome(),
            seen.stdout.as_str()
        ),
        ("CellNotStarted", FAILED, "")
    );
}
