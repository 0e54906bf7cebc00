//! The directory of one host process, in which each VM has its own.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, Mode, OFlags, CWD};
use rustix::io::Errno;

use crate::launch::VmId;
use crate::removal::{self, Progress};

/// Holds the directory open: whatever happens to its path, VMs are made in and removed from this one.
pub struct RuntimeDirectory {
    path: PathBuf,
    directory: OwnedFd,
}

impl RuntimeDirectory {
    /// Opens the directory, made with mode 0700 when missing. Refuses one that another user could write to, or that
    /// sits behind a symbolic link, because a VMM's sockets would be in a stranger's reach.
    pub fn open(path: &Path) -> Result<Self, String> {
        let named = |problem: String| format!("--runtime-dir {}: {problem}", path.display());
        match fs::mkdir(path, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(named(io::Error::from(error).to_string())),
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = fs::open(path, flags, Mode::empty()).map_err(|error| {
            named(match error {
                Errno::LOOP | Errno::NOTDIR => "not a directory, or a symbolic link".into(),
                other => io::Error::from(other).to_string(),
            })
        })?;
        let metadata =
            fs::fstat(&directory).map_err(|error| named(io::Error::from(error).to_string()))?;
        let user = rustix::process::geteuid().as_raw();
        if metadata.st_uid != user {
            return Err(named(format!(
                "owned by uid {}, must be owned by {user}",
                metadata.st_uid
            )));
        }
        if metadata.st_mode & 0o022 != 0 {
            return Err(named(format!(
                "mode {:03o} lets others write to it",
                metadata.st_mode & 0o777
            )));
        }
        Ok(Self {
            path: path.into(),
            directory,
        })
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
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        fs::openat(&self.directory, id.as_str(), flags, Mode::empty()).map_err(|error| {
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
}
