//! Resource limits of a VMM (setrlimit(2)).

use rustix::process::{self, Resource, Rlimit};

const OPEN_FILES: u64 = 1024;

pub fn set(max_file_bytes: u64) -> rustix::io::Result<()> {
    for (resource, wanted) in [
        // A core would hold the guest's memory.
        (Resource::Core, 0),
        (Resource::Nofile, OPEN_FILES),
        (Resource::Fsize, max_file_bytes),
        (Resource::Memlock, 0),
        (Resource::Msgqueue, 0),
    ] {
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
