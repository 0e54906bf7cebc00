//! Injects a system call into a running process, like an attacker who controls it. Used by tests of the confinement of
//! VMMs.
//!
//! `inject [--unfiltered] PID NUMBER [ARGUMENT...]` prints the result: `returned VALUE`, where a negative value is an error
//! number, or `killed by SIGNAL`. An argument is a number, or `@` and a text, or `%` and bytes in hexadecimal digits,
//! whose address is passed. With `--unfiltered` the seccomp filters of the process are suspended, which requires root.

use std::ffi::{c_long, c_void};
use std::io::{Error, Result};
use std::process::ExitCode;

use nix::libc::{self, pid_t, user_regs_struct};

/// `syscall; int3`: the call, and a stop after it.
const CODE: c_long = 0xcc_05_0f;
const CODE_MASK: c_long = 0xff_ff_ff;

const MAX_ARGUMENTS: usize = 6;

/// Texts are written this far below the stack pointer, beyond the red zone of functions.
const BELOW_STACK: u64 = 4096;

enum Argument {
    Number(u64),
    Bytes(Vec<u8>),
}

fn main() -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let unfiltered = words.first().is_some_and(|word| word == "--unfiltered");
    if unfiltered {
        words.remove(0);
    }
    let arguments: Option<Vec<Argument>> = words.iter().map(|word| argument(word)).collect();
    let outcome = match arguments.as_deref() {
        Some([Argument::Number(pid), Argument::Number(call), arguments @ ..])
            if arguments.len() <= MAX_ARGUMENTS =>
        {
            inject(*pid as pid_t, *call, arguments, unfiltered)
        }
        _ => Err(Error::other(
            "usage: inject [--unfiltered] PID NUMBER [ARGUMENT...]",
        )),
    };
    match outcome {
        Ok(result) => {
            println!("{result}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("inject: {error}");
            ExitCode::FAILURE
        }
    }
}

fn argument(word: &str) -> Option<Argument> {
    if let Some(text) = word.strip_prefix('@') {
        return Some(Argument::Bytes([text.as_bytes(), &[0]].concat()));
    }
    let Some(digits) = word.strip_prefix('%') else {
        return word.parse().ok().map(Argument::Number);
    };
    (0..digits.len())
        .step_by(2)
        .map(|index| u8::from_str_radix(digits.get(index..index + 2)?, 16).ok())
        .collect::<Option<_>>()
        .map(Argument::Bytes)
}

fn inject(pid: pid_t, call: u64, arguments: &[Argument], unfiltered: bool) -> Result<String> {
    let options = if unfiltered {
        c_long::from(libc::PTRACE_O_SUSPEND_SECCOMP)
    } else {
        0
    };
    ptrace(libc::PTRACE_SEIZE, pid, 0, options)?;
    ptrace(libc::PTRACE_INTERRUPT, pid, 0, 0)?;
    wait(pid)?;
    let before = registers(pid)?;
    let place = before.rip;
    let text = peek(pid, place)?;
    ptrace(libc::PTRACE_POKETEXT, pid, place, text & !CODE_MASK | CODE)?;

    let mut registers_of_call = before;
    registers_of_call.rax = call;
    // Prevents the restart of an interrupted system call.
    registers_of_call.orig_rax = u64::MAX;
    let places = [
        &mut registers_of_call.rdi,
        &mut registers_of_call.rsi,
        &mut registers_of_call.rdx,
        &mut registers_of_call.r10,
        &mut registers_of_call.r8,
        &mut registers_of_call.r9,
    ];
    let mut free = before.rsp - BELOW_STACK;
    for (index, place) in places.into_iter().enumerate() {
        *place = match arguments.get(index) {
            None => 0,
            Some(Argument::Number(number)) => *number,
            Some(Argument::Bytes(bytes)) => {
                free = (free - bytes.len() as u64) & !7;
                write(pid, free, bytes)?;
                free
            }
        };
    }
    set_registers(pid, &registers_of_call)?;
    ptrace(libc::PTRACE_CONT, pid, 0, 0)?;
    let mut status = wait(pid)?;
    // The exit status of a new child.
    while libc::WIFSTOPPED(status) && libc::WSTOPSIG(status) == libc::SIGCHLD {
        ptrace(libc::PTRACE_CONT, pid, 0, c_long::from(libc::SIGCHLD))?;
        status = wait(pid)?;
    }
    if libc::WIFSIGNALED(status) {
        return Ok(format!("killed by {}", libc::WTERMSIG(status)));
    }
    if libc::WIFSTOPPED(status) && libc::WSTOPSIG(status) == libc::SIGSYS {
        return refused(pid, status);
    }
    if !libc::WIFSTOPPED(status) || libc::WSTOPSIG(status) != libc::SIGTRAP {
        return Err(Error::other(format!(
            "stopped by something else: {status:#x}"
        )));
    }
    let value = registers(pid)?.rax as i64;
    ptrace(libc::PTRACE_POKETEXT, pid, place, text)?;
    set_registers(pid, &before)?;
    ptrace(libc::PTRACE_DETACH, pid, 0, 0)?;
    Ok(format!("returned {value}"))
}

