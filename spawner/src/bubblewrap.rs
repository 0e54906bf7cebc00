//! The rest of the way of a VMM that bubblewrap jails.

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

use crate::child::{self, explain, ChildEnds, Pipes, Refusal, Running, Way};
use crate::chroot::Chroot;
use crate::inherited::{out_of_the_way, Inherited};
use crate::jail::{self, Jail};
use crate::limits;
use crate::privileges;
use crate::process_stat::ProcessStat;
use crate::sockets;

/// How long bubblewrap may take until it has a process in the jail. It takes milliseconds, and all waits meanwhile.
const JAILED_WITHIN: Duration = Duration::from_secs(8);

pub fn start(
    bwrap: &CString,
    jail: &Jail,
    way: &Way<'_>,
    files: Vec<OwnedFd>,
    journal: impl FnOnce(Pid) -> Result<(), String>,
) -> Result<Running, Refusal> {
    let mut inherited = Inherited::default();
    let listening = sockets::listen_all(way.directory, &way.launch.sockets)
        .map_err(|error| explain("listen on its sockets", error))?;
    listening.into_iter().chain(files).for_each(|descriptor| {
        inherited.add(descriptor);
    });
    let filter = filter_file(&jail.seccomp_filter)
        .map_err(|error| explain("write the seccomp filter", error))?;
    let filter = inherited.add(filter);
    let command = |told| jail::arguments(bwrap, jail, filter, told, &way.launch.arguments);
    enter(way, inherited, jail.max_file_bytes, command, journal)
}

/// For whoever is not root, and so cannot have the jailer make the root directory a VMM's.
pub fn start_in_root(
    bwrap: &CString,
    chroot: &Chroot,
    way: &Way<'_>,
    files: Vec<OwnedFd>,
    journal: impl FnOnce(Pid) -> Result<(), String>,
) -> Result<Running, Refusal> {
    let jail = chroot.jail(way.launch)?;
    chroot.make(way.launch, files, way.directory)?;
    let command = |told| jail::arguments_in_root(bwrap, &jail, told, &way.launch.arguments);
    enter(
        way,
        Inherited::default(),
        chroot.max_file_bytes(),
        command,
        journal,
    )
    .inspect_err(|_| chroot.remove(&way.launch.id))
}

/// `command` makes bubblewrap's of the descriptor by which it tells what it has started.
fn enter(
    way: &Way<'_>,
    mut inherited: Inherited,
    max_file_bytes: u64,
    command: impl FnOnce(RawFd) -> Vec<CString>,
    journal: impl FnOnce(Pid) -> Result<(), String>,
) -> Result<Running, Refusal> {
    let (pipes, ends) = child::pipes().map_err(|error| explain("make pipes", error))?;
    let (info, info_writer) = info_pipe().map_err(|error| explain("make pipes", error))?;
    let command = command(inherited.add(info_writer));
    let go = |ends: &ChildEnds| go(way, ends, max_file_bytes, &command, &inherited);
    let pid = child::fork(plain_fork, ends, &pipes, journal, go)?;
    // Bubblewrap's and its child's alone from here on, so that their end is seen.
    drop(inherited);
    watch(pid, pipes, info).inspect_err(|_| child::kill(pid))
}

fn plain_fork() -> io::Result<i32> {
    // SAFETY: this process has one thread, so the child may go on as any program, allocation included.
    match unsafe { fork() }? {
        ForkResult::Child => Ok(0),
        ForkResult::Parent { child } => Ok(child.as_raw()),
    }
}

fn go(
    way: &Way<'_>,
    ends: &ChildEnds,
    max_file_bytes: u64,
    command: &[CString],
    inherited: &Inherited,
) -> Result<Infallible, String> {
    way.begin(ends)?;
    process::fchdir(way.directory).map_err(|error| explain("enter the VM's directory", error))?;
    limits::set(max_file_bytes).map_err(|error| explain("set resource limits", error))?;
    if let Some(uid) = way.uid {
        privileges::become_user(uid)
            .map_err(|error| explain(&format!("become uid {uid}"), error))?;
        // The change of uid has cut what tied us.
        child::die_with_parent()?;
        // It may have died before the line above, and then no signal comes.
        if process::getppid() != Some(way.spawner) {
            return Err("the spawner is gone".into());
        }
    }
    // Last, because it replaces descriptors that were needed till here.
    inherited
        .put_in_place()
        .map_err(|error| explain("hand over its descriptors", error))?;
    // No environment: the host's may hold keys, and bubblewrap needs none.
    execve::<CString, CString>(&command[0], command, &[])
        .map_err(|error| explain(&format!("execute {}", command[0].to_string_lossy()), error))
}

/// Waits until there is a process in the jail.
fn watch(pid: Pid, pipes: Pipes, info: OwnedFd) -> Result<Running, Refusal> {
    let pidfd = child::executed(pid, pipes.problem)?;
    let Some(vmm) = read_child_pid(info)? else {
        return Err(no_jail(&format!(": {}", last_words(&pidfd, &pipes.output))));
    };
    let vmm_pidfd = process::pidfd_open(vmm, PidfdFlags::empty()).ok();
    // After it was opened: what has this parent now is what the descriptor stands for.
    let is_its = ProcessStat::of(vmm).is_some_and(|stat| stat.parent == Some(pid));
    Ok(Running {
        pid,
        pidfd,
        vmm,
        vmm_pidfd: vmm_pidfd.filter(|_| is_its),
        output: pipes.output,
        status: None,
    })
}

fn no_jail(how: &str) -> Refusal {
    Refusal {
        reason: format!("bubblewrap made no jail{how}"),
        no_jail: true,
    }
}

/// `None` when bubblewrap ended before it had a child.
fn read_child_pid(info: OwnedFd) -> Result<Option<Pid>, Refusal> {
    let time = Timespec::try_from(JAILED_WITHIN).ok();
    let mut told = String::new();
    let mut buffer = [0; 512];
    loop {
        let ready = poll(&mut [PollFd::new(&info, PollFlags::IN)], time.as_ref());
        match ready.map_err(|error| explain("wait for bubblewrap", error))? {
            0 => return Err(no_jail(&format!(" in {} s", JAILED_WITHIN.as_secs()))),
            _ => match rustix::io::read(&info, &mut buffer) {
                Ok(0) => return Ok(None),
                Ok(count) => told.push_str(&String::from_utf8_lossy(&buffer[..count])),
                Err(error) => return Err(explain("read from bubblewrap", error).into()),
            },
        }
        if let Some(pid) = jail::child_pid(&told).and_then(Pid::from_raw) {
            return Ok(Some(pid));
        }
    }
}

/// What bubblewrap says of its end.
fn last_words(pidfd: &OwnedFd, output: &OwnedFd) -> String {
    let time = Timespec::try_from(JAILED_WITHIN).ok();
    let _ = poll(&mut [PollFd::new(pidfd, PollFlags::IN)], time.as_ref());
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
