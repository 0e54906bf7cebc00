//! Contexts with the driver of Python, outside of a guest. Without IPython they are skipped.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_stream::StreamExt;
use tonic::{Code, Status};

use super::limits::Times;
use super::stream::EventStream;
use super::{request, Contexts, Drivers};
use crate::execution::WorkingDirectory;
use crate::lifecycle::Lifecycle;
use crate::reaper::Reaper;
use crate::sandbox::{Sandbox, Settings};
use crate::wire::guest::cell_event::Event;
use crate::wire::guest::{
    AdoptRequest, CellEnded, CellError, CellEvent, CellOutcome, CellStart, CellStream,
    CellVariables, ContextState, CreateContextRequest,
};

const TIMES: Times = Times {
    start: Duration::from_secs(60),
    grace: Duration::from_millis(500),
    patience: Duration::from_millis(600),
    keep_alive: Duration::from_secs(30),
    inspection: Duration::from_millis(500),
};

/// Whether the first `python3` in PATH has IPython.
static HAS_IPYTHON: LazyLock<bool> = LazyLock::new(|| {
    let imported = Command::new("python3")
        .args(["-c", "import IPython"])
        .output();
    let has = imported.is_ok_and(|output| output.status.success());
    if !has {
        eprintln!("skipped: python3 has no IPython; `pip install ipython==8.35.0` gives it one");
    }
    has
});

pub struct Fixture {
    _directory: TempDir,
    pub contexts: Contexts,
    pub id: String,
}

/// Starts a context. Returns `None` if there is no IPython.
pub async fn fixture() -> Option<Fixture> {
    fixture_with(TIMES).await
}

pub async fn fixture_with(times: Times) -> Option<Fixture> {
    if !*HAS_IPYTHON {
        return None;
    }
    let directory = tempfile::tempdir().unwrap();
    let contexts = contexts_in(directory.path(), times);
    let id = contexts
        .create(request::spec(python()).unwrap())
        .await
        .unwrap()
        .id;
    Some(Fixture {
        _directory: directory,
        contexts,
        id,
    })
}

