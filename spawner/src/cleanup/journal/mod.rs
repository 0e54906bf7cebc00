//! The journal: what would outlive a sudden end of this process, written down before it is made.
//!
//! A sweep reads the file when no process holds the lock of its directory. It is not flushed to disk: what a process
//! has written stays in the kernel however the process ends. When the machine itself goes down, processes and control
//! groups go with it, and the stores in which directories lie find those again.

mod entry;
mod recorded;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use rustix::fs::{self, AtFlags, Mode, OFlags};

pub use entry::{Entry, Escaped};
pub use recorded::Recorded;

use crate::opening;
use crate::process::boot_id;

/// The name of the file. No VM can have this name.
const FILE: &str = ".journal";
const NEW_FILE: &str = ".journal.new";

/// A journal that has grown by this much is rewritten with the entries that are left.
const COMPACT_BYTES: usize = 64 << 10;

/// The journal of this process, open for writing.
pub struct Journal {
    directory: OwnedFd,
    file: File,
    held: Vec<Entry>,
    bytes: usize,
}

impl Journal {
    /// Begins the journal of a directory that has none.
    pub fn begin(directory: BorrowedFd<'_>) -> io::Result<Self> {
        let directory = directory.try_clone_to_owned()?;
        let (file, bytes) = write_anew(directory.as_fd(), &[])?;
        Ok(Self {
            directory,
            file,
            held: Vec::new(),
            bytes,
        })
    }

    /// Adds an entry. To be called before the thing is made; when this fails, it must not be made.
    pub fn add(&mut self, entry: Entry) -> io::Result<()> {
        self.append('+', &entry)?;
        self.held.push(entry);
        Ok(())
    }

    /// Removes an entry. To be called when the thing is gone. A failed write, for instance on a full disk, does no
    /// harm: a sweep does not find what is gone.
    pub fn remove(&mut self, entry: &Entry) {
        self.held.retain(|held| held != entry);
        let _ = self.append('-', entry);
        if self.bytes >= COMPACT_BYTES {
            if let Ok((file, _)) = write_anew(self.directory.as_fd(), &self.held) {
                self.file = file;
                self.bytes = 0;
            }
        }
    }

    /// Returns the paths of all scratch entries.
    pub fn scratch(&self) -> Vec<PathBuf> {
        let scratch = |entry: &Entry| match entry {
            Entry::Scratch(path) => Some(path.clone()),
            Entry::Process { .. } | Entry::Cgroup(_) => None,
        };
        self.held.iter().filter_map(scratch).collect()
    }

    /// Removes the journal, unless entries are left for a sweep.
    pub fn end(self) {
        if self.held.is_empty() {
            let _ = fs::unlinkat(&self.directory, FILE, AtFlags::empty());
        }
    }

    fn append(&mut self, sign: char, entry: &Entry) -> io::Result<()> {
        let mut line = String::new();
        entry.write(sign, &mut line);
        // A single write: a reader sees half a line only after the death of this process, without the line break.
        match rustix::io::write(&self.file, line.as_bytes()) {
            Ok(written) if written == line.len() => {
                self.bytes += written;
                Ok(())
            }
            Ok(written) => {
                let length = self.file.metadata()?.len();
                self.file.set_len(length - written as u64)?;
                Err(io::ErrorKind::StorageFull.into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Replaces the journal atomically and returns it open for appending.
fn write_anew(directory: BorrowedFd<'_>, entries: &[Entry]) -> io::Result<(File, usize)> {
    let mut text = format!("boot {}\n", boot_id().unwrap_or_default());
    entries.iter().for_each(|entry| entry.write('+', &mut text));
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::APPEND | OFlags::NOFOLLOW;
    let mode = Mode::RUSR | Mode::WUSR;
    let mut file = File::from(opening::openat(directory, NEW_FILE, flags, mode)?);
    file.write_all(text.as_bytes())?;
    fs::renameat(directory, NEW_FILE, directory, FILE)?;
    Ok((file, text.len()))
}

/// Whether a name in a runtime directory is that of the journal and not that of a VM.
pub fn is_journal(name: &OsStr) -> bool {
    name == FILE || name == NEW_FILE
}
