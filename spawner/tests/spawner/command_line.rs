//! The command line and the runtime directory, as a person meets them.

use crate::common;

use std::os::unix::fs::symlink;
use std::process::{Command, Output};

use common::serving;

fn spawner(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_neurovisor-spawner"));
    command
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    for arguments in [
        &[][..],
        &["--runtime-dir"],
        &["--runtime-dir", "relative"],
        &["--runtime-dir", "/run/x"],
        &["--nonsense"],
    ] {
        let output = spawner(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8(output.stderr)
            .unwrap()
            .contains("usage: neurovisor-spawner"));
    }
}

#[test]
fn version_and_help_are_printed() {
    let version = spawner(&["--version"]);
    assert_eq!(version.status.code(), Some(0));
    assert_eq!(
        version.stdout,
        concat!("neurovisor-spawner ", env!("CARGO_PKG_VERSION"), "\n").as_bytes()
    );
    let help = spawner(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(String::from_utf8(help.stdout)
        .unwrap()
        .contains("--runtime-dir DIR"));
}

#[test]
fn an_unsafe_runtime_directory_is_refused_and_named() {
    let temporary = tempfile::tempdir().unwrap();
    let (real, link) = (temporary.path().join("real"), temporary.path().join("link"));
    std::fs::create_dir(&real).unwrap();
    symlink(&real, &link).unwrap();
    let output = serving(&link)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains(link.to_str().unwrap()) && told.contains("symbolic link"),
        "{told}"
    );
}

#[test]
fn a_host_that_is_gone_from_the_start_leaves_no_directory() {
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().join("run");
    assert_eq!(
        serving(&path)
            .stdin(std::process::Stdio::null())
            .status()
            .unwrap()
            .code(),
        Some(0)
    );
    assert!(!path.exists());
}

#[test]
fn uids_are_for_root_and_must_be_given() {
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().join("run");
    let mut command = Command::new(env!("CARGO_BIN_EXE_neurovisor-spawner"));
    command
        .arg("--runtime-dir")
        .arg(&path)
        .args(["--bwrap", "/usr/bin/bwrap"]);
    if !common::is_root() {
        command.args(["--uids", "7-9"]);
    }
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("--uids is for root")
            && !path.exists()
    );
}
