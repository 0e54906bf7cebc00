//! The way from the spawner into a running VMM: fork, set-up, bubblewrap, the VMM.

use std::convert::Infallible;
use std::ffi::CString;
use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::LazyLock;
use std::time::Duration;

use nix::libc;
use nix::unistd::{execve, fork, ForkResult};
use rustix::event::{poll, PollFd, PollFlags};
use rustix::fs::{MemfdFlags, Mode, OFlags};
use rustix::pipe::{pipe_with, PipeFlags};
use rustix::process::{self, DumpableBehavior, Pid, PidfdFlags, Signal, WaitId, WaitIdOptions};
use rustix::time::Timespec;

use crate::handed_files::HandedFiles;
use crate::inherited::{out_of_the_way, Inherited};
use crate::jail;
use crate::launch::Launch;
use crate::limits;
use crate::privileges;
use crate::process_stat::ProcessStat;
use crate::signals;
use crate::sockets;

/// How long bubblewrap may take until it has a process in the jail. It takes milliseconds, and all waits meanwhile.
const JAILED_WITHIN: Duration = Duration::from_secs(8);

/// How much sooner than us the kernel takes a VMM when memory runs out: a lost sandbox is retried, a lost host is not.
const OOM_SCORE_DISTANCE: i32 = 500;
const OOM_SCORE_MAX: i32 = 1000;
const OOM_SCORE_FILE: &str = "/proc/self/oom_score_adj";

/// Raised from our own value, because only raising is always permitted.
static OOM_SCORE: LazyLock<Option<i32>> = LazyLock::new(|| {
    let own: i32 = fs::read_to_string(OOM_SCORE_FILE)
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some((own + OOM_SCORE_DISTANCE).min(OOM_SCORE_MAX))
});

/// Why a VMM was not started.
pub struct Refusal {
    pub reason: String,
    /// Whether the machine gives no jail, rather than that this VMM cannot be started.
    pub no_jail: bool,
}

impl<T: Into<String>> From<T> for Refusal {
    fn from(reason: T) -> Self {
        Self {
            reason: reason.into(),
            no_jail: false,
        }
    }
}

fn no_jail(how: &str) -> Refusal {
    Refusal {
        reason: format!("bubblewrap made no jail{how}"),
        no_jail: true,
    }
}

/// How VMMs are jailed.
pub struct Jailer {
    /// bubblewrap.
    pub bwrap: CString,
}

pub struct Child {
    /// bubblewrap's, which leads the session and is our child.
    pub pid: Pid,
    pub pidfd: OwnedFd,
    /// The VMM's own number.
    pub vmm: Pid,
    /// Absent when it has ended already.
    pub vmm_pidfd: Option<OwnedFd>,
    /// Where its stdout and stderr arrive; reading never blocks.
    pub output: OwnedFd,
    pub files: HandedFiles,
}

/// The spawner's ends of the pipes to a new process.
struct Pipes {
    go: OwnedFd,
    problem: OwnedFd,
    info: OwnedFd,
    output: OwnedFd,
}

/// The new process's.
struct ChildEnds {
    go: OwnedFd,
    problem: OwnedFd,
    output: OwnedFd,
}

