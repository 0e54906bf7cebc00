//! Contexts with the driver of Python, outside of a guest. Without IPython they are skipped.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_stream::StreamExt;
use tonic::Status;

use super::limits::Times;
use super::stream::EventStream;
use super::{request, Contexts, Drivers};
use crate::execution::WorkingDirectory;
use crate::lifecycle::Lifecycle;
use crate::reaper::Reaper;
use crate::sandbox::{Sandbox, Settings};
use crate::wire::guest::AdoptRequest;
use crate::wire::sandbox::v1::cell_event::Event;
use crate::wire::sandbox::v1::{
    CellEnded, CellError, CellEvent, CellOutcome, CellStream, CellVariables, ContextState,
    CreateContextRequest, ExecuteCellRequest,
};

pub const TIMES: Times = Times {
    start: Duration::from_secs(60),
    grace: Duration::from_secs(5),
    patience: Duration::from_secs(30),
    keep_alive: Duration::from_secs(30),
    inspection: Duration::from_secs(5),
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

pub fn contexts_in(directory: &Path, lifecycle: Lifecycle, times: Times) -> Contexts {
    let sandbox = Sandbox::default();
    let path = std::env::var("PATH").unwrap();
    let packages = std::env::var("PYTHONPATH").unwrap_or_default();
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
    let drivers = Drivers {
        directories: ["base", "interpreter-full"]
            .map(|name| image.join(name).join("drivers"))
            .into(),
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

    pub fn state(&self) -> ContextState {
        self.contexts
            .list()
            .iter()
            .find(|one| one.id == self.id)
            .unwrap()
            .state()
    }
}

pub struct Client {
    pub events: EventStream,
    credit: mpsc::UnboundedSender<Result<u32, Status>>,
}

/// All that a client has seen of a cell.
#[derive(Debug, Default)]
pub struct Seen {
    pub stdout: String,
    pub stderr: String,
    /// The parts of displays, with their types.
    pub parts: Vec<(String, Vec<u8>)>,
    /// Where those of the last display begin.
    last: usize,
    pub updates: usize,
    pub errors: Vec<CellError>,
    pub dropped: Vec<(String, u64)>,
    pub gaps: Vec<(u64, u64)>,
    /// The cells that the texts name.
    pub origins: Vec<u64>,
    pub ended: CellEnded,
}

impl Seen {
    pub fn result(&self) -> String {
        let part = self.parts.iter().find(|(mime, _)| mime == "text/plain");
        String::from_utf8(part.map(|(_, data)| data.clone()).unwrap_or_default()).unwrap()
    }

    pub fn outcome(&self) -> (CellOutcome, CellVariables) {
        (self.ended.outcome(), self.ended.variables())
    }

    fn take(&mut self, event: CellEvent) {
        match event.event.unwrap() {
            Event::Text(text) => {
                self.origins.push(event.cell);
                match text.stream() {
                    CellStream::Stdout => self.stdout += &text.text,
                    _ => self.stderr += &text.text,
                }
            }
            Event::Display(display) => {
                self.updates += usize::from(display.update);
                self.last = self.parts.len();
                self.parts.extend(
                    display
                        .parts
                        .into_iter()
                        .map(|part| (part.mime_type, Vec::new())),
                );
            }
            Event::DisplayData(data) => self.parts[self.last + data.part as usize]
                .1
                .extend(data.data),
            Event::Error(error) => self.errors.push(error),
            Event::Dropped(dropped) => self.dropped.push((dropped.mime_type, dropped.size)),
            Event::Gap(gap) => self.gaps.push((gap.from, gap.to)),
            Event::Ended(ended) => self.ended = ended,
            Event::Accepted(_)
            | Event::Started(_)
            | Event::InputRequest(_)
            | Event::KeepAlive(_) => {}
        }
    }
}

impl Client {
    fn of(
        start: impl FnOnce(super::stream::Credits) -> Result<EventStream, Status>,
    ) -> Result<Self, Status> {
        let (credit, credits) = mpsc::unbounded_channel();
        let events = start(Box::pin(UnboundedReceiverStream::new(credits)))?;
        Ok(Self { events, credit })
    }

    pub fn grant(&self, bytes: u32) {
        self.credit.send(Ok(bytes)).unwrap();
    }

    pub async fn next(&mut self) -> Option<Result<CellEvent, Status>> {
        timeout(Duration::from_secs(30), self.events.next())
            .await
            .expect("no event")
    }

    /// Returns the number of the cell.
    pub async fn accepted(&mut self) -> u64 {
        match self.next().await.unwrap().unwrap().event {
            Some(Event::Accepted(accepted)) => accepted.cell,
            other => panic!("{other:?}"),
        }
    }

    /// Reads until an event is the right one.
    pub async fn until(&mut self, is_right: impl Fn(&Event) -> bool) -> CellEvent {
        loop {
            let event = self.next().await.expect("no more events").unwrap();
            if is_right(event.event.as_ref().unwrap()) {
                return event;
            }
            self.grant(64 << 10);
        }
    }

    /// Reads to the end, or to the failure of the stream.
    pub async fn try_finish(mut self) -> Result<Seen, Status> {
        self.grant(128 << 10);
        let mut seen = Seen::default();
        let mut number = 0;
        while let Some(event) = self.next().await {
            let event = event?;
            if event.number > 0 {
                assert!(event.number > number, "{event:?}");
                number = event.number;
                // Unbounded, because nothing is measured here.
                self.grant(64 << 10);
            }
            seen.take(event);
        }
        Ok(seen)
    }

    pub async fn finish(self) -> Seen {
        self.try_finish().await.unwrap()
    }
}

pub const OK: (CellOutcome, CellVariables) = (CellOutcome::Ok, CellVariables::Kept);
pub const FAILED: (CellOutcome, CellVariables) = (CellOutcome::Error, CellVariables::Kept);

#[tokio::test]
async fn keeps_variables_between_cells() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let seen = fixture.run("x = 20\nprint('hello')\nx + 1").await;
    assert_eq!(
        (seen.stdout.as_str(), seen.result().as_str(), seen.outcome()),
        ("hello\n", "21", OK)
    );
    assert_eq!(
        (seen.ended.execution_count, seen.origins.as_slice()),
        (1, &[1][..])
    );
    assert_eq!(fixture.run("x").await.result(), "20");
}

#[tokio::test]
async fn reports_errors_with_the_lines_of_the_cell() {
    let Some(fixture) = fixture().await else {
        return;
    };
    fixture.run("def divide(n):\n    return 1 / n").await;
    let seen = fixture.run("\n\ndivide(0)").await;
    assert_eq!(seen.outcome(), FAILED);
    let error = &seen.errors[0];
    assert_eq!(
        (error.name.as_str(), error.value.as_str()),
        ("ZeroDivisionError", "division by zero")
    );
    let frames = error.frames.iter().map(|one| {
        (
            one.file.as_str(),
            one.line,
            one.function.as_str(),
            one.source.as_str(),
        )
    });
    assert_eq!(
        frames.collect::<Vec<_>>(),
        [
            ("<cell 2>", 3, "<module>", "divide(0)"),
            ("<cell 1>", 2, "divide", "    return 1 / n")
        ]
    );
    assert!(
        error
            .traceback
            .contains("ZeroDivisionError: division by zero"),
        "{error:?}"
    );
    assert!(!error.traceback.contains('\u{1b}'), "{error:?}");
}

#[tokio::test]
async fn reports_incomplete_cells_as_syntax_errors() {
    let Some(fixture) = fixture().await else {
        return;
    };
    for code in ["for i in range(3):", "x = (1,", "'''a", "def f(:\n  pass"] {
        let seen = fixture.run(code).await;
        assert_eq!(
            (seen.errors[0].name.as_str(), seen.outcome()),
            ("SyntaxError", FAILED),
            "{code}"
        );
    }
}

#[tokio::test]
async fn survives_the_exits_of_cells() {
    let Some(fixture) = fixture().await else {
        return;
    };
    fixture.run("x = 1").await;
    for code in [
        "exit()",
        "quit()",
        "import sys; sys.exit(3)",
        "raise SystemExit",
    ] {
        let seen = fixture.run(code).await;
        assert_eq!(
            (seen.errors[0].name.as_str(), seen.outcome()),
            ("SystemExit", FAILED),
            "{code}"
        );
        assert_eq!(seen.stderr, "", "{code}");
    }
    assert_eq!(fixture.run("x").await.result(), "1");
}

#[tokio::test]
async fn reads_what_programs_write_before_the_end() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let seen = fixture
        .run("import os\nos.system('echo out; echo err >&2')\nos.write(1, b'\\xff\\n')\nNone")
        .await;
    assert_eq!(
        (seen.stdout.as_str(), seen.stderr.as_str()),
        ("out\n\u{fffd}\n", "err\n")
    );
    let seen = fixture
        .run("print(1)\n!echo 2; echo e >&2\nprint(3)\n!exit 4\n_exit_code")
        .await;
    assert_eq!(
        (
            seen.stdout.as_str(),
            seen.stderr.as_str(),
            seen.result().as_str()
        ),
        ("1\n2\n3\n", "e\n", "4")
    );
}

