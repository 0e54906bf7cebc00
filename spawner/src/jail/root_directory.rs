//! The directory that becomes the root of a Firecracker.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, Mode, OFlags, ResolveFlags, Uid, CWD};
use rustix::io::Errno;

use crate::cleanup::runtime_directory::is_private;
use crate::cleanup::scratch;
use crate::launch::{Chroot, HandedFile, Launch};
use crate::log;
use crate::opening;

/// The name of a link to the root in the VM's directory. The root's own path may be too long for a socket.
const LINK: &str = "root";

pub struct RootDirectory<'a> {
    chroot: &'a Chroot,
    launch: &'a Launch,
    path: PathBuf,
}

impl<'a> RootDirectory<'a> {
    /// Determines where the root of a VM is: `BASE/PROGRAM/ID/root`, as Firecracker's jailer expects it.
    pub fn of(chroot: &'a Chroot, launch: &'a Launch) -> Result<Self, String> {
        let program = launch.executable();
        // The jailer resolves links before it takes the file name.
        let real = program
            .canonicalize()
            .map_err(|error| format!("executable {}: {error}", program.display()))?;
        let name = real
            .file_name()
            .ok_or("the executable has no name".to_owned())?;
        let path = chroot
            .path(&launch.id)
            .join(name)
            .join(launch.id.as_str())
            .join("root");
        Ok(Self {
            chroot,
            launch,
            path,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the directory with the VM's files in it, or leaves nothing behind. Never reuses an existing directory,
    /// whose owner is unknown. Returns the file for device state, if the VM has one; it belongs to `uid`.
    pub fn make(
        &self,
        files: Vec<OwnedFd>,
        vm_directory: BorrowedFd<'_>,
        uid: Option<u32>,
    ) -> Result<Option<OwnedFd>, String> {
        let base = self.chroot.path(&self.launch.id);
        let directory = &self.chroot.directory;
        let parent = open_directory(directory)?;
        let metadata = fs::fstat(&parent).map_err(|error| named(directory, error))?;
        if !is_private(&metadata) {
            return Err(format!(
                "{}: must be owned by this user and writable by no other user",
                directory.display()
            ));
        }
        fs::mkdir(&base, Mode::RWXU).map_err(|error| named(&base, error))?;
        self.fill(files, vm_directory, uid)
            .inspect_err(|_| self.remove())
    }

    /// Removes the directory of a VM that could not be started.
    pub fn remove(&self) {
        let id = &self.launch.id;
        if let Err(problem) = scratch::remove(&self.chroot.path(id)) {
            log::line(format_args!("{id}: cannot remove {problem}"));
        }
    }

    fn fill(
        &self,
        files: Vec<OwnedFd>,
        vm_directory: BorrowedFd<'_>,
        uid: Option<u32>,
    ) -> Result<Option<OwnedFd>, String> {
        std::fs::create_dir_all(&self.path)
            .map_err(|error| format!("{}: {error}", self.path.display()))?;
        let opened = open_directory(&self.path)?;
        let linked = self.launch.files.iter();
        let linked = linked.filter(|file| !file.is_made_in_chroot());
        for (file, descriptor) in linked.zip(&files) {
            link(file, descriptor, opened.as_fd(), &self.chroot.directory)?;
        }
        let mut made = self.launch.files.iter();
        let state = made
            .find(|file| file.is_made_in_chroot())
            .map(|file| make_state(file, opened.as_fd(), uid))
            .transpose()?;
        fs::symlinkat(&self.path, vm_directory, LINK)
            .map_err(|error| named(Path::new(LINK), error))?;
        Ok(state)
    }
}

/// Opens a directory whose path contains no symbolic link.
fn open_directory(path: &Path) -> Result<OwnedFd, String> {
    let flags = OFlags::PATH | OFlags::DIRECTORY;
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    opening::openat2(CWD, path, flags, Mode::empty(), resolve).map_err(|error| named(path, error))
}

fn named(path: &Path, error: Errno) -> String {
    format!("{}: {}", path.display(), std::io::Error::from(error))
}

/// Makes the file to which the VMM writes its device state. The spawner reads it by this descriptor, so that it never
/// follows what the VMM may put in its place.
fn make_state(
    file: &HandedFile,
    root: BorrowedFd<'_>,
    uid: Option<u32>,
) -> Result<OwnedFd, String> {
    let failed = |error| format!("file {} cannot be made: {error}", file.name);
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
    let made = opening::openat(root, &file.name, flags, Mode::RUSR | Mode::WUSR)
        .map_err(|error| failed(std::io::Error::from(error)))?;
    if let Some(uid) = uid {
        fs::fchown(&made, Some(Uid::from_raw(uid)), None)
            .map_err(|error| failed(std::io::Error::from(error)))?;
    }
    Ok(made)
}

/// Links by the descriptor that was checked, because another file may have replaced it under its path.
fn link(
    file: &HandedFile,
    descriptor: &OwnedFd,
    root: BorrowedFd<'_>,
    directory: &Path,
) -> Result<(), String> {
    let opened = format!("/proc/self/fd/{}", descriptor.as_raw_fd());
    match fs::linkat(CWD, opened, root, &file.name, AtFlags::SYMLINK_FOLLOW) {
        Ok(()) => Ok(()),
        Err(Errno::XDEV) => Err(format!(
            "file {} lies in another file system than {}, so it cannot be linked there; keep both in one",
            file.path.display(),
            directory.display()
        )),
        Err(error) => Err(format!(
            "file {} cannot be linked to {}: {}",
            file.path.display(),
            file.name,
            std::io::Error::from(error)
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::wire::{self, handed_file::Access};

    #[test]
    fn state_is_read_whatever_replaces_it() {
        let temporary = tempfile::tempdir().unwrap();
        let root = open_directory(temporary.path()).unwrap();
        let file = HandedFile::try_from(wire::HandedFile {
            access: Access::State.into(),
            name: "checkpoint".into(),
            ..Default::default()
        })
        .unwrap();
        let uid = rustix::process::geteuid().is_root().then_some(4711);
        let state = make_state(&file, root.as_fd(), uid).unwrap();
        let owner = uid.unwrap_or(rustix::process::geteuid().as_raw());
        let metadata = fs::fstat(&state).unwrap();
        assert_eq!((metadata.st_uid, metadata.st_mode & 0o777), (owner, 0o600));

        let path = temporary.path().join("checkpoint");
        std::fs::write(&path, "devices").unwrap();
        std::fs::remove_file(&path).unwrap();
        symlink("/etc/passwd", &path).unwrap();
        let mut bytes = [0; 16];
        assert_eq!(rustix::io::pread(&state, &mut bytes, 0), Ok(7));
        assert!(make_state(&file, root.as_fd(), uid).is_err());
    }
}