impl Jailer {
    /// Runs a VMM in its jail. When this returns, either there is a process in the jail or none is left.
    ///
    /// `journal` is called with the number of bubblewrap's process before there is anything in it that could outlive us.
    pub fn start(
        &self,
        launch: &Launch,
        directory: BorrowedFd<'_>,
        entrance: Option<OwnedFd>,
        uid: Option<u32>,
        journal: impl FnOnce(Pid) -> Result<(), String>,
    ) -> Result<Child, Refusal> {
        let mut inherited = Inherited::default();
        let listening = sockets::listen_all(directory, &launch.sockets)
            .map_err(|error| explain("listen on its sockets", error))?;
        for socket in listening {
            inherited.add(socket);
        }
        let filter = filter_file(&launch.jail.seccomp_filter)
            .map_err(|error| explain("write the seccomp filter", error))?;
        let (pipes, ends, info) = pipes().map_err(|error| explain("make pipes", error))?;
        LazyLock::force(&OOM_SCORE);

        let mut files = HandedFiles::open(&launch.files, uid)?;
        for file in files.take_open() {
            inherited.add(file);
        }
        let (filter, info) = (inherited.add(filter), inherited.add(info));
        let arguments = jail::arguments(&self.bwrap, &launch.jail, filter, info, &launch.arguments);
        let way = Way {
            launch,
            directory,
            entrance,
            uid,
            arguments,
            inherited,
            spawner: process::getpid(),
        };
        let started = self.fork(way, ends, &pipes, journal);
        match started
            .map_err(Refusal::from)
            .and_then(|pid| watch(pid, pipes))
        {
            Ok((pid, pidfd, vmm, vmm_pidfd, output)) => Ok(Child {
                pid,
                pidfd,
                vmm,
                vmm_pidfd,
                output,
                files,
            }),
            Err(reason) => {
                launch
                    .files
                    .iter()
                    .for_each(|file| file.remove_if_created());
                Err(reason)
            }
        }
    }

    fn fork(
        &self,
        way: Way<'_>,
        ends: ChildEnds,
        pipes: &Pipes,
        journal: impl FnOnce(Pid) -> Result<(), String>,
    ) -> Result<Pid, String> {
        // SAFETY: this process has one thread, so the child may go on as any program, allocation included.
        match unsafe { fork() }.map_err(|error| explain("fork", error))? {
            ForkResult::Child => {
                let Err(reason) = way.go(&self.bwrap, &ends);
                let _ = fs::File::from(ends.problem).write_all(reason.as_bytes());
                // SAFETY: leaves at once; exit() would run what belongs to the spawner.
                unsafe { libc::_exit(127) }
            }
            ForkResult::Parent { child } => {
                let pid = Pid::from_raw(child.as_raw()).ok_or("fork gave no pid")?;
                let go = journal(pid).and_then(|()| {
                    rustix::io::write(&pipes.go, &[1])
                        .map_err(|error| explain("let it go on", error))
                });
                go.map(|_| pid).inspect_err(|_| kill(pid))
            }
        }
    }
}

type Watched = (Pid, OwnedFd, Pid, Option<OwnedFd>, OwnedFd);

/// Waits until there is a process in the jail.
fn watch(pid: Pid, pipes: Pipes) -> Result<Watched, Refusal> {
    let entered = || -> Result<Watched, Refusal> {
        let mut reason = String::new();
        fs::File::from(pipes.problem)
            .read_to_string(&mut reason)
            .map_err(|error| explain("read from the new process", error))?;
        if !reason.is_empty() {
            return Err(reason.into());
        }
        let pidfd = process::pidfd_open(pid, PidfdFlags::empty())
            .map_err(|error| explain("open a pidfd", error))?;
        let Some(vmm) = read_child_pid(pipes.info)? else {
            return Err(no_jail(&format!(": {}", last_words(&pidfd, &pipes.output))));
        };
        let vmm_pidfd = process::pidfd_open(vmm, PidfdFlags::empty()).ok();
        // After it was opened: what has this parent now is what the descriptor stands for.
        let is_its = ProcessStat::of(vmm).is_some_and(|stat| stat.parent == Some(pid));
        Ok((pid, pidfd, vmm, vmm_pidfd.filter(|_| is_its), pipes.output))
    };
    entered().inspect_err(|_| kill(pid))
}

