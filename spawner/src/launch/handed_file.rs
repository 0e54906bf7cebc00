//! A file that a VMM finds as an open descriptor, as requested.

use std::path::PathBuf;

use super::paths::is_plain;
use crate::wire::{self, handed_file::Access};

#[derive(Debug)]
pub struct HandedFile {
    pub path: PathBuf,
    pub access: Access,
    /// Its name in a chroot. Unused otherwise.
    pub name: String,
}

impl HandedFile {
    /// Whether it is a file for device state that exists in a chroot only.
    pub fn is_made_in_chroot(&self) -> bool {
        self.access == Access::State && !self.name.is_empty()
    }
}

impl TryFrom<wire::HandedFile> for HandedFile {
    type Error = String;

    fn try_from(file: wire::HandedFile) -> Result<Self, String> {
        let access = Access::try_from(file.access)
            .map_err(|_| format!("file {}: unknown access", file.path))?;
        let path = PathBuf::from(file.path);
        let named = access != Access::State;
        if !named && !path.as_os_str().is_empty() {
            return Err(format!("file {}: a STATE file has no path", path.display()));
        }
        if named && !is_plain(&path) {
            return Err(format!(
                "file {}: not an absolute path without ..",
                path.display()
            ));
        }
        Ok(Self {
            path,
            access,
            name: file.name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, access: i32) -> Result<HandedFile, String> {
        HandedFile::try_from(wire::HandedFile {
            path: path.into(),
            access,
            ..Default::default()
        })
    }

    #[test]
    fn rejects_unsafe_path() {
        for path in ["relative", "/a/../b", ""] {
            assert!(file(path, 0).is_err(), "{path}");
        }
    }

    #[test]
    fn rejects_unknown_access() {
        assert!(file("/x", 0).is_ok());
        assert!(file("/x", 9).is_err());
    }

    #[test]
    fn state_has_no_path() {
        assert!(file("", Access::State.into()).is_ok());
        assert!(file("/x", Access::State.into()).is_err());
    }
}
