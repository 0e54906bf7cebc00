//! Executions that need neither a VM nor privileges.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustix::process::{test_kill_process, Pid};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::language::Language;
use super::{Event, Executions, Outcome, Program, Report, StreamName, WorkingDirectory};
use crate::reaper::Reaper;
use crate::wire::execution::{ExecuteRequest, InputFile, Limits};

fn bash(code: &str) -> ExecuteRequest {
    ExecuteRequest {
        language: "bash".to_owned(),
        code: code.to_owned(),
        ..Default::default()
    }
}

struct Ended {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// Paths and contents in the order of arrival.
    files: Vec<(String, Vec<u8>)>,
    report: Report,
    directory: TempDir,
}

impl Ended {
    fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Returns the process whose id the program wrote to a file.
    fn process_of(&self, file: &str) -> Pid {
        read_process(&self.directory.path().join(file)).unwrap()
    }
}

async fn start(request: ExecuteRequest) -> (TempDir, mpsc::Receiver<Event>) {
    start_program(Program::from_request(request, "").unwrap()).await
}

async fn start_program(program: Program) -> (TempDir, mpsc::Receiver<Event>) {
    let directory = tempfile::tempdir().unwrap();
    let executions = Executions::new(
        WorkingDirectory::in_test(directory.path()),
        Reaper::start().unwrap(),
    );
    let events = executions.start(program).await.unwrap();
    (directory, events)
}

async fn run(request: ExecuteRequest) -> Ended {
    finish(start(request).await).await
}

async fn finish((directory, mut events): (TempDir, mpsc::Receiver<Event>)) -> Ended {
    let (mut stdout, mut stderr, mut files) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(event) = events.recv().await {
        match event {
            Event::Output(StreamName::Stdout, content) => stdout.extend(content.as_bytes()),
            Event::Output(StreamName::Stderr, content) => stderr.extend(content.as_bytes()),
            Event::File(part) => {
                assert!(part.last, "these tests have small files only");
                files.push((part.path, part.content.to_vec()));
            }
            Event::Ended(report) => {
                assert!(events.recv().await.is_none(), "the report comes last");
                return Ended {
                    stdout,
                    stderr,
                    files,
                    report,
                    directory,
                };
            }
        }
    }
    panic!("no report");
}

fn read_process(path: &Path) -> Option<Pid> {
    Pid::from_raw(fs::read_to_string(path).ok()?.trim().parse().ok()?)
}

async fn is_gone(process: Pid) -> bool {
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        let state = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()));
        // An orphan stays a zombie if the PID 1 of this machine does not reap.
        if test_kill_process(process).is_err() || state.is_ok_and(|state| state.contains(") Z ")) {
            return true;
        }
        sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test]
async fn returns_both_streams_and_the_exit_code() {
    let ended = run(bash("echo out; echo err >&2; exit 7")).await;
    assert_eq!(ended.stdout(), "out\n");
    assert_eq!(ended.stderr, b"err\n");
    assert_eq!(ended.report.outcome, Outcome::Completed);
    assert_eq!((ended.report.exit_code, ended.report.signal), (7, 0));
    assert!(!ended.report.stdout_truncated && !ended.report.stderr_truncated);
    assert!(ended.report.duration > Duration::ZERO);
}

