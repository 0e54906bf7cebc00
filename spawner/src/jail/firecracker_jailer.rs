//! Starts VMMs that Firecracker's jailer confines, in namespaces whose first process is [`init`].

use std::convert::Infallible;
use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

use nix::libc;
use nix::unistd::execve;
use rustix::pipe::{pipe_with, PipeFlags};
use rustix::process::{self, DumpableBehavior, Pid, PidfdFlags};
use rustix::thread::{unshare_unsafe, UnshareFlags};

use super::inherited::out_of_the_way;
use super::init;
use super::new_process::{
    self, explain, Allow, ChildEnds, Pipes, Resource, Running, StartContext, StartError,
};
use super::resource_limits;
use super::root_directory::RootDirectory;
use crate::launch::{Chroot, Launch};
use crate::process::children::children_of;
use crate::process::privileges;

/// The jailer itself makes the mount namespace. The cgroup namespace is made from within the VM's own group. There is
/// no user namespace: the jailer must be root to make devices.
const NAMESPACES: libc::c_int =
    libc::CLONE_NEWPID | libc::CLONE_NEWNET | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS;

/// Starts a VMM in its root directory. Also returns the file for its device state, if it has one.
pub fn start(
    chroot: &Chroot,
    context: &StartContext<'_>,
    uid: u32,
    files: Vec<OwnedFd>,
    allow: &mut Allow<'_>,
    journal: impl FnOnce(Pid) -> Result<(), String>,
) -> Result<(Running, Option<OwnedFd>), StartError> {
    let root = RootDirectory::of(chroot, context.launch)?;
    let state = root.make(files, context.directory, Some(uid))?;
    let running = allow(Resource::Directory(&chroot.path(&context.launch.id)))
        .and_then(|()| {
            state
                .iter()
                .try_for_each(|file| allow(Resource::File(file)))
        })
        .map_err(StartError::from)
        .and_then(|()| enter(chroot, context, uid, journal))
        .inspect_err(|_| root.remove())?;
    Ok((running, state))
}

fn enter(
    chroot: &Chroot,
    context: &StartContext<'_>,
    uid: u32,
    journal: impl FnOnce(Pid) -> Result<(), String>,
) -> Result<Running, StartError> {
    let arguments = arguments(chroot, context.launch, uid)?;
    let (pipes, ends) = new_process::pipes().map_err(|error| explain("make pipes", error))?;
    let (status, status_writer) =
        status_pipe().map_err(|error| explain("make the pipe of its status", error))?;
    let child = |ends: &ChildEnds| become_init(context, ends, &arguments, status_writer);
    let pid = new_process::fork(fork_into_namespaces, ends, &pipes, journal, child)?;
    wait_for_jailer(pid, pipes, status).inspect_err(|_| new_process::kill(pid))
}

/// Returns the command line of the jailer, including that of the VMM.
fn arguments(chroot: &Chroot, launch: &Launch, uid: u32) -> Result<Vec<CString>, String> {
    let base = chroot.path(&launch.id);
    let user = uid.to_string();
    let fsize = format!("fsize={}", chroot.max_file_bytes);
    let open_files = format!("no-file={}", resource_limits::OPEN_FILES);
    let words: [&[u8]; 16] = [
        chroot.jailer.as_os_str().as_bytes(),
        b"--id",
        launch.id.as_str().as_bytes(),
        b"--exec-file",
        launch.arguments[0].as_bytes(),
        b"--uid",
        user.as_bytes(),
        b"--gid",
        user.as_bytes(),
        b"--chroot-base-dir",
        base.as_os_str().as_bytes(),
        b"--resource-limit",
        fsize.as_bytes(),
        b"--resource-limit",
        open_files.as_bytes(),
        b"--",
    ];
    let own = words.into_iter().map(CString::new);
    own.chain(launch.arguments[1..].iter().cloned().map(Ok))
        .collect::<Result<_, _>>()
        .map_err(|_| "an argument contains a NUL".into())
}

/// Forks a process that is the first of its process namespace.
fn fork_into_namespaces() -> io::Result<i32> {
    let flags = libc::c_long::from(NAMESPACES | libc::SIGCHLD);
    // SAFETY: without a stack and without shared state this is fork, and this process has one thread, so the child may
    // run any code, including allocation.
    match unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) } {
        pid if pid < 0 => Err(io::Error::last_os_error()),
        pid => Ok(pid as i32),
    }
}

/// Runs in the first process of the namespace: starts the jailer and waits for its end.
fn become_init(
    context: &StartContext<'_>,
    ends: &ChildEnds,
    arguments: &[CString],
    status: OwnedFd,
) -> Result<Infallible, String> {
    context.set_up_process(ends)?;
    // SAFETY: this process has one thread and keeps its descriptor table and memory.
    unsafe { unshare_unsafe(UnshareFlags::NEWCGROUP) }
        .map_err(|error| explain("make a namespace of control groups", error))?;
    resource_limits::set_before_jailer().map_err(|error| explain("set resource limits", error))?;
    // SAFETY: as above.
    match unsafe { libc::fork() } {
        0 => {
            privileges::keep_jailer_capabilities()
                .map_err(|error| explain("drop capabilities", error))?;
            // An empty environment: the host's may hold keys, and the jailer would pass it on.
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
            // The memory of this copy of the spawner holds the spawner's data.
            let _ = process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
            init::watch(vmm, status)
        }
    }
}

/// Waits until the jailer runs.
fn wait_for_jailer(pid: Pid, pipes: Pipes, status: OwnedFd) -> Result<Running, StartError> {
    let pidfd = new_process::wait_for_exec(pid, pipes.problem)?;
    let children = children_of(pid).unwrap_or_default();
    // Without a child the first process is about to end, and its own id serves as well.
    let vmm = children.first().copied().unwrap_or(pid);
    let vmm_pidfd = process::pidfd_open(vmm, PidfdFlags::empty()).ok();
    // Checked after opening: a process that is its child now is the one that the descriptor refers to.
    let is_child = children_of(pid).is_ok_and(|children| children.contains(&vmm));
    Ok(Running {
        pid,
        pidfd,
        vmm,
        vmm_pidfd: vmm_pidfd.filter(|_| is_child),
        output: pipes.output,
        status: Some(status),
    })
}

fn status_pipe() -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&reader, true)?;
    Ok((reader, out_of_the_way(writer)?))
}
