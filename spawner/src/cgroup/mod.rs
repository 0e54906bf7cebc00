//! Control groups (cgroup v2), which limit the resources of a VMM and end all its processes.
//!
//! [`ParentGroup`] holds the groups of all VMs, [`Group`] is the group of one VM, and [`leftover`] removes groups that
//! a killed spawner has left.

mod group;
mod leftover;
mod limits;
mod mount;
mod parent;

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{self, Mode, OFlags};

use crate::opening;

pub use group::Group;
pub use leftover::{exists, remove_leftover};
pub use limits::Limits;
pub use parent::ParentGroup;

/// The group of all VMs.
const ALL_VMS: &str = "neurovisor";
const VM_PREFIX: &str = "vm-";

/// The group to which the host process and the spawner move if only their own group may be divided. The kernel enables
/// no controllers below a group that contains processes.
const HOST: &str = "host";

/// The type that `statfs` returns for the file system (CGROUP2_SUPER_MAGIC).
const CGROUP2_MAGIC: i64 = 0x6367_7270;

fn is_cgroup2(directory: &OwnedFd) -> io::Result<bool> {
    Ok(fs::fstatfs(directory)?.f_type as i64 == CGROUP2_MAGIC)
}

fn open(group: impl AsFd, file: &str, flags: OFlags) -> io::Result<File> {
    let opened = opening::openat(group, file, flags, Mode::empty())?;
    Ok(File::from(opened))
}

fn write(group: impl AsFd, file: &str, value: &str) -> io::Result<()> {
    open(group, file, OFlags::WRONLY)?.write_all(value.as_bytes())
}
