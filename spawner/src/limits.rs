//! Resource limits of a VMM (setrlimit(2)).

use rustix::process::{self, Resource, Rlimit};

pub const OPEN_FILES: u64 = 1024;

/// All of them.
pub fn set(max_file_bytes: u64) -> rustix::io::Result<()> {
    set_around_jailer()?;
    apply(&[
        (Resource::Nofile, OPEN_FILES),
        (Resource::Fsize, max_file_bytes),
    ])
}

/// Those that Firecracker's jailer does not set for us.
pub fn set_around_jailer() -> rustix::io::Result<()> {
    apply(&[
        // A core would hold the guest's memory.
        (Resource::Core, 0),
        (Resource::Memlock, 0),
        (Resource::Msgqueue, 0),
    ])
}

fn apply(limits: &[(Resource, u64)]) -> rustix::io::Result<()> {
    for (resource, wanted) in limits.iter().copied() {
        // An ordinary user cannot go above the maximum that we have.
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
