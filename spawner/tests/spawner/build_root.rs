//! `--build-root`: package scripts run as root of a namespace, without access to files of the host.

use crate::common;

use std::fs;
use std::os::unix::fs::{chown, PermissionsExt};
use std::path::Path;
use std::process::{Command, Output};

use common::is_root;

const FIRST: u32 = 2_000_065_536;

fn run(ids: &str, directory: &Path, script: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_neurovisor-spawner"))
        .args(["--build-root", ids])
        .arg(directory)
        .args(["sh", "-c", script])
        .output()
        .unwrap()
}

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).trim().to_owned()
}

#[test]
fn runs_as_root_without_access_to_host_files() {
    if !is_root() {
        return;
    }
    let temporary = tempfile::tempdir().unwrap();
    // Like a data directory, which only its owner may enter.
    fs::set_permissions(temporary.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let roots = temporary.path().join("roots");
    fs::write(&roots, "root's").unwrap();
    let directory = temporary.path().join("scratch");
    fs::create_dir(&directory).unwrap();
    chown(&directory, Some(FIRST), Some(FIRST)).unwrap();

    let script = format!(
        "id -u; id -G; pwd; awk '{{print $1, $2, $3}}' /proc/self/uid_map /proc/self/gid_map
        echo written >file && chown 7:8 file
        for wrong in {0} /etc/passwd /etc/neurovisor-escape; do (echo x >>$wrong) 2>/dev/null && echo wrote $wrong; done
        cat {0} 2>/dev/null; ls /root 2>/dev/null; exit 7",
        roots.display()
    );
    let output = run(&format!("{FIRST}-{}", FIRST + 65_535), &directory, &script);

    assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
    assert_eq!(
        text(&output.stdout),
        format!("0\n0\n/run/neurovisor/build\n0 {FIRST} 65536\n0 {FIRST} 65536")
    );
    let file = fs::metadata(directory.join("file")).unwrap();
    assert_eq!(
        (
            std::os::unix::fs::MetadataExt::uid(&file),
            std::os::unix::fs::MetadataExt::gid(&file)
        ),
        (FIRST + 7, FIRST + 8)
    );
    assert_eq!(fs::read_to_string(&roots).unwrap(), "root's");
}

#[test]
fn names_missing_ids_and_directories() {
    if !is_root() {
        return;
    }
    let temporary = tempfile::tempdir().unwrap();
    let missing = run("7-9", &temporary.path().join("missing"), "true");
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stderr).contains("missing: "), "{missing:?}");
    // Root of a namespace without these ids, as in a container.
    let inside = Command::new("unshare")
        .args(["--user", "--map-root-user"])
        .arg(env!("CARGO_BIN_EXE_neurovisor-spawner"))
        .args(["--build-root", "7-9"])
        .arg(temporary.path())
        .arg("true")
        .output()
        .unwrap();
    assert_eq!(inside.status.code(), Some(1));
    assert!(
        text(&inside.stderr).contains("7-9 cannot be mapped on this machine"),
        "{inside:?}"
    );
}