#[tokio::test]
async fn restores_variables_and_directory_of_a_cell() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let seen = fixture
        .run_with("import os\nprint(os.environ['A'], os.getcwd())", |cell| {
            cell.env = [("A".to_owned(), "'\"\n$x".to_owned())].into();
            cell.cwd = "/usr".to_owned();
        })
        .await;
    assert_eq!(seen.stdout, "'\"\n$x /usr\n");
    assert_eq!(
        fixture
            .run("'A' in os.environ, os.getcwd() == '/usr'")
            .await
            .result(),
        "(False, False)"
    );
    let seen = fixture
        .run_with("1", |cell| cell.cwd = "/nowhere".to_owned())
        .await;
    assert_eq!(
        (seen.errors[0].name.as_str(), seen.outcome()),
        ("FileNotFoundError", FAILED)
    );
}

#[tokio::test]
async fn sends_displays_in_parts_and_few_updates() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let seen = fixture
        .run("from IPython.display import display, HTML, Image\ndisplay(HTML('<b>'))\nImage(data=bytes(range(256)) * 400, format='png')")
        .await;
    let types: Vec<&str> = seen.parts.iter().map(|(mime, _)| mime.as_str()).collect();
    assert_eq!(
        types,
        ["text/plain", "text/html", "image/png", "text/plain"]
    );
    assert_eq!(seen.parts[2].1.len(), 102_400);
    let seen = fixture
        .run("h = display(HTML('0'), display_id='d')\nfor i in range(2000): h.update(HTML(str(i)))")
        .await;
    assert!((1..100).contains(&seen.updates), "{}", seen.updates);
    assert_eq!(seen.parts.last().unwrap().1, b"1999");
}

#[tokio::test]
async fn delivers_late_text_with_the_next_cell() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let late = "import threading, time\nthreading.Thread(target=lambda: (time.sleep(0.2), print('late'))).start()";
    assert_eq!(fixture.run(late).await.stdout, "");
    sleep(Duration::from_millis(400)).await;
    let seen = fixture.run("print('now')").await;
    assert_eq!(
        (seen.stdout.as_str(), seen.origins.as_slice()),
        ("late\nnow\n", &[1, 2][..])
    );
}

#[tokio::test]
async fn runs_tasks_between_cells() {
    let Some(fixture) = fixture().await else {
        return;
    };
    fixture.run("import asyncio\nn = []\nasync def count():\n  while True: n.append(1); await asyncio.sleep(0.01)\nt = asyncio.create_task(count())").await;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(fixture.run("len(n) > 5").await.result(), "True");
}
