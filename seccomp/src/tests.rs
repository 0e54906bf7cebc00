//! Filters, interpreted as the kernel interprets them. Most kernels lack x32 and reject its calls themselves.

use super::*;

/// Returns the action of a filter for a call with the given arguments.
fn decision(filter: &Filter, architecture: u32, number: u32, arguments: [u32; 6]) -> u32 {
    let steps = filter.instructions();
    let (mut value, mut at) = (0, 0);
    loop {
        let step = steps[at];
        let code = u32::from(step.code);
        let holds = match code & !BPF_JMP {
            BPF_JEQ => value == step.k,
            BPF_JGE => value >= step.k,
            BPF_JSET => value & step.k != 0,
            _ => false,
        };
        match code & 7 {
            BPF_RET => return step.k,
            BPF_LD => {
                value = match step.k {
                    NUMBER => number,
                    ARCHITECTURE => architecture,
                    offset => arguments[((offset - ARGUMENTS) / ARGUMENT_BYTES) as usize],
                }
            }
            _ => at += usize::from(if holds { step.jt } else { step.jf }),
        }
        at += 1;
    }
}

fn filter() -> Filter {
    Filter::refusing_x32(libc::ENOSYS)
        .refuse(libc::SYS_mount, libc::EPERM)
        .decide(
            libc::SYS_clone,
            vec![
                load_argument(0),
                if_any_bit(0b110, 0, 1),
                refuse(libc::EACCES),
                allow(),
            ],
        )
        .decide(
            libc::SYS_socket,
            vec![
                load_argument(2),
                if_equal(7, 0, 1),
                allow(),
                refuse(libc::EINVAL),
            ],
        )
        .allow_others()
}

fn decide(call: c_long, arguments: [u32; 6]) -> u32 {
    decision(&filter(), AUDIT_ARCH_X86_64, call as u32, arguments)
}

#[test]
fn refuses_listed_calls_and_allows_others() {
    assert_eq!(decide(libc::SYS_mount, [0; 6]), refuse(libc::EPERM).k);
    assert_eq!(decide(libc::SYS_getpid, [0; 6]), allow().k);
}

#[test]
fn decides_by_arguments() {
    for (flags, expected) in [
        (0b001, allow()),
        (0b010, refuse(libc::EACCES)),
        (0b111, refuse(libc::EACCES)),
    ] {
        let decision = decide(libc::SYS_clone, [flags, 0, 0, 0, 0, 0]);
        assert_eq!(decision, expected.k, "{flags:b}");
    }
    for (protocol, expected) in [(7, allow()), (8, refuse(libc::EINVAL))] {
        let decision = decide(libc::SYS_socket, [0, 0, protocol, 0, 0, 0]);
        assert_eq!(decision, expected.k, "{protocol}");
    }
}

#[test]
fn refuses_all_calls_of_x32() {
    for call in [libc::SYS_getpid, libc::SYS_mount, 0] {
        let number = c_long::from(X32_SYSCALL_BIT) | call;
        assert_eq!(decide(number, [0; 6]), refuse(libc::ENOSYS).k, "{call}");
    }
}

#[test]
fn kills_on_calls_of_another_architecture() {
    let decision = decision(&filter(), 0x4000_0003, libc::SYS_getpid as u32, [0; 6]);
    assert_eq!(decision, libc::SECCOMP_RET_KILL_PROCESS);
}
