//! What a Firecracker may not call, beside what its own filters refuse: io_uring, which these allow for a way to the disk that
//! is not used. No filter is asked of what a ring does, so with one a VMM that is taken over would have calls that they refuse.

use std::io;

use nix::libc::{
    self, sock_filter, sock_fprog, BPF_ABS, BPF_JEQ, BPF_JGE, BPF_JGT, BPF_JMP, BPF_K, BPF_LD,
    BPF_RET, BPF_W,
};

/// Of the kernel: linux/audit.h.
const AUDIT_ARCH_X86_64: u32 = 0xc000_003e;

// Offsets into `struct seccomp_data`.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;

// The calls of rings have numbers that follow each other.
const FIRST: u32 = libc::SYS_io_uring_setup as u32;
const LAST: u32 = libc::SYS_io_uring_register as u32;

// By numbers from here on the same calls are made for x32, under the same architecture.
const X32: u32 = 0x4000_0000;

const REFUSE: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;

/// For this thread and all that it becomes and starts; needs `no_new_privs`.
pub fn refuse() -> io::Result<()> {
    let mut program = [
        step(BPF_LD | BPF_W | BPF_ABS, ARCHITECTURE, 0, 0),
        step(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
        step(BPF_RET | BPF_K, libc::SECCOMP_RET_KILL_PROCESS, 0, 0),
        step(BPF_LD | BPF_W | BPF_ABS, NUMBER, 0, 0),
        step(BPF_JMP | BPF_JGE | BPF_K, X32, 2, 0),
        step(BPF_JMP | BPF_JGE | BPF_K, FIRST, 0, 2),
        step(BPF_JMP | BPF_JGT | BPF_K, LAST, 1, 0),
        step(BPF_RET | BPF_K, REFUSE, 0, 0),
        step(BPF_RET | BPF_K, libc::SECCOMP_RET_ALLOW, 0, 0),
    ];
    let program = sock_fprog {
        len: program.len() as u16,
        filter: program.as_mut_ptr(),
    };
    let mode = libc::SECCOMP_SET_MODE_FILTER;
    // SAFETY: the kernel copies the program.
    match unsafe { libc::syscall(libc::SYS_seccomp, mode, 0, &program) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Jumps skip so many of the next, where it holds and where not.
fn step(code: u32, value: u32, holds: u8, fails: u8) -> sock_filter {
    sock_filter {
        code: code as u16,
        jt: holds,
        jf: fails,
        k: value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In a thread, of which there may be many: a filter is for good.
    #[test]
    fn rings_are_refused_and_their_neighbours_are_not() {
        let answers = std::thread::spawn(|| {
            rustix::thread::set_no_new_privs(true).unwrap();
            refuse().unwrap();
            (i64::from(FIRST) - 1..=i64::from(LAST) + 1)
                .chain([i64::from(X32 + FIRST)])
                .map(|call| {
                    // SAFETY: arguments that none of them takes.
                    unsafe { libc::syscall(call, u64::MAX, 0, 0, 0, 0, 0) };
                    io::Error::last_os_error().raw_os_error()
                })
                .collect::<Vec<_>>()
        })
        .join()
        .unwrap();
        let refused = answers.iter().map(|error| *error == Some(libc::EPERM));
        assert!(refused.eq([false, true, true, true, false, true]));
    }
}
