//! Opens files that no program inherits. The only callers of rustix's functions, which `clippy.toml` enforces: a
//! descriptor without close-on-exec leaks into each program that another thread starts at that moment.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Result;
use rustix::path::Arg;

/// Opens a path as open(2) does, with close-on-exec.
#[expect(clippy::disallowed_methods, reason = "sets close-on-exec")]
pub fn open(path: impl Arg, flags: OFlags, mode: Mode) -> Result<OwnedFd> {
    rustix::fs::open(path, flags | OFlags::CLOEXEC, mode)
}

/// Opens a path below a directory as openat(2) does, with close-on-exec.
#[expect(clippy::disallowed_methods, reason = "sets close-on-exec")]
pub fn openat(directory: impl AsFd, path: impl Arg, flags: OFlags, mode: Mode) -> Result<OwnedFd> {
    rustix::fs::openat(directory, path, flags | OFlags::CLOEXEC, mode)
}

/// Opens a path below a directory as openat2(2) does, with close-on-exec.
#[expect(clippy::disallowed_methods, reason = "sets close-on-exec")]
pub fn openat2(
    directory: impl AsFd,
    path: impl Arg,
    flags: OFlags,
    mode: Mode,
    resolve: ResolveFlags,
) -> Result<OwnedFd> {
    rustix::fs::openat2(directory, path, flags | OFlags::CLOEXEC, mode, resolve)
}
