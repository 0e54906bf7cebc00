//! The namespaces in which programs run.
//!
//! They are made once, while the machine boots, and kept by a process that does nothing else: interpreters that wait in a
//! template are in them already, and an execution only has to step in. There is no namespace of users: in one of its own
//! everything of root's would appear to be nobody's, and a program that has no capability can be given none less.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
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

use super::failure::{context, Failure};
use super::{loopback, view};
use crate::execution::cgroup;
use crate::privileges::become_account;

const NOBODY: u32 = 65534;
const REPORT: &str =
    "boot a kernel with CONFIG_NAMESPACES, CONFIG_UTS_NS, CONFIG_IPC_NS, CONFIG_PID_NS, \
     CONFIG_NET_NS, and cgroup v2 with CONFIG_MEMCG, CONFIG_CGROUP_PIDS, CONFIG_CGROUP_SCHED";

pub struct Quarters {
    /// The first process in there.
    keeper: OwnedFd,
    /// Our own namespace of processes.
    outside: OwnedFd,
}

impl Quarters {
    /// To be called while the agent has one thread.
    pub fn make() -> Result<Self, Failure> {
        try_make().map_err(context("cannot make the namespaces of programs", REPORT))
    }

    /// Starts a process that is in the programs' namespace of processes, and in all others once it has entered them.
    pub fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        // This is about children. A thread could not be started in between; none is.
        move_into_thread_name_spaces(self.keeper.as_fd(), ThreadNameSpaceType::PROCESS_ID)?;
        let child = command.spawn();
        move_into_link_name_space(self.outside.as_fd(), Some(LinkNameSpaceType::ProcessID))?;
        child
    }

    /// INVARIANT: only a system call is made: a forked child does this.
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

fn try_make() -> io::Result<Quarters> {
    // What is mounted anew for programs later, by renewing, shall appear to them.
    mount_change(
        "/",
        MountPropagationFlags::SHARED | MountPropagationFlags::REC,
    )?;
    let outside = File::open("/proc/self/ns/pid")?.into();
    let (told, tell) = pipe_with(PipeFlags::CLOEXEC)?;
    let maker = fork_here(|| {
        let mut tell = File::from(tell.try_clone()?);
        if let Err(error) = divide(&mut tell) {
            write!(tell, "{error}")?;
        }
        Ok(())
    })?;
    drop(tell);
    let mut words = String::new();
    File::from(told).read_to_string(&mut words)?;
    waitpid(Some(maker), WaitOptions::empty())?;
    let keeper = words
        .parse()
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| io::Error::other(words))?;
    let keeper = pidfd_open(keeper, PidfdFlags::empty())?;
    // So that the name that a clone gets is its programs' too.
    move_into_thread_name_spaces(
        keeper.as_fd(),
        ThreadNameSpaceType::HOST_NAME_AND_NIS_DOMAIN_NAME,
    )?;
    Ok(Quarters { keeper, outside })
}

/// Runs in a child until it returns.
fn fork_here(child: impl FnOnce() -> io::Result<()>) -> io::Result<Pid> {
    // SAFETY: this process has one thread, so the child may go on as any program, allocation included.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Pid::from_raw(child.as_raw())
            .ok_or_else(|| io::Error::other("a child has no process id")),
        ForkResult::Child => {
            let done = child();
            std::process::exit(i32::from(done.is_err()))
        }
    }
}

/// Makes the namespaces, and in them the process that keeps them.
fn divide(tell: &mut File) -> io::Result<()> {
    let kinds = UnshareFlags::NEWNS
        | UnshareFlags::NEWPID
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWNET
        | UnshareFlags::NEWUTS
        | UnshareFlags::NEWCGROUP;
    // SAFETY: no table of descriptors is divided.
    cgroup::enclose(|| Ok(unsafe { unshare_unsafe(kinds) }?))?;
    fork_here(|| {
        // By the old /proc, whose numbers are the agent's.
        let number = fs::read_link("/proc/self")?;
        match settle() {
            Ok(()) => write!(tell, "{}", number.display())?,
            Err(error) => {
                write!(tell, "{error}")?;
                return Err(error);
            }
        }
        keep()
    })?;
    Ok(())
}

fn settle() -> io::Result<()> {
    loopback::up().map_err(|failure| io::Error::other(failure.to_string()))?;
    view::arrange()?;
    set_no_new_privs(true)?;
    become_account(NOBODY, NOBODY)?;
    // Whoever loses its parent in here becomes this process' child: the kernel collects those that end.
    // SAFETY: no handler is set that could run.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
    Ok(())
}

fn keep() -> io::Result<()> {
    // The agent reads what it is told until all copies of the pipe are closed. Nothing here uses a descriptor any more.
    // SAFETY: only this process' own descriptors are closed, and none of their owners is ever dropped.
    unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
    loop {
        // SAFETY: it waits and nothing else.
        unsafe { libc::pause() };
    }
}
