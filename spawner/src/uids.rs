//! A uid of its own for each VM of root's.
//!
//! Spawners of several host processes share the range: whoever uses a uid holds a lock on the byte of that number in one
//! file. The kernel lets go of it when the holder ends, however it does.

use std::collections::BTreeSet;
use std::io;
use std::ops::RangeInclusive;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use nix::libc;
use rustix::fs::{self, Mode, OFlags};

/// Root's own directory, which is made when missing. Gone with the machine, as its locks are.
const DIRECTORY: &str = "/run/neurovisor";
const FILE: &str = "uids";

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
        let opened = fs::open(directory, crate::runtime_directory::OPEN, Mode::empty())
            .map_err(|error| named(&error))?;
        let metadata = fs::fstat(&opened).map_err(|error| named(&error))?;
        if !crate::runtime_directory::is_private(&metadata) {
            return Err(named(&"must be ours, and nobody else's to write to"));
        }
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = fs::openat(&opened, FILE, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|error| named(&error))?;
        Ok(Self {
            range,
            file,
            taken: BTreeSet::new(),
        })
    }

    /// One that no living VM has, or why there is none.
    pub fn take(&mut self) -> Result<u32, String> {
        for uid in self.range.clone() {
            // A lock of our own would not stop us.
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

    /// To be called when no process has it any more.
    pub fn give_back(&mut self, uid: u32) {
        if self.taken.remove(&uid) {
            let _ = self.lock(uid, libc::F_UNLCK);
        }
    }

    /// Returns false when another spawner holds it. Of an open file description (F_OFD_SETLK): children have none of it.
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
    fn two_spawners_never_have_the_same_and_take_again_what_was_given_back() {
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
        // Not its own.
        one.give_back(8);
        assert!(one.take().is_err());
        drop(other);
        assert_eq!((one.take(), one.take()), (Ok(7), Ok(8)));
    }

    #[test]
    fn a_directory_that_others_can_write_to_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let temporary = tempfile::tempdir().unwrap();
        std::fs::set_permissions(temporary.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Uids::open_in(temporary.path(), 1..=2).is_err());
    }
}
