//! What does not come home.

use super::super::printable::printable;

/// Of the wire contract.
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
    /// The part of the sentence that [`super::super::file_path`] has for it.
    Path(&'static str),
    NotUnicode,
    TooDeep,
    Unreadable,
    TooMany,
    TooLarge,
    TooManyEntries,
    NotReached,
    /// It would, in a stream.
    NoRoomInAnswer,
}

impl Reason {
    /// The end of a sentence that begins with the path.
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
            Reason::TooMany => "is beyond the 1000 files that may come home",
            Reason::TooLarge => "does not fit into the 64 MiB that may come home",
            Reason::TooManyEntries => "holds more than is looked at",
            Reason::NotReached => "was not reached in time",
            Reason::NoRoomInAnswer => "does not fit into a single answer",
        }
    }
}

/// Counts everything, and names some of it.
#[derive(Debug, Default)]
pub struct Skipped {
    /// Path and reason, both printable.
    pub named: Vec<(String, &'static str)>,
    pub total: u32,
}

impl Skipped {
    /// `count` things, of which one is named.
    pub fn add(&mut self, path: &[u8], reason: Reason, count: u32) {
        self.total = self.total.saturating_add(count);
        if self.named.len() < NAMED_MAX {
            self.named
                .push((printable(path, PATH_CHARACTERS_MAX), reason.text()));
        }
    }
}
