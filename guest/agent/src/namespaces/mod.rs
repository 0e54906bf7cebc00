//! The namespaces in which programs run.
//!
//! They are made once, while the machine boots, and a process that does nothing else keeps them open. Waiting
//! interpreters of a template are already in them, and an execution only has to enter them. There is no user namespace:
//! root's files would appear to belong to `nobody` in it, and programs have no capabilities that it could take away.

mod cgroup;
mod loopback;
mod mounts;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::process::{Child, Command};

use nix::libc;
use nix::unistd::{fork, ForkResult};
use rustix::mount::{mount_change, MountPropagationFlags};
use rustix::pipe::{pipe_with, PipeFlags};
use rustix::process::{pidfd_open, waitpid, Pid, PidfdFlags, WaitOptions};
use rustix::thread::{
    move_into_link_name_space, move_into_thread_name_spaces, set_no_new_privs, unshare_unsafe,
    LinkNameSpaceType, ThreadNameSpaceType, UnshareFlags,
};

pub use cgroup::PROGRAMS as PROGRAMS_CGROUP;

use crate::boot::{context, Failure};
use crate::privileges::become_account;

const NOBODY: u32 = 65534;
const REPORT: &str =
    "boot a kernel with CONFIG_NAMESPACES, CONFIG_UTS_NS, CONFIG_IPC_NS, CONFIG_PID_NS, \
     CONFIG_NET_NS, and cgroup v2 with CONFIG_MEMCG, CONFIG_CGROUP_PIDS, CONFIG_CGROUP_SCHED";

pub struct Namespaces {
    /// The first process in the namespaces, which keeps them open.
    keeper: OwnedFd,
    /// Its id in the agent's namespace.
    keeper_id: Pid,
    /// The process namespace of the agent.
    outside: OwnedFd,
}

impl Namespaces {
    /// Returns the namespaces of a process.
    #[cfg(test)]
    pub fn of(process: Pid) -> io::Result<Self> {
        Ok(Self {
            keeper: pidfd_open(process, PidfdFlags::empty())?,
            keeper_id: process,
            outside: File::open("/proc/self/ns/pid")?.into(),
        })
    }

    /// Makes the namespaces. To be called while the agent has one thread.
    pub fn make() -> Result<Self, Failure> {
        try_make().map_err(context("cannot make the namespaces of programs", REPORT))
    }

    /// Starts a process in the process namespace of programs. The process itself enters the others by [`Self::enter`].
    pub fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        // Applies to new children. No thread may be started in between, and none is.
        move_into_thread_name_spaces(self.keeper.as_fd(), ThreadNameSpaceType::PROCESS_ID)?;
        let child = command.spawn();
        move_into_link_name_space(self.outside.as_fd(), Some(LinkNameSpaceType::ProcessID))?;
        child
    }

    /// Returns a path of the agent that leads to a path of programs. No program can mount anything in the way.
    pub fn path_of(&self, path: &str) -> PathBuf {
        let keeper = self.keeper_id.as_raw_nonzero();
        PathBuf::from(format!("/proc/{keeper}/root{path}"))
    }

    /// Enters the namespaces.
    ///
    /// INVARIANT: makes only system calls, because a forked child calls this.
    pub fn enter(&self) -> io::Result<()> {
        Ok(move_into_thread_name_spaces(
            self.keeper.as_fd(),
            ThreadNameSpaceType::MOUNT
                | ThreadNameSpaceType::INTER_PROCESS_COMMUNICATION
                | ThreadNameSpaceType::NETWORK
                | ThreadNameSpaceType::CONTROL_GROUP,
        )?)
    }
}

fn try_make() -> io::Result<Namespaces> {
    // Later mounts of the agent, such as renewed writable directories, must appear in the namespaces.
    mount_change(
        "/",
        MountPropagationFlags::SHARED | MountPropagationFlags::REC,
    )?;
    let outside = File::open("/proc/self/ns/pid")?.into();
    let (report, report_writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let maker = fork_here(|| {
        let mut report = File::from(report_writer.try_clone()?);
        if let Err(error) = make_keeper(&mut report) {
            write!(report, "{error}")?;
        }
        Ok(())
    })?;
    drop(report_writer);
    let mut text = String::new();
    File::from(report).read_to_string(&mut text)?;
    waitpid(Some(maker), WaitOptions::empty())?;
    let keeper_id = text
        .parse()
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| io::Error::other(text))?;
    let keeper = pidfd_open(keeper_id, PidfdFlags::empty())?;
    // The hostname that a clone gets must also be visible to its programs.
    move_into_thread_name_spaces(
        keeper.as_fd(),
        ThreadNameSpaceType::HOST_NAME_AND_NIS_DOMAIN_NAME,
    )?;
    Ok(Namespaces {
        keeper,
        keeper_id,
        outside,
    })
}

/// Forks a child that runs the function and exits.
fn fork_here(child: impl FnOnce() -> io::Result<()>) -> io::Result<Pid> {
    // SAFETY: this process has one thread, so the child may run any code, including allocation.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Pid::from_raw(child.as_raw())
            .ok_or_else(|| io::Error::other("a child has no process id")),
        ForkResult::Child => {
            let done = child();
            std::process::exit(i32::from(done.is_err()))
        }
    }
}

/// Makes the namespaces, and in them the process that keeps them open. Reports its id, or an error.
fn make_keeper(report: &mut File) -> io::Result<()> {
    let kinds = UnshareFlags::NEWNS
        | UnshareFlags::NEWPID
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWNET
        | UnshareFlags::NEWUTS
        | UnshareFlags::NEWCGROUP;
    // SAFETY: the table of descriptors stays shared.
    cgroup::enclose(|| Ok(unsafe { unshare_unsafe(kinds) }?))?;
    fork_here(|| {
        // Read from the old /proc, which shows ids in the agent's namespace.
        let number = fs::read_link("/proc/self")?;
        match set_up() {
            Ok(()) => write!(report, "{}", number.display())?,
            Err(error) => {
                write!(report, "{error}")?;
                return Err(error);
            }
        }
        keep()
    })?;
    Ok(())
}

/// Sets up the namespaces from within, and drops all privileges.
fn set_up() -> io::Result<()> {
    loopback::up().map_err(|failure| io::Error::other(failure.to_string()))?;
    mounts::arrange()?;
    set_no_new_privs(true)?;
    become_account(NOBODY, NOBODY)?;
    // Orphans become children of this process, and the kernel reaps them when SIGCHLD is ignored.
    // SAFETY: installs no handler.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
    Ok(())
}

fn keep() -> io::Result<()> {
    // The agent reads the report until all copies of the pipe are closed. This process needs no descriptors any more.
    // SAFETY: only descriptors of this process are closed, and their owners are never dropped.
    unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
    loop {
        // SAFETY: only waits.
        unsafe { libc::pause() };
    }
}
