//! Files that a VMM finds as open descriptors, so that its jail needs no path to them.

use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{self, FileType, MemfdFlags, Mode, OFlags, ResolveFlags, Stat, Uid, CWD};
use rustix::io::Errno;

use super::inherited::out_of_the_way;
use crate::launch::HandedFile;
use crate::memory::Template;
use crate::opening;
use crate::wire::handed_file::Access;

/// The open files of one VMM.
#[derive(Default)]
pub struct HandedFiles {
    open: Vec<OwnedFd>,
    created: Vec<OwnedFd>,
    state: Option<OwnedFd>,
    read: Vec<Template>,
}

impl HandedFiles {
    /// Opens all files except those that are made in a chroot, or leaves none behind. A VMM with its own uid owns the files
    /// that are created for it and can read only files that are readable by everyone.
    pub fn open(files: &[HandedFile], uid: Option<u32>) -> Result<Self, String> {
        let mut opened = Self::default();
        for (index, file) in files.iter().enumerate() {
            if file.is_made_in_chroot() {
                continue;
            }
            if let Err(problem) = opened.add(file, uid) {
                remove_created(&files[..index]);
                return Err(format!("file {}: {problem}", file.path.display()));
            }
        }
        Ok(opened)
    }

    fn add(&mut self, file: &HandedFile, uid: Option<u32>) -> Result<(), String> {
        let descriptor = open(file).map_err(|error| error.to_string())?;
        let metadata = fs::fstat(&descriptor).map_err(|error| error.to_string())?;
        check(file, &metadata, uid)?;
        if let (Access::Create | Access::State, Some(uid)) = (file.access, uid) {
            fs::fchown(&descriptor, Some(Uid::from_raw(uid)), None).map_err(|error| {
                remove_if_created(file);
                format!("cannot be given to the VMM: {error}")
            })?;
        }
        let copy = || descriptor.try_clone().map_err(|error| error.to_string());
        match file.access {
            Access::Create => self.created.push(copy()?),
            Access::State => self.state = Some(copy()?),
            Access::Read => self.read.push(Template {
                path: file.path.clone(),
                device: metadata.st_dev,
                inode: metadata.st_ino,
            }),
            Access::Device => {}
        }
        self.open
            .push(out_of_the_way(&descriptor).map_err(|error| error.to_string())?);
        Ok(())
    }

    /// Returns the descriptors in the order of the request.
    pub fn take_open(&mut self) -> Vec<OwnedFd> {
        std::mem::take(&mut self.open)
    }

    /// Keeps the file for device state that was made in a chroot.
    pub fn keep_state(&mut self, state: OwnedFd) {
        self.state = Some(state);
    }

    /// Returns the file to which the VMM writes its device state, if it has one.
    pub fn state(&self) -> Option<&OwnedFd> {
        self.state.as_ref()
    }

    /// Returns a file that the VMM may read, by the path of the request.
    pub fn read_file(&self, path: &str) -> Option<&Template> {
        self.read.iter().find(|file| file.path.as_os_str() == path)
    }

    /// Returns the created files to the spawner's own user and makes them read-only. To be called when the VMM has
    /// ended.
    pub fn take_back(&self) -> io::Result<()> {
        let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
        for file in &self.created {
            fs::fchown(file, Some(user), Some(group))?;
            fs::fchmod(file, Mode::RUSR | Mode::RGRP | Mode::ROTH)?;
        }
        Ok(())
    }
}

/// Removes the files that were created for a VMM that has not been started.
pub fn remove_created(files: &[HandedFile]) {
    files.iter().for_each(remove_if_created);
}

fn remove_if_created(file: &HandedFile) {
    if file.access == Access::Create {
        let _ = std::fs::remove_file(&file.path);
    }
}

fn open(file: &HandedFile) -> io::Result<OwnedFd> {
    let flags = match file.access {
        Access::State => return nameless_file(),
        Access::Read => OFlags::RDONLY | OFlags::NONBLOCK,
        Access::Create => OFlags::RDWR | OFlags::CREATE | OFlags::EXCL,
        Access::Device => OFlags::RDWR | OFlags::NONBLOCK,
    };
    let flags = flags | OFlags::NOFOLLOW | OFlags::NOCTTY;
    let mode = match file.access {
        Access::Create => Mode::RUSR | Mode::WUSR,
        Access::Read | Access::Device | Access::State => Mode::empty(),
    };
    Ok(opening::openat2(
        CWD,
        &file.path,
        flags,
        mode,
        ResolveFlags::NO_MAGICLINKS,
    )?)
}