/// Runs a program in a compiled language, with a script as compiler that gets `-o` and the path of the program.
async fn run_compiled(language: &str, compiler: &str, mut request: ExecuteRequest) -> Ended {
    let tools = tempfile::tempdir().unwrap();
    let path = tools.path().join("compiler");
    fs::write(
        &path,
        format!("#!/bin/sh\nwhile [ \"$1\" != -o ]; do shift; done\n{compiler}\n"),
    )
    .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    request.env = [
        ("TMPDIR", tools.path().to_str().unwrap()),
        ("GOCACHE", "/nowhere"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let mut program = Program::from_request(request, "").unwrap();
    program.language = Language::named(language).unwrap();
    program.interpreter = path;
    finish(start_program(program).await).await
}

#[tokio::test]
async fn executes_a_compiled_program_in_place_of_its_compiler() {
    for (language, main_file) in [("rust", "main.rs"), ("go", "main.go")] {
        let mut request = bash("#!/bin/bash\necho \"<$1>\"; cat; ls; kill -TERM $$");
        request.args = vec!["one two".to_owned()];
        request.stdin = Bytes::from_static(b"from stdin\n");
        let copy = format!("cat; echo warning; cp {main_file} \"$2\"; chmod +x \"$2\"");
        let ended = run_compiled(language, &copy, request).await;
        assert_eq!(
            ended.stdout(),
            format!("<one two>\nfrom stdin\n{main_file}\n")
        );
        assert_eq!(ended.stderr, b"warning\n");
        assert_eq!((ended.report.exit_code, ended.report.signal), (143, 15));
    }
}

#[tokio::test]
async fn returns_the_exit_code_of_a_failing_compiler() {
    for language in ["rust", "go"] {
        let ended = run_compiled(language, "echo broken >&2; exit 3", bash("true")).await;
        assert_eq!(ended.report.outcome, Outcome::Completed);
        assert_eq!((ended.report.exit_code, ended.report.signal), (3, 0));
        assert_eq!(ended.stderr, b"broken\n");
    }
}

#[tokio::test]
async fn reports_a_signal() {
    let ended = run(bash("kill -TERM $$")).await;
    assert_eq!(ended.report.outcome, Outcome::Completed);
    assert_eq!((ended.report.exit_code, ended.report.signal), (143, 15));
}

#[tokio::test]
async fn passes_arguments_environment_input_and_files() {
    let ended = run(ExecuteRequest {
        args: vec!["one two".to_owned(), "*".to_owned()],
        env: [("GREETING".to_owned(), "a b".to_owned())].into(),
        stdin: Bytes::from_static(b"from stdin"),
        files: vec![
            InputFile {
                path: "data/deep/text".to_owned(),
                content: Bytes::from_static(b"from file"),
                executable: false,
            },
            InputFile {
                path: "tool".to_owned(),
                content: Bytes::from_static(b"#!/bin/sh\necho from tool\n"),
                executable: true,
            },
        ],
        ..bash("printf '%s|' \"$#\" \"$@\" \"$GREETING\" \"$0\"; cat - data/deep/text; ./tool; id -u >/dev/null; umask; ulimit -c")
    })
    .await;
    assert_eq!(
        ended.stdout(),
        "2|one two|*|a b|main.sh|from stdinfrom filefrom tool\n0022\n0\n"
    );
}

#[tokio::test]
async fn rejects_arguments_that_are_too_long() {
    let directory = tempfile::tempdir().unwrap();
    let executions = Executions::new(
        WorkingDirectory::in_test(directory.path()),
        Reaper::start().unwrap(),
    );
    let request = ExecuteRequest {
        args: vec!["x".repeat(1 << 20)],
        ..bash("true")
    };
    let program = Program::from_request(request, "").unwrap();
    let status = executions.start(program).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::InvalidArgument);
}

#[tokio::test]
async fn inherits_no_environment() {
    let ended = run(bash("/usr/bin/env | sort")).await;
    let text = ended.stdout();
    let names: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split('=').next())
        .collect();
    assert_eq!(
        names,
        ["HOME", "LANG", "LOGNAME", "PATH", "PWD", "SHELL", "SHLVL", "USER", "_"]
    );
}

#[tokio::test]
async fn inherits_no_descriptors_signals_or_session() {
    // Ignores descriptors that the test runner leaves open on purpose.
    let runners = descriptors_without_close_on_exec();
    let ended = run(bash(
        "ls /proc/$$/fd >&2; grep -E '^SigBlk|^NoNewPrivs' /proc/self/status | tr -d '\\t\\n'; \
         [ \"$(cut -d' ' -f6 /proc/$$/stat)\" = $$ ] && echo ' leads its session'",
    ))
    .await;
    assert_eq!(
        ended.stdout(),
        "SigBlk:0000000000000000NoNewPrivs:1 leads its session\n"
    );
    let stderr = String::from_utf8(ended.stderr).unwrap();
    let inherited: Vec<&str> = stderr
        .lines()
        .filter(|descriptor| !runners.iter().any(|runners| runners == descriptor))
        .collect();
    // 255 is the script that bash reads.
    assert!(
        inherited
            .iter()
            .all(|descriptor| ["0", "1", "2", "255"].contains(descriptor)),
        "{inherited:?}"
    );
}

fn descriptors_without_close_on_exec() -> Vec<String> {
    const CLOSE_ON_EXEC: u32 = 0o2_000_000;
    let flags = |descriptor: &str| {
        let information = fs::read_to_string(format!("/proc/self/fdinfo/{descriptor}")).ok()?;
        let line = information
            .lines()
            .find_map(|line| line.strip_prefix("flags:"))?;
        u32::from_str_radix(line.trim(), 8).ok()
    };
    fs::read_dir("/proc/self/fd")
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|descriptor| flags(descriptor).is_some_and(|flags| flags & CLOSE_ON_EXEC == 0))
        .collect()
}

