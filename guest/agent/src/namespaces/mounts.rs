//! The mounts of programs: a read-only root, a few devices, and little of /proc and /sys.

use std::io;
use std::path::Path;

use rustix::mount::{
    mount, mount_bind, mount_change, mount_move, mount_remount, unmount, MountFlags,
    MountPropagationFlags, UnmountFlags,
};

use crate::boot::filesystems::{BOOT_ID_FILE, DEVICES, INERT, NOTHING, PLAIN};

/// Files that help or allow an attack on the kernel. A missing file belongs to a feature that this kernel lacks.
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

/// The cache to which Go adds. It lies in the writable layer of the root and counts against its size.
const COMPILER_CACHE: &str = "/usr/lib/neurovisor/go-cache";

/// Arranges the mounts. To be called by the first process of the namespaces.
pub fn arrange() -> io::Result<()> {
    // Mounts made here stay private, and mounts of the agent appear here.
    let follow = MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC;
    mount_change("/", follow)?;
    mount_devices()?;
    mount_kernel_files()?;
    if Path::new(COMPILER_CACHE).exists() {
        mount_bind(COMPILER_CACHE, COMPILER_CACHE)?;
    }
    remount_read_only("/run", PLAIN)?;
    remount_read_only("/", PLAIN)
}

fn mount_devices() -> io::Result<()> {
    let inert = MountFlags::NOSUID | MountFlags::NOEXEC;
    unmount("/dev", UnmountFlags::DETACH)?;
    mount_move(DEVICES, "/dev")?;
    let options = c"mode=620,gid=5,ptmxmode=666";
    mount("devpts", "/dev/pts", "devpts", inert, options)?;
    remount_read_only("/dev", inert)
}

fn mount_kernel_files() -> io::Result<()> {
    unmount("/proc", UnmountFlags::DETACH)?;
    // A program sees only its own processes, not even the one that keeps the namespaces open.
    mount("proc", "/proc", "proc", INERT, c"hidepid=invisible")?;
    mount_bind("/proc/sys", "/proc/sys")?;
    remount_read_only("/proc/sys", INERT)?;
    cover("/proc/sys/kernel/random/boot_id", BOOT_ID_FILE, INERT)?;
    unmount("/sys", UnmountFlags::DETACH)?;
    mount("sysfs", "/sys", "sysfs", INERT, None)?;
    mount("cgroup2", "/sys/fs/cgroup", "cgroup2", INERT, None)?;
    remount_read_only("/sys/fs/cgroup", INERT)?;
    for file in HIDDEN_FILES {
        // /dev/null works only on a mount that allows devices.
        cover(file, "/dev/null", INERT - MountFlags::NODEV)?;
    }
    for directory in HIDDEN_DIRECTORIES {
        cover(directory, NOTHING, INERT)?;
    }
    remount_read_only("/sys", INERT)
}

fn cover(path: &str, by: &str, flags: MountFlags) -> io::Result<()> {
    if !Path::new(path).exists() {
        return Ok(());
    }
    mount_bind(by, path)?;
    remount_read_only(path, flags)
}

/// Makes this mount read-only, but not other mounts of its file system.
fn remount_read_only(path: &str, flags: MountFlags) -> io::Result<()> {
    let flags = flags | MountFlags::BIND | MountFlags::RDONLY;
    Ok(mount_remount(path, flags, c"")?)
}
