//! The hook by which an interpreter stops before its program, for languages that benefit from it.

use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::execution::language::Language;

const PYTHON_HOOK: &str = include_str!("hooks/python.py");
const PYTHON_HOOK_NAME: &str = "usercustomize.py";
const NODE_HOOK: &str = include_str!("hooks/node.cjs");
const NODE_HOOK_FILE: &str = "/run/neurovisor/wait-for-code.cjs";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// The module that Python looks for last. It exists only while the interpreter loads it.
    Python,
    /// A module named by the environment. It stays, because threads of the program load it too.
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

    /// Returns the variable with which the interpreter is started. It has the length of the variable with a trace id,
    /// which replaces it later, so that a program that reads how its process was started sees no difference.
    pub fn variable(self) -> (String, String) {
        match self {
            Hook::Python => ("NEUROVISOR_TRACE_ID".to_owned(), "-".repeat(36)),
            Hook::Node => (
                "NODE_OPTIONS".to_owned(),
                format!("--require={NODE_HOOK_FILE}"),
            ),
        }
    }

    /// Returns a program that prints the directory for the hook, if it depends on the image.
    pub fn directory_query(self) -> Option<&'static str> {
        match self {
            // The last directory in which Python looks, so that it has looked in all others before.
            Hook::Python => Some("import sys; sys.stdout.write(sys.path[-1])"),
            Hook::Node => None,
        }
    }

    /// Writes the hook to where its interpreter looks for it.
    pub fn install(self, directory: &Path) -> io::Result<InstalledHook> {
        match self {
            Hook::Python => InstalledHook::temporary(directory),
            Hook::Node => {
                fs::write(NODE_HOOK_FILE, NODE_HOOK)?;
                Ok(InstalledHook { temporary: None })
            }
        }
    }
}

/// A hook in the directory in which its interpreter looks for it.
pub struct InstalledHook {
    temporary: Option<(PathBuf, FileTimes)>,
}

impl InstalledHook {
    /// Restores the times of the directory, because an interpreter takes a directory whose time has not changed for
    /// unchanged.
    fn temporary(directory: &Path) -> io::Result<Self> {
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

    /// Removes a temporary hook. To be called when the interpreter waits.
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
    fn replaces_a_variable_of_the_same_length() {
        let trace_id = "NEUROVISOR_TRACE_ID=01941ab3-6d8c-7a2b-b4e1-9c1234567890";
        for hook in [Hook::Python, Hook::Node] {
            let (name, value) = hook.variable();
            assert_eq!(format!("{name}={value}").len(), trace_id.len());
        }
    }

    #[test]
    fn exists_only_for_slow_interpreters() {
        let hook = |name| Hook::of(Language::named(name).unwrap());
        assert_eq!(hook("python3"), Some(Hook::Python));
        assert_eq!(hook("bash"), None);
    }

    #[test]
    fn leaves_no_trace_of_a_temporary_hook() {
        let directory = tempfile::tempdir().unwrap();
        let modified = || fs::metadata(directory.path()).unwrap().modified().unwrap();
        let before = modified();
        let installed = Hook::Python.install(directory.path()).unwrap();
        assert!(directory.path().join("usercustomize.py").exists());
        assert_eq!(modified(), before);
        // An image that has such a module keeps it.
        assert!(Hook::Python.install(directory.path()).is_err());
        installed.remove().unwrap();
        assert_eq!(modified(), before);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
