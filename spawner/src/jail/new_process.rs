//! The first steps of every VMM: fork, journal entry, control group, session and streams.

use std::convert::Infallible;
use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::LazyLock;

use nix::libc;
use rustix::fs::{Mode, OFlags};
use rustix::pipe::{pipe_with, PipeFlags};
use rustix::process::{self, DumpableBehavior, Pid, PidfdFlags, Signal, WaitId, WaitIdOptions};

use super::inherited::out_of_the_way;
use super::io_uring_filter;
use crate::launch::{Confinement, Launch};
use crate::opening;
use crate::process::signals;

/// How much sooner the kernel kills a VMM than the spawner when memory runs out. A lost sandbox is retried, a lost host
/// is not.
const OOM_SCORE_DISTANCE: i32 = 500;
const OOM_SCORE_MAX: i32 = 1000;
const OOM_SCORE_FILE: &str = "/proc/self/oom_score_adj";

/// Computed from the spawner's own score, because only raising a score is always permitted.
static OOM_SCORE: LazyLock<Option<i32>> = LazyLock::new(|| {
    let own: i32 = fs::read_to_string(OOM_SCORE_FILE)
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some((own + OOM_SCORE_DISTANCE).min(OOM_SCORE_MAX))
});

/// Why a VMM was not started.
pub struct StartError {
    pub reason: String,
    /// Whether this machine supports no jail at all, so that no other VMM can be started either.
    pub no_jail: bool,
}

impl<T: Into<String>> From<T> for StartError {
    fn from(reason: T) -> Self {
        Self {
            reason: reason.into(),
            no_jail: false,
        }
    }
}

/// The processes of a started VMM.
pub struct Running {
    /// The process that waits for the VMM. It leads the VMM's session and is a child of the spawner.
    pub pid: Pid,
    pub pidfd: OwnedFd,
    /// The VMM's own process id.
    pub vmm: Pid,
    /// Absent if the VMM has already ended.
    pub vmm_pidfd: Option<OwnedFd>,
    /// Receives stdout and stderr of the VMM. Non-blocking.
    pub output: OwnedFd,
    /// Receives the VMM's exit status if the waiting process does not exit with it.
    pub status: Option<OwnedFd>,
}

/// The spawner's ends of the pipes to a new process.
pub struct Pipes {
    go: OwnedFd,
    pub problem: OwnedFd,
    pub output: OwnedFd,
}

/// The new process's ends of these pipes.
pub struct ChildEnds {
    go: OwnedFd,
    pub problem: OwnedFd,
    output: OwnedFd,
}

/// The inputs of a start that all confinements need.
pub struct StartContext<'a> {
    pub launch: &'a Launch,
    pub directory: BorrowedFd<'a>,
    /// The file `cgroup.procs` of the VM's control group.
    pub cgroup_procs: Option<OwnedFd>,
    pub uid: Option<u32>,
    pub spawner: Pid,
}

/// Something that a VMM has to open.
pub enum Resource<'a> {
    /// A file, for the VMM's whole life.
    File(&'a OwnedFd),
    /// A directory and everything beneath it, during the launch.
    Directory(&'a Path),
}

/// Has the eBPF programs allow a resource, if they are loaded.
pub type Allow<'a> = dyn FnMut(Resource<'_>) -> Result<(), String> + 'a;

/// Reads the spawner's own score once, before the first fork.
pub fn determine_oom_score() {
    LazyLock::force(&OOM_SCORE);
}

/// Forks by `call`, which returns 0 in the new process, writes the new process to the journal and lets it continue with
/// `child`.
pub fn fork(
    call: impl FnOnce() -> io::Result<libc::pid_t>,
    ends: ChildEnds,
    pipes: &Pipes,
    journal: impl FnOnce(Pid) -> Result<(), String>,
    child: impl FnOnce(&ChildEnds) -> Result<Infallible, String>,
) -> Result<Pid, String> {
    match call().map_err(|error| explain("fork", error))? {
        0 => {
            let Err(reason) = child(&ends);
            exit_with(ends, &reason)
        }
        pid => {
            let pid = Pid::from_raw(pid).ok_or("fork gave no pid")?;
            let go = journal(pid).and_then(|()| {
                rustix::io::write(&pipes.go, &[1])
                    .map_err(|error| explain("let it continue", error))
            });
            go.map(|_| pid).inspect_err(|_| kill(pid))
        }
    }
}