#[tokio::test]
async fn keeps_output_before_a_timeout() {
    let ended = run(ExecuteRequest {
        timeout_secs: 3,
        ..bash("echo partial; sleep 100 & echo $! > child; wait")
    })
    .await;
    assert_eq!(ended.stdout(), "partial\n");
    assert_eq!(ended.report.outcome, Outcome::TimedOut);
    assert_eq!((ended.report.exit_code, ended.report.signal), (137, 9));
    assert!(ended.report.duration >= Duration::from_secs(3));
    assert!(is_gone(ended.process_of("child")).await);
}

#[tokio::test]
async fn ends_background_processes_with_the_program() {
    let began = Instant::now();
    let ended = run(bash("echo before; sleep 100 & echo $! > child; exit 0")).await;
    assert_eq!(
        ended.stdout(),
        "before\n",
        "{:?} {:?}",
        ended.report,
        ended.stderr
    );
    assert_eq!(ended.report.outcome, Outcome::Completed);
    assert!(began.elapsed() < Duration::from_secs(30));
    assert!(is_gone(ended.process_of("child")).await);
}

#[tokio::test]
async fn limits_output_to_the_byte() {
    let limited = |output_bytes, code: &str| ExecuteRequest {
        limits: Some(Limits {
            output_bytes,
            processes: 0,
        }),
        ..bash(code)
    };
    let ended = run(limited(1000, "while :; do echo 0123456789; done")).await;
    assert_eq!(ended.stdout.len(), 1000);
    assert_eq!(ended.report.outcome, Outcome::OutputLimit);
    assert!(ended.report.stdout_truncated && !ended.report.stderr_truncated);

    let ended = run(limited(10, "printf 0123456789; printf 0123456789 >&2")).await;
    assert_eq!(ended.report.outcome, Outcome::Completed);
    assert!(!ended.report.stdout_truncated && !ended.report.stderr_truncated);

    let ended = run(limited(10, "printf 01234567890 >&2")).await;
    assert_eq!(ended.stderr, b"0123456789");
    assert_eq!(ended.report.outcome, Outcome::OutputLimit);
    assert!(ended.report.stderr_truncated);
}

#[tokio::test]
async fn blocks_the_program_while_events_are_not_received() {
    // Longer than a busy host takes for it.
    let (directory, mut events) = start(ExecuteRequest {
        timeout_secs: 600,
        ..bash("yes | head -c 10000000; echo done > finished; exit 5")
    })
    .await;
    sleep(Duration::from_millis(500)).await;
    assert!(!directory.path().join("finished").exists());
    let mut bytes = 0;
    while let Some(event) = events.recv().await {
        match event {
            Event::Output(_, content) => bytes += content.as_bytes().len(),
            Event::File(part) => panic!("{part:?}"),
            Event::Ended(report) => assert_eq!(report.exit_code, 5),
        }
    }
    assert_eq!(bytes, 10_000_000);
}

#[tokio::test]
async fn ends_the_program_when_the_receiver_is_dropped() {
    let (directory, events) = start(bash("echo $$ > program; sleep 100")).await;
    let file = directory.path().join("program");
    while read_process(&file).is_none() {
        sleep(Duration::from_millis(10)).await;
    }
    drop(events);
    assert!(is_gone(read_process(&file).unwrap()).await);
}

#[tokio::test]
async fn returns_files_however_the_program_ends() {
    let save = "mkdir -p out; echo result > out/result; ln -s / out/link; ";
    for (outcome, rest) in [
        (Outcome::Completed, "exit 3"),
        (Outcome::Completed, "kill -9 $$"),
        (Outcome::TimedOut, "sleep 100"),
        (Outcome::OutputLimit, "while :; do echo 0123456789; done"),
    ] {
        let ended = run(ExecuteRequest {
            timeout_secs: if outcome == Outcome::TimedOut { 10 } else { 60 },
            limits: Some(Limits {
                output_bytes: 1000,
                processes: 0,
            }),
            ..bash(&format!("{save}{rest}"))
        })
        .await;
        assert_eq!(ended.report.outcome, outcome, "{rest}");
        assert_eq!(
            ended.files,
            [("result".to_owned(), b"result\n".to_vec())],
            "{rest}"
        );
        assert_eq!(ended.report.skipped.total, 1);
    }
}

#[tokio::test]
async fn returns_only_changed_input_files() {
    let input = |path: &str| InputFile {
        path: path.to_owned(),
        content: Bytes::from_static(b"given"),
        executable: false,
    };
    let ended = run(ExecuteRequest {
        files: vec![input("out/same"), input("out/changed"), input("data")],
        ..bash("touch out/same; chmod 600 out/same; echo more >> out/changed; cp data out/copy")
    })
    .await;
    assert_eq!(
        ended.files,
        [
            ("changed".to_owned(), b"givenmore\n".to_vec()),
            ("copy".to_owned(), b"given".to_vec())
        ]
    );
}
