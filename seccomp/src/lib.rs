//! Assembles and installs seccomp filters that refuse some system calls and allow all others.
//!
//! The crate `seccompiler` cannot express these filters: its rules match exact call numbers, so they cannot refuse the
//! whole range of x32 calls, and each of its filters has a single error number.

use std::io;

use nix::libc::{
    self, c_long, sock_filter, sock_fprog, BPF_ABS, BPF_JEQ, BPF_JGE, BPF_JMP, BPF_JSET, BPF_K,
    BPF_LD, BPF_RET, BPF_W,
};

/// From the kernel's linux/audit.h.
const AUDIT_ARCH_X86_64: u32 = 0xc000_003e;

/// From the kernel's asm/unistd.h. Numbers from here on are calls of the x32 ABI, which share the architecture of
/// x86-64.
pub const X32_SYSCALL_BIT: u32 = 0x4000_0000;

// Offsets into `struct seccomp_data`.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENTS: u32 = 16;
const ARGUMENT_BYTES: u32 = 8;

pub type Instruction = sock_filter;

/// A filter in the form that the kernel takes. It kills a process that makes a call of another architecture.
pub struct Filter(Vec<Instruction>);

impl Filter {
    /// Begins a filter that refuses all calls of the x32 ABI with an error.
    pub fn refusing_x32(error: i32) -> Self {
        Self(vec![
            load(ARCHITECTURE),
            jump(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0),
            action(libc::SECCOMP_RET_KILL_PROCESS),
            load(NUMBER),
            jump(BPF_JGE, X32_SYSCALL_BIT, 0, 1),
            refuse(error),
        ])
    }

    /// Refuses a call with an error.
    pub fn refuse(self, call: c_long, error: i32) -> Self {
        self.decide(call, vec![refuse(error)])
    }

    /// Decides about a call by instructions that end with an action in every case.
    pub fn decide(mut self, call: c_long, instructions: Vec<Instruction>) -> Self {
        self.0
            .push(jump(BPF_JEQ, call as u32, 0, instructions.len() as u8));
        self.0.extend(instructions);
        self
    }

    /// Allows all other calls.
    pub fn allow_others(mut self) -> Self {
        self.0.push(allow());
        self
    }

    /// Installs the filter for this thread, its children and the programs that they execute. Requires `no_new_privs`.
    ///
    /// INVARIANT: makes only a system call, because a forked child calls this.
    pub fn install(&self) -> io::Result<()> {
        let program = sock_fprog {
            len: self.0.len() as u16,
            filter: self.0.as_ptr().cast_mut(),
        };
        let mode = libc::SECCOMP_SET_MODE_FILTER;
        // SAFETY: the kernel reads `len` instructions from `filter`, which `self` owns, and writes nothing.
        match unsafe { libc::syscall(libc::SYS_seccomp, mode, 0, &raw const program) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    pub fn instructions(&self) -> &[Instruction] {
        &self.0
    }
}

/// Loads the lower half of an argument of the call, counted from 0.
pub fn load_argument(index: u32) -> Instruction {
    load(ARGUMENTS + index * ARGUMENT_BYTES)
}

/// Skips `if_true` or `if_false` instructions, depending on whether the loaded value equals `value`.
pub fn if_equal(value: u32, if_true: u8, if_false: u8) -> Instruction {
    jump(BPF_JEQ, value, if_true, if_false)
}

/// Skips `if_true` or `if_false` instructions, depending on whether the loaded value has a bit of `bits`.
pub fn if_any_bit(bits: u32, if_true: u8, if_false: u8) -> Instruction {
    jump(BPF_JSET, bits, if_true, if_false)
}

pub fn allow() -> Instruction {
    action(libc::SECCOMP_RET_ALLOW)
}

pub fn refuse(error: i32) -> Instruction {
    action(libc::SECCOMP_RET_ERRNO | error as u32)
}

fn load(offset: u32) -> Instruction {
    instruction(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0)
}

fn jump(condition: u32, value: u32, if_true: u8, if_false: u8) -> Instruction {
    instruction(BPF_JMP | condition | BPF_K, value, if_true, if_false)
}

fn action(value: u32) -> Instruction {
    instruction(BPF_RET | BPF_K, value, 0, 0)
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> Instruction {
    sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    }
}

#[cfg(test)]
mod tests;
