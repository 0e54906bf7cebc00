//! What a child does to itself before it becomes the program.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{open, Mode, OFlags};
use rustix::io::{write, Errno};
use rustix::process::{setrlimit, setsid, umask, Gid, Resource, Rlimit, Uid};
use rustix::thread::{
    clear_ambient_capability_set, remove_capability_from_bounding_set, set_capabilities,
    set_no_new_privs, set_thread_groups, set_thread_res_gid, set_thread_res_uid, CapabilitySet,
    CapabilitySets,
};

use crate::boot::{GROUP_ID, USER_ID};

const OPEN_FILES_MAX: u64 = 4096;
const FILE_BYTES_MAX: u64 = 1 << 30;
/// More than any kernel has.
const CAPABILITIES_MAX: u32 = 63;

/// Everything between fork and exec.
///
/// INVARIANT: only system calls are made here, no memory is allocated and no lock taken, since that is what a forked
/// child may do. Order matters: each step still has the privilege that it needs.
pub struct Confinement {
    /// `None` in a test, where the child keeps its user.
    pub entrance: Option<File>,
}

impl Confinement {
    pub fn enter(&self) -> io::Result<()> {
        setsid()?;
        umask(Mode::WGRP | Mode::WOTH);
        limit(Resource::Core, 0)?;
        limit(Resource::Nofile, OPEN_FILES_MAX)?;
        limit(Resource::Fsize, FILE_BYTES_MAX)?;
        set_no_new_privs(true)?;
        match &self.entrance {
            Some(entrance) => become_user(entrance),
            None => Ok(()),
        }
    }
}

fn become_user(entrance: &File) -> io::Result<()> {
    // Written with the right to do so, this is also the least that the program can set itself.
    let adjustment: OwnedFd = open(
        c"/proc/self/oom_score_adj",
        OFlags::WRONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    write(&adjustment, b"0")?;
    write(entrance, b"0")?;
    clear_ambient_capability_set()?;
    for number in 0..=CAPABILITIES_MAX {
        match remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << number)) {
            Ok(()) => {}
            // The first number that this kernel does not know.
            Err(Errno::INVAL) => break,
            Err(error) => return Err(error.into()),
        }
    }
    let user = Uid::from_raw(USER_ID);
    let group = Gid::from_raw(GROUP_ID);
    set_thread_groups(&[])?;
    set_thread_res_gid(group, group, group)?;
    set_thread_res_uid(user, user, user)?;
    // The change of user has emptied all but the inheritable set.
    set_capabilities(
        None,
        CapabilitySets {
            effective: CapabilitySet::empty(),
            permitted: CapabilitySet::empty(),
            inheritable: CapabilitySet::empty(),
        },
    )?;
    Ok(())
}

fn limit(resource: Resource, value: u64) -> io::Result<()> {
    let limit = Rlimit {
        current: Some(value),
        maximum: Some(value),
    };
    Ok(setrlimit(resource, limit)?)
}
