//! Waiting interpreters, simulated by a shell that behaves like a hook.

use std::path::PathBuf;

use super::hook::Hook;
use super::waiting_interpreter::{Origin, WaitingInterpreter};
use crate::execution::language::Language;
use crate::execution::{Event, Executions, Program, Report, WorkingDirectory};
use crate::reaper::Reaper;
use crate::wire::execution::ExecuteRequest;
use tempfile::TempDir;

/// A shell with the given behaviour if it is started with a hook, and a plain interpreter otherwise.
macro_rules! shell {
    ($behaviour:literal) => {
        Language {
            names: &["shell-that-waits"],
            interpreter: "bash",
            arguments: &[
                "-c",
                concat!(
                    "[ \"$NODE_OPTIONS\" ] || { . ./main.sh; exit; }; sign() { printf '\\006'; }; receive() { ",
                    "head -c $((16#$(head -c 4 | od -An -tx1 | tr -d ' \\n'))) >/dev/null; }; ",
                    $behaviour
                ),
            ],
            main_file: "main.sh",
            build_script: None,
            environment: &[],
        }
    };
}

static WAITS: Language = shell!("sign; receive; sign; . ./main.sh");
static DIES_WAITING: Language = shell!("sign");
static DIES_AFTER_MESSAGE: Language = shell!("sign; receive");
static TALKS: Language = shell!("echo welcome");

struct Fixture {
    _directory: TempDir,
    executions: Executions,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let executions = Executions::new(
            WorkingDirectory::in_test(directory.path()),
            Reaper::start().unwrap(),
        );
        Self {
            _directory: directory,
            executions,
        }
    }

    async fn start(&self, language: &'static Language) -> std::io::Result<WaitingInterpreter> {
        let origin = Origin {
            language,
            hook: Hook::Node,
            hook_directory: PathBuf::new(),
        };
        WaitingInterpreter::start_hooked(
            origin,
            &self.executions.working_directory,
            &self.executions.reaper,
        )
        .await
    }

    /// Returns the output and the report of a program.
    async fn run(&self, program: Program) -> (String, Report) {
        let mut events = self.executions.start(program).await.unwrap();
        let mut output = String::new();
        while let Some(event) = events.recv().await {
            match event {
                Event::Output(_, content) => {
                    output.push_str(std::str::from_utf8(content.as_bytes()).unwrap());
                }
                Event::File(_) => {}
                Event::Ended(report) => return (output, report),
            }
        }
        panic!("no report");
    }
}

fn program(language: &'static Language, code: &str) -> Program {
    let request = ExecuteRequest {
        language: "bash".to_owned(),
        code: code.to_owned(),
        ..Default::default()
    };
    let mut program = Program::from_request(request, "").unwrap();
    program.language = language;
    program
}

#[tokio::test]
async fn runs_a_program() {
    let fixture = Fixture::new();
    let waiting = fixture.start(&WAITS).await.unwrap();
    fixture.executions.interpreters.insert(waiting);
    let code = "echo out; cat; echo err >&2; exit 3";
    let (output, report) = fixture.run(program(&WAITS, code)).await;
    assert!(report.warm_interpreter);
    assert_eq!(report.exit_code, 3);
    assert_eq!(output.len(), "out\nerr\n".len());
}

#[tokio::test]
async fn ends_when_it_cannot_run_the_program() {
    let fixture = Fixture::new();
    let waiting = fixture.start(&WAITS).await.unwrap();
    let leader = waiting.leader().unwrap();
    fixture.executions.interpreters.insert(waiting);
    let bash = Language::named("bash").unwrap();
    let code = format!("kill -0 {} && echo lives", leader.as_raw_nonzero());
    let (output, report) = fixture.run(program(bash, &code)).await;
    assert!(!report.warm_interpreter);
    assert!(!output.contains("lives"), "{output}");
}

#[tokio::test]
async fn falls_back_to_a_plain_interpreter() {
    for language in [&DIES_WAITING, &DIES_AFTER_MESSAGE] {
        let fixture = Fixture::new();
        let waiting = fixture.start(language).await.unwrap();
        fixture.executions.interpreters.insert(waiting);
        let (output, report) = fixture.run(program(language, "echo out")).await;
        assert_eq!(output, "out\n");
        assert!(!report.warm_interpreter);
    }
}

#[tokio::test]
async fn fails_if_the_interpreter_prints_something_else() {
    let error = Fixture::new().start(&TALKS).await.err().unwrap();
    assert_eq!(
        error.to_string(),
        "the interpreter printed 0x77 before its program"
    );
}
