//! Starts VMMs that bubblewrap confines.

use std::convert::Infallible;
use std::ffi::CString;
use std::io;
use std::os::fd::{OwnedFd, RawFd};
use std::time::Duration;

use nix::unistd::{execve, fork, ForkResult};
use rustix::event::{poll, PollFd, PollFlags};
use rustix::fs::MemfdFlags;
use rustix::pipe::{pipe_with, PipeFlags};
use rustix::process::{self, Pid, PidfdFlags};
use rustix::time::Timespec;

use super::bubblewrap_arguments as arguments;
use super::inherited::{out_of_the_way, Inherited};
use super::new_process::{self, explain, ChildEnds, Pipes, Running, StartContext, StartError};
use super::resource_limits;
use super::root_directory::RootDirectory;
use super::sockets;
use crate::launch::{Chroot, Jail};
use crate::process::privileges;
use crate::process::ProcessStat;

/// How long bubblewrap may take until a process runs in the jail. It takes milliseconds, and the event loop waits for
/// it.
const JAIL_TIMEOUT: Duration = Duration::from_secs(8);

/// Starts a VMM that sees the paths of `jail` and nothing else of the host.
pub fn start(
    bwrap: &CString,
    jail: &Jail,
    context: &StartContext<'_>,
    files: Vec<OwnedFd>,
    journal: impl FnOnce(Pid) -> Result<(), String>,
) -> Result<Running, StartError> {
    let mut inherited = Inherited::default();
    let listening = sockets::listen_all(context.directory, &context.launch.sockets)
        .map_err(|error| explain("listen on its sockets", error))?;
    listening.into_iter().chain(files).for_each(|descriptor| {
        inherited.add(descriptor);
    });
    let filter = filter_file(&jail.seccomp_filter)
        .map_err(|error| explain("write the seccomp filter", error))?;
    let filter = inherited.add(filter);
    let command = |info| arguments::for_jail(bwrap, jail, filter, info, &context.launch.arguments);
    enter(context, inherited, jail.max_file_bytes, command, journal)
}

/// Starts a VMM in its root directory without root privileges, which Firecracker's jailer needs. Also returns the file
/// for its device state, if it has one.
pub fn start_in_root(
    bwrap: &CString,
    chroot: &Chroot,
    context: &StartContext<'_>,
    files: Vec<OwnedFd>,
    journal: impl FnOnce(Pid) -> Result<(), String>,
) -> Result<(Running, Option<OwnedFd>), StartError> {
    let root = RootDirectory::of(chroot, context.launch)?;
    let state = root.make(files, context.directory, None)?;
    let command = |info| {
        let read_only = context.launch.read_only_names();
        arguments::for_root(
            bwrap,
            root.path(),
            &read_only,
            info,
            &context.launch.arguments,
        )
    };
    let running = enter(
        context,
        Inherited::default(),
        chroot.max_file_bytes,
        command,
        journal,
    )
    .inspect_err(|_| root.remove())?;
    Ok((running, state))
}

/// `command` makes bubblewrap's command line from the descriptor on which bubblewrap reports its child.
fn enter(
    context: &StartContext<'_>,
    mut inherited: Inherited,
    max_file_bytes: u64,
    command: impl FnOnce(RawFd) -> Vec<CString>,
    journal: impl FnOnce(Pid) -> Result<(), String>,
) -> Result<Running, StartError> {
    let (pipes, ends) = new_process::pipes().map_err(|error| explain("make pipes", error))?;
    let (info, info_writer) = info_pipe().map_err(|error| explain("make pipes", error))?;
    let command = command(inherited.add(info_writer));
    let child =
        |ends: &ChildEnds| become_bubblewrap(context, ends, max_file_bytes, &command, &inherited);
    let pid = new_process::fork(plain_fork, ends, &pipes, journal, child)?;
    // Only bubblewrap and its child hold these from here on, so that the end of their streams is seen.
    drop(inherited);
    wait_for_vmm(pid, pipes, info).inspect_err(|_| new_process::kill(pid))
}

fn plain_fork() -> io::Result<i32> {
    // SAFETY: this process has one thread, so the child may run any code, including allocation.
    match unsafe { fork() }? {
        ForkResult::Child => Ok(0),
        ForkResult::Parent { child } => Ok(child.as_raw()),
    }
}

