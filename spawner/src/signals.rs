//! Signals as readable events.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{self, SigHandler, SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

const LAST_SIGNAL: i32 = 64;

/// What arrived since the last look. Signals merge, so that only "at least one" is known.
#[derive(Default)]
pub struct Arrived {
    pub child_changed: bool,
    /// One that asks us to end.
    pub terminate: bool,
}

pub struct Signals(SignalFd);

impl Signals {
    /// Brings every signal into a known state, whatever the host left, and routes ours into a descriptor.
    pub fn take_over() -> nix::Result<Self> {
        reset_all()?;
        // A host that is gone shows as EPIPE.
        set(Signal::SIGPIPE, SigHandler::SigIgn)?;
        let mut ours = SigSet::empty();
        for one in [
            Signal::SIGCHLD,
            Signal::SIGTERM,
            Signal::SIGINT,
            Signal::SIGHUP,
        ] {
            ours.add(one);
        }
        ours.thread_set_mask()?;
        Ok(Self(SignalFd::with_flags(
            &ours,
            SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK,
        )?))
    }

    pub fn read(&self) -> Arrived {
        let mut arrived = Arrived::default();
        while let Ok(Some(info)) = self.0.read_signal() {
            match Signal::try_from(info.ssi_signo as i32) {
                Ok(Signal::SIGCHLD) => arrived.child_changed = true,
                Ok(_) => arrived.terminate = true,
                Err(_) => {}
            }
        }
        arrived
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Undoes [`Signals::take_over`] in a forked child, so that a VMM starts with default dispositions and nothing blocked.
pub fn restore_defaults() -> io::Result<()> {
    set(Signal::SIGPIPE, SigHandler::SigDfl)?;
    SigSet::empty().thread_set_mask()?;
    Ok(())
}

/// Matters most for SIGCHLD: were it inherited as ignored, children would vanish unreaped, and with them the certainty of
/// what a pid means. Past libc, which refuses the two numbers that it keeps for itself: those reach a VMM as well.
fn reset_all() -> nix::Result<()> {
    let default = KernelSigaction::default();
    for number in 1..=LAST_SIGNAL {
        if number == libc::SIGKILL || number == libc::SIGSTOP {
            continue;
        }
        let no_old = std::ptr::null_mut::<KernelSigaction>();
        // SAFETY: `default` has the layout that the kernel reads and installs no handler function.
        let result = unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                number,
                &default,
                no_old,
                size_of_val(&default.mask),
            )
        };
        Errno::result(result)?;
    }
    Ok(())
}

/// The x86-64 kernel's `struct sigaction`, not libc's; all zero is SIG_DFL.
#[repr(C)]
#[derive(Default)]
struct KernelSigaction {
    handler: usize,
    flags: u64,
    restorer: usize,
    mask: u64,
}

fn set(signal: Signal, handler: SigHandler) -> nix::Result<()> {
    // SAFETY: no handler function is installed, only SIG_DFL and SIG_IGN.
    unsafe { signal::signal(signal, handler) }.map(drop)
}
