//! The names of files that are being written.

use std::ffi::CString;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, Result};

use crate::opening::openat;

const PREFIX: &str = ".neurovisor-write-";
/// Follows the prefix in the name of a file that takes no other's place. A watch reports such a file as created.
const NEW: &str = "new-";
const ATTEMPTS: usize = 16;

/// Creates a file with a temporary name, which only its owner may read.
pub fn create(directory: &OwnedFd, replaces: bool) -> Result<(OwnedFd, CString)> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
    for _ in 0..ATTEMPTS {
        let kind = if replaces { "" } else { NEW };
        // Random, so that a program cannot take all names.
        let number = RandomState::new().build_hasher().finish();
        let name =
            CString::new(format!("{PREFIX}{kind}{number:016x}")).map_err(|_| Errno::INVAL)?;
        match openat(directory, &*name, flags, Mode::RUSR | Mode::WUSR) {
            Err(Errno::EXIST) => {}
            result => return result.map(|file| (file, name)),
        }
    }
    Err(Errno::EXIST)
}

/// What the name of a file says about the write that created it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draft {
    Replaces,
    New,
}

/// Returns `None` for the name of another file.
pub fn draft(name: &[u8]) -> Option<Draft> {
    let rest = name.strip_prefix(PREFIX.as_bytes())?;
    match rest.strip_prefix(NEW.as_bytes()) {
        Some(_) => Some(Draft::New),
        None => Some(Draft::Replaces),
    }
}
