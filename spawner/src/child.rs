//! The way from the spawner into a running VMM, as far as all VMMs go it: fork, journal, control group, session, streams.
//! What confines them comes after it: [`bubblewrap`] or [`chrooted`].

use std::convert::Infallible;
use std::ffi::CString;
use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::LazyLock;

use nix::libc;
use rustix::fs::{Mode, OFlags};
use rustix::pipe::{pipe_with, PipeFlags};
use rustix::process::{self, DumpableBehavior, Pid, PidfdFlags, Signal, WaitId, WaitIdOptions};

use crate::bubblewrap;
use crate::chrooted;
use crate::handed_files::HandedFiles;
use crate::inherited::out_of_the_way;
use crate::launch::{Confinement, Launch};
use crate::rings;
use crate::signals;

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

/// How VMMs are jailed.
pub struct Jailer {
    /// bubblewrap.
    pub bwrap: CString,
}

pub struct Child {
    pub running: Running,
    pub files: HandedFiles,
}

/// The processes of a VMM that has been started.
pub struct Running {
    /// Of the process that waits for the VMM, leads its session and is our child.
    pub pid: Pid,
    pub pidfd: OwnedFd,
    /// The VMM's own number.
    pub vmm: Pid,
    /// Absent when it has ended already.
    pub vmm_pidfd: Option<OwnedFd>,
    /// Where its stdout and stderr arrive; reading never blocks.
    pub output: OwnedFd,
    /// Where the VMM's end is written, if not told by that of the process which waits for it.
    pub status: Option<OwnedFd>,
}

/// The spawner's ends of the pipes to a new process.
pub struct Pipes {
    go: OwnedFd,
    pub problem: OwnedFd,
    pub output: OwnedFd,
}

/// The new process's.
pub struct ChildEnds {
    go: OwnedFd,
    pub problem: OwnedFd,
    output: OwnedFd,
}

/// What every new process needs on its way.
pub struct Way<'a> {
    pub launch: &'a Launch,
    pub directory: BorrowedFd<'a>,
    /// Its control group's.
    pub entrance: Option<OwnedFd>,
    pub uid: Option<u32>,
    pub spawner: Pid,
}

/// What a VMM is about to need.
pub enum Needed<'a> {
    /// To the end.
    File(&'a OwnedFd),
    /// While it is launched, with all beneath it.
    Directory(&'a Path),
}

/// Has the kernel allow it, where it watches.
pub type Allow<'a> = dyn FnMut(Needed<'_>) -> Result<(), String> + 'a;

impl Jailer {
    /// Runs a VMM in its jail. When this returns, either there is a process in the jail or none is left.
    ///
    /// `journal` is called with the number of the new process before there is anything in it that could outlive us.
    pub fn start(
        &self,
        launch: &Launch,
        directory: BorrowedFd<'_>,
        entrance: Option<OwnedFd>,
        uid: Option<u32>,
        allow: &mut Allow<'_>,
        journal: impl FnOnce(Pid) -> Result<(), String>,
    ) -> Result<Child, Refusal> {
        LazyLock::force(&OOM_SCORE);
        let mut files = HandedFiles::open(&launch.files, uid)?;
        let way = Way {
            launch,
            directory,
            entrance,
            uid,
            spawner: process::getpid(),
        };
        let opened = files.take_open();
        let allowed = opened.iter().try_for_each(|file| allow(Needed::File(file)));
        let started = allowed
            .map_err(Refusal::from)
            .and_then(|()| match &launch.confinement {
                Confinement::Jail(jail) => {
                    bubblewrap::start(&self.bwrap, jail, &way, opened, journal)
                }
                Confinement::Chroot(chroot) => match uid {
                    Some(uid) => chrooted::start(chroot, &way, uid, opened, allow, journal),
                    None => bubblewrap::start_in_root(&self.bwrap, chroot, &way, opened, journal),
                },
            });
        match started {
            Ok(running) => Ok(Child { running, files }),
            Err(reason) => {
                launch
                    .files
                    .iter()
                    .for_each(|file| file.remove_if_created());
                Err(reason)
            }
        }
    }
}

/// Forks by the given call, which returns 0 in the new process; has it journalled, and lets it go on.
pub fn fork(
    call: impl FnOnce() -> io::Result<libc::pid_t>,
    ends: ChildEnds,
    pipes: &Pipes,
    journal: impl FnOnce(Pid) -> Result<(), String>,
    go: impl FnOnce(&ChildEnds) -> Result<Infallible, String>,
) -> Result<Pid, String> {
    match call().map_err(|error| explain("fork", error))? {
        0 => {
            let Err(reason) = go(&ends);
            fail(ends, &reason)
        }
        child => {
            let pid = Pid::from_raw(child).ok_or("fork gave no pid")?;
            let go = journal(pid).and_then(|()| {
                rustix::io::write(&pipes.go, &[1]).map_err(|error| explain("let it go on", error))
            });
            go.map(|_| pid).inspect_err(|_| kill(pid))
        }
    }
}

/// The end of a new process that cannot become a VMM.
pub fn fail(ends: ChildEnds, reason: &str) -> ! {
    let _ = fs::File::from(ends.problem).write_all(reason.as_bytes());
    // SAFETY: leaves at once; exit() would run what belongs to the spawner.
    unsafe { libc::_exit(127) }
}

/// Waits until the new process has executed what it was to execute.
pub fn executed(pid: Pid, problem: OwnedFd) -> Result<OwnedFd, Refusal> {
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

/// Not reaped yet, so that the number still means our child.
pub fn kill(pid: Pid) {
    let _ = process::kill_process(pid, Signal::KILL);
    let _ = process::waitid(WaitId::Pid(pid), WaitIdOptions::EXITED);
}

pub fn pipes() -> rustix::io::Result<(Pipes, ChildEnds)> {
    let (go_reader, go) = pipe_with(PipeFlags::CLOEXEC)?;
    // Exec closes its writing end; so its end without a word is success.
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

impl Way<'_> {
    /// The steps of the new process that are the same for every VMM, the first first.
    pub fn begin(&self, ends: &ChildEnds) -> Result<(), String> {
        die_with_parent()?;
        // Till the journal names us. It also shows that the spawner lived after the line above, so that its death is seen.
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
        raise_oom_score();
        match self.launch.confinement {
            Confinement::Chroot(_) => {
                rings::refuse().map_err(|error| explain("load its filter of system calls", error))
            }
            // Has a filter of its own, which bubblewrap loads.
            Confinement::Jail(_) => Ok(()),
        }
    }
}

/// The kernel's help for the case that the spawner itself is killed. It ends with a change of uid, after which it has to be
/// asked for again. End of stdin, seen by a living spawner, is what clean-up is built on.
pub fn die_with_parent() -> Result<(), String> {
    process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| explain("tie to the spawner", error))
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

pub fn explain(step: &str, error: impl Into<io::Error>) -> String {
    format!("cannot {step}: {}", error.into())
}