/// Makes a file in memory: a clone costs no work in a file system, and nothing is left to remove.
fn nameless_file() -> io::Result<OwnedFd> {
    let make = |flags| fs::memfd_create("vmm-state", flags);
    // Kernels since 6.3 can be configured to refuse the one without the seal, and older ones do not know it.
    let file = match make(MemfdFlags::CLOEXEC | MemfdFlags::NOEXEC_SEAL) {
        Err(Errno::INVAL) => make(MemfdFlags::CLOEXEC)?,
        made => made?,
    };
    fs::fchmod(&file, Mode::RUSR | Mode::WUSR)?;
    Ok(file)
}

fn check(file: &HandedFile, metadata: &Stat, uid: Option<u32>) -> Result<(), String> {
    let kind = FileType::from_raw_mode(metadata.st_mode);
    let expected = match file.access {
        Access::Read | Access::Create | Access::State => FileType::RegularFile,
        Access::Device => FileType::CharacterDevice,
    };
    if kind != expected {
        return Err(format!("is not a {expected:?}"));
    }
    // The VMM opens its descriptor again, by /proc and with its own uid.
    if file.access == Access::Read && uid.is_some() && metadata.st_mode & 0o004 == 0 {
        return Err(format!(
            "mode {:03o} keeps the VMM's uid from reading it",
            metadata.st_mode & 0o777
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{symlink, PermissionsExt};
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::wire;

    fn file(path: &Path, access: Access) -> HandedFile {
        HandedFile::try_from(wire::HandedFile {
            path: path.to_str().unwrap().into(),
            access: access.into(),
            ..Default::default()
        })
        .unwrap()
    }

    #[test]
    fn makes_created_files_read_only_when_taken_back() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("memory");
        let uid = rustix::process::geteuid().is_root().then_some(4711);
        let files = HandedFiles::open(&[file(&path, Access::Create)], uid).unwrap();
        assert_eq!(files.open.len(), 1);
        files.take_back().unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o444);
        assert!(HandedFiles::open(&[file(&path, Access::Create)], uid).is_err());
        assert!(path.exists());
    }

    #[test]
    fn removes_created_files_when_another_cannot_be_opened() {
        let temporary = tempfile::tempdir().unwrap();
        let (created, missing) = (temporary.path().join("a"), temporary.path().join("b"));
        let files = [file(&created, Access::Create), file(&missing, Access::Read)];
        assert!(HandedFiles::open(&files, None).is_err());
        assert!(!created.exists());
    }

    #[test]
    fn state_is_a_file_of_the_vmm_alone() {
        let uid = rustix::process::geteuid().is_root().then_some(4711);
        let files = HandedFiles::open(&[file(Path::new(""), Access::State)], uid).unwrap();
        let metadata = fs::fstat(files.state().unwrap()).unwrap();
        let owner = uid.unwrap_or(rustix::process::geteuid().as_raw());
        assert_eq!((metadata.st_uid, metadata.st_mode & 0o777), (owner, 0o600));
        files.take_back().unwrap();
    }

    #[test]
    fn leaves_the_state_of_a_chroot_to_the_chroot() {
        let state = HandedFile::try_from(wire::HandedFile {
            access: Access::State.into(),
            name: "checkpoint".into(),
            ..Default::default()
        });
        let mut files = HandedFiles::open(&[state.unwrap()], None).unwrap();
        assert!(files.take_open().is_empty() && files.state().is_none());
    }

    #[test]
    fn rejects_files_of_another_kind_or_mode() {
        let temporary = tempfile::tempdir().unwrap();
        let at = |name: &str| temporary.path().join(name);
        std::fs::write(at("file"), "").unwrap();
        std::fs::set_permissions(at("file"), std::fs::Permissions::from_mode(0o600)).unwrap();
        symlink(at("file"), at("link")).unwrap();
        fs::mknodat(CWD, at("pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        let opened =
            |path: PathBuf, access, uid| HandedFiles::open(&[file(&path, access)], uid).is_ok();
        assert!(
            opened(at("file"), Access::Read, None) && !opened(at("file"), Access::Read, Some(4711))
        );
        for bad in [at("link"), at("pipe"), at(""), at("missing")] {
            assert!(
                !opened(bad.clone(), Access::Read, None),
                "{}",
                bad.display()
            );
        }
        assert!(opened("/dev/null".into(), Access::Device, Some(4711)));
        assert!(
            !opened("/dev/null".into(), Access::Read, None)
                && !opened(at("file"), Access::Device, None)
        );
    }
}
