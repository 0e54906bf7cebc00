//! What the spawner makes of its own process before it serves.

use std::io;

use nix::libc;
use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::process::{self, DumpableBehavior};

pub fn harden() -> io::Result<()> {
    close_inherited_descriptors()?;
    process::umask(Mode::RWXG | Mode::RWXO);
    // Holds no directory of the caller's busy; every path that we are given is absolute.
    process::chdir("/")?;
    leave_callers_session()?;
    // No PR_SET_PDEATHSIG: it would fire when the *thread* of the JVM that started us ends. Stdin tells us instead.
    process::set_child_subreaper(Some(process::getpid()))?;
    // Inherited by every VMM.
    rustix::thread::set_no_new_privs(true)?;
    // A VMM that shares our uid must not attach to us with ptrace or read our memory.
    process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Closes what the host leaked into us. From here on every descriptor is opened with CLOEXEC, so that a VMM gets none.
fn close_inherited_descriptors() -> io::Result<()> {
    // SAFETY: nothing in this process owns a descriptor above stderr yet.
    let result = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Ctrl-C in a terminal goes to the whole foreground process group. It is the JVM that decides what it means (drain
/// first, or stop at once), so it must not reach us, nor kill VMMs under running executions.
fn leave_callers_session() -> io::Result<()> {
    match process::setsid() {
        // EPERM: we lead a process group already, which is then not the JVM's.
        Ok(_) | Err(Errno::PERM) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
