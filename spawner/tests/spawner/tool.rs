//! `--tool`: behaves like the program that it runs, and ends it with its host.

use crate::common;

use std::io::Read;
use std::process::{Command, Stdio};

use common::{ended_within, is_gone, pidfd, wait_for_end, Fifo, DEADLINE};

/// A host that can be killed: a shell that runs a tool and waits.
fn host(script: &str) -> Command {
    let mut command = Command::new("/bin/bash");
    command
        .args(["-c", "\"$0\" --tool $$ sh -c \"$1\" & wait $!"])
        .arg(env!("CARGO_BIN_EXE_neurovisor-spawner"))
        .arg(script);
    command
}

fn tool(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_neurovisor-spawner"));
    command
        .args(["--tool", &std::process::id().to_string()])
        .args(arguments);
    command
}

#[test]
fn has_the_streams_and_exit_code_of_the_program() {
    for (script, code) in [("cat; exit 7", 7), ("cat; kill -9 $$", 128 + 9)] {
        let mut child = tool(&["sh", "-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"input").unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.stdout, b"input");
        assert_eq!(output.status.code(), Some(code));
    }
    let missing = tool(&["no-such-program"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(127));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("no-such-program: ENOENT"));
}

#[test]
fn closes_output_when_the_program_does() {
    let mut child = tool(&["sh", "-c", "exec >&-; read line"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut text = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert!(child.try_wait().unwrap().is_none());
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn ends_daemons_with_the_program() {
    let temporary = tempfile::tempdir().unwrap();
    let fifo = Fifo::new(temporary.path());
    let script = format!(
        "setsid sh -c 'sleep 1000 & echo $! > {}; read line' & read line; exit 0",
        fifo.path.display()
    );
    let mut child = tool(&["sh", "-c", &script])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let daemon = pidfd(fifo.pid());
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert!(is_gone(&daemon));
}

#[test]
fn ends_everything_when_the_host_is_killed() {
    let temporary = tempfile::tempdir().unwrap();
    let fifo = Fifo::new(temporary.path());
    let output = fifo.path.display();
    let cleaned = temporary.path().join("cleaned");
    let script = format!(
        "trap 'echo > {}; exit' TERM; setsid sh -c 'echo $$ > {output}; exec sleep 1000' & echo $$ > {output}; wait",
        cleaned.display()
    );
    let mut host = host(&script).spawn().unwrap();
    let family: Vec<_> = (0..2).map(|_| pidfd(fifo.pid())).collect();
    host.kill().unwrap();
    host.wait().unwrap();
    family.iter().for_each(wait_for_end);
    assert!(cleaned.exists(), "it had no time to clean up");
}

#[test]
fn ends_the_program_when_the_spawner_is_killed() {
    let mut spawner = Command::new("/bin/sleep").arg("1000").spawn().unwrap();
    let spawner_id = spawner.id().to_string();
    let mut child = tool(&["--spawner", &spawner_id, "sleep", "1000"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    common::until("the program runs", || {
        let children = format!("/proc/{0}/task/{0}/children", child.id());
        std::fs::read_to_string(children).is_ok_and(|children| !children.is_empty())
    });
    spawner.kill().unwrap();
    spawner.wait().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let mut output = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut output)
        .unwrap();
    assert!(output.contains("its spawner is gone"), "{output}");

    let stranger = tool(&["--spawner", "1", "true"]).output().unwrap();
    assert_eq!(stranger.status.code(), Some(1));
}

#[test]
fn kills_a_program_that_ignores_signals() {
    let temporary = tempfile::tempdir().unwrap();
    let fifo = Fifo::new(temporary.path());
    let script = format!(
        "trap '' TERM INT; echo $$ > {}; while :; do sleep 1; done",
        fifo.path.display()
    );
    let mut host = host(&script).spawn().unwrap();
    let tool = pidfd(fifo.pid());
    host.kill().unwrap();
    host.wait().unwrap();
    assert!(ended_within(&tool, DEADLINE));
}

#[test]
fn starts_nothing_for_a_host_that_is_not_its_parent() {
    let trace = tempfile::tempdir().unwrap();
    let file = trace.path().join("trace");
    let output = Command::new(env!("CARGO_BIN_EXE_neurovisor-spawner"))
        .args(["--tool", "1", "touch"])
        .arg(&file)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!file.exists());
}
