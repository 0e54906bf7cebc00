//! The steps of a child before it becomes the program.

#[cfg(test)]
mod system_call_tests;
mod system_calls;

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use neurovisor_seccomp::Filter;
use rustix::fs::{Mode, OFlags};
use rustix::io::write;
use rustix::process::{chdir, ioctl_tiocsctty, setrlimit, setsid, umask, Resource, Rlimit};
use rustix::stdio::stdin;
use rustix::thread::set_no_new_privs;

use super::processes::cgroup::Cgroup;
use super::working_directory::WorkingDirectory;
use crate::boot::{GROUP_ID, USER_ID};
use crate::namespaces::Namespaces;
use crate::opening::open;
use crate::privileges::become_account;

const OPEN_FILES_MAX: u64 = 4096;
const FILE_BYTES_MAX: u64 = 1 << 30;

/// Everything that happens between fork and exec.
pub struct Confinement {
    filter: Filter,
    directory: CString,
    /// Whether the standard input becomes the terminal that controls the child's session.
    terminal: bool,
    /// Receives a byte if the child cannot enter its directory. The error alone could also be that of exec.
    directory_failed: Option<OwnedFd>,
    /// `None` in a test, where the child keeps its user and its namespaces.
    guest: Option<GuestConfinement>,
}

/// The confinement that needs the privileges of the agent in a guest.
struct GuestConfinement {
    namespaces: Arc<Namespaces>,
    cgroup_procs: File,
}

impl Confinement {
    pub fn new(working_directory: &WorkingDirectory, cgroup: Option<&Cgroup>) -> io::Result<Self> {
        let guest = match (&working_directory.namespaces, cgroup) {
            (Some(namespaces), Some(cgroup)) => Some(GuestConfinement {
                namespaces: namespaces.clone(),
                cgroup_procs: cgroup.open_procs()?,
            }),
            _ => None,
        };
        Ok(Self {
            filter: system_calls::filter(),
            directory: CString::new(working_directory.directory.as_os_str().as_bytes())?,
            terminal: false,
            directory_failed: None,
            guest,
        })
    }

    /// Starts in another directory, and writes a byte into `failed` if that is not possible.
    pub fn in_directory(mut self, directory: &Path, failed: OwnedFd) -> io::Result<Self> {
        self.directory = CString::new(directory.as_os_str().as_bytes())?;
        self.directory_failed = Some(failed);
        Ok(self)
    }

    /// Makes the terminal at the standard input control the child's session.
    pub fn on_terminal(mut self) -> Self {
        self.terminal = true;
        self
    }

    /// Confines this process. The order matters: each step still has the privileges that it needs.
    ///
    /// INVARIANT: makes only system calls, allocates no memory and takes no lock, because a forked child calls this.
    pub fn enter(&self) -> io::Result<()> {
        setsid()?;
        if self.terminal {
            ioctl_tiocsctty(stdin())?;
        }
        umask(Mode::WGRP | Mode::WOTH);
        limit(Resource::Core, 0)?;
        limit(Resource::Nofile, OPEN_FILES_MAX)?;
        limit(Resource::Fsize, FILE_BYTES_MAX)?;
        set_no_new_privs(true)?;
        if let Some(guest) = &self.guest {
            guest.enter()?;
        }
        // As the user, who may not enter every directory. Entering a mount namespace has changed the directory to its
        // root.
        self.enter_directory()?;
        self.filter.install()
    }

    fn enter_directory(&self) -> io::Result<()> {
        let entered = chdir(&*self.directory);
        if let (Err(_), Some(failed)) = (entered, &self.directory_failed) {
            write(failed, b"d")?;
        }
        Ok(entered?)
    }
}

impl GuestConfinement {
    fn enter(&self) -> io::Result<()> {
        // Written with privileges, this is also the minimum that the program can set.
        let adjustment: OwnedFd = open(c"/proc/self/oom_score_adj", OFlags::WRONLY, Mode::empty())?;
        write(&adjustment, b"0")?;
        write(&self.cgroup_procs, b"0")?;
        self.namespaces.enter()?;
        become_account(USER_ID, GROUP_ID)
    }
}

fn limit(resource: Resource, value: u64) -> io::Result<()> {
    let limit = Rlimit {
        current: Some(value),
        maximum: Some(value),
    };
    Ok(setrlimit(resource, limit)?)
}
