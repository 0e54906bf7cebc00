//! The command line and the runtime directory.

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
fn reports_a_usage_error() {
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
fn prints_version_and_help() {
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
fn rejects_an_unsafe_runtime_directory() {
    let temporary = tempfile::tempdir().unwrap();
    let (real, link) = (temporary.path().join("real"), temporary.path().join("link"));
    std::fs::create_dir(&real).unwrap();
    symlink(&real, &link).unwrap();
    let output = serving(&link)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains(link.to_str().unwrap()) && error.contains("symbolic link"),
        "{error}"
    );
}

#[test]
fn leaves_no_directory_if_the_host_is_already_gone() {
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
fn requires_uids_for_root_only() {
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
