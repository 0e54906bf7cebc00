//! The jail of a VMM that bubblewrap confines, as requested.

use std::path::PathBuf;

use super::paths::is_plain;
use crate::wire;

/// The kernel's limit for a seccomp filter (BPF_MAXINSNS), of 8 bytes per instruction.
const MAX_FILTER_BYTES: usize = 4096 * FILTER_INSTRUCTION_BYTES;
const FILTER_INSTRUCTION_BYTES: usize = 8;

/// Far more than the libraries of a VMM. Each path is a mount.
const MAX_VISIBLE: usize = 1024;

#[derive(Debug)]
pub struct Jail {
    pub visible: Vec<PathBuf>,
    pub seccomp_filter: Vec<u8>,
    pub max_file_bytes: u64,
}

impl TryFrom<wire::Jail> for Jail {
    type Error = String;

    fn try_from(jail: wire::Jail) -> Result<Self, String> {
        let bytes = jail.seccomp_filter.len();
        if bytes == 0 || bytes > MAX_FILTER_BYTES || bytes % FILTER_INSTRUCTION_BYTES != 0 {
            return Err(format!(
                "a seccomp filter of {bytes} bytes; it is an array of {FILTER_INSTRUCTION_BYTES} to {MAX_FILTER_BYTES}"
            ));
        }
        if jail.visible.len() > MAX_VISIBLE {
            return Err(format!(
                "{} visible paths, allowed are {MAX_VISIBLE}",
                jail.visible.len()
            ));
        }
        let visible: Vec<PathBuf> = jail.visible.into_iter().map(PathBuf::from).collect();
        match visible.iter().find(|path| !is_plain(path)) {
            Some(path) => Err(format!(
                "visible path {}: not an absolute path without ..",
                path.display()
            )),
            None => Ok(Self {
                visible,
                seccomp_filter: jail.seccomp_filter,
                max_file_bytes: jail.max_file_bytes,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jail(visible: &[&str], filter: usize) -> Result<Jail, String> {
        Jail::try_from(wire::Jail {
            visible: visible.iter().map(|path| path.to_string()).collect(),
            seccomp_filter: vec![0; filter],
            max_file_bytes: 0,
        })
    }

    #[test]
    fn rejects_unusable_filter() {
        assert!(jail(&["/usr/bin/true", "/usr/share"], 8).is_ok());
        for filter in [0, 7, 12, MAX_FILTER_BYTES + 8] {
            assert!(jail(&[], filter).is_err(), "{filter}");
        }
    }

    #[test]
    fn rejects_paths_that_leave_their_directory() {
        for path in ["", "usr", "/usr/../etc", "..", "/usr\0/x"] {
            assert!(jail(&[path], 8).is_err(), "{path:?}");
        }
    }

    #[test]
    fn limits_the_number_of_paths() {
        assert!(jail(&["/x"; MAX_VISIBLE + 1], 8).is_err());
    }
}
