//! A seccomp filter that refuses io_uring to a Firecracker.
//!
//! Firecracker's own filters allow io_uring for a block engine that is not used here. Filters do not apply to the
//! operations of a ring, so a compromised VMM could use it for calls that its filters refuse.

use std::io;

use neurovisor_seccomp::Filter;
use nix::libc::{self, c_long};

const REFUSED: [c_long; 3] = [
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
];

/// Installs the filter for this thread and everything that it starts. Requires `no_new_privs`.
pub fn install() -> io::Result<()> {
    REFUSED
        .into_iter()
        .fold(Filter::refusing_x32(libc::EPERM), |filter, call| {
            filter.refuse(call, libc::EPERM)
        })
        .allow_others()
        .install()
}

#[cfg(test)]
mod tests {
    use neurovisor_seccomp::X32_SYSCALL_BIT;

    use super::*;

    /// Runs in a separate thread, because a filter cannot be removed.
    #[test]
    fn refuses_io_uring_only() {
        let (first, last) = (REFUSED[0], REFUSED[2]);
        let errors = std::thread::spawn(move || {
            rustix::thread::set_no_new_privs(true).unwrap();
            install().unwrap();
            (first - 1..=last + 1)
                .chain([c_long::from(X32_SYSCALL_BIT) + first])
                .map(|call| {
                    // SAFETY: none of these calls accepts such arguments.
                    unsafe { libc::syscall(call, u64::MAX, 0, 0, 0, 0, 0) };
                    io::Error::last_os_error().raw_os_error()
                })
                .collect::<Vec<_>>()
        })
        .join()
        .unwrap();
        let refused = errors.iter().map(|error| *error == Some(libc::EPERM));
        assert!(refused.eq([false, true, true, true, false, true]));
    }
}
