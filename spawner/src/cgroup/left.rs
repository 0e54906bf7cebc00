//! Groups that a killed spawner has left.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path};
use std::time::{Duration, Instant};

use rustix::fs::{self, AtFlags, Mode, OFlags, ResolveFlags, CWD};
use rustix::io::Errno;

use super::group::kill;
use super::{is_cgroup2, OURS, VM_PREFIX};

/// How long killed processes may take to leave their group.
const EMPTY_WITHIN: Duration = Duration::from_secs(2);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(5);

/// Whether there is a group that [`remove_left`] would remove.
pub fn exists(path: &Path) -> Result<bool, String> {
    Ok(find(path)?.is_some())
}

/// Removes a VM's group with every process in it. Returns whether it was there. Takes no path but that of a VM's group in
/// a file system of control groups.
pub fn remove_left(path: &Path) -> Result<bool, String> {
    let Some((parent, name)) = find(path)? else {
        return Ok(false);
    };
    remove(&parent, name).map_err(|error| format!("{}: {error}", path.display()))?;
    if let Some(parent) = path.parent() {
        // With the last group goes what held them all.
        let _ = fs::unlinkat(CWD, parent, AtFlags::REMOVEDIR);
    }
    Ok(true)
}

fn remove(parent: &OwnedFd, name: &OsStr) -> io::Result<()> {
    let deadline = Instant::now() + EMPTY_WITHIN;
    let group = fs::openat(parent, name, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    loop {
        kill(&group)?;
        match fs::unlinkat(parent, name, AtFlags::REMOVEDIR) {
            Err(Errno::BUSY) if Instant::now() < deadline => std::thread::sleep(LOOK_AGAIN_AFTER),
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
    let is_vm = parent.file_name() == Some(OsStr::new(OURS))
        && name.as_encoded_bytes().starts_with(VM_PREFIX.as_bytes());
    if !path.is_absolute() || !path.components().all(plain) || !is_vm {
        return Err(named(&"not the group of a VM"));
    }
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let parent = match fs::openat2(CWD, parent, flags, Mode::empty(), resolve) {
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
