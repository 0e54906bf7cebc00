//! Files that a VMM finds as open descriptors. It needs no path to them, so its jail shows none.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::fs::{self, FileType, Mode, OFlags, ResolveFlags, Stat, Uid, CWD};

use crate::inherited::out_of_the_way;
use crate::jail::is_plain;
use crate::wire::{self, handed_file::Access};

pub const MAX_FILES: usize = 16;

#[derive(Debug)]
pub struct HandedFile {
    path: PathBuf,
    access: Access,
    /// In a chroot; else of no meaning.
    name: String,
}

impl TryFrom<wire::HandedFile> for HandedFile {
    type Error = String;

    fn try_from(file: wire::HandedFile) -> Result<Self, String> {
        let access = Access::try_from(file.access)
            .map_err(|_| format!("file {}: unknown access", file.path))?;
        let path = PathBuf::from(file.path);
        if !is_plain(&path) {
            return Err(format!(
                "file {}: not an absolute path without ..",
                path.display()
            ));
        }
        Ok(Self {
            path,
            access,
            name: file.name,
        })
    }
}

/// Those of one VMM, open.
#[derive(Default)]
pub struct HandedFiles {
    open: Vec<OwnedFd>,
    created: Vec<OwnedFd>,
}

impl HandedFiles {
    /// Opens all, or makes none. A VMM with a uid of its own gets what is created as its owner, and reads only what
    /// everybody may.
    pub fn open(files: &[HandedFile], uid: Option<u32>) -> Result<Self, String> {
        let mut opened = Self::default();
        for file in files {
            if let Err(problem) = opened.add(file, uid) {
                for file in &files[..opened.open.len()] {
                    file.remove_if_created();
                }
                return Err(format!("file {}: {problem}", file.path.display()));
            }
        }
        Ok(opened)
    }

    fn add(&mut self, file: &HandedFile, uid: Option<u32>) -> Result<(), String> {
        let descriptor = file.open().map_err(|error| error.to_string())?;
        let metadata = fs::fstat(&descriptor).map_err(|error| error.to_string())?;
        file.check(&metadata, uid)?;
        if file.access == Access::Create {
            let own = |error: rustix::io::Errno| {
                file.remove_if_created();
                format!("cannot be given to the VMM: {error}")
            };
            if let Some(uid) = uid {
                fs::fchown(&descriptor, Some(Uid::from_raw(uid)), None).map_err(own)?;
            }
            self.created
                .push(descriptor.try_clone().map_err(|error| error.to_string())?);
        }
        self.open
            .push(out_of_the_way(&descriptor).map_err(|error| error.to_string())?);
        Ok(())
    }

    /// In the order in which they were named.
    pub fn take_open(&mut self) -> Vec<OwnedFd> {
        std::mem::take(&mut self.open)
    }

    /// When the VMM has ended: what it has written is ours, and nobody writes to it any more.
    pub fn take_back(&self) -> io::Result<()> {
        let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
        for file in &self.created {
            fs::fchown(file, Some(user), Some(group))?;
            fs::fchmod(file, Mode::RUSR | Mode::RGRP | Mode::ROTH)?;
        }
        Ok(())
    }
}

impl HandedFile {
    /// In a chroot.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn is_read_only(&self) -> bool {
        self.access == Access::Read
    }

    pub fn path(&self) -> &std::path::Path {
        &self.path
    }

    fn open(&self) -> io::Result<OwnedFd> {
        let flags = match self.access {
            Access::Read => OFlags::RDONLY | OFlags::NONBLOCK,
            Access::Create => OFlags::RDWR | OFlags::CREATE | OFlags::EXCL,
            Access::Device => OFlags::RDWR | OFlags::NONBLOCK,
        };
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY;
        let mode = match self.access {
            Access::Create => Mode::RUSR | Mode::WUSR,
            Access::Read | Access::Device => Mode::empty(),
        };
        Ok(fs::openat2(
            CWD,
            &self.path,
            flags,
            mode,
            ResolveFlags::NO_MAGICLINKS,
        )?)
    }

    fn check(&self, metadata: &Stat, uid: Option<u32>) -> Result<(), String> {
        let kind = FileType::from_raw_mode(metadata.st_mode);
        let expected = match self.access {
            Access::Read | Access::Create => FileType::RegularFile,
            Access::Device => FileType::CharacterDevice,
        };
        if kind != expected {
            return Err(format!("is no {expected:?}"));
        }
        // It opens its descriptor anew, by /proc, and then as itself.
        if self.access == Access::Read && uid.is_some() && metadata.st_mode & 0o004 == 0 {
            return Err(format!(
                "mode {:03o} keeps the VMM's uid from reading it",
                metadata.st_mode & 0o777
            ));
        }
        Ok(())
    }

    /// For a VMM that has not been started.
    pub fn remove_if_created(&self) {
        if self.access == Access::Create {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{symlink, PermissionsExt};
    use std::path::Path;

    use super::*;

    fn file(path: &Path, access: Access) -> HandedFile {
        HandedFile::try_from(wire::HandedFile {
            path: path.to_str().unwrap().into(),
            access: access.into(),
            ..Default::default()
        })
        .unwrap()
    }

    #[test]
    fn a_created_file_is_new_and_read_only_in_the_end() {
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
    fn nothing_that_was_created_stays_when_another_cannot_be_opened() {
        let temporary = tempfile::tempdir().unwrap();
        let (created, missing) = (temporary.path().join("a"), temporary.path().join("b"));
        let files = [file(&created, Access::Create), file(&missing, Access::Read)];
        assert!(HandedFiles::open(&files, None).is_err());
        assert!(!created.exists());
    }

    #[test]
    fn links_directories_pipes_and_what_a_vmm_may_not_read_are_refused() {
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
        for path in ["relative", "/a/../b", ""] {
            assert!(HandedFile::try_from(wire::HandedFile {
                path: path.into(),
                ..Default::default()
            })
            .is_err());
        }
        assert!(HandedFile::try_from(wire::HandedFile {
            path: "/x".into(),
            access: 9,
            ..Default::default()
        })
        .is_err());
    }
}
