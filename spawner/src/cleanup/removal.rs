//! Removes directory trees with hostile content.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{self, AtFlags, Dir, DirEntry, FileType, Mode, OFlags, RenameFlags, ResolveFlags};
use rustix::io::Errno;
use rustix::time::{clock_gettime, ClockId};

use crate::opening;

/// How many entries one call may handle. A VM that left a million files must not block the others.
const ENTRIES_PER_CALL: usize = 1000;

#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    Done,
    More,
}

/// Removes a part of the tree at `name`. To be called until it returns `Done`, which it also does when nothing exists.
///
/// Never follows a symbolic link and never enters another mount. Needs three descriptors and no recursion at any depth,
/// because deeper directories are first moved up to the top. All state is on disk.
pub fn remove_some(parent: BorrowedFd<'_>, name: &str) -> io::Result<Progress> {
    let top = match open_directory(parent, name) {
        Ok(top) => top,
        Err(Errno::NOENT) => return Ok(Progress::Done),
        // The VMM replaced the directory by something else.
        Err(Errno::LOOP | Errno::NOTDIR) => {
            fs::unlinkat(parent, name, AtFlags::empty())?;
            return Ok(Progress::Done);
        }
        Err(error) => return Err(error.into()),
    };
    let mut pass = Pass::new(top.as_fd());
    while pass.budget > 0 {
        // A running listing may miss entries that were moved up, so only an empty listing ends the loop.
        if pass.empty_top()? == 0 {
            fs::unlinkat(parent, name, AtFlags::REMOVEDIR)?;
            return Ok(Progress::Done);
        }
    }
    Ok(Progress::More)
}

struct Pass<'a> {
    top: BorrowedFd<'a>,
    budget: usize,
    /// Starts the new names of directories that are moved up. A VMM cannot predict and occupy them.
    prefix: String,
    moved: usize,
}

impl<'a> Pass<'a> {
    fn new(top: BorrowedFd<'a>) -> Self {
        let now = clock_gettime(ClockId::Monotonic);
        let prefix = format!(".removing-{}-{}", now.tv_sec, now.tv_nsec);
        Self {
            top,
            budget: ENTRIES_PER_CALL,
            prefix,
            moved: 0,
        }
    }

    /// Removes entries of the top directory within the budget. Returns the number of entries it found.
    fn empty_top(&mut self) -> io::Result<usize> {
        let mut met = 0;
        for entry in entries(self.top)? {
            let entry = entry?;
            met += 1;
            if is_directory(self.top, &entry)? {
                let directory = open_directory(self.top, entry.file_name())?;
                if self.empty_into_top(directory.as_fd())? {
                    fs::unlinkat(self.top, entry.file_name(), AtFlags::REMOVEDIR)?;
                }
            } else {
                fs::unlinkat(self.top, entry.file_name(), AtFlags::empty())?;
            }
            self.budget = self.budget.saturating_sub(1);
            if self.budget == 0 {
                break;
            }
        }
        Ok(met)
    }

    /// Empties one directory and moves its subdirectories up. Returns whether it is empty.
    fn empty_into_top(&mut self, directory: BorrowedFd<'_>) -> io::Result<bool> {
        loop {
            let mut met = 0;
            for entry in entries(directory)? {
                let entry = entry?;
                met += 1;
                if self.budget == 0 {
                    return Ok(false);
                }
                self.budget -= 1;
                if is_directory(directory, &entry)? {
                    self.move_up(directory, entry.file_name())?;
                } else {
                    fs::unlinkat(directory, entry.file_name(), AtFlags::empty())?;
                }
            }
            if met == 0 {
                return Ok(true);
            }
        }
    }

    fn move_up(&mut self, from: BorrowedFd<'_>, name: &CStr) -> io::Result<()> {
        // Opening also makes it writable, without which it cannot be moved to another parent.
        open_directory(from, name)?;
        self.moved += 1;
        let new = format!("{}-{}", self.prefix, self.moved);
        Ok(fs::renameat_with(
            from,
            name,
            self.top,
            new,
            RenameFlags::NOREPLACE,
        )?)
    }
}

