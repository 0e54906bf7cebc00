//! Removes groups that a killed spawner has left.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path};
use std::time::{Duration, Instant};

use rustix::fs::{self, AtFlags, Mode, OFlags, ResolveFlags, CWD};
use rustix::io::Errno;

use super::group::kill;
use super::{is_cgroup2, ALL_VMS, VM_PREFIX};
use crate::opening;

/// How long killed processes may take to leave their group.
const EMPTY_TIMEOUT: Duration = Duration::from_secs(2);
const RETRY_INTERVAL: Duration = Duration::from_millis(5);

/// Whether [`remove_leftover`] would remove a group.
pub fn exists(path: &Path) -> Result<bool, String> {
    Ok(find(path)?.is_some())
}

/// Removes the group of a VM and kills all processes in it. Returns whether the group existed. Rejects any path other
/// than that of a VM's group in a cgroup v2 file system.
pub fn remove_leftover(path: &Path) -> Result<bool, String> {
    let Some((parent, name)) = find(path)? else {
        return Ok(false);
    };
    remove(&parent, name).map_err(|error| format!("{}: {error}", path.display()))?;
    if let Some(parent) = path.parent() {
        // Succeeds once the last group has been removed.
        let _ = fs::unlinkat(CWD, parent, AtFlags::REMOVEDIR);
    }
    Ok(true)
}

fn remove(parent: &OwnedFd, name: &OsStr) -> io::Result<()> {
    let deadline = Instant::now() + EMPTY_TIMEOUT;
    let group = opening::openat(parent, name, OFlags::PATH, Mode::empty())?;
    loop {
        kill(&group)?;
        match fs::unlinkat(parent, name, AtFlags::REMOVEDIR) {
            Err(Errno::BUSY) if Instant::now() < deadline => std::thread::sleep(RETRY_INTERVAL),
            result => return Ok(result?),
        }
    }
}

fn find(path: &Path) -> Result<Option<(OwnedFd, &OsStr)>, String> {
    let named = |problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
    let plain =
        |component: Component<'_>| matches!(component, Component::RootDir | Component::Normal(_));
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(named(&"not the group of a VM"));
    };
    let is_vm = parent.file_name() == Some(OsStr::new(ALL_VMS))
        && name.as_encoded_bytes().starts_with(VM_PREFIX.as_bytes());
    if !path.is_absolute() || !path.components().all(plain) || !is_vm {
        return Err(named(&"not the group of a VM"));
    }
    let flags = OFlags::PATH | OFlags::DIRECTORY;
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let parent = match opening::openat2(CWD, parent, flags, Mode::empty(), resolve) {
        Ok(parent) => parent,
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(named(&io::Error::from(error))),
    };
    if !is_cgroup2(&parent).map_err(|error| named(&error))? {
        return Err(named(&"not in a file system of control groups"));
    }
    match fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Ok(Some((parent, name))),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(named(&io::Error::from(error))),
    }
}
