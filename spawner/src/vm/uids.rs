//! Separate uids for the VMs of a spawner that runs as root.
//!
//! The spawners of several host processes share the range. The user of a uid locks the byte with that number in a
//! shared file, and the kernel releases the lock however the holder ends.

use std::collections::BTreeSet;
use std::io;
use std::ops::RangeInclusive;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use nix::libc;
use rustix::fs::{self, Mode, OFlags};

use crate::cleanup::runtime_directory;
use crate::opening;

/// A directory of root, made if it is missing. Like the locks it does not survive a reboot.
const DIRECTORY: &str = "/run/neurovisor";
const FILE: &str = "uids";

/// A range of uids, with those that VMs of this spawner use.
pub struct Uids {
    range: RangeInclusive<u32>,
    file: OwnedFd,
    taken: BTreeSet<u32>,
}

impl Uids {
    pub fn open(range: RangeInclusive<u32>) -> Result<Self, String> {
        Self::open_in(Path::new(DIRECTORY), range)
    }

    fn open_in(directory: &Path, range: RangeInclusive<u32>) -> Result<Self, String> {
        let named = |problem: &dyn std::fmt::Display| format!("{}: {problem}", directory.display());
        match fs::mkdir(directory, Mode::RWXU) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => {}
            Err(error) => return Err(named(&error)),
        }
        let opened = opening::open(directory, runtime_directory::OPEN, Mode::empty())
            .map_err(|error| named(&error))?;
        let metadata = fs::fstat(&opened).map_err(|error| named(&error))?;
        if !runtime_directory::is_private(&metadata) {
            return Err(named(
                &"must be owned by this user and writable by no other user",
            ));
        }
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW;
        let file = opening::openat(&opened, FILE, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|error| named(&error))?;
        Ok(Self {
            range,
            file,
            taken: BTreeSet::new(),
        })
    }

    /// Takes a uid that no living VM uses. The error explains why there is none.
    pub fn take(&mut self) -> Result<u32, String> {
        for uid in self.range.clone() {
            // A lock of this process does not conflict with its own, so `taken` is checked first.
            if !self.taken.contains(&uid) && self.lock(uid, libc::F_WRLCK).map_err(problem)? {
                self.taken.insert(uid);
                return Ok(uid);
            }
        }
        Err(format!(
            "each uid from {} to {} belongs to a VM; wait for one to end, or choose more with --vm-uids",
            self.range.start(),
            self.range.end()
        ))
    }

    /// Returns a uid. To be called when no process uses it any more.
    pub fn give_back(&mut self, uid: u32) {
        if self.taken.remove(&uid) {
            let _ = self.lock(uid, libc::F_UNLCK);
        }
    }

    /// Locks or unlocks a uid. Returns false if another spawner holds the lock. The lock belongs to the open file
    /// description (F_OFD_SETLK), so child processes do not hold it.
    fn lock(&self, uid: u32, kind: i32) -> io::Result<bool> {
        // SAFETY: all zero is a valid flock.
        let mut lock: libc::flock = unsafe { std::mem::zeroed() };
        lock.l_type = kind as libc::c_short;
        lock.l_whence = libc::SEEK_SET as libc::c_short;
        lock.l_start = libc::off_t::from(uid);
        lock.l_len = 1;
        // SAFETY: the descriptor is open and `lock` lives through the call.
        if unsafe { libc::fcntl(self.file.as_raw_fd(), libc::F_OFD_SETLK, &lock) } == 0 {
            return Ok(true);
        }
        match io::Error::last_os_error() {
            error if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => Ok(false),
            error => Err(error),
        }
    }
}

fn problem(error: io::Error) -> String {
    format!("{DIRECTORY}/{FILE}: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spawners_never_share_a_uid() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = temporary.path().join("run");
        let open = || Uids::open_in(&directory, 7..=9).unwrap();
        let (mut one, mut other) = (open(), open());
        assert_eq!(
            (one.take(), other.take(), one.take()),
            (Ok(7), Ok(8), Ok(9))
        );
        assert!(other.take().unwrap_err().contains("from 7 to 9"));
        one.give_back(7);
        assert_eq!(other.take(), Ok(7));
        // Not taken by this one.
        one.give_back(8);
        assert!(one.take().is_err());
        drop(other);
        assert_eq!((one.take(), one.take()), (Ok(7), Ok(8)));
    }

    #[test]
    fn rejects_a_directory_that_others_can_write_to() {
        use std::os::unix::fs::PermissionsExt;
        let temporary = tempfile::tempdir().unwrap();
        std::fs::set_permissions(temporary.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Uids::open_in(temporary.path(), 1..=2).is_err());
    }
}
