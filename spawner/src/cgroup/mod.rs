//! Control groups of the second version: what a VMM may take, and the end of all that is in it.
//!
//! [`Place`] is where the groups of our VMs lie, [`Group`] one of them, and [`left`] what a killed spawner did not remove.

mod group;
mod left;
mod limits;
mod mount;
mod place;

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{self, Mode, OFlags};

pub use group::Group;
pub use left::{exists, remove_left};
pub use limits::Limits;
pub use place::Place;

/// The directory in which the groups of all our VMs lie.
const OURS: &str = "neurovisor";
const VM_PREFIX: &str = "vm-";

/// Where the host process and we go when our own group is all that we may divide: the kernel enables no controllers
/// below a group that has processes itself.
const HOST: &str = "host";

/// What `statfs` calls the file system (CGROUP2_SUPER_MAGIC).
const CGROUP2_MAGIC: i64 = 0x6367_7270;

fn is_cgroup2(directory: &OwnedFd) -> io::Result<bool> {
    Ok(fs::fstatfs(directory)?.f_type as i64 == CGROUP2_MAGIC)
}

fn open(group: impl AsFd, file: &str, flags: OFlags) -> io::Result<File> {
    let opened = fs::openat(group, file, flags | OFlags::CLOEXEC, Mode::empty())?;
    Ok(File::from(opened))
}

fn write(group: impl AsFd, file: &str, value: &str) -> io::Result<()> {
    open(group, file, OFlags::WRONLY)?.write_all(value.as_bytes())
}
