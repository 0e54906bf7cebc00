//! The mounts of the running system.

use std::ffi::CString;
use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{symlink, PermissionsExt};
use std::path::Path;

use rustix::fs::{makedev, mknodat, FileType, Mode, CWD};
use rustix::mount::{mount, unmount, MountFlags, UnmountFlags};

use super::failure::{context, Failure};
use crate::memory::Memory;

/// Mounted over the boot id of the kernel, which all clones of a template share.
pub const BOOT_ID_FILE: &str = "/run/neurovisor/boot_id";

/// The directory that programs see as /dev.
pub const DEVICES: &str = "/run/neurovisor/devices";

/// An empty directory, mounted over directories that programs must not see.
pub const NOTHING: &str = "/run/neurovisor/nothing";

/// Options of the root's writable layer. Sizes are relative to the memory. Pages count against the execution that
/// writes them.
const ROOT_OPTIONS: &str = "size=25%,mode=755";

/// Allows as many files of 8 KiB on average as fit into the memory. An empty file costs the kernel 1 KiB.
const BYTES_PER_INODE: u64 = 8 << 10;

/// Directories that are created in the root image if it lacks them.
pub const MOUNT_POINTS: [&str; 7] = [
    "/dev",
    "/proc",
    "/sys",
    "/tmp",
    "/var/tmp",
    "/run",
    super::HOME,
];

struct Mount {
    target: &'static str,
    file_system: &'static str,
    flags: MountFlags,
    options: &'static str,
}

pub const PLAIN: MountFlags = MountFlags::NOSUID.union(MountFlags::NODEV);
pub const INERT: MountFlags = PLAIN.union(MountFlags::NOEXEC);

/// In this order, because some are inside others. Programs see other mounts, see [`crate::namespaces`].
const SYSTEM: [Mount; 4] = [
    Mount {
        target: "/proc",
        file_system: "proc",
        flags: INERT,
        options: "",
    },
    Mount {
        target: "/sys",
        file_system: "sysfs",
        flags: INERT,
        options: "",
    },
    Mount {
        target: "/sys/fs/cgroup",
        file_system: "cgroup2",
        flags: INERT,
        options: "",
    },
    Mount {
        target: "/run",
        file_system: "tmpfs",
        flags: PLAIN,
        options: "mode=755,size=10%",
    },
];

const DEVICES_MOUNT: Mount = Mount {
    target: DEVICES,
    file_system: "tmpfs",
    flags: MountFlags::NOSUID.union(MountFlags::NOEXEC),
    options: "mode=755,size=64k,nr_inodes=32",
};

/// Names and device numbers. All of them are harmless for every user.
const DEVICE_NODES: [(&str, u32, u32); 6] = [
    ("null", 1, 3),
    ("zero", 1, 5),
    ("full", 1, 7),
    ("random", 1, 8),
    ("urandom", 1, 9),
    ("tty", 5, 0),
];

const DEVICE_LINKS: [(&str, &str); 5] = [
    ("/proc/self/fd", "fd"),
    ("/proc/self/fd/0", "stdin"),
    ("/proc/self/fd/1", "stdout"),
    ("/proc/self/fd/2", "stderr"),
    ("pts/ptmx", "ptmx"),
];

/// The directories that a program can write to, apart from the cache of compilers in [`crate::namespaces`].
const WRITABLE: [Mount; 5] = [
    Mount {
        target: super::HOME,
        file_system: "tmpfs",
        flags: PLAIN,
        options: "mode=755,uid=1000,gid=1000,size=50%",
    },
    Mount {
        target: "/tmp",
        file_system: "tmpfs",
        flags: PLAIN,
        options: "mode=1777,size=50%",
    },
    Mount {
        target: "/var/tmp",
        file_system: "tmpfs",
        flags: PLAIN,
        options: "mode=1777,size=50%",
    },
    Mount {
        // /dev/shm of programs.
        target: "/run/neurovisor/devices/shm",
        file_system: "tmpfs",
        flags: PLAIN,
        options: "mode=1777,size=50%",
    },
    Mount {
        target: "/run/lock",
        file_system: "tmpfs",
        flags: INERT,
        options: "mode=1777,size=1%",
    },
];

const REPORT: &str = "boot a kernel with proc, sysfs, devtmpfs, tmpfs and cgroup2";

/// Mounts what is needed in the initramfs to find and mount the root.
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

/// Redirects the standard streams, which the kernel connects to the console, to /dev/null.
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

/// Mounts everything else, in the new root.
pub fn mount_all() -> Result<(), Failure> {
    for entry in &SYSTEM {
        mount_one(entry).map_err(context(format!("cannot mount {}", entry.target), REPORT))?;
    }
    complete_run().map_err(context("cannot complete /run", REPORT))?;
    for entry in &WRITABLE {
        let mounted =
            with_inode_limit(entry.options).and_then(|options| mount_with(entry, &options));
        mounted.map_err(context(format!("cannot mount {}", entry.target), REPORT))?;
    }
    Ok(())
}

/// Replaces all writable directories by empty ones. The new mounts propagate to programs.
pub fn renew_writable() -> io::Result<()> {
    for entry in &WRITABLE {
        unmount(entry.target, UnmountFlags::empty())?;
        mount_with(entry, &with_inode_limit(entry.options)?)?;
    }
    Ok(())
}

/// Returns the options of the root's writable layer, with a limit on the number of files.
pub fn root_options() -> io::Result<CString> {
    with_inode_limit(ROOT_OPTIONS)
}

fn with_inode_limit(options: &str) -> io::Result<CString> {
    let inodes = Memory::current()?.total_bytes / BYTES_PER_INODE;
    Ok(CString::new(format!("{options},nr_inodes={inodes}"))?)
}

fn mount_one(entry: &Mount) -> io::Result<()> {
    mount_with(entry, &CString::new(entry.options)?)
}

fn mount_with(entry: &Mount, options: &CString) -> io::Result<()> {
    let Mount {
        target,
        file_system,
        flags,
        ..
    } = entry;
    Ok(mount(
        *file_system,
        *target,
        *file_system,
        *flags,
        options.as_c_str(),
    )?)
}

/// Creates the agent's directories in /run, the devices of programs, and what Debian expects there.
fn complete_run() -> io::Result<()> {
    fs::create_dir("/run/lock")?;
    for directory in ["/run/neurovisor", NOTHING, DEVICES] {
        fs::create_dir(directory)?;
        fs::set_permissions(directory, Permissions::from_mode(0o755))?;
    }
    fs::copy("/proc/sys/kernel/random/boot_id", BOOT_ID_FILE)?;
    fs::set_permissions(BOOT_ID_FILE, Permissions::from_mode(0o444))?;
    mount_one(&DEVICES_MOUNT)?;
    let devices = Path::new(DEVICES);
    for (name, major, minor) in DEVICE_NODES {
        let path = devices.join(name);
        let mode = Mode::from_raw_mode(0o666);
        mknodat(
            CWD,
            &path,
            FileType::CharacterDevice,
            mode,
            makedev(major, minor),
        )?;
        // Independent of the umask.
        fs::set_permissions(&path, Permissions::from_mode(0o666))?;
    }
    for (target, name) in DEVICE_LINKS {
        symlink(target, devices.join(name))?;
    }
    for directory in ["pts", "shm"] {
        fs::create_dir(devices.join(directory))?;
    }
    Ok(())
}
