//! Checks of paths that a request names.

use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

use rustix::fs::{accessat, Access, AtFlags, CWD};

/// Whether a path is absolute and has no `.`, `..` or NUL in it.
pub fn is_plain(path: &Path) -> bool {
    let down = |component| matches!(component, Component::RootDir | Component::Normal(_));
    path.is_absolute() && path.components().all(down) && !path.as_os_str().as_bytes().contains(&0)
}

/// Checks an executable before the fork, so that the error names the path and not only exec's error number.
pub fn check_executable(path: &Path) -> Result<(), String> {
    let named = |problem: &dyn fmt::Display| format!("executable {}: {problem}", path.display());
    if !path.is_absolute() {
        return Err(named(&"not an absolute path"));
    }
    let metadata = path.metadata().map_err(|error| named(&error))?;
    if !metadata.is_file() {
        return Err(named(&"not a regular file"));
    }
    accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS)
        .map_err(|error| named(&std::io::Error::from(error)))
}
