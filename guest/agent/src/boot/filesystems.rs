//! The mounts of the running system.

use std::ffi::CStr;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::symlink;

use rustix::mount::{mount, mount_remount, unmount, MountFlags, UnmountFlags};

use super::failure::{context, Failure};

/// Shown instead of the kernel's boot id, which all clones of a template share.
pub const BOOT_ID_FILE: &str = "/run/neurovisor/boot_id";

/// Of the root's writable layer. Sizes are shares of the memory; pages count against the execution that writes them.
pub const ROOT_SIZE: &CStr = c"size=25%,mode=755";

/// What the root image must have, or gets.
pub const MOUNT_POINTS: [&str; 6] = ["/dev", "/proc", "/sys", "/tmp", "/run", super::HOME];

struct Mount {
    target: &'static str,
    file_system: &'static str,
    flags: MountFlags,
    options: &'static CStr,
}

const PLAIN: MountFlags = MountFlags::NOSUID.union(MountFlags::NODEV);
const INERT: MountFlags = PLAIN.union(MountFlags::NOEXEC);

/// In this order: some lie in others.
const SYSTEM: [Mount; 5] = [
    Mount {
        target: "/proc",
        file_system: "proc",
        flags: INERT,
        // A program sees its own processes only, so that there is nothing to learn about the agent.
        options: c"hidepid=invisible",
    },
    Mount {
        target: "/sys",
        file_system: "sysfs",
        flags: INERT,
        options: c"",
    },
    Mount {
        target: "/sys/fs/cgroup",
        file_system: "cgroup2",
        flags: INERT,
        options: c"",
    },
    Mount {
        target: "/dev/pts",
        file_system: "devpts",
        flags: MountFlags::NOSUID.union(MountFlags::NOEXEC),
        options: c"mode=620,gid=5,ptmxmode=666",
    },
    Mount {
        target: "/run",
        file_system: "tmpfs",
        flags: PLAIN,
        options: c"mode=755,size=10%",
    },
];

/// What a program can write to, apart from world-writable directories of the image.
const WRITABLE: [Mount; 3] = [
    Mount {
        target: super::HOME,
        file_system: "tmpfs",
        flags: PLAIN,
        options: c"mode=755,uid=1000,gid=1000,size=50%",
    },
    Mount {
        target: "/tmp",
        file_system: "tmpfs",
        flags: PLAIN,
        options: c"mode=1777,size=50%",
    },
    Mount {
        target: "/dev/shm",
        file_system: "tmpfs",
        flags: PLAIN,
        options: c"mode=1777,size=50%",
    },
];

const REPORT: &str = "boot a kernel with proc, sysfs, devtmpfs, devpts, tmpfs and cgroup2";

/// What finding and mounting the root needs, in the initramfs.
pub fn mount_early() -> Result<(), Failure> {
    for (target, file_system) in [("/dev", "devtmpfs"), ("/proc", "proc"), ("/sys", "sysfs")] {
        fs::create_dir_all(target)
            .and_then(|()| {
                Ok(mount(
                    file_system,
                    target,
                    file_system,
                    INERT - MountFlags::NODEV,
                    None,
                )?)
            })
            .map_err(context(
                format!("cannot mount {file_system} on {target}"),
                REPORT,
            ))?;
    }
    Ok(())
}

/// The kernel starts init with its console, to which no byte of ours may go.
pub fn silence_standard_streams() -> Result<(), Failure> {
    let silence = || -> io::Result<()> {
        let null = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/null")?;
        rustix::stdio::dup2_stdin(&null)?;
        rustix::stdio::dup2_stdout(&null)?;
        rustix::stdio::dup2_stderr(&null)?;
        Ok(())
    };
    silence().map_err(context("cannot open /dev/null", REPORT))
}

/// Everything else, in the new root.
pub fn mount_all() -> Result<(), Failure> {
    for directory in ["/dev/pts", "/dev/shm"] {
        fs::create_dir_all(directory)
            .map_err(context(format!("cannot create {directory}"), REPORT))?;
    }
    for entry in SYSTEM.iter().chain(&WRITABLE) {
        mount_one(entry).map_err(context(format!("cannot mount {}", entry.target), REPORT))?;
    }
    // The other instance of sysfs is writable, so that a plain read-only mount would be refused as in conflict.
    mount_remount("/sys", INERT | MountFlags::BIND | MountFlags::RDONLY, c"")
        .map_err(context("cannot make /sys read-only", REPORT))?;
    complete_directories().map_err(context("cannot complete /dev and /run", REPORT))
}

/// Replaces what a program may have written to by the same, empty.
pub fn renew_writable() -> io::Result<()> {
    for entry in &WRITABLE {
        unmount(entry.target, UnmountFlags::empty())?;
        mount_one(entry)?;
    }
    Ok(())
}

fn mount_one(entry: &Mount) -> io::Result<()> {
    let Mount {
        target,
        file_system,
        flags,
        options,
    } = entry;
    Ok(mount(
        *file_system,
        *target,
        *file_system,
        *flags,
        *options,
    )?)
}

/// What devtmpfs leaves to udev, and what Debian expects in /run.
fn complete_directories() -> io::Result<()> {
    for (target, link) in [
        ("/proc/self/fd", "/dev/fd"),
        ("/proc/self/fd/0", "/dev/stdin"),
        ("/proc/self/fd/1", "/dev/stdout"),
        ("/proc/self/fd/2", "/dev/stderr"),
    ] {
        symlink(target, link)?;
    }
    fs::create_dir("/run/lock")?;
    fs::set_permissions(
        "/run/lock",
        std::os::unix::fs::PermissionsExt::from_mode(0o1777),
    )?;
    fs::create_dir("/run/neurovisor")
}