fn contexts_in(directory: &Path, times: Times) -> Contexts {
    let sandbox = Sandbox::default();
    let path = std::env::var("PATH").unwrap();
    let env = [
        ("PATH", path.as_str()),
        ("HOME", directory.to_str().unwrap()),
        // Bytecode beside the driver would become part of the recipe of the image.
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
    let drivers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../image/base/drivers");
    Contexts::new(
        sandbox,
        Lifecycle::booted(),
        WorkingDirectory::in_test(directory),
        Reaper::start().unwrap(),
        Drivers(drivers.canonicalize().unwrap()),
        times,
    )
}

fn python() -> CreateContextRequest {
    CreateContextRequest {
        language: "python".to_owned(),
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
    pub fn cell(&self, code: &str) -> CellStart {
        CellStart {
            context_id: self.id.clone(),
            code: code.to_owned(),
            ..Default::default()
        }
    }

    pub fn start(&self, cell: CellStart) -> Client {
        self.try_start(cell).unwrap()
    }

    pub fn try_start(&self, cell: CellStart) -> Result<Client, Status> {
        let (id, cell) = request::cell(cell)?;
        Client::of(|credits| self.contexts.execute(&id, cell, credits))
    }

    pub fn attach(&self, cell: u64, from: u64) -> Result<Client, Status> {
        Client::of(|credits| self.contexts.attach(&self.id, cell, from, credits))
    }

    pub async fn run(&self, code: &str) -> Seen {
        self.start(self.cell(code)).finish().await
    }

    async fn run_with(&self, code: &str, change: impl FnOnce(&mut CellStart)) -> Seen {
        let mut cell = self.cell(code);
        change(&mut cell);
        self.start(cell).finish().await
    }

    fn state(&self) -> ContextState {
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
    fn result(&self) -> String {
        let part = self.parts.iter().find(|(mime, _)| mime == "text/plain");
        String::from_utf8(part.map(|(_, data)| data.clone()).unwrap_or_default()).unwrap()
    }

    fn outcome(&self) -> (CellOutcome, CellVariables) {
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

const OK: (CellOutcome, CellVariables) = (CellOutcome::Ok, CellVariables::Kept);
const FAILED: (CellOutcome, CellVariables) = (CellOutcome::Error, CellVariables::Kept);

/// Starts a fixture, or ends the test.
macro_rules! fixture {
    () => {
        match fixture().await {
            Some(fixture) => fixture,
            None => return,
        }
    };
}

#[tokio::test]
async fn keeps_variables_between_cells() {
    let fixture = fixture!();
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
    let fixture = fixture!();
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
    let fixture = fixture!();
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
    let fixture = fixture!();
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
    let fixture = fixture!();
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
    let fixture = fixture!();
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
async fn interrupts_a_cell_and_keeps_its_variables() {
    let fixture = fixture!();
    for code in [
        "x = 1\nwhile True: pass",
        "import time\ntime.sleep(60)",
        "import asyncio\nawait asyncio.sleep(60)",
        "!sleep 60",
        "import subprocess\nsubprocess.run(['sleep', '60'])",
    ] {
        let mut client = fixture.start(fixture.cell(code));
        client.accepted().await;
        client.grant(1000);
        client
            .until(|event| matches!(event, Event::Started(_)))
            .await;
        sleep(Duration::from_millis(100)).await;
        let began = Instant::now();
        fixture.contexts.interrupt(&fixture.id, 0).unwrap();
        let seen = client.finish().await;
        assert_eq!(
            seen.outcome(),
            (CellOutcome::Interrupted, CellVariables::Kept),
            "{code}: {seen:?}"
        );
        assert_eq!(seen.errors[0].name, "KeyboardInterrupt", "{code}");
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "{code}: {:?}",
            began.elapsed()
        );
    }
    assert_eq!(fixture.run("x").await.result(), "1");
    let refused = fixture.contexts.interrupt(&fixture.id, 0).unwrap_err();
    assert!(
        refused.message().starts_with("CELL_UNKNOWN: "),
        "{refused:?}"
    );
}

#[tokio::test]
async fn ends_a_cell_whose_time_has_passed() {
    let fixture = fixture!();
    let seen = fixture
        .run_with("x = 2\nwhile True: pass", |cell| cell.timeout_secs = 1)
        .await;
    assert_eq!(seen.outcome(), (CellOutcome::TimedOut, CellVariables::Kept));
    assert_eq!(fixture.run("x").await.result(), "2");
    let deaf = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass";
    let seen = fixture.run_with(deaf, |cell| cell.timeout_secs = 1).await;
    assert_eq!(seen.outcome(), (CellOutcome::TimedOut, CellVariables::Lost));
    assert_eq!((seen.ended.exit_code, seen.ended.signal), (137, 9));
    assert_eq!(fixture.state(), ContextState::Dead);
    let refused = fixture.try_start(fixture.cell("1")).err().unwrap();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(
        refused.message().starts_with("CONTEXT_DEAD: "),
        "{refused:?}"
    );
    fixture.contexts.restart(&fixture.id).await.unwrap();
    let seen = fixture.run("x").await;
    assert_eq!(seen.errors[0].name, "NameError");
}

#[tokio::test]
async fn reports_the_death_of_the_interpreter() {
    let fixture = fixture!();
    let ends = [
        ("import os; os._exit(3)", 3, 0),
        ("import os; os.kill(os.getpid(), 9)", 137, 9),
        ("import ctypes; ctypes.string_at(0)", 139, 11),
    ];
    for (code, exit_code, signal) in ends {
        let queued = fixture.cell("1");
        let client = fixture.start(fixture.cell(&format!(
            "print('before')\nimport time; time.sleep(0.2)\n{code}"
        )));
        let queued = fixture.start(queued);
        let seen = client.finish().await;
        assert_eq!(
            seen.outcome(),
            (CellOutcome::Died, CellVariables::Lost),
            "{code}"
        );
        assert_eq!(
            (seen.ended.exit_code, seen.ended.signal),
            (exit_code, signal),
            "{code}"
        );
        assert_eq!(seen.stdout, "before\n");
        assert_eq!(
            queued.finish().await.outcome(),
            (CellOutcome::Skipped, CellVariables::Lost)
        );
        fixture.contexts.restart(&fixture.id).await.unwrap();
    }
    assert_eq!(fixture.run("1").await.outcome(), OK);
}

#[tokio::test]
async fn runs_queued_cells_in_order() {
    let fixture = fixture!();
    let first = fixture.start(fixture.cell("import time; time.sleep(0.2); print('first')"));
    let second = fixture.start(fixture.cell("print('second')"));
    assert_eq!(first.finish().await.stdout, "first\n");
    assert_eq!(second.finish().await.stdout, "second\n");
    let mut failing = fixture.cell("import time; time.sleep(0.2); 1/0");
    failing.stop_on_error = true;
    let failing = fixture.start(failing);
    let skipped = fixture.start(fixture.cell("print('never')"));
    assert_eq!(failing.finish().await.outcome(), FAILED);
    assert_eq!(
        skipped.finish().await.outcome(),
        (CellOutcome::Skipped, CellVariables::Kept)
    );
}

#[tokio::test]
async fn interrupts_the_cell_of_a_client_that_is_gone() {
    let fixture = fixture!();
    let mut client = fixture.start(fixture.cell("import time; time.sleep(60)"));
    let cell = client.accepted().await;
    client.grant(1000);
    client
        .until(|event| matches!(event, Event::Started(_)))
        .await;
    drop(client);
    let seen = fixture.attach(cell, 0).unwrap().finish().await;
    assert_eq!(
        seen.outcome(),
        (CellOutcome::Interrupted, CellVariables::Kept)
    );
    let mut detached = fixture.cell("import time; time.sleep(0.3); print('done')");
    detached.detach = true;
    let mut client = fixture.start(detached);
    let cell = client.accepted().await;
    drop(client);
    assert_eq!(
        fixture.attach(cell, 0).unwrap().finish().await.stdout,
        "done\n"
    );
    assert!(fixture.attach(99, 0).is_err());
}

#[tokio::test]
async fn answers_input() {
    let fixture = fixture!();
    let mut cell = fixture.cell("print(input('name? '))");
    cell.stdin = true;
    let mut client = fixture.start(cell);
    let number = client.accepted().await;
    client.grant(1000);
    let event = client
        .until(|event| matches!(event, Event::InputRequest(_)))
        .await;
    assert!(
        matches!(event.event, Some(Event::InputRequest(request)) if request.prompt == "name? ")
    );
    fixture
        .contexts
        .send_input(&fixture.id, number, "Ada", false)
        .unwrap();
    assert_eq!(client.finish().await.stdout, "Ada\n");
    assert!(fixture
        .contexts
        .send_input(&fixture.id, number, "x", false)
        .is_err());
    let seen = fixture.run("input()").await;
    assert_eq!(seen.errors[0].name, "EOFError");
    // Without a client that could answer.
    let mut cell = fixture.cell("try: input()\nexcept EOFError as e: print('none')");
    (cell.stdin, cell.detach) = (true, true);
    let mut client = fixture.start(cell);
    let number = client.accepted().await;
    drop(client);
    sleep(Duration::from_millis(200)).await;
    let seen = fixture.attach(number, 0).unwrap();
    // The cell may have asked before the client was gone.
    let _ = fixture.contexts.send_input(&fixture.id, number, "", true);
    assert_eq!(seen.finish().await.stdout, "none\n");
}

#[tokio::test]
async fn sends_displays_in_parts_and_few_updates() {
    let fixture = fixture!();
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
async fn drops_results_that_are_too_large() {
    let fixture = fixture!();
    let seen = fixture
        .run("class A:\n  def _repr_html_(self): return 'x' * 9_000_000\nA()")
        .await;
    assert_eq!(seen.dropped, [("text/html".to_owned(), 9_000_000)]);
    assert_eq!((seen.parts.len(), seen.outcome()), (1, OK));
    let seen = fixture.run("class B:\n  def _repr_html_(self): return 'y' * 8_000_000\nfor i in range(5): display(B())").await;
    assert_eq!((seen.dropped.len(), seen.outcome()), (1, OK));
}

#[tokio::test]
async fn truncates_endless_text() {
    let fixture = fixture!();
    let seen = fixture
        .run("for i in range(80): print('x' * 1_000_000)")
        .await;
    assert!(seen.ended.text_truncated);
    assert!(
        seen.stdout.len() <= 64 << 20 && seen.stdout.len() > 60_000_000,
        "{}",
        seen.stdout.len()
    );
    assert_eq!(seen.gaps, []);
    assert_eq!(fixture.run("print('next')").await.stdout, "next\n");
}

#[tokio::test]
async fn does_not_wait_for_a_client_that_does_not_read() {
    let fixture = fixture!();
    let mut cell = fixture.cell("for i in range(20): print('x' * 1_000_000)");
    cell.detach = true;
    let mut client = fixture.start(cell);
    let number = client.accepted().await;
    let other = fixture.start(fixture.cell("'other'"));
    assert_eq!(other.finish().await.result(), "'other'");
    let seen = client.finish().await;
    assert_eq!((seen.gaps.len(), seen.outcome()), (1, OK));
    assert!(number > 0);
}

#[tokio::test]
async fn delivers_late_text_with_the_next_cell() {
    let fixture = fixture!();
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
async fn ends_although_a_child_holds_its_output() {
    let fixture = fixture!();
    let began = Instant::now();
    let seen = fixture
        .run("import subprocess\nchild = subprocess.Popen(['sleep', '20'])\nprint('started')")
        .await;
    assert_eq!((seen.stdout.as_str(), seen.outcome()), ("started\n", OK));
    let seen = fixture.run("!sleep 20 &").await;
    assert_eq!(seen.outcome(), OK);
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    fixture.run("child.kill()").await;
}

#[tokio::test]
async fn ends_a_driver_that_breaks_the_protocol() {
    let fixture = fixture!();
    let write = "import os, stat, time\nfor fd in range(3, 64):\n  try:\n    if stat.S_ISSOCK(os.fstat(fd).st_mode): ACT\n  except OSError: pass\ntime.sleep(20)";
    let acts = [
        "os.write(fd, b'\\xff' * 100)",
        "os.write(fd, bytes([0, 0, 0, 2, 0, 0, 0, 0]) + b'{}')",
        // A forged end of another cell.
        "m = b'{\"type\":\"ended\",\"cell\":99}'; os.write(fd, bytes([0, 0, 0, len(m), 0, 0, 0, 0]) + m)",
        "os.close(fd)",
        "\n     if os.fork() == 0: os.write(fd, b'x' * 9); os._exit(0)",
    ];
    for act in acts {
        let seen = fixture.run(&write.replace("ACT", act)).await;
        let expected = (CellOutcome::DriverBroken, CellVariables::Lost);
        // asyncio has a socket, too, in whose place nothing happens; the driver may notice a closed one first.
        assert!(
            [expected, (CellOutcome::Died, CellVariables::Lost)].contains(&seen.outcome()),
            "{act}: {seen:?}"
        );
        fixture.contexts.restart(&fixture.id).await.unwrap();
    }
    assert_eq!(fixture.run("1").await.outcome(), OK);
}

#[tokio::test]
async fn accepts_a_forged_end_of_the_own_cell() {
    let fixture = fixture!();
    let forged = "import os, stat, time\nm = b'{\"type\":\"ended\",\"cell\":1}'\nfor fd in range(3, 64):\n  try:\n    if stat.S_ISSOCK(os.fstat(fd).st_mode): os.write(fd, bytes([0, 0, 0, len(m), 0, 0, 0, 0]) + m)\n  except OSError: pass\ntime.sleep(0.2)";
    assert_eq!(fixture.run(forged).await.outcome(), OK);
    // The true end ends a cell that does not run any more.
    sleep(Duration::from_millis(500)).await;
    assert_eq!(fixture.state(), ContextState::Dead);
}

#[tokio::test]
async fn bounds_hostile_values() {
    let fixture = fixture!();
    let rows = [
        (
            "class A:\n  def _repr_html_(self): raise ValueError('bad')\nA()",
            CellOutcome::Ok,
        ),
        (
            "class E(Exception):\n  def __str__(self): raise KeyError\nraise E",
            CellOutcome::Error,
        ),
        ("raise Exception('x' * 10_000_000)", CellOutcome::Error),
        (
            "raise Exception('\\ud800' * 10_000 + '\\x00' * 10_000)",
            CellOutcome::Error,
        ),
        ("def f(n): return f(n + 1)\nf(0)", CellOutcome::Error),
        (
            "raise ExceptionGroup('g', [ValueError(1)])",
            CellOutcome::Error,
        ),
        ("exec('x' * 100_000 + ' = = 1')", CellOutcome::Error),
        ("import sys\nsys.stdout = None", CellOutcome::Ok),
        (
            "sys.stdout = sys.__stdout__\nsys.stderr.write('\\ud800\\n')\nNone",
            CellOutcome::Ok,
        ),
        (
            "import os\nif os.fork() == 0:\n  print('child'); os._exit(0)\nos.wait()\nNone",
            CellOutcome::Ok,
        ),
        ("%nosuchmagic", CellOutcome::Error),
        ("raise KeyboardInterrupt", CellOutcome::Error),
        (
            "import asyncio\nraise asyncio.CancelledError",
            CellOutcome::Error,
        ),
        (
            "import signal\nsignal.raise_signal(signal.SIGURG)\n1",
            CellOutcome::Ok,
        ),
        ("print('a' * 100_000_000, flush=True)", CellOutcome::Ok),
    ];
    for (code, outcome) in rows {
        let seen = fixture.run(code).await;
        assert_eq!(
            seen.outcome(),
            (outcome, CellVariables::Kept),
            "{code}: {:?}",
            seen.errors
        );
    }
    assert_eq!(fixture.run("1").await.result(), "1");
}

#[tokio::test]
async fn describes_variables_without_running_code() {
    let fixture = fixture!();
    let code = "class Sly:\n  def __repr__(self): import time; time.sleep(60)\n  __len__ = __repr__\nclass list(Sly): pass\nb = [1, 2, Sly()]\na = Sly(); c = 'x' * 1000; d = {1: list()}; e = 10 ** 1000; f = list()\nNone";
    fixture.run(code).await;
    let answer = fixture.contexts.inspect(&fixture.id).await.unwrap();
    let shown: Vec<_> = answer
        .variables
        .iter()
        .map(|one| (one.name.as_str(), one.r#type.as_str(), one.length))
        .collect();
    for expected in [
        ("a", "Sly", None),
        ("b", "list", Some(3)),
        ("c", "str", Some(1000)),
        ("d", "dict", Some(1)),
        ("f", "list", None),
    ] {
        assert!(shown.contains(&expected), "{expected:?} {shown:?}");
    }
    assert!(
        answer.variables.iter().all(|one| one.text.len() <= 200),
        "{answer:?}"
    );
    let mut client = fixture.start(fixture.cell("import time; time.sleep(0.5)"));
    client.accepted().await;
    let refused = fixture.contexts.inspect(&fixture.id).await.unwrap_err();
    assert!(
        refused.message().starts_with("CONTEXT_BUSY: "),
        "{refused:?}"
    );
    client.finish().await;
    fixture
        .run("for i in range(3000): globals()[f'v{i}'] = 'ü\\n' * 100")
        .await;
    let answer = fixture.contexts.inspect(&fixture.id).await.unwrap();
    assert!(
        answer.truncated && answer.variables.len() > 50,
        "{}",
        answer.variables.len()
    );
}

#[tokio::test]
async fn runs_tasks_between_cells() {
    let fixture = fixture!();
    fixture.run("import asyncio\nn = []\nasync def count():\n  while True: n.append(1); await asyncio.sleep(0.01)\nt = asyncio.create_task(count())").await;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(fixture.run("len(n) > 5").await.result(), "True");
}

#[tokio::test]
async fn ends_streams_when_a_context_is_restarted_or_removed() {
    let fixture = fixture!();
    for reason in ["CONTEXT_RESTARTED", "CONTEXT_REMOVED"] {
        let running = fixture.start(fixture.cell("import time; time.sleep(60)"));
        let queued = fixture.start(fixture.cell("1"));
        match reason {
            "CONTEXT_REMOVED" => fixture.contexts.remove(&fixture.id).unwrap(),
            _ => drop(fixture.contexts.restart(&fixture.id).await.unwrap()),
        }
        for client in [running, queued] {
            let ended = client.try_finish().await.unwrap_err();
            assert_eq!(ended.code(), Code::Aborted);
            assert!(ended.message().starts_with(reason), "{ended:?}");
        }
    }
    let refused = fixture.try_start(fixture.cell("1")).err().unwrap();
    assert!(
        refused.message().starts_with("CONTEXT_UNKNOWN: "),
        "{refused:?}"
    );
}

#[tokio::test]
async fn keeps_contexts_apart() {
    let fixture = fixture!();
    let other = fixture
        .contexts
        .create(request::spec(python()).unwrap())
        .await
        .unwrap();
    fixture.run("x = 1").await;
    let cell = CellStart {
        context_id: other.id.clone(),
        ..fixture.cell("x")
    };
    assert_eq!(
        fixture.start(cell).finish().await.errors[0].name,
        "NameError"
    );
    let listed = fixture.contexts.list();
    assert_eq!(
        (listed.len(), listed[1].id.as_str()),
        (2, other.id.as_str())
    );
    assert!(listed[0].memory_bytes > 10 << 20, "{listed:?}");
}

#[tokio::test]
async fn limits_the_number_of_contexts() {
    let fixture = fixture!();
    for _ in 1..8 {
        fixture
            .contexts
            .create(request::spec(python()).unwrap())
            .await
            .unwrap();
    }
    let refused = fixture
        .contexts
        .create(request::spec(python()).unwrap())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(
        refused.message().starts_with("CONTEXT_LIMIT: "),
        "{refused:?}"
    );
    assert_eq!(refused.message().matches(" MiB").count(), 8, "{refused:?}");
}

#[tokio::test]
async fn names_the_languages_of_the_image() {
    let directory = tempfile::tempdir().unwrap();
    let contexts = contexts_in(directory.path(), TIMES);
    let spec = request::spec(CreateContextRequest {
        language: "cobol".to_owned(),
        ..Default::default()
    });
    let refused = contexts.create(spec.unwrap()).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.message()),
        (
            Code::Unimplemented,
            "LANGUAGE_UNSUPPORTED: the image has no driver for \"cobol\": it has python"
        )
    );
    assert_eq!(contexts.list(), []);
}

#[tokio::test]
async fn refreshes_what_clones_repeat() {
    let fixture = fixture!();
    let draw = "import random, tempfile\nrandom.seed(1); tempfile._name_sequence = 1";
    fixture.run(draw).await;
    let first = fixture.run("random.random()").await.result();
    fixture.run(draw).await;
    fixture.contexts.refresh();
    let seen = fixture
        .run("print(tempfile._name_sequence)\nrandom.random()")
        .await;
    assert_eq!(seen.stdout, "None\n");
    assert_ne!(seen.result(), first);
    // In the middle of a cell.
    fixture.run("import time").await;
    let client = fixture.start(
        fixture.cell("random.seed(1)\nfor i in range(50): time.sleep(0.01)\nrandom.random()"),
    );
    sleep(Duration::from_millis(200)).await;
    fixture.contexts.refresh();
    assert_ne!(client.finish().await.result(), first);
}
