//! Removes files and directories.

use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;

use rustix::fs::{fstat, unlinkat, AtFlags, Mode, OFlags, CWD};
use rustix::io::{Errno, Result};
use tonic::Status;

use super::directory::{each_entry, open_to_list, open_within};
use super::entry::text;
use super::path::FilePath;
use super::pool::Wanted;
use super::refusal::refusal;
use crate::opening::openat;

/// Directories inside each other. Their names take at most 1 MiB.
const LEVELS_MAX: usize = 4096;
/// How many times a directory is emptied to which others add files meanwhile.
const ROUNDS_MAX: usize = 10;

/// Removes a file, a symbolic link or an empty directory; with `recursive` also what is in the directory. No link is
/// followed, and no more than two directories are open at the same time.
pub fn remove(
    path: &FilePath,
    recursive: bool,
    wanted: Wanted<'_>,
) -> std::result::Result<(), Status> {
    let (above, name) = path.split()?;
    let refused = |error| path.refused(error);
    let above = open_within(CWD, above.as_bytes()).map_err(refused)?;
    let name = CString::new(name).map_err(|_| refused(Errno::INVAL))?;
    match remove_one(&above, &name) {
        Err(Errno::NOTEMPTY) if recursive => {}
        result => return result.map_err(refused),
    }
    let top = open_to_list(&above, name.to_bytes(), OFlags::NOFOLLOW).map_err(refused)?;
    let mut removal = Removal {
        path,
        levels: Vec::new(),
        wanted,
    };
    for _ in 0..ROUNDS_MAX {
        removal.empty(&top)?;
        match unlinkat(&above, &name, AtFlags::REMOVEDIR) {
            Err(Errno::NOTEMPTY) => {}
            result => return result.map_err(refused),
        }
    }
    Err(refused(Errno::NOTEMPTY))
}

/// Removes a file or an empty directory.
fn remove_one(above: &OwnedFd, name: &CStr) -> Result<()> {
    match unlinkat(above, name, AtFlags::empty()) {
        Err(Errno::ISDIR) => unlinkat(above, name, AtFlags::REMOVEDIR),
        result => result,
    }
}

struct Removal<'a> {
    path: &'a FilePath,
    /// The directories above the current one, with their identities, below the top.
    levels: Vec<Level>,
    wanted: Wanted<'a>,
}

struct Level {
    /// Of the current directory in the one above it.
    name: CString,
    /// Of the directory above. Another process may move directories while their content is removed, and ".." must not
    /// lead to a directory that was not asked for.
    above: (u64, u64),
}

/// How the reading of a directory ended.
enum Pass {
    Empty,
    Directory(CString),
}

impl Removal<'_> {
    /// Removes everything in a directory.
    fn empty(&mut self, top: &OwnedFd) -> std::result::Result<(), Status> {
        let mut current = top.try_clone().map_err(|_| self.refused(Errno::MFILE))?;
        let mut rounds = 0;
        loop {
            match self.pass(&current)? {
                Pass::Directory(name) => current = self.descend(&current, name)?,
                Pass::Empty => {
                    let Some(level) = self.levels.pop() else {
                        return Ok(());
                    };
                    let above = self.ascend(&current, &level)?;
                    match unlinkat(&above, &level.name, AtFlags::REMOVEDIR) {
                        Ok(()) | Err(Errno::NOENT) => rounds = 0,
                        // It has got new content, which the next pass over the one above finds.
                        Err(Errno::NOTEMPTY) if rounds < ROUNDS_MAX => rounds += 1,
                        Err(error) => {
                            self.levels.push(level);
                            return Err(self.refused(error));
                        }
                    }
                    current = above;
                }
            }
        }
    }

    /// Removes what is in a directory up to the first directory that is not empty.
    fn pass(&self, directory: &OwnedFd) -> std::result::Result<Pass, Status> {
        let mut end = Ok(Pass::Empty);
        each_entry(directory, |entry| {
            let name = entry.file_name();
            if !(self.wanted)() {
                end = Err(Status::cancelled("the removal has been cancelled"));
                return false;
            }
            match remove_one(directory, name) {
                Ok(()) | Err(Errno::NOENT) => return true,
                Err(Errno::NOTEMPTY) => end = Ok(Pass::Directory(name.to_owned())),
                Err(error) => {
                    let path = [self.shown().as_bytes(), b"/", name.to_bytes()].concat();
                    end = Err(refusal(&text(&path), error));
                }
            }
            false
        })
        .map_err(|error| self.refused(error))?;
        end
    }

    fn descend(
        &mut self,
        current: &OwnedFd,
        name: CString,
    ) -> std::result::Result<OwnedFd, Status> {
        if self.levels.len() == LEVELS_MAX {
            return Err(Status::invalid_argument(format!(
                "path: has more than {LEVELS_MAX} levels of directories below it"
            )));
        }
        let above = identity(current).map_err(|error| self.refused(error))?;
        let opened = open_to_list(current, name.to_bytes(), OFlags::NOFOLLOW);
        self.levels.push(Level { name, above });
        opened.map_err(|error| self.refused(error))
    }

    fn ascend(&self, current: &OwnedFd, level: &Level) -> std::result::Result<OwnedFd, Status> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let above =
            openat(current, "..", flags, Mode::empty()).map_err(|error| self.refused(error))?;
        match identity(&above) {
            Ok(identity) if identity == level.above => Ok(above),
            Ok(_) => Err(Status::failed_precondition(
                "a directory was moved while it was being removed: try again",
            )),
            Err(error) => Err(self.refused(error)),
        }
    }

    fn refused(&self, error: Errno) -> Status {
        refusal(&self.shown(), error)
    }

    /// Returns the path of the current directory.
    fn shown(&self) -> String {
        let names = self.levels.iter().map(|level| text(level.name.to_bytes()));
        [self.path.as_str().to_owned()]
            .into_iter()
            .chain(names)
            .collect::<Vec<_>>()
            .join("/")
    }
}

fn identity(directory: &OwnedFd) -> Result<(u64, u64)> {
    let stat = fstat(directory)?;
    Ok((stat.st_dev, stat.st_ino))
}
