//! What programs see of the machine: a root that is only read, few devices, and little of the kernel.

use std::io;
use std::path::Path;

use rustix::mount::{
    mount, mount_bind, mount_change, mount_move, mount_remount, unmount, MountFlags,
    MountPropagationFlags, UnmountFlags,
};

use super::filesystems::{BOOT_ID_FILE, DEVICES, INERT, NOTHING, PLAIN};

/// What tells a program where to attack the kernel, or is a way to it. Absent ones belong to features that it lacks.
const HIDDEN_FILES: [&str; 19] = [
    "/proc/config.gz",
    "/proc/iomem",
    "/proc/ioports",
    "/proc/kallsyms",
    "/proc/kcore",
    "/proc/key-users",
    "/proc/keys",
    "/proc/kmsg",
    "/proc/kpagecgroup",
    "/proc/kpagecount",
    "/proc/kpageflags",
    "/proc/latency_stats",
    "/proc/modules",
    "/proc/pagetypeinfo",
    "/proc/sched_debug",
    "/proc/slabinfo",
    "/proc/sysrq-trigger",
    "/proc/timer_list",
    "/proc/vmallocinfo",
];

const HIDDEN_DIRECTORIES: [&str; 9] = [
    "/proc/acpi",
    "/proc/bus",
    "/proc/driver",
    "/proc/dynamic_debug",
    "/proc/fs",
    "/proc/irq",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/kernel/debug",
];

/// Where Go adds to what the image has compiled. It lies in the root's writable layer and has its quota.
const COMPILER_CACHE: &str = "/usr/lib/neurovisor/go-cache";

/// To be called by the first process of the programs' namespaces.
pub fn arrange() -> io::Result<()> {
    // What is mounted here is nobody else's; what the agent mounts below / appears here.
    let follow = MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC;
    mount_change("/", follow)?;
    show_devices()?;
    show_kernel()?;
    if Path::new(COMPILER_CACHE).exists() {
        mount_bind(COMPILER_CACHE, COMPILER_CACHE)?;
    }
    only_read("/run", PLAIN)?;
    only_read("/", PLAIN)
}

fn show_devices() -> io::Result<()> {
    let inert = MountFlags::NOSUID | MountFlags::NOEXEC;
    unmount("/dev", UnmountFlags::DETACH)?;
    mount_move(DEVICES, "/dev")?;
    let options = c"mode=620,gid=5,ptmxmode=666";
    mount("devpts", "/dev/pts", "devpts", inert, options)?;
    only_read("/dev", inert)
}

fn show_kernel() -> io::Result<()> {
    unmount("/proc", UnmountFlags::DETACH)?;
    // A program sees its own processes only: not even the one that keeps the namespaces.
    mount("proc", "/proc", "proc", INERT, c"hidepid=invisible")?;
    mount_bind("/proc/sys", "/proc/sys")?;
    only_read("/proc/sys", INERT)?;
    cover("/proc/sys/kernel/random/boot_id", BOOT_ID_FILE, INERT)?;
    unmount("/sys", UnmountFlags::DETACH)?;
    mount("sysfs", "/sys", "sysfs", INERT, None)?;
    mount("cgroup2", "/sys/fs/cgroup", "cgroup2", INERT, None)?;
    only_read("/sys/fs/cgroup", INERT)?;
    for file in HIDDEN_FILES {
        // A device cannot be one on a mount that has none.
        cover(file, "/dev/null", INERT - MountFlags::NODEV)?;
    }
    for directory in HIDDEN_DIRECTORIES {
        cover(directory, NOTHING, INERT)?;
    }
    only_read("/sys", INERT)
}

fn cover(path: &str, by: &str, flags: MountFlags) -> io::Result<()> {
    if !Path::new(path).exists() {
        return Ok(());
    }
    mount_bind(by, path)?;
    only_read(path, flags)
}

/// This mount alone, wherever else its file system is mounted.
fn only_read(path: &str, flags: MountFlags) -> io::Result<()> {
    let flags = flags | MountFlags::BIND | MountFlags::RDONLY;
    Ok(mount_remount(path, flags, c"")?)
}