/// Not reaped yet, so that the number still means our child.
fn kill(pid: Pid) {
    let _ = process::kill_process(pid, Signal::KILL);
    let _ = process::waitid(WaitId::Pid(pid), WaitIdOptions::EXITED);
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

fn pipes() -> rustix::io::Result<(Pipes, ChildEnds, OwnedFd)> {
    let (go_reader, go) = pipe_with(PipeFlags::CLOEXEC)?;
    // Exec closes its writing end; so its end without a word is success.
    let (problem, problem_writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let (info, info_writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let (output, output_writer) = pipe_with(PipeFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&output, true)?;
    let ends = ChildEnds {
        go: out_of_the_way(go_reader)?,
        problem: out_of_the_way(problem_writer)?,
        output: out_of_the_way(output_writer)?,
    };
    let pipes = Pipes {
        go,
        problem,
        info,
        output,
    };
    Ok((pipes, ends, out_of_the_way(info_writer)?))
}

fn filter_file(filter: &[u8]) -> rustix::io::Result<OwnedFd> {
    let file = rustix::fs::memfd_create("seccomp-filter", MemfdFlags::CLOEXEC)?;
    let mut written = 0;
    while written < filter.len() {
        written += rustix::io::pwrite(&file, &filter[written..], written as u64)?;
    }
    out_of_the_way(file)
}

/// What the new process goes by.
struct Way<'a> {
    launch: &'a Launch,
    directory: BorrowedFd<'a>,
    /// Its control group's.
    entrance: Option<OwnedFd>,
    uid: Option<u32>,
    arguments: Vec<CString>,
    inherited: Inherited,
    spawner: Pid,
}

impl Way<'_> {
    fn go(&self, bwrap: &CString, ends: &ChildEnds) -> Result<Infallible, String> {
        die_with(self.spawner)?;
        // Till the journal names us.
        if rustix::io::read(&ends.go, &mut [0]) != Ok(1) {
            return Err("the spawner did not let it go on".into());
        }
        // Before anything else, so that all of it is limited and found again.
        if let Some(procs) = &self.entrance {
            rustix::io::write(procs, b"0")
                .map_err(|error| explain("enter its control group", error))?;
        }
        // A group of its own, whose members can be killed together, and no terminal.
        process::setsid().map_err(|error| explain("make a session", error))?;
        signals::restore_defaults().map_err(|error| explain("restore signals", error))?;
        connect_streams(ends.output.as_fd())
            .map_err(|error| explain("connect the standard streams", error))?;
        process::fchdir(self.directory)
            .map_err(|error| explain("enter the VM's directory", error))?;
        limits::set(self.launch.jail.max_file_bytes)
            .map_err(|error| explain("set resource limits", error))?;
        raise_oom_score();
        if let Some(uid) = self.uid {
            privileges::become_user(uid)
                .map_err(|error| explain(&format!("become uid {uid}"), error))?;
            // The change of uid has cut what tied us.
            die_with(self.spawner)?;
        }
        // Last, because it replaces descriptors that were needed till here.
        self.inherited
            .put_in_place()
            .map_err(|error| explain("hand over its descriptors", error))?;
        // No environment: the host's may hold keys, and bubblewrap needs none.
        execve::<CString, CString>(bwrap, &self.arguments, &[])
            .map_err(|error| explain(&format!("execute {}", bwrap.to_string_lossy()), error))
    }
}

/// The kernel's help for the case that the spawner itself is killed. It ends with a change of uid; bubblewrap asks for it
/// again, and for its child. End of stdin, seen by a living spawner, is what clean-up is built on.
fn die_with(spawner: Pid) -> Result<(), String> {
    process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| explain("tie to the spawner", error))?;
    // It may have died before the line above, and then no signal comes.
    if process::getppid() == Some(spawner) {
        Ok(())
    } else {
        Err("the spawner is gone".into())
    }
}

fn connect_streams(output: BorrowedFd<'_>) -> rustix::io::Result<()> {
    let null = rustix::fs::open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(output)?;
    rustix::stdio::dup2_stderr(output)
}

/// A preference, not a promise: without it (no /proc, for instance) a VMM still works.
fn raise_oom_score() {
    if let Some(score) = *OOM_SCORE {
        // The files of a process that is not dumpable, as the spawner and so this copy of it, belong to root. Exec
        // makes it dumpable anyway.
        let _ = process::set_dumpable_behavior(DumpableBehavior::Dumpable);
        let _ = fs::write(OOM_SCORE_FILE, score.to_string());
    }
}

fn explain(step: &str, error: impl Into<io::Error>) -> String {
    format!("cannot {step}: {}", error.into())
}
