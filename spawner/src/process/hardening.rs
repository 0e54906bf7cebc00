//! Restricts the spawner's own process before it serves requests.

use std::io;

use nix::libc;
use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::process::{self, DumpableBehavior};

pub fn harden() -> io::Result<()> {
    close_inherited_descriptors()?;
    process::umask(Mode::RWXG | Mode::RWXO);
    // Keeps no directory of the caller busy. All paths in requests are absolute.
    process::chdir("/")?;
    leave_session_of_caller()?;
    // No PR_SET_PDEATHSIG: it would fire when the *thread* of the JVM that started the spawner ends. The end of stdin
    // is the signal instead.
    process::set_child_subreaper(Some(process::getpid()))?;
    // Every VMM inherits this.
    rustix::thread::set_no_new_privs(true)?;
    // A VMM with the same uid must not attach with ptrace or read this process's memory.
    process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Closes descriptors that the host leaked. Later descriptors are all opened with CLOEXEC, so a VMM inherits none.
fn close_inherited_descriptors() -> io::Result<()> {
    // SAFETY: nothing in this process owns a descriptor above stderr yet.
    let result = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Leaves the foreground process group, to which a terminal sends Ctrl-C. The JVM decides whether to drain first or to
/// stop immediately, so the signal must neither reach the spawner nor kill VMMs with running executions.
fn leave_session_of_caller() -> io::Result<()> {
    match process::setsid() {
        // EPERM: this process already leads a process group, which is not that of the JVM.
        Ok(_) | Err(Errno::PERM) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
