//! One line of a journal.

use std::ffi::OsString;
use std::fmt::{self, Display, Formatter, Write as _};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::process::Pid;

use crate::process::{parse_pid, ProcessStat};

/// A thing that outlives the process that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    Process { pid: Pid, start: u64 },
    Cgroup(PathBuf),
    Scratch(PathBuf),
}

impl Entry {
    /// Returns `None` if the process has already been reaped.
    pub fn process(pid: Pid) -> Option<Self> {
        let start = ProcessStat::of(pid)?.start;
        Some(Self::Process { pid, start })
    }

    /// Appends the line that adds (`+`) or removes (`-`) this entry.
    pub fn write(&self, sign: char, line: &mut String) {
        let _ = match self {
            Self::Process { pid, start } => writeln!(line, "{sign} process {pid} {start}"),
            Self::Cgroup(path) => writeln!(line, "{sign} cgroup {}", Escaped(path)),
            Self::Scratch(path) => writeln!(line, "{sign} scratch {}", Escaped(path)),
        };
    }

    /// Parses a line of a journal into its sign and its entry. Returns `None` for any other line.
    pub(super) fn parse(line: &[u8]) -> Option<(u8, Self)> {
        let mut words = line.split(|byte| *byte == b' ');
        let &[sign @ (b'+' | b'-')] = words.next()? else {
            return None;
        };
        let kind = words.next()?;
        let mut number = || std::str::from_utf8(words.next()?).ok();
        let entry = match kind {
            b"process" => Self::Process {
                pid: parse_pid(number()?)?,
                start: number()?.parse().ok()?,
            },
            b"cgroup" => Self::Cgroup(unescape(words.next()?)?),
            b"scratch" => Self::Scratch(unescape(words.next()?)?),
            _ => return None,
        };
        Some((sign, entry))
    }
}

/// Displays a path as one word of a line.
pub struct Escaped<'a>(pub &'a Path);

impl Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for byte in self.0.as_os_str().as_bytes() {
            match byte {
                b'%' | 0x7f.. | ..=b' ' => write!(formatter, "%{byte:02x}")?,
                plain => formatter.write_char(char::from(*plain))?,
            }
        }
        Ok(())
    }
}

fn unescape(word: &[u8]) -> Option<PathBuf> {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        bytes.push(if *first == b'%' {
            let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
            rest = &rest[2..];
            u8::from_str_radix(digits, 16).ok()?
        } else {
            *first
        });
    }
    Some(OsString::from_vec(bytes).into())
}
