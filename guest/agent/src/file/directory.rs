//! Opens and makes directories.

use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{
    chmodat, mkdirat, readlinkat, stat, AtFlags, Dir, DirEntry, FileType, Mode, OFlags, CWD,
};
use rustix::io::{Errno, Result};
use rustix::process::{chdir, fchdir};
use tonic::Status;

use super::entry::kind;
use super::path::FilePath;
use crate::opening::openat;

/// The limit of the kernel for links that are followed in one path.
const LINKS_MAX: usize = 40;
/// Of directories above a file.
const USUAL: Mode = Mode::from_bits_retain(0o755);
/// The bits that mkdir(2) does not set with the umask 022.
const UNSET: Mode = Mode::from_bits_retain(0o7022);

/// Opens a directory to reach what is in it. `path` may be relative to another directory.
pub fn open_within(directory: impl AsFd, path: &[u8]) -> Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY;
    openat(directory, path, flags, Mode::empty())
}

/// Opens a directory to list it.
pub fn open_to_list(directory: impl AsFd, name: &[u8], links: OFlags) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NONBLOCK;
    openat(directory, name, flags | links, Mode::empty())
}

/// Runs an action with the directory as the working directory of this thread, for system calls that take no directory.
pub fn inside<T>(directory: impl AsFd, action: impl FnOnce() -> T) -> Result<T> {
    fchdir(directory)?;
    let result = action();
    // A directory that is in use would not vanish when it is removed.
    chdir("/")?;
    Ok(result)
}

/// Visits the entries of a directory but "." and "..", in the order of the file system, until the visitor returns false.
pub fn each_entry(directory: impl AsFd, mut visitor: impl FnMut(&DirEntry) -> bool) -> Result<()> {
    let mut entries = Dir::read_from(directory)?;
    while let Some(entry) = entries.read() {
        let entry = entry?;
        let name = entry.file_name();
        if name != c"." && name != c".." && !visitor(&entry) {
            break;
        }
    }
    Ok(())
}

/// Makes a directory and those above it. Returns whether it was missing.
pub fn make(path: &FilePath, mode: Mode) -> std::result::Result<bool, Status> {
    let Ok((above, name)) = path.split() else {
        // "/" or "..", which exist if they can be reached.
        open_within(CWD, path.as_str().as_bytes()).map_err(|error| path.refused(error))?;
        return Ok(false);
    };
    let made = || -> Result<bool> {
        let above = open_or_make(above)?;
        match mkdirat(&above, name, mode) {
            Ok(()) => {}
            Err(Errno::EXIST) if is_directory(path) => return Ok(false),
            Err(error) => return Err(error),
        }
        if mode.intersects(UNSET) {
            chmodat(&above, name, mode, AtFlags::empty())?;
        }
        Ok(true)
    };
    made().map_err(|error| path.refused(error))
}

fn is_directory(path: &FilePath) -> bool {
    stat(path.as_str()).is_ok_and(|stat| kind(&stat) == FileType::Directory)
}

/// A name in an open directory.
pub struct Place {
    pub directory: OwnedFd,
    pub name: CString,
}

impl Place {
    /// Returns the place of a file, whose directories are made if they are missing.
    pub fn of(path: &FilePath) -> std::result::Result<Self, Status> {
        let (above, name) = path.split()?;
        Ok(Self {
            directory: open_or_make(above).map_err(|error| path.refused(error))?,
            name: CString::new(name).map_err(|_| path.refused(Errno::INVAL))?,
        })
    }

    /// Follows symbolic links at this place, as open(2) does, to where the file is or would be created.
    pub fn behind_links(mut self) -> Result<Self> {
        for _ in 0..LINKS_MAX {
            let target = match readlinkat(&self.directory, &*self.name, Vec::new()) {
                Ok(target) => target.into_bytes(),
                // Not a link, or nothing.
                Err(Errno::INVAL | Errno::NOENT) => return Ok(self),
                Err(error) => return Err(error),
            };
            let (above, name) = match target.iter().rposition(|byte| *byte == b'/') {
                Some(0) => (&b"/"[..], &target[1..]),
                Some(slash) => (&target[..slash], &target[slash + 1..]),
                None => (&b"."[..], &target[..]),
            };
            if matches!(name, b"" | b"." | b"..") {
                return Err(Errno::ISDIR);
            }
            self = Self {
                directory: open_within(&self.directory, above)?,
                name: CString::new(name).map_err(|_| Errno::INVAL)?,
            };
        }
        Err(Errno::LOOP)
    }
}

/// Opens a directory, part by part if some are missing.
fn open_or_make(path: &str) -> Result<OwnedFd> {
    match open_within(CWD, path.as_bytes()) {
        Err(Errno::NOENT) => {}
        result => return result,
    }
    let mut directory = open_within(CWD, b"/")?;
    for name in path.split('/').filter(|name| !name.is_empty()) {
        directory = match open_within(&directory, name.as_bytes()) {
            Err(Errno::NOENT) => {
                match mkdirat(&directory, name, USUAL) {
                    // Another process may have made it.
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(error),
                }
                open_within(&directory, name.as_bytes())?
            }
            opened => opened?,
        };
    }
    Ok(directory)
}
