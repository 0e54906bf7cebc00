//! The way from the spawner into a running VMM: fork, set-up, exec.

use std::convert::Infallible;
use std::ffi::CStr;
use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::LazyLock;

use nix::libc;
use nix::unistd::{execve, fork, ForkResult};
use rustix::fs::{Mode, OFlags};
use rustix::pipe::{pipe_with, PipeFlags};
use rustix::process::{
    self, DumpableBehavior, Pid, PidfdFlags, Resource, Rlimit, Signal, WaitId, WaitIdOptions,
};

use crate::launch::Launch;
use crate::signals;
use crate::sockets::{self, Sockets};

/// All that a VMM gets of an environment. Nothing of the host's: it may hold keys.
const ENVIRONMENT: [&CStr; 2] = [
    c"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    c"LANG=C",
];

const OPEN_FILES: u64 = 1024;

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

pub struct Child {
    pub pid: Pid,
    pub pidfd: OwnedFd,
    /// Where its stdout and stderr arrive; reading never blocks.
    pub output: OwnedFd,
}

/// Runs a VMM in `directory`, and in the control group behind `entrance`. When this returns, either the new program has
/// been entered or no process is left.
pub fn start(
    launch: &Launch,
    directory: BorrowedFd<'_>,
    entrance: Option<OwnedFd>,
) -> Result<Child, String> {
    let step = |name: &'static str| move |error: rustix::io::Errno| explain(name, error);
    let (output, output_writer) = pipe_with(PipeFlags::CLOEXEC).map_err(step("make a pipe"))?;
    rustix::io::ioctl_fionbio(&output, true).map_err(step("unblock a pipe"))?;
    // Exec closes its writing end; so its end without a word is success.
    let (problem, problem_writer) = pipe_with(PipeFlags::CLOEXEC).map_err(step("make a pipe"))?;
    let problem_writer =
        sockets::out_of_the_way(problem_writer).map_err(step("move a descriptor"))?;
    let sockets =
        Sockets::listen(directory, &launch.sockets).map_err(step("listen on its sockets"))?;
    LazyLock::force(&OOM_SCORE);
    let spawner = process::getpid();

    // SAFETY: this process has one thread, so the child may go on as any program, allocation included.
    let pid = match unsafe { fork() }.map_err(|error| explain("fork", error))? {
        ForkResult::Child => {
            let Err(reason) = enter(entrance).and_then(|()| {
                become_vmm(launch, directory, output_writer.as_fd(), &sockets, spawner)
            });
            let _ = fs::File::from(problem_writer).write_all(reason.as_bytes());
            // SAFETY: leaves at once; exit() would run what belongs to the spawner.
            unsafe { libc::_exit(127) }
        }
        ForkResult::Parent { child } => Pid::from_raw(child.as_raw()).ok_or("fork gave no pid")?,
    };
    drop(problem_writer);

    let mut reason = String::new();
    let outcome = fs::File::from(problem).read_to_string(&mut reason);
    let pidfd = match outcome {
        Ok(0) => process::pidfd_open(pid, PidfdFlags::empty()).map_err(step("open a pidfd")),
        Ok(_) => Err(reason),
        Err(error) => Err(explain("read from the new process", error)),
    };
    pidfd
        .map(|pidfd| Child { pid, pidfd, output })
        .inspect_err(|_| {
            // Not reaped yet, so that the number still means this child.
            let _ = process::kill_process(pid, Signal::KILL);
            let _ = process::waitid(WaitId::Pid(pid), WaitIdOptions::EXITED);
        })
}

/// Before anything else, so that all of it is limited and found again.
fn enter(entrance: Option<OwnedFd>) -> Result<(), String> {
    match entrance.map(|procs| rustix::io::write(procs, b"0")) {
        Some(Err(error)) => Err(explain("enter its control group", error)),
        Some(Ok(_)) | None => Ok(()),
    }
}

fn become_vmm(
    launch: &Launch,
    directory: BorrowedFd<'_>,
    output: BorrowedFd<'_>,
    sockets: &Sockets,
    spawner: Pid,
) -> Result<Infallible, String> {
    die_with(spawner)?;
    // A group of its own, whose members can be killed together, and no terminal.
    process::setsid().map_err(|error| explain("make a session", error))?;
    signals::restore_defaults().map_err(|error| explain("restore signals", error))?;
    connect_streams(output).map_err(|error| explain("connect the standard streams", error))?;
    process::fchdir(directory).map_err(|error| explain("enter the VM's directory", error))?;
    set_limits().map_err(|error| explain("set resource limits", error))?;
    raise_oom_score();
    // Last, because it replaces descriptors that were needed till here.
    sockets
        .put_in_place()
        .map_err(|error| explain("hand over its sockets", error))?;
    execve(&launch.executable, &launch.arguments, &ENVIRONMENT).map_err(|error| {
        explain(
            &format!("execute {}", launch.executable.to_string_lossy()),
            error,
        )
    })
}

/// The kernel's help for the case that the spawner itself is killed. It covers this process only, not its children, and
/// ends with a change of uid: end of stdin, seen by a living spawner, is what clean-up is built on.
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

fn set_limits() -> rustix::io::Result<()> {
    // A core would hold the guest's memory.
    process::setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    )?;
    // An ordinary user cannot go above the maximum that we have.
    let allowed = process::getrlimit(Resource::Nofile)
        .maximum
        .unwrap_or(u64::MAX)
        .min(OPEN_FILES);
    process::setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(allowed),
            maximum: Some(allowed),
        },
    )
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
