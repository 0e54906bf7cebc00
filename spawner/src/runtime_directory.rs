//! The directory of one host process, in which each VM has its own.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{self, AtFlags, FlockOperation, Mode, OFlags, CWD};
use rustix::io::Errno;

use crate::journal::Journal;
use crate::launch::VmId;
use crate::removal::{self, Progress};

/// How a runtime directory is opened, and each directory around and in it.
pub const OPEN: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// A sweep may hold the lock for a moment, or have removed the directory that we had just made.
const TRIES: usize = 50;
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// Holds the directory open and locked: whatever happens to its path, VMs are made in and removed from this one. The
/// kernel releases the lock when this process ends, however it ends, and then it may be swept.
pub struct RuntimeDirectory {
    path: PathBuf,
    directory: OwnedFd,
}

impl RuntimeDirectory {
    /// Opens the directory, made with mode 0700 when missing. Refuses one that another user could write to, or that
    /// sits behind a symbolic link, because a VMM's sockets would be in a stranger's reach; and one that has a spawner.
    pub fn open(path: &Path) -> Result<Self, String> {
        let named = |problem: String| format!("--runtime-dir {}: {problem}", path.display());
        for _ in 0..TRIES {
            if let Some(directory) = Self::try_open(path).map_err(named)? {
                return Ok(directory);
            }
            std::thread::sleep(TRY_AGAIN_AFTER);
        }
        Err(named("in use by another spawner".into()))
    }

    fn try_open(path: &Path) -> Result<Option<Self>, String> {
        let words = |error: Errno| io::Error::from(error).to_string();
        match fs::mkdir(path, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(words(error)),
        }
        let directory = match fs::open(path, OPEN, Mode::empty()) {
            Ok(directory) => directory,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP | Errno::NOTDIR) => {
                return Err("not a directory, or a symbolic link".into())
            }
            Err(error) => return Err(words(error)),
        };
        let metadata = fs::fstat(&directory).map_err(words)?;
        if !is_private(&metadata) {
            return Err(format!(
                "owned by uid {}, mode {:03o}: must be ours, and nobody else's to write to",
                metadata.st_uid,
                metadata.st_mode & 0o777
            ));
        }
        let locked = try_lock(&directory).map_err(|error| error.to_string())?;
        // What was locked may have been removed in between.
        let same = fs::lstat(path)
            .is_ok_and(|now| (now.st_dev, now.st_ino) == (metadata.st_dev, metadata.st_ino));
        Ok((locked && same).then(|| Self {
            path: path.into(),
            directory,
        }))
    }

    /// The directory with those of other host processes.
    pub fn base(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    pub fn begin_journal(&self) -> Result<Journal, String> {
        Journal::begin(self.directory.as_fd())
            .map_err(|error| format!("{}: cannot begin the journal: {error}", self.path.display()))
    }

    /// Makes the directory of one VM. One that exists is never reused: it belongs to something that we do not know.
    pub fn create(&self, id: &VmId) -> Result<OwnedFd, String> {
        let named = |error: Errno| match error {
            Errno::EXIST => format!("{} exists already", self.path.join(id.as_str()).display()),
            other => format!(
                "{}: {}",
                self.path.join(id.as_str()).display(),
                io::Error::from(other)
            ),
        };
        fs::mkdirat(&self.directory, id.as_str(), Mode::RWXU).map_err(named)?;
        fs::openat(&self.directory, id.as_str(), OPEN, Mode::empty()).map_err(|error| {
            let _ = fs::unlinkat(&self.directory, id.as_str(), AtFlags::REMOVEDIR);
            named(error)
        })
    }

    /// Removes some of a VM's directory; to be called again until it says `Done`.
    pub fn remove_some(&self, id: &VmId) -> io::Result<Progress> {
        removal::remove_some(self.directory.as_fd(), id.as_str())
    }

    /// Removes the directory itself unless something is left in it.
    pub fn remove_if_empty(self) {
        let _ = fs::unlinkat(CWD, &self.path, AtFlags::REMOVEDIR);
    }
}

/// Whether a directory is ours and nobody else's to write to.
pub fn is_private(metadata: &fs::Stat) -> bool {
    metadata.st_uid == rustix::process::geteuid().as_raw() && metadata.st_mode & 0o022 == 0
}

/// Whether a name is one that host processes give: a pid, a dash, and what makes it unique.
pub fn has_our_name(name: &str) -> bool {
    name.split_once('-').is_some_and(|(pid, rest)| {
        let alphanumeric = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
        !pid.is_empty()
            && pid.bytes().all(|byte| byte.is_ascii_digit())
            && !rest.is_empty()
            && rest.bytes().all(alphanumeric)
    })
}

/// Locks a directory while its descriptor is open. False when somebody else has locked it.
pub fn try_lock(directory: &OwnedFd) -> io::Result<bool> {
    match fs::flock(directory, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{symlink, PermissionsExt};

    use super::*;

    #[test]
    fn makes_a_private_directory_and_takes_it_away() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("new");
        let directory = RuntimeDirectory::open(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        directory.remove_if_empty();
        assert!(!path.exists());
    }

    #[test]
    fn leaves_what_is_not_empty() {
        let temporary = tempfile::tempdir().unwrap();
        std::fs::write(temporary.path().join("kept"), "").unwrap();
        RuntimeDirectory::open(temporary.path())
            .unwrap()
            .remove_if_empty();
        assert!(temporary.path().join("kept").exists());
    }

    #[test]
    fn refuses_links_files_and_what_others_may_write() {
        let temporary = tempfile::tempdir().unwrap();
        let at = |name: &str| temporary.path().join(name);
        std::fs::write(at("file"), "").unwrap();
        std::fs::create_dir(at("real")).unwrap();
        symlink(at("real"), at("link")).unwrap();
        std::fs::create_dir(at("open")).unwrap();
        std::fs::set_permissions(at("open"), std::fs::Permissions::from_mode(0o770)).unwrap();
        for name in ["file", "link", "open", "missing/deeper"] {
            assert!(RuntimeDirectory::open(&at(name)).is_err(), "{name}");
        }
    }
    #[test]
    fn has_one_spawner() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("run");
        let first = RuntimeDirectory::open(&path).unwrap();
        assert!(RuntimeDirectory::try_open(&path).unwrap().is_none());
        drop(first);
        assert!(RuntimeDirectory::try_open(&path).unwrap().is_some());
    }

    #[test]
    fn names_of_host_processes_are_known() {
        for (name, ours) in [
            ("12-a9", true),
            ("12", false),
            ("a-1", false),
            ("1-", false),
            ("1-.", false),
        ] {
            assert_eq!(has_our_name(name), ours, "{name}");
        }
    }
}
