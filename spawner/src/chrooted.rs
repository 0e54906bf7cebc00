//! The rest of the way of a VMM that Firecracker's jailer confines: namespaces, the jailer, and the [`init`] that is above it.

use std::convert::Infallible;
use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;

use nix::libc;
use nix::unistd::execve;
use rustix::pipe::{pipe_with, PipeFlags};
use rustix::process::{self, DumpableBehavior, Pid, PidfdFlags};
use rustix::thread::{unshare_unsafe, UnshareFlags};

use crate::child::{self, explain, Allow, ChildEnds, Needed, Pipes, Refusal, Running, Way};
use crate::chroot::Chroot;
use crate::inherited::out_of_the_way;
use crate::init;
use crate::limits;
use crate::orphans;
use crate::privileges;

/// Beside the mounts', which the jailer makes, and the control groups', which is made within the VM's own group. Not the
/// users': the jailer has to be root to make devices.
const NAMESPACES: libc::c_int =
    libc::CLONE_NEWPID | libc::CLONE_NEWNET | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS;

pub fn start(
    chroot: &Chroot,
    way: &Way<'_>,
    uid: u32,
    files: Vec<OwnedFd>,
    allow: &mut Allow<'_>,
    journal: impl FnOnce(Pid) -> Result<(), String>,
) -> Result<Running, Refusal> {
    chroot.make(way.launch, files, way.directory)?;
    allow(Needed::Directory(&chroot.path(&way.launch.id)))
        .map_err(Refusal::from)
        .and_then(|()| enter(chroot, way, uid, journal))
        .inspect_err(|_| chroot.remove(&way.launch.id))
}

fn enter(
    chroot: &Chroot,
    way: &Way<'_>,
    uid: u32,
    journal: impl FnOnce(Pid) -> Result<(), String>,
) -> Result<Running, Refusal> {
    let arguments = chroot.arguments(way.launch, uid)?;
    let (pipes, ends) = child::pipes().map_err(|error| explain("make pipes", error))?;
    let (status, status_writer) =
        status_pipe().map_err(|error| explain("make the pipe of its status", error))?;
    let go = |ends: &ChildEnds| go(way, ends, &arguments, status_writer);
    let pid = child::fork(fork_into_namespaces, ends, &pipes, journal, go)?;
    watch(pid, pipes, status).inspect_err(|_| child::kill(pid))
}

/// The new process is the first of its namespace.
fn fork_into_namespaces() -> io::Result<i32> {
    let flags = libc::c_long::from(NAMESPACES | libc::SIGCHLD);
    // SAFETY: without a stack and without sharing anything this is fork, and this process has one thread, so the child may
    // go on as any program, allocation included.
    match unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) } {
        pid if pid < 0 => Err(io::Error::last_os_error()),
        pid => Ok(pid as i32),
    }
}

/// In the first process of the namespace.
fn go(
    way: &Way<'_>,
    ends: &ChildEnds,
    arguments: &[CString],
    status: OwnedFd,
) -> Result<Infallible, String> {
    way.begin(ends)?;
    // SAFETY: shares no descriptors or memory with anybody who would not expect it: this process has one thread.
    unsafe { unshare_unsafe(UnshareFlags::NEWCGROUP) }
        .map_err(|error| explain("make a namespace of control groups", error))?;
    limits::set_around_jailer().map_err(|error| explain("set resource limits", error))?;
    // SAFETY: as above.
    match unsafe { libc::fork() } {
        0 => {
            privileges::keep_jailers().map_err(|error| explain("drop capabilities", error))?;
            // No environment: the host's may hold keys, and the jailer passes it on.
            execve::<CString, CString>(&arguments[0], arguments, &[]).map_err(|error| {
                explain(
                    &format!("execute {}", arguments[0].to_string_lossy()),
                    error,
                )
            })
        }
        vmm => {
            let vmm = Pid::from_raw(vmm)
                .filter(|_| vmm > 0)
                .ok_or_else(|| explain("fork within its namespace", io::Error::last_os_error()))?;
            // What belongs to the spawner is in this copy of it.
            let _ = process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
            init::watch(vmm, status)
        }
    }
}

/// Waits until the jailer runs.
fn watch(pid: Pid, pipes: Pipes, status: OwnedFd) -> Result<Running, Refusal> {
    let pidfd = child::executed(pid, pipes.problem)?;
    let children = orphans::children_of(pid).unwrap_or_default();
    // Without a child it is about to end, and its number serves as well as any.
    let vmm = children.first().copied().unwrap_or(pid);
    let vmm_pidfd = process::pidfd_open(vmm, PidfdFlags::empty()).ok();
    // After it was opened: what is its child now is what the descriptor stands for.
    let is_its = orphans::children_of(pid).is_ok_and(|children| children.contains(&vmm));
    Ok(Running {
        pid,
        pidfd,
        vmm,
        vmm_pidfd: vmm_pidfd.filter(|_| is_its),
        output: pipes.output,
        status: Some(status),
    })
}

fn status_pipe() -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&reader, true)?;
    Ok((reader, out_of_the_way(writer)?))
}