/// Handles a call that a filter refused by a signal. Firecracker handles this signal to report the call. The handler
/// itself may fail, because the process was interrupted at an arbitrary point, and raise another handled signal.
fn refused(pid: pid_t, mut status: i32) -> Result<String> {
    while libc::WIFSTOPPED(status) {
        let signal = libc::WSTOPSIG(status);
        if signal == libc::SIGTRAP {
            return Err(Error::other("it went on"));
        }
        ptrace(libc::PTRACE_CONT, pid, 0, c_long::from(signal))?;
        status = wait(pid)?;
    }
    Ok(format!("killed by {}", libc::SIGSYS))
}

fn ptrace(request: libc::c_uint, pid: pid_t, address: u64, data: c_long) -> Result<()> {
    // SAFETY: the requests that are used here write nothing to this process.
    check(unsafe { libc::ptrace(request, pid, address as *mut c_void, data as *mut c_void) })
}

/// Writes bytes in whole words, padded with zeros.
fn write(pid: pid_t, address: u64, bytes: &[u8]) -> Result<()> {
    for (word, place) in bytes.chunks(8).zip((address..).step_by(8)) {
        let mut all = [0; 8];
        all[..word.len()].copy_from_slice(word);
        ptrace(
            libc::PTRACE_POKEDATA,
            pid,
            place,
            c_long::from_le_bytes(all),
        )?;
    }
    Ok(())
}

fn peek(pid: pid_t, address: u64) -> Result<c_long> {
    // SAFETY: the wrapper of libc writes only to a local variable.
    let word = unsafe {
        *libc::__errno_location() = 0;
        libc::ptrace(
            libc::PTRACE_PEEKTEXT,
            pid,
            address as *mut c_void,
            std::ptr::null_mut::<c_void>(),
        )
    };
    match Error::last_os_error().raw_os_error() {
        Some(0) | None => Ok(word),
        Some(number) => Err(Error::from_raw_os_error(number)),
    }
}

fn registers(pid: pid_t) -> Result<user_regs_struct> {
    // SAFETY: all zero is a valid value.
    let mut registers: user_regs_struct = unsafe { std::mem::zeroed() };
    let address = std::ptr::from_mut(&mut registers).cast::<c_void>();
    // SAFETY: the kernel writes this structure.
    check(unsafe {
        libc::ptrace(
            libc::PTRACE_GETREGS,
            pid,
            std::ptr::null_mut::<c_void>(),
            address,
        )
    })?;
    Ok(registers)
}

fn set_registers(pid: pid_t, registers: &user_regs_struct) -> Result<()> {
    let address = std::ptr::from_ref(registers).cast::<c_void>();
    // SAFETY: the kernel reads this structure.
    check(unsafe {
        libc::ptrace(
            libc::PTRACE_SETREGS,
            pid,
            std::ptr::null_mut::<c_void>(),
            address,
        )
    })
}

fn wait(pid: pid_t) -> Result<i32> {
    let mut status = 0;
    // SAFETY: the kernel writes one int.
    check(c_long::from(unsafe {
        libc::waitpid(pid, &mut status, libc::__WALL)
    }))?;
    Ok(status)
}

fn check(result: c_long) -> Result<()> {
    if result < 0 {
        return Err(Error::last_os_error());
    }
    Ok(())
}
