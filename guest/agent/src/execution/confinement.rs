//! What a child does to itself before it becomes the program.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use rustix::fs::{open, Mode, OFlags};
use rustix::io::write;
use rustix::process::{chdir, setrlimit, setsid, umask, Resource, Rlimit};
use rustix::thread::set_no_new_privs;

use super::cgroup::Cgroup;
use super::system_calls::Filter;
use super::workplace::Workplace;
use crate::boot::{Quarters, GROUP_ID, USER_ID};
use crate::privileges::become_account;

const OPEN_FILES_MAX: u64 = 4096;
const FILE_BYTES_MAX: u64 = 1 << 30;

/// Everything between fork and exec.
pub struct Confinement {
    filter: Filter,
    /// `None` in a test, where the child keeps its user and sees what its parent sees.
    place: Option<Place>,
}

struct Place {
    quarters: Arc<Quarters>,
    entrance: File,
    directory: CString,
}

impl Confinement {
    pub fn new(workplace: &Workplace, cgroup: Option<&Cgroup>) -> io::Result<Self> {
        let place = match (&workplace.quarters, cgroup) {
            (Some(quarters), Some(cgroup)) => Some(Place {
                quarters: quarters.clone(),
                entrance: cgroup.entrance()?,
                directory: CString::new(workplace.directory.as_os_str().as_bytes())?,
            }),
            _ => None,
        };
        Ok(Self {
            filter: Filter::of_programs(),
            place,
        })
    }

    /// INVARIANT: only system calls are made here, no memory is allocated and no lock taken, since that is what a forked
    /// child may do. Order matters: each step still has the privilege that it needs.
    pub fn enter(&self) -> io::Result<()> {
        setsid()?;
        umask(Mode::WGRP | Mode::WOTH);
        limit(Resource::Core, 0)?;
        limit(Resource::Nofile, OPEN_FILES_MAX)?;
        limit(Resource::Fsize, FILE_BYTES_MAX)?;
        set_no_new_privs(true)?;
        if let Some(place) = &self.place {
            place.enter()?;
        }
        self.filter.install()
    }
}

impl Place {
    fn enter(&self) -> io::Result<()> {
        // Written with the right to do so, this is also the least that the program can set itself.
        let adjustment: OwnedFd = open(
            c"/proc/self/oom_score_adj",
            OFlags::WRONLY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        write(&adjustment, b"0")?;
        write(&self.entrance, b"0")?;
        self.quarters.enter()?;
        // Whoever comes into a namespace of mounts stands at its root.
        chdir(&*self.directory)?;
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
