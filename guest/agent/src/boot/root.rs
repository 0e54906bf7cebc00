//! Leaves the initramfs for the root image.

use std::ffi::CStr;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;

use rustix::mount::{mount, mount_move, unmount, MountFlags, UnmountFlags};
use rustix::process::{chdir, chroot};

use super::disk;
use super::failure::{context, Failure};
use super::filesystems::{root_options, MOUNT_POINTS};

const IMAGE: &str = "/image";
const CHANGES: &str = "/changes";
const ROOT: &str = "/root";
const OVERLAY: &CStr = c"lowerdir=/image,upperdir=/changes/upper,workdir=/changes/work";
const REPORT: &str = "report this kernel";

/// Changes the root to the read-only image with a writable layer in memory, and frees the initramfs.
pub fn enter(root_disk: &str) -> Result<(), Failure> {
    for directory in [IMAGE, CHANGES, ROOT] {
        fs::create_dir_all(directory)
            .map_err(context(format!("cannot create {directory}"), REPORT))?;
    }
    disk::mount_read_only(root_disk, IMAGE)?;
    overlay().map_err(context(
        "cannot mount an overlay over the root image",
        "boot a kernel with CONFIG_OVERLAY_FS and CONFIG_TMPFS, or add the module to the initramfs",
    ))?;
    for directory in MOUNT_POINTS {
        let directory = format!("{ROOT}{directory}");
        fs::create_dir_all(&directory).map_err(context(
            format!("cannot create {directory}"),
            "the root image must have a directory or nothing there",
        ))?;
    }
    switch().map_err(context("cannot switch to the root image", REPORT))
}

fn overlay() -> io::Result<()> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    mount(
        "changes",
        CHANGES,
        "tmpfs",
        flags,
        root_options()?.as_c_str(),
    )?;
    fs::create_dir(format!("{CHANGES}/upper"))?;
    fs::create_dir(format!("{CHANGES}/work"))?;
    mount("root", ROOT, "overlay", flags, OVERLAY)?;
    // The overlay keeps its layers open, and no process needs a path to them.
    unmount(CHANGES, UnmountFlags::DETACH)?;
    unmount(IMAGE, UnmountFlags::DETACH)?;
    Ok(())
}

/// Empties the initramfs and mounts the root over it. The first file system of the kernel can be neither unmounted nor
/// exchanged by pivot_root.
fn switch() -> io::Result<()> {
    unmount("/proc", UnmountFlags::DETACH)?;
    unmount("/sys", UnmountFlags::DETACH)?;
    mount_move("/dev", format!("{ROOT}/dev"))?;
    chdir(ROOT)?;
    let initramfs = fs::metadata("/")?.dev();
    for entry in fs::read_dir("/")? {
        let path = entry?.path();
        let metadata = fs::symlink_metadata(&path)?;
        // INVARIANT: deletes only files of the initramfs itself, never of file systems that are mounted over it.
        if metadata.dev() != initramfs {
            continue;
        }
        if metadata.is_dir() {
            fs::remove_dir_all(&path)?;
        } else {
            fs::remove_file(&path)?;
        }
    }
    mount_move(".", "/")?;
    chroot(".")?;
    chdir("/")?;
    Ok(())
}
