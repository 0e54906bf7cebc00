//! The system calls that programs must not make.
//!
//! This is a list of refused calls, not of allowed ones, because unknown programs must work. The refused calls have
//! been used to attack the kernels of guests, and ordinary programs do not need them. They are refused even where a
//! missing capability or a setting also refuses them, and where the kernel lacks them.
//!
//! ptrace(2) and process_vm_readv(2) are not refused: a debugger may access its own processes, and a program sees no
//! others.

use neurovisor_seccomp::{allow, if_any_bit, if_equal, load_argument, refuse, Filter, Instruction};
use nix::libc::{self, c_long};

/// Refused with EPERM, the error of the kernel for a missing capability.
pub const REFUSED: &[(&str, &[c_long])] = &[
    (
        "load code into the kernel",
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
        "large and recent parts of the kernel with many known vulnerabilities",
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
        "namespaces, in which a program could become root",
        &[libc::SYS_unshare, libc::SYS_setns],
    ),
    (
        "mounts, and files without their paths",
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
        "the machine: reboot, clock, ports and log",
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
    ("segments of 16-bit programs", &[libc::SYS_modify_ldt]),
    (
        "descriptors and internals of other processes",
        &[libc::SYS_pidfd_getfd, libc::SYS_kcmp],
    ),
];

/// Other families, above all the channel to the host (vsock) and packets, are refused as by a kernel without them.
const SOCKET_FAMILIES: [i32; 3] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6];

const NEW_NAMESPACES: i32 = libc::CLONE_NEWNS
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWCGROUP;

/// Returns the filter of programs.
pub fn filter() -> Filter {
    let refused = REFUSED.iter().flat_map(|(_, calls)| *calls);
    refused
        .fold(Filter::refusing_x32(libc::ENOSYS), |filter, call| {
            filter.refuse(*call, libc::EPERM)
        })
        // A filter cannot read its arguments. Without it the C library uses clone(2), whose flags can be read.
        .refuse(libc::SYS_clone3, libc::ENOSYS)
        .decide(libc::SYS_clone, clone_rules())
        .decide(libc::SYS_socket, socket_rules())
        .allow_others()
}

fn clone_rules() -> Vec<Instruction> {
    vec![
        load_argument(0),
        if_any_bit(NEW_NAMESPACES as u32, 0, 1),
        refuse(libc::EPERM),
        allow(),
    ]
}

fn socket_rules() -> Vec<Instruction> {
    let mut rules = vec![load_argument(0)];
    for family in SOCKET_FAMILIES {
        rules.extend([if_equal(family as u32, 0, 1), allow()]);
    }
    rules.extend([
        if_equal(libc::AF_NETLINK as u32, 1, 0),
        refuse(libc::EAFNOSUPPORT),
        // Programs read the names and addresses of interfaces by this protocol.
        load_argument(2),
        if_equal(libc::NETLINK_ROUTE as u32, 0, 1),
        allow(),
        refuse(libc::EPROTONOSUPPORT),
    ]);
    rules
}
