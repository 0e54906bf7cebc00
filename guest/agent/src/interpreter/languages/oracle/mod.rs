//! The driver of Python and ipykernel show the same of the same cells, but for the differences that a file names.

use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::process::Command;

use super::jupyter;

const CELLS: usize = 72;

fn lines(text: &str) -> BTreeSet<&str> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

#[test]
fn agrees_with_ipykernel() {
    let Some(packages) = jupyter() else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = sources.join("src/interpreter/languages/oracle");
    let path = env::var("PYTHONPATH").unwrap_or_default();
    let output = Command::new("python3")
        .arg(own.join("run.py"))
        .arg(own.join("cells.txt"))
        .arg(sources.join("../image/base/drivers/python.py"))
        .env("PYTHONPATH", format!("{path}:{packages}"))
        .env("JUPYTER_PATH", format!("{packages}/share/jupyter"))
        .env("HOME", home.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(home.path())
        .output()
        .unwrap();
    let reasons = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{reasons}");
    let found = String::from_utf8(output.stdout).unwrap();
    let compared = format!("{CELLS} cells");
    let expected = format!("{}\n{compared}", include_str!("differences.txt"));
    assert_eq!(lines(&found), lines(&expected), "{reasons}");
}