/// Reports to the spawner why the new process cannot become a VMM, and exits.
fn exit_with(ends: ChildEnds, reason: &str) -> ! {
    let _ = fs::File::from(ends.problem).write_all(reason.as_bytes());
    // SAFETY: exits immediately. exit() would run exit handlers of the spawner.
    unsafe { libc::_exit(127) }
}

/// Waits until the new process has called exec.
pub fn wait_for_exec(pid: Pid, problem: OwnedFd) -> Result<OwnedFd, StartError> {
    let mut reason = String::new();
    fs::File::from(problem)
        .read_to_string(&mut reason)
        .map_err(|error| explain("read from the new process", error))?;
    if !reason.is_empty() {
        return Err(reason.into());
    }
    Ok(process::pidfd_open(pid, PidfdFlags::empty())
        .map_err(|error| explain("open a pidfd", error))?)
}

/// Kills and reaps a child of the spawner. It has not been reaped before, so its id has not been reused.
pub fn kill(pid: Pid) {
    let _ = process::kill_process(pid, Signal::KILL);
    let _ = process::waitid(WaitId::Pid(pid), WaitIdOptions::EXITED);
}

pub fn pipes() -> rustix::io::Result<(Pipes, ChildEnds)> {
    let (go_reader, go) = pipe_with(PipeFlags::CLOEXEC)?;
    // A successful exec closes the writing end, so an empty stream means success.
    let (problem, problem_writer) = pipe_with(PipeFlags::CLOEXEC)?;
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
        output,
    };
    Ok((pipes, ends))
}

impl StartContext<'_> {
    /// Runs in the new process: the steps that are the same for every VMM.
    pub fn set_up_process(&self, ends: &ChildEnds) -> Result<(), String> {
        die_with_parent()?;
        // Returns once the journal names this process. It also shows that the spawner lived after the line above, so
        // that its death cannot have been missed.
        if rustix::io::read(&ends.go, &mut [0]) != Ok(1) {
            return Err("the spawner did not let it continue".into());
        }
        // First, so that every later process is limited and can be found.
        if let Some(procs) = &self.cgroup_procs {
            rustix::io::write(procs, b"0")
                .map_err(|error| explain("enter its control group", error))?;
        }
        // A session, whose processes can be killed together, without a terminal.
        process::setsid().map_err(|error| explain("make a session", error))?;
        signals::restore_defaults().map_err(|error| explain("restore signals", error))?;
        connect_streams(ends.output.as_fd())
            .map_err(|error| explain("connect the standard streams", error))?;
        raise_oom_score();
        match self.launch.confinement {
            Confinement::Chroot(_) => io_uring_filter::install()
                .map_err(|error| explain("load its filter of system calls", error)),
            // bubblewrap loads the filter of the request.
            Confinement::Jail(_) => Ok(()),
        }
    }
}

/// Has the kernel kill this process when the spawner is killed. A change of uid resets this, after which it must be
/// called again. Cleanup does not rely on it: a living spawner reacts to the end of stdin.
pub fn die_with_parent() -> Result<(), String> {
    process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| explain("tie to the spawner", error))
}

fn connect_streams(output: BorrowedFd<'_>) -> rustix::io::Result<()> {
    let null = opening::open("/dev/null", OFlags::RDONLY, Mode::empty())?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(output)?;
    rustix::stdio::dup2_stderr(output)
}

/// Best effort: a VMM also works without it, for instance where /proc is missing.
fn raise_oom_score() {
    if let Some(score) = *OOM_SCORE {
        // Root owns the /proc files of a process that is not dumpable, and this copy of the spawner is not. Exec makes
        // the process dumpable anyway.
        let _ = process::set_dumpable_behavior(DumpableBehavior::Dumpable);
        let _ = fs::write(OOM_SCORE_FILE, score.to_string());
    }
}

pub fn explain(step: &str, error: impl Into<io::Error>) -> String {
    format!("cannot {step}: {}", error.into())
}
