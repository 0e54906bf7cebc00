//! The system calls that are closed to programs.
//!
//! A list of what is refused, not of what is allowed: programs are anybody's, and one that misses a call is broken. What
//! stands here is how guests' kernels have been taken over, and none of it is how a program computes. It is refused even where a
//! capability or a setting refuses it as well, and where the kernel lacks it.
//!
//! Not here: ptrace(2) and process_vm_readv(2), for a debugger may look into its own processes and there are no others.

use std::io;

use nix::libc::{
    self, c_long, sock_filter, sock_fprog, BPF_ABS, BPF_JEQ, BPF_JGE, BPF_JMP, BPF_JSET, BPF_K,
    BPF_LD, BPF_RET, BPF_W,
};

/// Of the kernel: linux/audit.h.
const AUDIT_ARCH_X86_64: u32 = 0xc000_003e;
/// Of the kernel: asm/unistd.h. Calls from here on are those of the x32 ABI.
const X32_SYSCALL_BIT: u32 = 0x4000_0000;

// Offsets into `struct seccomp_data`, the lower half of each argument.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const FIRST_ARGUMENT: u32 = 16;
const THIRD_ARGUMENT: u32 = 32;

const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
const KILL: u32 = libc::SECCOMP_RET_KILL_PROCESS;

/// Refused with EPERM, as the kernel refuses whoever lacks a capability.
const REFUSED: &[(&str, &[c_long])] = &[
    (
        "code for the kernel itself",
        &[
            libc::SYS_init_module,
            libc::SYS_finit_module,
            libc::SYS_delete_module,
            libc::SYS_kexec_load,
            libc::SYS_kexec_file_load,
            libc::SYS_bpf,
        ],
    ),
    (
        "wide, young parts of the kernel with the most ways out of their own",
        &[
            libc::SYS_io_uring_setup,
            libc::SYS_io_uring_enter,
            libc::SYS_io_uring_register,
            libc::SYS_perf_event_open,
            libc::SYS_userfaultfd,
            libc::SYS_add_key,
            libc::SYS_request_key,
            libc::SYS_keyctl,
            libc::SYS_fanotify_init,
        ],
    ),
    (
        "other namespaces, in which a program would be root",
        &[libc::SYS_unshare, libc::SYS_setns],
    ),
    (
        "other mounts, and files by other ways than their paths",
        &[
            libc::SYS_mount,
            libc::SYS_umount2,
            libc::SYS_pivot_root,
            libc::SYS_chroot,
            libc::SYS_open_tree,
            libc::SYS_move_mount,
            libc::SYS_fsopen,
            libc::SYS_fsconfig,
            libc::SYS_fsmount,
            libc::SYS_fspick,
            libc::SYS_mount_setattr,
            libc::SYS_open_by_handle_at,
            libc::SYS_quotactl,
            libc::SYS_swapon,
            libc::SYS_swapoff,
            libc::SYS_acct,
        ],
    ),
    (
        "the machine: its end, clock, ports and log",
        &[
            libc::SYS_reboot,
            libc::SYS_settimeofday,
            libc::SYS_clock_settime,
            libc::SYS_iopl,
            libc::SYS_ioperm,
            libc::SYS_syslog,
            libc::SYS_vhangup,
        ],
    ),
    (
        "segments for programs of the eighties",
        &[libc::SYS_modify_ldt],
    ),
    (
        "descriptors and secrets of other processes",
        &[libc::SYS_pidfd_getfd, libc::SYS_kcmp],
    ),
];

/// The rest, the channel to the host (vsock) and packets above all, is refused as by a kernel that does not have it.
const SOCKET_FAMILIES: [i32; 3] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6];

const NEW_NAMESPACES: i32 = libc::CLONE_NEWNS
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWCGROUP;

/// A filter in the form in which the kernel takes it.
pub struct Filter(Vec<sock_filter>);

