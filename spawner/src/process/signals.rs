//! Signals as readable events.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{self, SigHandler, SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

const LAST_SIGNAL: i32 = 64;

/// The signals since the last read. The kernel merges signals, so only "at least one" is known.
#[derive(Default)]
pub struct Arrived {
    pub child_changed: bool,
    /// A signal that requests termination.
    pub terminate: bool,
}

pub struct Signals(SignalFd);

impl Signals {
    /// Resets every signal, whatever the host has set, and routes those of the spawner into a descriptor.
    pub fn take_over() -> nix::Result<Self> {
        reset_all()?;
        // The end of the host is seen as EPIPE.
        set(Signal::SIGPIPE, SigHandler::SigIgn)?;
        let mut handled = SigSet::empty();
        for one in [
            Signal::SIGCHLD,
            Signal::SIGTERM,
            Signal::SIGINT,
            Signal::SIGHUP,
        ] {
            handled.add(one);
        }
        handled.thread_set_mask()?;
        Ok(Self(SignalFd::with_flags(
            &handled,
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

/// Undoes [`Signals::take_over`] in a forked child, so that a VMM starts with default dispositions and no blocked
/// signal.
pub fn restore_defaults() -> io::Result<()> {
    set(Signal::SIGPIPE, SigHandler::SigDfl)?;
    SigSet::empty().thread_set_mask()?;
    Ok(())
}

/// Resets all signals. SIGCHLD matters most: if it were ignored, the kernel would reap children itself and could reuse
/// their ids. Calls the kernel directly, because libc rejects the two signals that it reserves, which a VMM also
/// inherits.
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

/// The `struct sigaction` of the x86-64 kernel, not that of libc. All zero is SIG_DFL.
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
