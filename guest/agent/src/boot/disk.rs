//! Finds and mounts the root disk.

use std::path::Path;
use std::time::Duration;

use rustix::io::Errno;
use rustix::mount::{mount, MountFlags};

use super::failure::Failure;
use super::uevents::wait_for;

const TIMEOUT: Duration = Duration::from_secs(10);
const TYPES: [&str; 3] = ["squashfs", "erofs", "ext4"];

/// Mounts the disk read-only. Tries all known file systems.
pub fn mount_read_only(disk: &str, target: &str) -> Result<(), Failure> {
    wait_for(TIMEOUT, || Path::new(disk).exists().then_some(()))?.ok_or_else(|| {
        Failure::new(
            format!("root disk {disk} did not appear within {TIMEOUT:?}"),
            "check the VMM's drives, the initramfs' virtio modules and neurovisor.root= on the kernel's command line",
        )
    })?;
    let mut problems = Vec::new();
    for file_system in TYPES {
        let flags = MountFlags::RDONLY | MountFlags::NODEV;
        match mount(disk, target, file_system, flags, None) {
            Ok(()) => return Ok(()),
            Err(error) => problems.push(format!("{file_system}: {}", explain(error))),
        }
    }
    Err(Failure::new(
        format!(
            "cannot mount root disk {disk} read-only ({})",
            problems.join("; ")
        ),
        "use a complete squashfs, erofs or ext4 image that this kernel can read",
    ))
}

fn explain(error: Errno) -> String {
    match error {
        Errno::NODEV => "unknown to this kernel".to_owned(),
        Errno::INVAL => "not of this type".to_owned(),
        _ => error.to_string(),
    }
}