fn become_bubblewrap(
    context: &StartContext<'_>,
    ends: &ChildEnds,
    max_file_bytes: u64,
    command: &[CString],
    inherited: &Inherited,
) -> Result<Infallible, String> {
    context.set_up_process(ends)?;
    process::fchdir(context.directory)
        .map_err(|error| explain("enter the VM's directory", error))?;
    resource_limits::set_all(max_file_bytes)
        .map_err(|error| explain("set resource limits", error))?;
    if let Some(uid) = context.uid {
        privileges::become_user(uid)
            .map_err(|error| explain(&format!("become uid {uid}"), error))?;
        // The change of uid has reset the parent-death signal.
        new_process::die_with_parent()?;
        // If the spawner died before the line above, no signal arrives.
        if process::getppid() != Some(context.spawner) {
            return Err("the spawner is gone".into());
        }
    }
    // Last, because it replaces descriptors that the steps above need.
    inherited
        .put_in_place()
        .map_err(|error| explain("hand over its descriptors", error))?;
    // An empty environment: the host's may hold keys, and bubblewrap needs none.
    execve::<CString, CString>(&command[0], command, &[])
        .map_err(|error| explain(&format!("execute {}", command[0].to_string_lossy()), error))
}

/// Waits until a process runs in the jail.
fn wait_for_vmm(pid: Pid, pipes: Pipes, info: OwnedFd) -> Result<Running, StartError> {
    let pidfd = new_process::wait_for_exec(pid, pipes.problem)?;
    let Some(vmm) = read_child_pid(info)? else {
        return Err(no_jail(&format!(
            ": {}",
            last_output(&pidfd, &pipes.output)
        )));
    };
    let vmm_pidfd = process::pidfd_open(vmm, PidfdFlags::empty()).ok();
    // Checked after opening: a process that has this parent now is the one that the descriptor refers to.
    let is_child = ProcessStat::of(vmm).is_some_and(|stat| stat.parent == Some(pid));
    Ok(Running {
        pid,
        pidfd,
        vmm,
        vmm_pidfd: vmm_pidfd.filter(|_| is_child),
        output: pipes.output,
        status: None,
    })
}

fn no_jail(how: &str) -> StartError {
    StartError {
        reason: format!("bubblewrap made no jail{how}"),
        no_jail: true,
    }
}

/// Returns `None` if bubblewrap ended before it had a child.
fn read_child_pid(info: OwnedFd) -> Result<Option<Pid>, StartError> {
    let timeout = Timespec::try_from(JAIL_TIMEOUT).ok();
    let mut text = String::new();
    let mut buffer = [0; 512];
    loop {
        let ready = poll(&mut [PollFd::new(&info, PollFlags::IN)], timeout.as_ref());
        match ready.map_err(|error| explain("wait for bubblewrap", error))? {
            0 => return Err(no_jail(&format!(" in {} s", JAIL_TIMEOUT.as_secs()))),
            _ => match rustix::io::read(&info, &mut buffer) {
                Ok(0) => return Ok(None),
                Ok(count) => text.push_str(&String::from_utf8_lossy(&buffer[..count])),
                Err(error) => return Err(explain("read from bubblewrap", error).into()),
            },
        }
        if let Some(pid) = arguments::child_pid(&text).and_then(Pid::from_raw) {
            return Ok(Some(pid));
        }
    }
}

/// Waits for the end of bubblewrap and returns what it printed.
fn last_output(pidfd: &OwnedFd, output: &OwnedFd) -> String {
    let timeout = Timespec::try_from(JAIL_TIMEOUT).ok();
    let _ = poll(&mut [PollFd::new(pidfd, PollFlags::IN)], timeout.as_ref());
    let mut buffer = [0; 1024];
    let count = rustix::io::read(output, &mut buffer).unwrap_or(0);
    String::from_utf8_lossy(&buffer[..count]).trim().to_owned()
}

fn info_pipe() -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    let (info, info_writer) = pipe_with(PipeFlags::CLOEXEC)?;
    Ok((info, out_of_the_way(info_writer)?))
}

fn filter_file(filter: &[u8]) -> rustix::io::Result<OwnedFd> {
    let file = rustix::fs::memfd_create("seccomp-filter", MemfdFlags::CLOEXEC)?;
    let mut written = 0;
    while written < filter.len() {
        written += rustix::io::pwrite(&file, &filter[written..], written as u64)?;
    }
    out_of_the_way(file)
}
