//! The runtime directory of one host process. Each of its VMs has a directory in it.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{self, AtFlags, FlockOperation, Mode, OFlags, CWD};
use rustix::io::Errno;

use super::journal::Journal;
use super::removal::{self, Progress};
use crate::opening;
use crate::vm_id::VmId;

/// The flags with which a runtime directory, its parent and its children are opened.
pub const OPEN: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW);

/// A sweep may hold the lock for a moment, or may have removed a directory that was just made.
const TRIES: usize = 50;
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// An open and locked runtime directory. Whatever happens to its path, VMs are made in and removed from this directory.
/// The kernel releases the lock when this process ends, and from then on the directory may be swept.
pub struct RuntimeDirectory {
    path: PathBuf,
    directory: OwnedFd,
}

impl RuntimeDirectory {
    /// Opens the directory and makes it with mode 0700 if it is missing. Rejects a symbolic link and a directory that
    /// another user can write to, because that user could reach the sockets of VMMs. Also rejects the directory of
    /// another spawner.
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
        let directory = match opening::open(path, OPEN, Mode::empty()) {
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
                "owned by uid {}, mode {:03o}: must be owned by this user and writable by no other user",
                metadata.st_uid,
                metadata.st_mode & 0o777
            ));
        }
        let locked = try_lock(&directory).map_err(|error| error.to_string())?;
        // The locked directory may have been removed in between.
        let same = fs::lstat(path)
            .is_ok_and(|now| (now.st_dev, now.st_ino) == (metadata.st_dev, metadata.st_ino));
        Ok((locked && same).then(|| Self {
            path: path.into(),
            directory,
        }))
    }

    /// Returns the parent directory, which also holds the directories of other host processes.
    pub fn base(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    pub fn begin_journal(&self) -> Result<Journal, String> {
        Journal::begin(self.directory.as_fd())
            .map_err(|error| format!("{}: cannot begin the journal: {error}", self.path.display()))
    }

    /// Makes the directory of one VM. Never reuses an existing directory, whose owner is unknown.
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
        opening::openat(&self.directory, id.as_str(), OPEN, Mode::empty()).map_err(|error| {
            let _ = fs::unlinkat(&self.directory, id.as_str(), AtFlags::REMOVEDIR);
            named(error)
        })
    }

    /// Removes a part of a VM's directory. To be called until it returns `Done`.
    pub fn remove_some(&self, id: &VmId) -> io::Result<Progress> {
        removal::remove_some(self.directory.as_fd(), id.as_str())
    }

    /// Removes the runtime directory if it is empty.
    pub fn remove_if_empty(self) {
        let _ = fs::unlinkat(CWD, &self.path, AtFlags::REMOVEDIR);
    }
}

/// Whether a directory is owned by this user and writable by no other user.
pub fn is_private(metadata: &fs::Stat) -> bool {
    metadata.st_uid == rustix::process::geteuid().as_raw() && metadata.st_mode & 0o022 == 0
}

/// Whether a name has the form that host processes use: a pid, a dash and a unique suffix.
pub fn is_host_process_name(name: &str) -> bool {
    name.split_once('-').is_some_and(|(pid, rest)| {
        let alphanumeric = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
        !pid.is_empty()
            && pid.bytes().all(|byte| byte.is_ascii_digit())
            && !rest.is_empty()
            && rest.bytes().all(alphanumeric)
    })
}

/// Locks a directory until its descriptor is closed. Returns false if another process holds the lock.
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
    fn makes_and_removes_a_private_directory() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("new");
        let directory = RuntimeDirectory::open(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        directory.remove_if_empty();
        assert!(!path.exists());
    }

    #[test]
    fn keeps_a_directory_with_content() {
        let temporary = tempfile::tempdir().unwrap();
        std::fs::write(temporary.path().join("kept"), "").unwrap();
        RuntimeDirectory::open(temporary.path())
            .unwrap()
            .remove_if_empty();
        assert!(temporary.path().join("kept").exists());
    }

    #[test]
    fn rejects_links_files_and_shared_directories() {
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
    fn allows_one_spawner() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("run");
        let first = RuntimeDirectory::open(&path).unwrap();
        assert!(RuntimeDirectory::try_open(&path).unwrap().is_none());
        drop(first);
        assert!(RuntimeDirectory::try_open(&path).unwrap().is_some());
    }

    #[test]
    fn recognizes_names_of_host_processes() {
        for (name, expected) in [
            ("12-a9", true),
            ("12", false),
            ("a-1", false),
            ("1-", false),
            ("1-.", false),
        ] {
            assert_eq!(is_host_process_name(name), expected, "{name}");
        }
    }
}
