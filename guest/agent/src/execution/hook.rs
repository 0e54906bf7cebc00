//! What makes an interpreter stop before its program, for each language that gains by it.

use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::language::Language;

const PYTHON_HOOK: &str = include_str!("hooks/python.py");
const PYTHON_HOOK_NAME: &str = "usercustomize.py";
const NODE_HOOK: &str = include_str!("hooks/node.cjs");
const NODE_HOOK_FILE: &str = "/run/neurovisor/wait-for-code.cjs";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// A module that Python looks for last of all: there only while the interpreter loads it.
    Python,
    /// A module named by the environment. It stays, because threads of the program look for it.
    Node,
}

impl Hook {
    pub fn of(language: &Language) -> Option<Self> {
        match language.names[0] {
            "python" => Some(Hook::Python),
            "javascript" => Some(Hook::Node),
            _ => None,
        }
    }

    /// What the interpreter is started with in place of a trace id, which has the same length: a program that looks at
    /// how its process was started finds what it would have found otherwise.
    pub fn variable(self) -> (String, String) {
        match self {
            Hook::Python => ("NEUROVISOR_TRACE_ID".to_owned(), "-".repeat(36)),
            Hook::Node => (
                "NODE_OPTIONS".to_owned(),
                format!("--require={NODE_HOOK_FILE}"),
            ),
        }
    }

    /// A program that prints the directory where the hook must be, if that depends on the image.
    pub fn question(self) -> Option<&'static str> {
        match self {
            // The last place where Python looks, so that it has looked at all others as well.
            Hook::Python => Some("import sys; sys.stdout.write(sys.path[-1])"),
            Hook::Node => None,
        }
    }

    pub fn place(self, directory: &Path) -> io::Result<Placed> {
        match self {
            Hook::Python => Placed::for_a_while(directory),
            Hook::Node => {
                fs::write(NODE_HOOK_FILE, NODE_HOOK)?;
                Ok(Placed { temporary: None })
            }
        }
    }
}

/// A hook where its interpreter looks for it.
pub struct Placed {
    temporary: Option<(PathBuf, FileTimes)>,
}

impl Placed {
    /// Nothing tells later that it was there: an interpreter takes a directory whose time has not changed for unchanged.
    fn for_a_while(directory: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(directory)?;
        let times = FileTimes::new()
            .set_accessed(metadata.accessed()?)
            .set_modified(metadata.modified()?);
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o644)
            .open(directory.join(PYTHON_HOOK_NAME))?
            .write_all(PYTHON_HOOK.as_bytes())?;
        File::open(directory)?.set_times(times)?;
        Ok(Self {
            temporary: Some((directory.to_owned(), times)),
        })
    }

    /// To be called when the interpreter waits.
    pub fn remove(self) -> io::Result<()> {
        let Some((directory, times)) = self.temporary else {
            return Ok(());
        };
        fs::remove_file(directory.join(PYTHON_HOOK_NAME))?;
        File::open(directory)?.set_times(times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_has_the_length_of_a_trace_id() {
        let trace_id = "NEUROVISOR_TRACE_ID=01941ab3-6d8c-7a2b-b4e1-9c1234567890";
        for hook in [Hook::Python, Hook::Node] {
            let (name, value) = hook.variable();
            assert_eq!(format!("{name}={value}").len(), trace_id.len());
        }
    }

    #[test]
    fn only_languages_whose_interpreters_start_slowly_have_one() {
        let hook = |name| Hook::of(Language::named(name).unwrap());
        assert_eq!(hook("python3"), Some(Hook::Python));
        assert_eq!(hook("bash"), None);
    }

    #[test]
    fn a_temporary_hook_leaves_no_trace_in_its_directory() {
        let directory = tempfile::tempdir().unwrap();
        let modified = || fs::metadata(directory.path()).unwrap().modified().unwrap();
        let before = modified();
        let placed = Hook::Python.place(directory.path()).unwrap();
        assert!(directory.path().join("usercustomize.py").exists());
        assert_eq!(modified(), before);
        // An image that has such a module keeps it.
        assert!(Hook::Python.place(directory.path()).is_err());
        placed.remove().unwrap();
        assert_eq!(modified(), before);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
