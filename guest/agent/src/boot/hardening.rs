//! Disables kernel features that programs do not need but attacks on the kernel do, and sets how memory is shared.

use std::fs;
use std::io;

use rustix::process::{getrlimit, setrlimit, Resource, Rlimit};

use super::failure::{context, Failure};
use crate::kernel_log;
use crate::memory::{self, WORKING_SET};

/// A missing setting belongs to a feature that this kernel lacks, which is equivalent.
const SETTINGS: [(&str, &str); 27] = [
    ("/proc/sys/kernel/sysrq", "0"),
    ("/proc/sys/kernel/dmesg_restrict", "1"),
    ("/proc/sys/kernel/kptr_restrict", "2"),
    ("/proc/sys/kernel/perf_event_paranoid", "3"),
    ("/proc/sys/kernel/unprivileged_bpf_disabled", "1"),
    ("/proc/sys/net/core/bpf_jit_harden", "2"),
    ("/proc/sys/kernel/io_uring_disabled", "2"),
    ("/proc/sys/vm/unprivileged_userfaultfd", "0"),
    // All modules of a guest have been loaded.
    ("/proc/sys/kernel/modules_disabled", "1"),
    ("/proc/sys/kernel/kexec_load_disabled", "1"),
    // A program may trace its own children.
    ("/proc/sys/kernel/yama/ptrace_scope", "1"),
    ("/proc/sys/kernel/randomize_va_space", "2"),
    ("/proc/sys/vm/mmap_min_addr", "65536"),
    // A kernel bug ends the machine, so an attack has a single attempt.
    ("/proc/sys/kernel/panic_on_oops", "1"),
    // The kernel starts no program for a core dump, and writes no memory of privileged programs.
    ("/proc/sys/kernel/core_pattern", "core"),
    ("/proc/sys/fs/suid_dumpable", "0"),
    ("/proc/sys/fs/protected_hardlinks", "1"),
    ("/proc/sys/fs/protected_symlinks", "1"),
    ("/proc/sys/fs/protected_fifos", "2"),
    ("/proc/sys/fs/protected_regular", "2"),
    // With a lease on its file a program could let others wait that open, rename or truncate it, such as the agent.
    ("/proc/sys/fs/leases-enable", "0"),
    ("/proc/sys/dev/tty/ldisc_autoload", "0"),
    ("/proc/sys/dev/tty/legacy_tiocsti", "0"),
    // A user namespace would give a program all capabilities in it, and access to much more of the kernel.
    ("/proc/sys/user/max_user_namespaces", "0"),
    ("/proc/sys/vm/panic_on_oom", "0"),
    // A list of all processes with each kill would push earlier reports out of the log.
    ("/proc/sys/vm/oom_dump_tasks", "0"),
    // A program whose memory leaves no room for mapped files must not slow down the whole guest.
    (WORKING_SET, "500"),
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
    memory::limit_free().map_err(context(
        "cannot limit the memory that is kept free",
        "report this kernel",
    ))?;
    allow_many_descriptors().map_err(context(
        "cannot raise the agent's limit of open files",
        "report this kernel",
    ))?;
    // The kernel must not kill the agent: it reports to the host what happened.
    fs::write("/proc/self/oom_score_adj", "-1000").map_err(context(
        "cannot write /proc/self/oom_score_adj",
        "report this kernel",
    ))
}

/// Raises the soft limit: the agent has several descriptors for each process of a sandbox. Programs have limits of their
/// own.
fn allow_many_descriptors() -> io::Result<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    Ok(setrlimit(Resource::Nofile, raised)?)
}
