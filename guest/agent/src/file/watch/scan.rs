//! Puts watches on directories. These are operations of the pool.

use std::os::fd::OwnedFd;

use rustix::fs::inotify::{add_watch, WatchFlags};
use rustix::fs::{fstat, FileType, Mode, OFlags, ResolveFlags, CWD};
use rustix::io::{Errno, Result};

use super::{DIRECTORIES_MAX, PATH_BYTES_MAX};
use crate::file::directory::{each_entry, inside, open_to_list};
use crate::file::path::FilePath;
use crate::file::pool::Wanted;
use crate::opening::openat2;

/// How many names are read before a call that has ended is noticed.
const NAMES_BETWEEN_CHECKS: u32 = 1024;

/// The watched directory. It is not kept open, because the kernel reports its removal when it is not in use.
#[derive(Clone)]
pub struct Root {
    path: FilePath,
    identity: (u64, u64),
}

/// A directory to be watched.
#[derive(Clone)]
pub struct Place {
    /// The watch of the directory above. Of no importance for the root.
    pub parent: i32,
    pub name: Vec<u8>,
    /// Relative to the root, and empty for the root.
    pub path: Vec<u8>,
}

/// What a scan has found.
#[derive(Default)]
pub struct Found {
    /// Directories with their new watches.
    pub directories: Vec<(i32, Place)>,
    /// The watch of a directory, and a name in it.
    pub entries: Vec<(i32, Vec<u8>)>,
    /// Whether something was left out because of a limit.
    pub partial: bool,
}

impl Root {
    /// Opens the directory, with the permission that a watch needs.
    pub fn open(path: FilePath) -> Result<Self> {
        let directory = open_to_list(CWD, path.as_str().as_bytes(), OFlags::empty())?;
        let identity = identity(&directory)?;
        Ok(Self { path, identity })
    }

    /// Watches a directory, and with `recursive` those below it. A directory that has vanished or cannot be read is left
    /// out. At most `room` directories are watched and `entries_max` entries returned.
    ///
    /// # Errors
    /// The root cannot be watched.
    pub fn scan(
        &self,
        inotify: &OwnedFd,
        start: Place,
        recursive: bool,
        (room, entries_max): (usize, usize),
        wanted: Wanted<'_>,
    ) -> Result<Found> {
        let root = open_to_list(CWD, self.path.as_str().as_bytes(), OFlags::empty())?;
        if identity(&root)? != self.identity {
            return Err(Errno::NOENT);
        }
        let mut found = Found::default();
        let mut rest = vec![start];
        while let Some(place) = rest.pop() {
            if found.directories.len() >= room || !wanted() {
                found.partial = true;
                return Ok(found);
            }
            let is_root = place.path.is_empty();
            let watched = open_below(&root, &place.path).and_then(|directory| {
                let watch = inside(&directory, || add_watch(inotify, c".", EVENTS))??;
                Ok((directory, watch))
            });
            let (directory, watch) = match watched {
                Ok(watched) => watched,
                Err(error) if is_root => return Err(error),
                Err(Errno::NOSPC) => {
                    found.partial = true;
                    return Ok(found);
                }
                Err(_) => continue,
            };
            let path = place.path.clone();
            found.directories.push((watch, place));
            if !recursive {
                continue;
            }
            // An error ends the list: the directory is watched, and has just vanished or become unreadable.
            let mut seen = 0;
            let _ = each_entry(&directory, |entry| {
                seen += 1;
                if seen % NAMES_BETWEEN_CHECKS == 0 && !wanted() {
                    return false;
                }
                let name = entry.file_name().to_bytes();
                if entries_max > 0 {
                    if found.entries.len() == entries_max {
                        found.partial = true;
                    } else {
                        found.entries.push((watch, name.to_owned()));
                    }
                }
                if entry.file_type() == FileType::Directory {
                    let below = below(&path, name);
                    if found.directories.len() + rest.len() >= room || below.len() > PATH_BYTES_MAX
                    {
                        found.partial = true;
                    } else {
                        rest.push(Place {
                            parent: watch,
                            name: name.to_owned(),
                            path: below,
                        });
                    }
                }
                // What is left out must not take long.
                !(found.partial && found.entries.len() == entries_max && rest.len() >= room)
            });
        }
        Ok(found)
    }
}

impl Place {
    pub fn root() -> Self {
        Self {
            parent: 0,
            name: Vec::new(),
            path: Vec::new(),
        }
    }
}

const EVENTS: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MODIFY)
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::MOVED_FROM)
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::ONLYDIR)
    .union(WatchFlags::EXCL_UNLINK);

/// Returns the path of a name in a directory.
pub fn below(directory: &[u8], name: &[u8]) -> Vec<u8> {
    match directory {
        b"" => name.to_owned(),
        directory => [directory, b"/", name].concat(),
    }
}

fn open_below(root: &OwnedFd, path: &[u8]) -> Result<OwnedFd> {
    let path = if path.is_empty() { b"." } else { path };
    openat2(
        root,
        path,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NONBLOCK,
        Mode::empty(),
        ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS,
    )
}

fn identity(directory: &OwnedFd) -> Result<(u64, u64)> {
    let stat = fstat(directory)?;
    Ok((stat.st_dev, stat.st_ino))
}

/// The number of directories that a watch of `watched` directories can still have.
pub fn room(watched: usize) -> usize {
    DIRECTORIES_MAX.saturating_sub(watched)
}
