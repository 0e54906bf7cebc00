//! Reads a journal.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::BorrowedFd;

use rustix::fs::{self, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::entry::Entry;
use super::FILE;
use crate::opening;
use crate::process::boot_id;

/// No more than this is read. A journal stays far below it.
const MAX_BYTES: u64 = 4 << 20;

/// The entries of a journal that have not been removed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Whether the machine has not been restarted since. Otherwise neither the processes nor the control groups exist.
    pub this_boot: bool,
    pub entries: Vec<Entry>,
}

impl Recorded {
    /// Reads the journal of a directory. Returns `None` if there is none, or if another user could have written it.
    pub fn read(directory: BorrowedFd<'_>) -> io::Result<Option<Self>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = match opening::openat(directory, FILE, flags, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NOENT | Errno::LOOP) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let metadata = fs::fstat(&file)?;
        let is_private = metadata.st_uid == rustix::process::geteuid().as_raw()
            && metadata.st_nlink == 1
            && metadata.st_mode & 0o022 == 0;
        if !is_private || FileType::from_raw_mode(metadata.st_mode) != FileType::RegularFile {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        File::from(file).take(MAX_BYTES).read_to_end(&mut bytes)?;
        Ok(Some(Self::parse(&bytes)))
    }

    /// Ignores a last line without line break: its writer died while writing it and has made nothing.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut recorded = Self::default();
        let boot = boot_id().map(|id| format!("boot {id}"));
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let _incomplete = lines.next_back();
        for line in lines {
            recorded.this_boot |= boot.as_ref().is_some_and(|boot| boot.as_bytes() == line);
            match Entry::parse(line) {
                Some((b'+', entry)) => recorded.entries.push(entry),
                Some((_, ended)) => recorded.entries.retain(|entry| *entry != ended),
                None => {}
            }
        }
        recorded
    }
}
