//! The input files of a request.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::file_path;
use crate::invalid::{shown, Invalid};
use crate::wire::execution::InputFile;

/// Limits for input files, and for output files.
pub const COUNT_MAX: usize = 1000;
pub const TOTAL_BYTES_MAX: usize = 64 << 20;

#[derive(Debug)]
pub struct File {
    /// A relative path of plain names.
    pub path: PathBuf,
    pub content: Bytes,
    pub executable: bool,
}

/// Checks that all files, and the main file, can be written without conflicts.
pub fn checked(files: Vec<InputFile>, main_file: &str) -> Result<Vec<File>, Invalid> {
    if files.len() > COUNT_MAX {
        return Err(Invalid::new(
            "files",
            format!("are {}, at most {COUNT_MAX} are allowed", files.len()),
        ));
    }
    let total: usize = files.iter().map(|file| file.content.len()).sum();
    if total > TOTAL_BYTES_MAX {
        return Err(Invalid::new(
            "files",
            format!("hold {total} bytes, at most {TOTAL_BYTES_MAX} are allowed"),
        ));
    }
    // The main file has no index in the request.
    let mut taken = BTreeMap::from([(PathBuf::from(main_file), usize::MAX)]);
    let mut checked = Vec::with_capacity(files.len());
    for (index, file) in files.into_iter().enumerate() {
        let refused = |problem: &str| {
            Invalid::new(
                format!("files[{index}].path"),
                format!("is {}, which {problem}", shown(&file.path)),
            )
        };
        if let Some(problem) = file_path::problem(&file.path) {
            return Err(refused(problem));
        }
        let path = PathBuf::from(&file.path);
        match taken.insert(path.clone(), index) {
            None => {}
            Some(usize::MAX) => return Err(refused("is the name of the program's own file")),
            Some(_) => return Err(refused("occurs twice")),
        }
        checked.push(File {
            path,
            content: file.content,
            executable: file.executable,
        });
    }
    check_directories(&taken)?;
    Ok(checked)
}

/// Checks that no file is also needed as a directory. In the order of paths, the children of a path follow it directly.
fn check_directories(taken: &BTreeMap<PathBuf, usize>) -> Result<(), Invalid> {
    let mut previous: Option<&Path> = None;
    for (path, index) in taken {
        if let Some(file) = previous.filter(|file| path.starts_with(file)) {
            return Err(Invalid::new(
                format!("files[{index}].path"),
                format!(
                    "needs a directory {} where a file is to be",
                    shown(&file.to_string_lossy())
                ),
            ));
        }
        previous = Some(path);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> InputFile {
        InputFile {
            path: path.to_owned(),
            content: Bytes::from_static(b"x"),
            executable: false,
        }
    }

    fn refusal(paths: &[&str]) -> String {
        checked(paths.iter().map(|path| file(path)).collect(), "main.py")
            .expect_err("must be refused")
            .to_string()
    }

    #[test]
    fn accepts_plain_relative_paths() {
        let files = checked(
            vec![file("a"), file("b/c d/…"), file(".hidden"), file("b/..c")],
            "main.py",
        )
        .unwrap();
        assert_eq!(files[1].path, Path::new("b/c d/…"));
        assert_eq!(files.len(), 4);
    }

    #[test]
    fn rejects_unsafe_paths() {
        let long = "a".repeat(256);
        for path in [
            "",
            "/etc/passwd",
            "a/../../b",
            "a\0b",
            "a\nb",
            "a\u{1b}[2J",
            &long,
        ] {
            let refusal = refusal(&["good", path]);
            assert!(refusal.starts_with("files[1].path: is "), "{refusal}");
            assert!(!refusal.contains(char::is_control), "{refusal:?}");
        }
    }

    #[test]
    fn rejects_conflicting_files() {
        assert!(refusal(&["main.py"]).contains("program's own file"));
        assert!(refusal(&["a", "b", "a"]).contains("files[2].path: is \"a\", which occurs twice"));
        assert!(refusal(&["a/b", "a"]).contains("files[0].path: needs a directory \"a\""));
        assert!(
            refusal(&["a/b", "a.b", "a!", "a"]).contains("files[0].path: needs a directory \"a\"")
        );
        assert!(refusal(&["main.py/a"]).contains("needs a directory \"main.py\""));
    }

    #[test]
    fn limits_count_and_size() {
        let many = (0..=COUNT_MAX)
            .map(|number| file(&number.to_string()))
            .collect();
        assert!(checked(many, "main.py")
            .unwrap_err()
            .to_string()
            .contains("are 1001"));
        let half = Bytes::from(vec![0; TOTAL_BYTES_MAX / 2 + 1]);
        let much = ["a", "b"].map(|path| InputFile {
            content: half.clone(),
            ..file(path)
        });
        assert!(checked(much.into(), "main.py")
            .unwrap_err()
            .to_string()
            .contains("hold 67108866 bytes"));
    }
}
