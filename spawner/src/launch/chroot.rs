//! The chroot of a VMM that Firecracker's jailer confines, as requested.

use std::path::PathBuf;

use super::paths::{check_executable, is_plain};
use crate::cleanup::scratch;
use crate::vm_id::VmId;
use crate::wire;

#[derive(Debug)]
pub struct Chroot {
    pub jailer: PathBuf,
    /// The directory in which each VM gets one.
    pub directory: PathBuf,
    pub max_file_bytes: u64,
}

impl Chroot {
    /// The directory that holds everything made for one VM. It is journalled before it is made and removed afterwards.
    pub fn path(&self, id: &VmId) -> PathBuf {
        self.directory.join(scratch::chroot_name(id.as_str()))
    }
}

impl TryFrom<wire::Chroot> for Chroot {
    type Error = String;

    fn try_from(chroot: wire::Chroot) -> Result<Self, String> {
        let jailer = PathBuf::from(chroot.jailer);
        let directory = PathBuf::from(chroot.directory);
        check_executable(&jailer)?;
        if !is_plain(&directory) {
            return Err(format!(
                "chroot directory {}: not an absolute path without ..",
                directory.display()
            ));
        }
        Ok(Self {
            jailer,
            directory,
            max_file_bytes: chroot.max_file_bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_missing_jailer_and_unsafe_directory() {
        let chroot = |jailer: &str, directory: &str| {
            Chroot::try_from(wire::Chroot {
                jailer: jailer.into(),
                directory: directory.into(),
                max_file_bytes: 0,
            })
        };
        assert!(chroot("/bin/sh", "/var/jails").is_ok());
        for (jailer, directory) in [
            ("", "/x"),
            ("/no/such/jailer", "/x"),
            ("/bin", "/x"),
            ("/bin/sh", ""),
            ("/bin/sh", "x"),
            ("/bin/sh", "/x/../y"),
        ] {
            assert!(chroot(jailer, directory).is_err(), "{jailer} {directory}");
        }
    }
}