impl Filter {
    pub fn of_programs() -> Self {
        let mut filter = vec![
            load(ARCHITECTURE),
            jump(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0),
            answer(KILL),
            load(NUMBER),
            jump(BPF_JGE, X32_SYSCALL_BIT, 0, 1),
            answer(refusal(libc::ENOSYS)),
        ];
        for call in REFUSED.iter().flat_map(|(_, calls)| *calls) {
            filter.extend([
                jump(BPF_JEQ, *call as u32, 0, 1),
                answer(refusal(libc::EPERM)),
            ]);
        }
        // Its arguments lie where no filter can look; without it the C library takes clone(2), which can be looked at.
        filter.extend([
            jump(BPF_JEQ, libc::SYS_clone3 as u32, 0, 1),
            answer(refusal(libc::ENOSYS)),
        ]);
        append(&mut filter, libc::SYS_clone, clone_rules());
        append(&mut filter, libc::SYS_socket, socket_rules());
        filter.push(answer(ALLOW));
        Self(filter)
    }

    /// For this process, its children and whatever they execute. Needs `no_new_privs`.
    ///
    /// INVARIANT: only a system call is made: a forked child does this.
    pub fn install(&self) -> io::Result<()> {
        let program = sock_fprog {
            len: self.0.len() as u16,
            filter: self.0.as_ptr().cast_mut(),
        };
        // SAFETY: the kernel reads `len` instructions from `filter`, which `self` owns, and writes nothing.
        let result = unsafe {
            libc::syscall(
                libc::SYS_seccomp,
                libc::SECCOMP_SET_MODE_FILTER,
                0,
                &raw const program,
            )
        };
        match result {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

fn clone_rules() -> Vec<sock_filter> {
    vec![
        load(FIRST_ARGUMENT),
        jump(BPF_JSET, NEW_NAMESPACES as u32, 0, 1),
        answer(refusal(libc::EPERM)),
        answer(ALLOW),
    ]
}

fn socket_rules() -> Vec<sock_filter> {
    let mut rules = vec![load(FIRST_ARGUMENT)];
    for family in SOCKET_FAMILIES {
        rules.extend([jump(BPF_JEQ, family as u32, 0, 1), answer(ALLOW)]);
    }
    rules.extend([
        jump(BPF_JEQ, libc::AF_NETLINK as u32, 1, 0),
        answer(refusal(libc::EAFNOSUPPORT)),
        // By this one programs learn the names and addresses of interfaces.
        load(THIRD_ARGUMENT),
        jump(BPF_JEQ, libc::NETLINK_ROUTE as u32, 0, 1),
        answer(ALLOW),
        answer(refusal(libc::EPROTONOSUPPORT)),
    ]);
    rules
}

/// Rules that end with an answer in any case, for one call.
fn append(filter: &mut Vec<sock_filter>, call: c_long, rules: Vec<sock_filter>) {
    filter.push(jump(BPF_JEQ, call as u32, 0, rules.len() as u8));
    filter.extend(rules);
}

fn refusal(error: i32) -> u32 {
    libc::SECCOMP_RET_ERRNO | error as u32
}

fn load(offset: u32) -> sock_filter {
    instruction(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0)
}

fn jump(condition: u32, value: u32, if_true: u8, if_false: u8) -> sock_filter {
    instruction(BPF_JMP | condition | BPF_K, value, if_true, if_false)
}

fn answer(action: u32) -> sock_filter {
    instruction(BPF_RET | BPF_K, action, 0, 0)
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    const NO_ARGUMENTS: [i64; 6] = [0; 6];

    /// What a child with the filter gets for a call: 0, or the number of the error.
    fn answers(calls: &[(c_long, [i64; 6])]) -> Vec<i32> {
        let (mut reader, writer) = io::pipe().unwrap();
        let calls = calls.to_vec();
        let filter = Filter::of_programs();
        let mut command = Command::new("/bin/true");
        let tell = writer.try_clone().unwrap();
        // SAFETY: only system calls are made between fork and exec.
        unsafe {
            command.pre_exec(move || {
                rustix::thread::set_no_new_privs(true)?;
                filter.install()?;
                for &(call, [a, b, c, d, e, f]) in &calls {
                    let error = match libc::syscall(call, a, b, c, d, e, f) {
                        -1 => *libc::__errno_location(),
                        _ => 0,
                    };
                    rustix::io::write(&tell, &error.to_ne_bytes())?;
                }
                Ok(())
            });
        }
        let mut child = command.spawn().unwrap();
        drop((command, writer));
        let mut told = Vec::new();
        io::Read::read_to_end(&mut reader, &mut told).unwrap();
        assert!(child.wait().unwrap().success(), "a program still starts");
        told.chunks(4)
            .map(|error| i32::from_ne_bytes(error.try_into().unwrap()))
            .collect()
    }

    #[test]
    fn every_call_of_the_list_is_refused_to_whoever_asks() {
        let calls: Vec<_> = REFUSED
            .iter()
            .flat_map(|(_, calls)| calls.iter().map(|call| (*call, NO_ARGUMENTS)))
            .collect();
        let numbers: BTreeSet<_> = calls.iter().map(|(call, _)| *call).collect();
        assert_eq!(numbers.len(), calls.len(), "a call is listed twice");
        assert_eq!(answers(&calls), vec![libc::EPERM; calls.len()]);
        assert_eq!(
            answers(&[
                (libc::SYS_clone3, NO_ARGUMENTS),
                (X32_SYSCALL_BIT as c_long, NO_ARGUMENTS)
            ]),
            [libc::ENOSYS; 2]
        );
    }

    /// What the filter says to a call without arguments. Most kernels have no x32 and refuse its calls by themselves.
    fn judged(number: u32) -> u32 {
        let filter = Filter::of_programs().0;
        let (mut value, mut at) = (0, 0);
        loop {
            let step = filter[at];
            let holds = match u32::from(step.code) & !BPF_JMP {
                BPF_JEQ => value == step.k,
                BPF_JGE => value >= step.k,
                _ => false,
            };
            match u32::from(step.code) & 7 {
                BPF_RET => return step.k,
                BPF_LD if step.k == ARCHITECTURE => value = AUDIT_ARCH_X86_64,
                BPF_LD if step.k == NUMBER => value = number,
                BPF_LD => value = 0,
                _ => at += usize::from(if holds { step.jt } else { step.jf }),
            }
            at += 1;
        }
    }

    #[test]
    fn no_call_is_reached_by_its_number_of_x32() {
        let (allowed, refused) = (libc::SYS_getpid as u32, libc::SYS_mount as u32);
        assert_eq!(judged(allowed), ALLOW);
        assert_eq!(judged(refused), refusal(libc::EPERM));
        for number in [allowed, refused] {
            assert_eq!(judged(X32_SYSCALL_BIT | number), refusal(libc::ENOSYS));
        }
    }

    #[test]
    fn no_new_namespace_comes_with_a_process() {
        for flag in [
            libc::CLONE_NEWUSER,
            libc::CLONE_NEWNS,
            libc::CLONE_NEWCGROUP,
        ] {
            let flags = i64::from(flag | libc::SIGCHLD);
            assert_eq!(
                answers(&[(libc::SYS_clone, [flags, 0, 0, 0, 0, 0])]),
                [libc::EPERM]
            );
        }
    }

    #[test]
    fn sockets_lead_nowhere_but_to_the_machine_itself() {
        let socket = |family: i32, kind: i32, protocol: i32| {
            let arguments = [family, kind, protocol, 0, 0, 0].map(i64::from);
            answers(&[(libc::SYS_socket, arguments)])[0]
        };
        let (stream, datagram) = (libc::SOCK_STREAM, libc::SOCK_DGRAM);
        assert_eq!(socket(libc::AF_UNIX, stream, 0), 0);
        assert_eq!(socket(libc::AF_INET, stream, 0), 0);
        assert_eq!(socket(libc::AF_NETLINK, datagram, libc::NETLINK_ROUTE), 0);
        for family in [libc::AF_VSOCK, libc::AF_PACKET, libc::AF_ALG, libc::AF_KEY] {
            assert_eq!(socket(family, stream, 0), libc::EAFNOSUPPORT, "{family}");
        }
        for protocol in [
            libc::NETLINK_NETFILTER,
            libc::NETLINK_XFRM,
            libc::NETLINK_AUDIT,
        ] {
            assert_eq!(
                socket(libc::AF_NETLINK, datagram, protocol),
                libc::EPROTONOSUPPORT
            );
        }
    }
}
