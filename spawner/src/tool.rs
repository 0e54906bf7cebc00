//! Runs a program of the host, and ends it with all its descendants when the host process or its spawner ends. The
//! files that the program makes would otherwise be left behind.
//!
//! The kernel offers no signal for this: PR_SET_PDEATHSIG depends on the thread that started a program, not on its
//! process, and does not reach grandchildren. This process therefore runs between host and program. It sees the end of
//! the host by a pidfd and, as a child subreaper, keeps all descendants, even daemons.

use std::convert::Infallible;
use std::ffi::CString;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use nix::libc;
use nix::sys::wait::{waitpid, WaitPidFlag, WaitStatus};
use nix::unistd::{execvp, fork, ForkResult};
use rustix::event::{poll, PollFd, PollFlags};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{self, Pid, PidfdFlags, Signal};
use rustix::time::Timespec;

use crate::cleanup::orphans;
use crate::log;
use crate::opening;
use crate::process::children::descendants;
use crate::process::signals::{self, Signals};
use crate::process::ProcessStat;

/// How long programs may clean up after the end of the host. mmdebstrap, run by an ordinary user, has files that only
/// it can remove.
const CLEAN_UP_TIMEOUT: Duration = Duration::from_secs(4);
const DEATH_TIMEOUT: Duration = Duration::from_secs(2);
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// The exit code of shells for a program that cannot be executed.
const NOT_EXECUTED: i32 = 127;
const SIGNALLED: i32 = 128;

/// A program, and the processes whose end ends it.
#[derive(Debug, PartialEq, Eq)]
pub struct Tool {
    pub host: Pid,
    pub spawner: Option<Pid>,
    pub command: Vec<CString>,
}

/// Runs the program and returns its exit code. As in a shell, 128 plus the number stands for a signal.
pub fn run(tool: &Tool) -> Result<u8, String> {
    let step =
        |name: &'static str| move |error: rustix::io::Errno| format!("cannot {name}: {error}");
    process::set_child_subreaper(Some(process::getpid())).map_err(step("adopt orphans"))?;
    let signals =
        Signals::take_over().map_err(|error| format!("cannot take over signals: {error}"))?;
    let mut needed = vec![Needed::open("host", tool.host, || {
        process::getppid() == Some(tool.host)
    })?];
    if let Some(spawner) = tool.spawner {
        needed.push(Needed::open("spawner", spawner, || {
            ProcessStat::of(spawner).and_then(|stat| stat.parent) == Some(tool.host)
        })?);
    }
    let program = start(&tool.command)?;
    // The program alone determines when its pipes are closed.
    close_streams().map_err(step("close the standard streams"))?;
    loop {
        wait(&signals, &needed, None);
        // Signals are only drained: a signal for the program was sent to it as well.
        signals.read();
        if let Some(code) = reap(program) {
            kill_all();
            return Ok(code);
        }
        if let Some(gone) = needed.iter().find(|process| process.is_over()) {
            log::line(format_args!(
                "ending {:?}: its {} is gone",
                tool.command[0], gone.role
            ));
            end(&signals);
            return Ok(1);
        }
    }
}

fn start(command: &[CString]) -> Result<Pid, String> {
    let guard = process::getpid();
    // SAFETY: this process has one thread, so the child may go on as any program, allocation included.
    match unsafe { fork() }.map_err(|error| format!("cannot fork: {error}"))? {
        ForkResult::Child => {
            let Err(reason) = become_tool(command, guard);
            let _ = writeln!(io::stderr(), "{}: {reason}", command[0].to_string_lossy());
            // SAFETY: exits immediately. exit() would run exit handlers of the parent.
            unsafe { libc::_exit(NOT_EXECUTED) }
        }
        ForkResult::Parent { child } => {
            Pid::from_raw(child.as_raw()).ok_or("fork gave no pid".into())
        }
    }
}

fn become_tool(command: &[CString], guard: Pid) -> Result<Infallible, String> {
    process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| error.to_string())?;
    if process::getppid() != Some(guard) {
        return Err("its guard is gone".into());
    }
    signals::restore_defaults().map_err(|error| error.to_string())?;
    execvp(&command[0], command).map_err(|error| error.to_string())
}

fn close_streams() -> rustix::io::Result<()> {
    let null = opening::open("/dev/null", OFlags::RDWR, Mode::empty())?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)
}

/// A process whose end ends the program.
struct Needed {
    role: &'static str,
    pidfd: OwnedFd,
}

impl Needed {
    /// Opens a pidfd. `is_it` runs afterwards and confirms that the id had not been reused.
    fn open(role: &'static str, pid: Pid, is_it: impl FnOnce() -> bool) -> Result<Self, String> {
        let pidfd = match process::pidfd_open(pid, PidfdFlags::empty()) {
            Ok(pidfd) => pidfd,
            Err(Errno::SRCH) => return Err(format!("the {role} is gone")),
            Err(error) => return Err(format!("cannot watch the {role}: {error}")),
        };
        if is_it() {
            Ok(Self { role, pidfd })
        } else {
            Err(format!("the {role} is gone"))
        }
    }

    fn is_over(&self) -> bool {
        let mut polled = [PollFd::new(&self.pidfd, PollFlags::IN)];
        let now = Timespec::try_from(Duration::ZERO).ok();
        poll(&mut polled, now.as_ref()).is_ok_and(|count| count > 0)
    }
}

/// Waits until a child has changed, one of the processes has ended, or the time is over.
fn wait(signals: &Signals, needed: &[Needed], time: Option<Duration>) {
    let mut polled = vec![PollFd::new(signals, PollFlags::IN)];
    polled.extend(
        needed
            .iter()
            .map(|process| PollFd::new(&process.pidfd, PollFlags::IN)),
    );
    let time = time.and_then(|time| Timespec::try_from(time).ok());
    // The caller checks everything, even after an interruption.
    let _ = poll(&mut polled, time.as_ref());
}

/// Reaps all ended children, including adopted ones. Returns the exit code of the program if it has ended.
fn reap(tool: Pid) -> Option<u8> {
    let mut code = None;
    loop {
        let (pid, status) = match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, status)) => (pid, status),
            Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, SIGNALLED + signal as i32),
            Ok(WaitStatus::StillAlive) | Err(nix::Error::ECHILD) => return code,
            Ok(_) | Err(_) => continue,
        };
        if pid.as_raw() == tool.as_raw_nonzero().get() {
            code = u8::try_from(status).ok();
        }
    }
}

/// Lets all processes clean up, and then kills the rest.
fn end(signals: &Signals) {
    for pid in descendants(process::getpid()) {
        let _ = process::kill_process(pid, Signal::TERM);
    }
    let deadline = Instant::now() + CLEAN_UP_TIMEOUT;
    while Instant::now() < deadline {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Err(nix::Error::ECHILD) => return,
            Ok(WaitStatus::StillAlive) => wait(signals, &[], Some(deadline - Instant::now())),
            Ok(_) | Err(_) => {}
        }
        signals.read();
    }
    kill_all();
}

fn kill_all() {
    let deadline = Instant::now() + DEATH_TIMEOUT;
    while orphans::sweep(|_| false).unwrap_or(false) && Instant::now() < deadline {
        std::thread::sleep(RETRY_INTERVAL);
    }
}
