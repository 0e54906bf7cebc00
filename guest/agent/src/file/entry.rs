//! The description of a file for the host.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd};

use prost_types::Timestamp;
use rustix::fs::{fstat, lstat, readlink, FileType as Kind, Stat};
use rustix::io::Result;

use super::accounts::Accounts;
use super::attributes::Subject;
use crate::wire::sandbox::v1::{FileEntry, FileType};

const PERMISSION_BITS: u32 = 0o7777;

/// Describes the file at a place, which may be relative to the working directory of this thread. A symbolic link is not
/// followed. `path` is the absolute path that is shown.
pub fn at(place: &CStr, path: &[u8], accounts: &Accounts) -> Result<FileEntry> {
    let stat = lstat(place)?;
    let mut entry = described(&stat, path, accounts);
    if kind(&stat) == Kind::Symlink {
        // Unless it has just been replaced.
        if let Ok(target) = readlink(place, Vec::new()) {
            entry.symlink_target = text(target.as_bytes());
        }
    } else {
        entry.xattrs = Subject::Path(place).attributes();
    }
    Ok(entry)
}

/// Describes an open file.
pub fn of(file: BorrowedFd<'_>, path: &[u8], accounts: &Accounts) -> Result<FileEntry> {
    let mut entry = described(&fstat(file)?, path, accounts);
    entry.xattrs = Subject::Open(file.as_fd()).attributes();
    Ok(entry)
}

pub fn kind(stat: &Stat) -> Kind {
    Kind::from_raw_mode(stat.st_mode)
}

/// A name that is not UTF-8 is shown with replacement characters.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn described(stat: &Stat, path: &[u8], accounts: &Accounts) -> FileEntry {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
    let file_type = match kind(stat) {
        Kind::RegularFile => FileType::File,
        Kind::Directory => FileType::Directory,
        Kind::Symlink => FileType::Symlink,
        _ => FileType::Other,
    };
    FileEntry {
        name: text(name),
        path: text(path),
        r#type: file_type.into(),
        size: stat.st_size.try_into().unwrap_or(0),
        mode: stat.st_mode & PERMISSION_BITS,
        owner: accounts.user(stat.st_uid),
        group: accounts.group(stat.st_gid),
        modified: Some(Timestamp {
            seconds: stat.st_mtime,
            nanos: stat.st_mtime_nsec.try_into().unwrap_or(0),
        }),
        symlink_target: String::new(),
        xattrs: Default::default(),
    }
}
