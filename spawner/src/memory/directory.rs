//! The directory of a checkpoint: `state` and `pages`, perhaps `memory`, and nothing else that a request could name.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, ResolveFlags, CWD};

use crate::opening;

/// The memory of a template, and of a machine that is one of its own.
pub const MEMORY: &str = "memory";
pub const STATE: &str = "state";
pub const PAGES: &str = "pages";

/// A directory that is open to this user only. The names of its files are fixed, because what is written to them is
/// chosen by a guest: as `authorized_keys` of an account it would be obeyed.
pub struct Directory {
    opened: OwnedFd,
    path: PathBuf,
}

impl Directory {
    pub fn open(path: &Path) -> Result<Self, String> {
        let named = |problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
        if !path.is_absolute() {
            return Err(named(&"not an absolute path"));
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY;
        let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let opened = opening::openat2(CWD, path, flags, Mode::empty(), resolve)
            .map_err(|error| named(&io::Error::from(error)))?;
        let metadata = fs::fstat(&opened).map_err(|error| named(&io::Error::from(error)))?;
        if metadata.st_uid != rustix::process::geteuid().as_raw() || metadata.st_mode & 0o077 != 0 {
            return Err(named(&"must be owned by this user and open to no other"));
        }
        Ok(Self {
            opened,
            path: path.to_owned(),
        })
    }

    /// Creates a file, which must not exist.
    pub fn create(&self, name: &str) -> Result<File, String> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
        self.open_file(name, flags, Mode::RUSR | Mode::WUSR)
    }

    /// Opens a file of this user for reading.
    pub fn read(&self, name: &str) -> Result<File, String> {
        let file = self.open_file(name, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty())?;
        let metadata = fs::fstat(&file).map_err(|error| self.named(name, error.into()))?;
        let is_file = FileType::from_raw_mode(metadata.st_mode) == FileType::RegularFile;
        if is_file && metadata.st_uid == rustix::process::geteuid().as_raw() {
            return Ok(file);
        }
        Err(format!(
            "{}: not a regular file of this user",
            self.path.join(name).display()
        ))
    }

    pub fn remove(&self, name: &str) {
        // In a directory that only this user can write to, nothing else can prevent it.
        let _ = fs::unlinkat(&self.opened, name, AtFlags::empty());
    }

    pub fn named(&self, name: &str, error: io::Error) -> String {
        format!("{}: {error}", self.path.join(name).display())
    }

    fn open_file(&self, name: &str, flags: OFlags, mode: Mode) -> Result<File, String> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::NOCTTY;
        opening::openat(&self.opened, name, flags, mode)
            .map(File::from)
            .map_err(|error| self.named(name, error.into()))
    }
}