fn entries(
    directory: BorrowedFd<'_>,
) -> io::Result<impl Iterator<Item = rustix::io::Result<DirEntry>>> {
    let itself = |entry: &DirEntry| matches!(entry.file_name().to_bytes(), b"." | b"..");
    Ok(Dir::read_from(directory)?.filter(move |entry| !entry.as_ref().is_ok_and(itself)))
}

fn is_directory(parent: BorrowedFd<'_>, entry: &DirEntry) -> io::Result<bool> {
    let kind = match entry.file_type() {
        // Some file systems do not report it.
        FileType::Unknown => {
            let metadata = fs::statat(parent, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)?;
            FileType::from_raw_mode(metadata.st_mode)
        }
        known => known,
    };
    Ok(kind == FileType::Directory)
}

/// Opens a directory with full access, whatever mode it was left with.
fn open_directory<P: rustix::path::Arg>(
    parent: BorrowedFd<'_>,
    name: P,
) -> rustix::io::Result<OwnedFd> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let found = opening::openat2(parent, name, flags, Mode::empty(), resolve)?;
    // Only the path in /proc changes the mode of exactly the opened directory, even if it is unreadable.
    fs::chmod(format!("/proc/self/fd/{}", found.as_raw_fd()), Mode::RWXU)?;
    opening::openat(
        &found,
        c".",
        OFlags::RDONLY | OFlags::DIRECTORY,
        Mode::empty(),
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{symlink, PermissionsExt};
    use std::path::Path;

    use super::*;

    /// Removes `parent/name` and returns the number of calls it took.
    fn remove(parent: &Path, name: &str) -> usize {
        let parent = std::fs::File::open(parent).unwrap();
        (1..)
            .find(|_| remove_some(parent.as_fd(), name).unwrap() == Progress::Done)
            .unwrap()
    }

    #[test]
    fn returns_done_if_nothing_exists() {
        let temporary = tempfile::tempdir().unwrap();
        assert_eq!(remove(temporary.path(), "none"), 1);
    }

    #[test]
    fn removes_links_without_following_them() {
        let temporary = tempfile::tempdir().unwrap();
        let outside = temporary.path().join("outside");
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join("kept"), "").unwrap();
        let tree = temporary.path().join("tree");
        std::fs::create_dir_all(tree.join("deep")).unwrap();
        symlink(&outside, tree.join("link")).unwrap();
        symlink(&outside, tree.join("deep/link")).unwrap();
        symlink(&outside, temporary.path().join("whole")).unwrap();
        remove(temporary.path(), "tree");
        remove(temporary.path(), "whole");
        assert!(!tree.exists() && outside.join("kept").exists());
        assert!(temporary.path().join("whole").symlink_metadata().is_err());
    }

    #[test]
    fn removes_many_files_in_several_calls() {
        let temporary = tempfile::tempdir().unwrap();
        let tree = temporary.path().join("tree");
        std::fs::create_dir_all(tree.join("deep")).unwrap();
        for i in 0..ENTRIES_PER_CALL {
            std::fs::write(tree.join(i.to_string()), "").unwrap();
            std::fs::write(tree.join("deep").join(i.to_string()), "").unwrap();
        }
        assert!(remove(temporary.path(), "tree") >= 2);
        assert!(!tree.exists());
    }

    #[test]
    fn removes_deep_and_unreadable_trees() {
        let temporary = tempfile::tempdir().unwrap();
        fs::mkdirat(fs::CWD, temporary.path().join("tree"), Mode::RWXU).unwrap();
        let mut at =
            opening::open(temporary.path().join("tree"), OFlags::PATH, Mode::empty()).unwrap();
        for _ in 0..1100 {
            fs::mkdirat(&at, "d", Mode::RWXU).unwrap();
            at = opening::openat(&at, "d", OFlags::PATH, Mode::empty()).unwrap();
        }
        let closed = temporary.path().join("tree/d");
        std::fs::write(closed.join("file"), "").unwrap();
        std::fs::set_permissions(closed, std::fs::Permissions::from_mode(0o000)).unwrap();
        remove(temporary.path(), "tree");
        assert!(!temporary.path().join("tree").exists());
    }
}
