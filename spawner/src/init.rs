//! The first process of a chrooted VMM's namespace. The jailer's change of uid cuts what ties the VMM to the spawner; this
//! process stays tied, and when it ends, the kernel ends all in the namespace.

use std::os::fd::{AsRawFd, OwnedFd};

use nix::libc;
use rustix::process::{self, Pid, WaitId, WaitIdOptions};

use crate::privileges;

/// Waits for the VMM's end and writes it to `status`, as [`parse`] reads it. Gives up all privileges first.
pub fn watch(vmm: Pid, status: OwnedFd) -> ! {
    let left = keep_only(&status).and_then(|()| Ok(privileges::drop_all()?));
    if left.is_ok() {
        let (code, signal) = wait_for(vmm);
        let _ = rustix::io::write(&status, format!("{code} {signal}").as_bytes());
    }
    // SAFETY: leaves at once; exit() would run what belongs to the spawner.
    unsafe { libc::_exit(0) }
}

/// The exit code and the signal of an end that [`watch`] has written.
pub fn parse(status: &[u8]) -> Option<(i32, i32)> {
    let (code, signal) = std::str::from_utf8(status).ok()?.split_once(' ')?;
    Some((code.parse().ok()?, signal.parse().ok()?))
}

/// Also whatever else becomes a child of the namespace's first process is reaped.
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

/// Closes what belongs to the spawner: its locks, its pipes, the other VMs.
fn keep_only(status: &OwnedFd) -> std::io::Result<()> {
    let number = status.as_raw_fd() as libc::c_uint;
    for (first, last) in [(0, number - 1), (number + 1, libc::c_uint::MAX)] {
        // SAFETY: whoever owns these descriptors in this process never comes to use or drop them: _exit follows.
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
    fn an_end_is_read_as_it_was_written() {
        assert_eq!(parse(b"148 0"), Some((148, 0)));
        assert_eq!(parse(b"0 9"), Some((0, 9)));
        for none in [&b""[..], b"1", b"1 ", b"x 1", b"\xff 1"] {
            assert_eq!(parse(none), None);
        }
    }
}
