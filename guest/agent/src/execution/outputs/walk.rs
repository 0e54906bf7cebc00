//! Walks a directory with hostile content.

use std::collections::BTreeSet;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{str, vec};

use rustix::fs::{fstat, statat, AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::{Errno, Result};

use super::DIRECTORY;
use crate::execution::file_path;
use crate::execution::skipped::Reason;
use crate::opening::{open, openat2};

/// Ten times the number of files that can be returned. Their names take at most 3 MB.
const ENTRIES_MAX: usize = 10_000;
const LEVELS_MAX: usize = 100;
/// Time for walking without sending. A guest on a loaded host needs a second for all entries.
const TIME_MAX: Duration = Duration::from_secs(4);
/// How many names are read before the clock is checked again.
const NAMES_BETWEEN_CHECKS: u32 = 512;

/// Walks directories depth first, in the order of the bytes of their names.
///
/// Visits only the first [`ENTRIES_MAX`] entries in this order, independent of the order of the file system.
pub struct Walk {
    root: OwnedFd,
    owner: u32,
    levels: Vec<Level>,
    entries_left: usize,
    time_left: Duration,
    /// The result of entering the root.
    begin: Option<Found>,
}

struct Level {
    /// Relative to the root; empty for the root itself.
    path: Vec<u8>,
    names: vec::IntoIter<CString>,
}

pub enum Found {
    File(FoundFile),
    /// A directory that has been entered.
    Directory,
    /// The path of a skipped entry, the reason, and the number of entries that are skipped.
    Skipped(Vec<u8>, Reason, u32),
}

/// An open file, positioned at its beginning.
pub struct FoundFile {
    pub path: String,
    pub bytes: u64,
    pub file: File,
}

impl Walk {
    /// Starts a walk of the output directory. Returns `None` if there is none.
    pub fn of(working_directory: &Path, owner: u32) -> std::result::Result<Option<Self>, Reason> {
        let unreadable = |_| Reason::Unreadable;
        let working_directory = open(
            working_directory,
            OFlags::PATH | OFlags::DIRECTORY,
            Mode::empty(),
        )
        .map_err(unreadable)?;
        let stat = match statat(&working_directory, DIRECTORY, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(None),
            stat => stat.map_err(unreadable)?,
        };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {}
            FileType::Symlink => return Err(Reason::Link),
            _ => return Err(Reason::NotADirectory),
        }
        let root = open_below(&working_directory, DIRECTORY.as_bytes(), OFlags::DIRECTORY)
            .map_err(unreadable)?;
        let mut walk = Self {
            root,
            owner,
            levels: Vec::new(),
            entries_left: ENTRIES_MAX,
            time_left: TIME_MAX,
            begin: None,
        };
        walk.begin = Some(walk.enter(Vec::new(), Instant::now())?);
        Ok(Some(walk))
    }

    pub fn next(&mut self) -> Option<Found> {
        if let Some(begin) = self.begin.take() {
            return Some(begin);
        }
        let begun = Instant::now();
        let found = self.visit_next(begun);
        self.time_left = self.time_left.saturating_sub(begun.elapsed());
        found
    }

    /// Ends the walk. The remaining entries count as not reached.
    pub fn abandon(&mut self) {
        self.time_left = Duration::ZERO;
    }

    fn visit_next(&mut self, begun: Instant) -> Option<Found> {
        let path = loop {
            let level = self.levels.last_mut()?;
            match level.names.next() {
                Some(name) => break joined(&level.path, &name),
                None => {
                    self.levels.pop();
                }
            }
        };
        if self.time_left.is_zero() {
            let further: usize = self.levels.iter().map(|level| level.names.len()).sum();
            self.levels.clear();
            return Some(Found::Skipped(path, Reason::NotReached, count(further + 1)));
        }
        let found = self.visit(&path, begun);
        Some(found.unwrap_or_else(|reason| Found::Skipped(path, reason, 1)))
    }

    fn visit(&mut self, path: &[u8], begun: Instant) -> std::result::Result<Found, Reason> {
        let text = str::from_utf8(path).map_err(|_| Reason::NotUnicode)?;
        if let Some(problem) = file_path::problem(text) {
            return Err(Reason::Path(problem));
        }
        let stat =
            statat(&self.root, path, AtFlags::SYMLINK_NOFOLLOW).map_err(|_| Reason::Unreadable)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => self.enter(path.to_owned(), begun),
            FileType::RegularFile => self.open_file(text),
            other => Err(reason_not_to_open(other)),
        }
    }

    fn enter(&mut self, path: Vec<u8>, begun: Instant) -> std::result::Result<Found, Reason> {
        if self.levels.len() > LEVELS_MAX {
            return Err(Reason::TooDeep);
        }
        let inside = match path.as_slice() {
            b"" => b".",
            path => path,
        };
        let directory = open_below(&self.root, inside, OFlags::DIRECTORY)
            .and_then(Dir::new)
            .map_err(|_| Reason::Unreadable)?;
        let (names, dropped) = self.names(directory, begun)?;
        self.entries_left -= names.len();
        self.levels.push(Level {
            path: path.clone(),
            names: names.into_iter().collect::<Vec<_>>().into_iter(),
        });
        Ok(match dropped {
            0 => Found::Directory,
            dropped => Found::Skipped(path, Reason::TooManyEntries, dropped),
        })
    }

    /// Returns the first names, and the number of the others.
    fn names(
        &self,
        mut directory: Dir,
        begun: Instant,
    ) -> std::result::Result<(BTreeSet<CString>, u32), Reason> {
        let mut names = BTreeSet::new();
        let mut dropped: u32 = 0;
        let mut seen: u32 = 0;
        while let Some(entry) = directory.read() {
            let entry = entry.map_err(|_| Reason::Unreadable)?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            names.insert(name.to_owned());
            if names.len() > self.entries_left {
                names.pop_last();
                dropped = dropped.saturating_add(1);
            }
            seen = seen.wrapping_add(1);
            if seen % NAMES_BETWEEN_CHECKS == 0 && begun.elapsed() > self.time_left {
                return Err(Reason::NotReached);
            }
        }
        Ok((names, dropped))
    }

    fn open_file(&self, path: &str) -> std::result::Result<Found, Reason> {
        // If it has become a pipe, opening it must not wait for a writer.
        let file = open_below(
            &self.root,
            path.as_bytes(),
            OFlags::NONBLOCK | OFlags::NOCTTY,
        )
        .map_err(|_| Reason::Unreadable)?;
        let Stat {
            st_mode,
            st_uid,
            st_size,
            ..
        } = fstat(&file).map_err(|_| Reason::Unreadable)?;
        match FileType::from_raw_mode(st_mode) {
            FileType::RegularFile => {}
            other => return Err(reason_not_to_open(other)),
        }
        if st_uid != self.owner {
            return Err(Reason::OtherOwner);
        }
        Ok(Found::File(FoundFile {
            path: path.to_owned(),
            bytes: st_size.try_into().map_err(|_| Reason::Unreadable)?,
            file: file.into(),
        }))
    }
}

fn open_below(directory: &OwnedFd, path: &[u8], flags: OFlags) -> Result<OwnedFd> {
    openat2(
        directory,
        path,
        flags | OFlags::RDONLY | OFlags::NOFOLLOW,
        Mode::empty(),
        ResolveFlags::BENEATH
            | ResolveFlags::NO_SYMLINKS
            | ResolveFlags::NO_MAGICLINKS
            | ResolveFlags::NO_XDEV,
    )
}

fn reason_not_to_open(kind: FileType) -> Reason {
    match kind {
        FileType::Symlink => Reason::Link,
        FileType::Socket => Reason::Socket,
        FileType::Fifo => Reason::NamedPipe,
        FileType::CharacterDevice | FileType::BlockDevice => Reason::Device,
        FileType::Directory | FileType::RegularFile | FileType::Unknown => Reason::Unreadable,
    }
}

fn joined(directory: &[u8], name: &CStr) -> Vec<u8> {
    match directory {
        b"" => name.to_bytes().to_owned(),
        directory => [directory, b"/", name.to_bytes()].concat(),
    }
}

fn count(number: usize) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}
