//! Closes what a program never needs and an attack on the kernel does.

use std::fs;
use std::io;

use super::failure::{context, Failure};
use crate::kernel_log;

/// Absent ones belong to features that this kernel lacks, which is as good.
const SETTINGS: [(&str, &str); 9] = [
    ("/proc/sys/kernel/sysrq", "0"),
    ("/proc/sys/kernel/dmesg_restrict", "1"),
    ("/proc/sys/kernel/kptr_restrict", "2"),
    ("/proc/sys/kernel/perf_event_paranoid", "3"),
    ("/proc/sys/kernel/unprivileged_bpf_disabled", "1"),
    ("/proc/sys/kernel/io_uring_disabled", "2"),
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
