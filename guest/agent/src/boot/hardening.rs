//! Closes what a program never needs and an attack on the kernel does.

use std::fs;
use std::io;

use super::failure::{context, Failure};
use crate::kernel_log;

/// Absent ones belong to features that this kernel lacks, which is as good.
const SETTINGS: [(&str, &str); 25] = [
    ("/proc/sys/kernel/sysrq", "0"),
    ("/proc/sys/kernel/dmesg_restrict", "1"),
    ("/proc/sys/kernel/kptr_restrict", "2"),
    ("/proc/sys/kernel/perf_event_paranoid", "3"),
    ("/proc/sys/kernel/unprivileged_bpf_disabled", "1"),
    ("/proc/sys/net/core/bpf_jit_harden", "2"),
    ("/proc/sys/kernel/io_uring_disabled", "2"),
    ("/proc/sys/vm/unprivileged_userfaultfd", "0"),
    // All modules that a guest needs are loaded by now.
    ("/proc/sys/kernel/modules_disabled", "1"),
    ("/proc/sys/kernel/kexec_load_disabled", "1"),
    // A program may trace what it has started.
    ("/proc/sys/kernel/yama/ptrace_scope", "1"),
    ("/proc/sys/kernel/randomize_va_space", "2"),
    ("/proc/sys/vm/mmap_min_addr", "65536"),
    // A kernel that has gone wrong ends its machine: an attack has one try.
    ("/proc/sys/kernel/panic_on_oops", "1"),
    // No program is started by the kernel, and none leaves its memory behind.
    ("/proc/sys/kernel/core_pattern", "core"),
    ("/proc/sys/fs/suid_dumpable", "0"),
    ("/proc/sys/fs/protected_hardlinks", "1"),
    ("/proc/sys/fs/protected_symlinks", "1"),
    ("/proc/sys/fs/protected_fifos", "2"),
    ("/proc/sys/fs/protected_regular", "2"),
    ("/proc/sys/dev/tty/ldisc_autoload", "0"),
    ("/proc/sys/dev/tty/legacy_tiocsti", "0"),
    // A namespace of its own would give a program all capabilities within, and the kernel's widest surface with them.
    ("/proc/sys/user/max_user_namespaces", "0"),
    ("/proc/sys/vm/panic_on_oom", "0"),
    // A list of all processes with each kill would push the report of an earlier one out of the log.
    ("/proc/sys/vm/oom_dump_tasks", "0"),
];

pub fn apply() -> Result<(), Failure> {
    for (path, value) in SETTINGS {
        match fs::write(path, value) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                kernel_log::information(format_args!("this kernel has no {path}"));
            }
            Err(error) => {
                return Err(context(
                    format!("cannot write {path}"),
                    "report this kernel",
                )(error))
            }
        }
    }
    // The agent is the last process that may be sacrificed: without it nobody tells the host what happened.
    fs::write("/proc/self/oom_score_adj", "-1000").map_err(context(
        "cannot write /proc/self/oom_score_adj",
        "report this kernel",
    ))
}
