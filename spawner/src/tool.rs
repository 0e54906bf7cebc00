//! Runs a program that ends, with everything it has started, when the host process does, or its spawner: who would then
//! remove what the program makes?
//!
//! No signal of the kernel's does that: PR_SET_PDEATHSIG goes by the thread that started a program, not by its process,
//! and reaches no grandchild. So this process stands between the two. It sees the host's end by a pidfd and, being a child
//! subreaper, loses no descendant, however it daemonises.

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

use crate::arguments::Tool;
use crate::log;
use crate::orphans;
use crate::process_stat::ProcessStat;
use crate::signals::{self, Signals};

/// How long programs may clean up when the host is gone. mmdebstrap, run by an ordinary user, has files that only it can
/// remove.
const CLEAN_UP_WITHIN: Duration = Duration::from_secs(4);
const DIE_WITHIN: Duration = Duration::from_secs(2);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// What shells answer for a program that cannot be executed.
const NOT_EXECUTED: i32 = 127;
const SIGNALLED: i32 = 128;

/// Returns the program's exit code, 128 and more for a signal as a shell does.
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
    // The program's own ends of its pipes decide when they are closed, not ours.
    let_go_of_streams().map_err(step("let go of the standard streams"))?;
    loop {
        wait(&signals, &needed, None);
        // A signal to us was sent to the program as well, or it is none of its business.
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
            // SAFETY: leaves at once; exit() would run what belongs to the parent.
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

fn let_go_of_streams() -> rustix::io::Result<()> {
    let null = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)
}

/// A process without which the program has no reason to run.
struct Needed {
    role: &'static str,
    pidfd: OwnedFd,
}

impl Needed {
    /// `is_it` is asked after the descriptor was opened: if it is, the number was its own then.
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

/// Until a child has changed, one of the processes is over, or the time is.
fn wait(signals: &Signals, needed: &[Needed], time: Option<Duration>) {
    let mut polled = vec![PollFd::new(signals, PollFlags::IN)];
    polled.extend(
        needed
            .iter()
            .map(|process| PollFd::new(&process.pidfd, PollFlags::IN)),
    );
    let time = time.and_then(|time| Timespec::try_from(time).ok());
    // Interrupted or not, the caller looks at everything.
    let _ = poll(&mut polled, time.as_ref());
}

/// Reaps all that has ended, adopted ones included. Returns the program's exit code if it was among them.
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

/// Lets everything clean up, then kills what is left.
fn end(signals: &Signals) {
    for pid in orphans::descendants(process::getpid()) {
        let _ = process::kill_process(pid, Signal::TERM);
    }
    let deadline = Instant::now() + CLEAN_UP_WITHIN;
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
    let deadline = Instant::now() + DIE_WITHIN;
    while orphans::sweep(|_| false).unwrap_or(false) && Instant::now() < deadline {
        std::thread::sleep(LOOK_AGAIN_AFTER);
    }
}
