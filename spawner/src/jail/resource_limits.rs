//! Resource limits of a VMM (setrlimit(2)).

use rustix::process::{self, Resource, Rlimit};

pub const OPEN_FILES: u64 = 1024;

/// Sets all limits of a VMM.
pub fn set_all(max_file_bytes: u64) -> rustix::io::Result<()> {
    set_before_jailer()?;
    apply(&[
        (Resource::Nofile, OPEN_FILES),
        (Resource::Fsize, max_file_bytes),
    ])
}

/// Sets the limits that Firecracker's jailer does not set.
pub fn set_before_jailer() -> rustix::io::Result<()> {
    apply(&[
        // A core file would contain the guest's memory.
        (Resource::Core, 0),
        (Resource::Memlock, 0),
        (Resource::Msgqueue, 0),
    ])
}

fn apply(limits: &[(Resource, u64)]) -> rustix::io::Result<()> {
    for (resource, wanted) in limits.iter().copied() {
        // Without privileges a process cannot exceed its own maximum.
        let allowed = process::getrlimit(resource)
            .maximum
            .unwrap_or(u64::MAX)
            .min(wanted);
        let limit = Rlimit {
            current: Some(allowed),
            maximum: Some(allowed),
        };
        process::setrlimit(resource, limit)?;
    }
    Ok(())
}
