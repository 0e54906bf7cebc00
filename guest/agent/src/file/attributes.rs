//! Permission bits and extended attributes `user.*`.

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::os::fd::BorrowedFd;

use bytes::Bytes;
use rustix::fs::{
    fgetxattr, flistxattr, fremovexattr, fsetxattr, lgetxattr, llistxattr, removexattr, setxattr,
    Mode, XattrFlags,
};
use rustix::io::{Errno, Result};

use crate::invalid::{shown, Invalid};

const PERMISSIONS_MAX: u32 = 0o7777;
/// Limits for the attributes of a request. Those of an entry that exceed them are left out of it.
const COUNT_MAX: usize = 64;
const NAME_BYTES_MAX: usize = 128;
const VALUE_BYTES_MAX: usize = 1024;
/// The limit of the kernel for the names of all attributes of a file.
const LIST_BYTES_MAX: usize = 64 << 10;
const PREFIX: &str = "user.";

/// Checks permission bits of a request.
pub fn permissions(field: &str, bits: u32) -> std::result::Result<Mode, Invalid> {
    if bits > PERMISSIONS_MAX {
        let problem = format!("is 0{bits:o}, 0 to 0{PERMISSIONS_MAX:o} are allowed");
        return Err(Invalid::new(field, problem));
    }
    Ok(Mode::from_raw_mode(bits))
}

/// Attributes to set and to remove, by the kernel's names.
#[derive(Debug, Default)]
pub struct Changes {
    set: Vec<(CString, Bytes)>,
    removed: Vec<CString>,
}

impl Changes {
    pub fn checked(
        set: HashMap<String, Bytes>,
        removed: Vec<String>,
    ) -> std::result::Result<Self, Invalid> {
        for (field, count) in [("xattrs", set.len()), ("removed_xattrs", removed.len())] {
            if count > COUNT_MAX {
                let problem = format!("are {count}, at most {COUNT_MAX} are allowed");
                return Err(Invalid::new(field, problem));
            }
        }
        let mut changes = Self::default();
        for (name, value) in set {
            let key = key("xattrs", &name)?;
            if value.len() > VALUE_BYTES_MAX {
                let problem = format!(
                    "has {} bytes, at most {VALUE_BYTES_MAX} are allowed",
                    value.len()
                );
                return Err(Invalid::new(format!("xattrs[{}]", shown(&name)), problem));
            }
            changes.set.push((key, value));
        }
        for name in removed {
            changes.removed.push(key("removed_xattrs", &name)?);
        }
        Ok(changes)
    }

    /// Applies the changes. A symbolic link is followed, because the kernel allows no such attributes on links. The
    /// removal of a missing attribute succeeds.
    pub fn apply(&self, subject: Subject<'_>) -> Result<()> {
        for (name, value) in &self.set {
            match subject {
                Subject::Path(path) => setxattr(path, name, value, XattrFlags::empty())?,
                Subject::Open(file) => fsetxattr(file, name, value, XattrFlags::empty())?,
            }
        }
        for name in &self.removed {
            let removed = match subject {
                Subject::Path(path) => removexattr(path, name),
                Subject::Open(file) => fremovexattr(file, name),
            };
            match removed {
                Ok(()) | Err(Errno::NODATA) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn key(field: &str, name: &str) -> std::result::Result<CString, Invalid> {
    let problem = match name.len() {
        1..=NAME_BYTES_MAX => match CString::new(format!("{PREFIX}{name}")) {
            Ok(key) => return Ok(key),
            Err(_) => "has a NUL character".to_owned(),
        },
        bytes => format!("has {bytes} bytes, 1 to {NAME_BYTES_MAX} are allowed"),
    };
    Err(Invalid::new(format!("{field}[{}]", shown(name)), problem))
}

/// A file whose attributes are read or changed.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    Path(&'a CStr),
    Open(BorrowedFd<'a>),
}

impl Subject<'_> {
    /// Returns the attributes that this user may read, without their prefix. A symbolic link is not followed.
    pub fn attributes(self) -> HashMap<String, Bytes> {
        let mut small = [0; 1024];
        let mut large;
        let list: &[u8] = match self.list(&mut small) {
            Ok(length) => &small[..length],
            Err(Errno::RANGE) => {
                large = vec![0; LIST_BYTES_MAX];
                let length = self.list(&mut large).unwrap_or(0);
                &large[..length]
            }
            // A file system without attributes.
            Err(_) => &[],
        };
        let mut attributes = HashMap::new();
        for key in list.split_inclusive(|byte| *byte == 0) {
            let Ok(key) = CStr::from_bytes_with_nul(key) else {
                continue;
            };
            let name = key.to_str().ok().and_then(|key| key.strip_prefix(PREFIX));
            let Some(name) = name.filter(|name| name.len() <= NAME_BYTES_MAX) else {
                continue;
            };
            if attributes.len() == COUNT_MAX {
                break;
            }
            let mut value = [0; VALUE_BYTES_MAX];
            if let Ok(length) = self.value(key, &mut value) {
                attributes.insert(name.to_owned(), Bytes::copy_from_slice(&value[..length]));
            }
        }
        attributes
    }

    fn list(self, buffer: &mut [u8]) -> Result<usize> {
        match self {
            Self::Path(path) => llistxattr(path, buffer),
            Self::Open(file) => flistxattr(file, buffer),
        }
    }

    fn value(self, key: &CStr, buffer: &mut [u8]) -> Result<usize> {
        match self {
            Self::Path(path) => lgetxattr(path, key, buffer),
            Self::Open(file) => fgetxattr(file, key, buffer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(set: &[(&str, usize)], removed: &[&str]) -> String {
        let set = set
            .iter()
            .map(|(name, bytes)| (name.to_string(), Bytes::from(vec![b'x'; *bytes])));
        let removed = removed.iter().map(|name| name.to_string()).collect();
        Changes::checked(set.collect(), removed)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn limits_attributes() {
        let long = "a".repeat(129);
        assert!(refusal(&[("a", 1025)], &[]).starts_with("xattrs[\"a\"]: has 1025 bytes"));
        assert!(refusal(&[("", 1)], &[]).contains("has 0 bytes, 1 to 128"));
        assert!(refusal(&[], &[&long]).contains("has 129 bytes, 1 to 128"));
        assert!(refusal(&[], &["a\0"]).contains("has a NUL character"));
        assert!(refusal(&[], &["a"; 65]).contains("are 65, at most 64"));
        let most = Changes::checked(
            [("a".repeat(128), Bytes::from(vec![0; 1024]))].into(),
            vec!["b".to_owned(); 64],
        );
        assert!(most.is_ok());
    }

    #[test]
    fn limits_permissions() {
        assert_eq!(permissions("permissions", 0o7777).unwrap().bits(), 0o7777);
        assert_eq!(
            permissions("permissions", 0o10000).unwrap_err().to_string(),
            "permissions: is 010000, 0 to 07777 are allowed"
        );
    }
}
