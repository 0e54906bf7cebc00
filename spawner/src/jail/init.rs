//! The first process in the namespace of a VMM that Firecracker's jailer confines.
//!
//! The jailer's change of uid resets the VMM's parent-death signal. This process keeps its own, and when it ends, the
//! kernel kills all processes of the namespace.

use std::os::fd::{AsRawFd, OwnedFd};

use nix::libc;
use rustix::process::{self, Pid, WaitId, WaitIdOptions};

use crate::process::privileges;

/// Waits for the end of the VMM and writes its exit status to `status` in the form that [`parse`] reads. Drops all
/// privileges first.
pub fn watch(vmm: Pid, status: OwnedFd) -> ! {
    let dropped = close_all_but(&status).and_then(|()| Ok(privileges::drop_all()?));
    if dropped.is_ok() {
        let (code, signal) = wait_for(vmm);
        let _ = rustix::io::write(&status, format!("{code} {signal}").as_bytes());
    }
    // SAFETY: exits immediately. exit() would run exit handlers of the spawner.
    unsafe { libc::_exit(0) }
}

/// Parses the exit code and the signal that [`watch`] has written.
pub fn parse(status: &[u8]) -> Option<(i32, i32)> {
    let (code, signal) = std::str::from_utf8(status).ok()?.split_once(' ')?;
    Some((code.parse().ok()?, signal.parse().ok()?))
}

/// Waits for the VMM and returns its exit code and its signal.
fn wait_for(vmm: Pid) -> (i32, i32) {
    loop {
        match process::waitid(WaitId::Pid(vmm), WaitIdOptions::EXITED) {
            Ok(Some(end)) => {
                return (
                    end.exit_status().unwrap_or(0),
                    end.terminating_signal().unwrap_or(0),
                )
            }
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return (0, 0),
        }
    }
}

/// Closes the descriptors of the spawner: its locks, its pipes and those of other VMs.
fn close_all_but(status: &OwnedFd) -> std::io::Result<()> {
    let number = status.as_raw_fd() as libc::c_uint;
    for (first, last) in [(0, number - 1), (number + 1, libc::c_uint::MAX)] {
        // SAFETY: their owners in this process neither use nor drop them, because _exit follows.
        if unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) } != 0 {
            return Err(std::io::Error::last_os_error());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_what_was_written() {
        assert_eq!(parse(b"148 0"), Some((148, 0)));
        assert_eq!(parse(b"0 9"), Some((0, 9)));
        for none in [&b""[..], b"1", b"1 ", b"x 1", b"\xff 1"] {
            assert_eq!(parse(none), None);
        }
    }
}
