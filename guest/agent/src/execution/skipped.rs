//! Files of a program that are not returned to the host.

use super::printable::printable;

/// The limits of the wire contract.
const NAMED_MAX: usize = 16;
const PATH_CHARACTERS_MAX: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Link,
    NotADirectory,
    Device,
    Socket,
    NamedPipe,
    OtherOwner,
    /// The problem with the path, as [`super::file_path`] describes it.
    Path(&'static str),
    NotUnicode,
    TooDeep,
    Unreadable,
    TooMany,
    TooLarge,
    TooManyEntries,
    NotReached,
}

impl Reason {
    /// Returns the end of a sentence that begins with the path.
    pub fn text(self) -> &'static str {
        match self {
            Reason::Link => "is a symbolic link",
            Reason::NotADirectory => "is not a directory",
            Reason::Device => "is a device",
            Reason::Socket => "is a socket",
            Reason::NamedPipe => "is a named pipe",
            Reason::OtherOwner => "belongs to another user",
            Reason::Path(problem) => problem,
            Reason::NotUnicode => "is not Unicode text",
            Reason::TooDeep => "lies too deep",
            Reason::Unreadable => "cannot be read",
            Reason::TooMany => "exceeds the limit of 1000 returned files",
            Reason::TooLarge => "exceeds the limit of 64 MiB of returned files",
            Reason::TooManyEntries => "has more entries than are examined",
            Reason::NotReached => "was not reached in time",
        }
    }
}

/// Counts all skipped files and names some of them.
#[derive(Debug, Default)]
pub struct Skipped {
    /// Path and reason, both printable.
    pub named: Vec<(String, &'static str)>,
    pub total: u32,
}

impl Skipped {
    /// Adds `count` files, one of which is named.
    pub fn add(&mut self, path: &[u8], reason: Reason, count: u32) {
        self.total = self.total.saturating_add(count);
        if self.named.len() < NAMED_MAX {
            self.named
                .push((printable(path, PATH_CHARACTERS_MAX), reason.text()));
        }
    }
}
