//! Finds in the kernel's log which process the kernel has killed because memory ran out.
//!
//! Programs can neither write to the log nor choose where a line begins, only the process name within a line. A line is
//! trusted if the kernel has written it and it begins like the kernel's report.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::execution::printable::printable;
use crate::opening::open;

const LOG: &str = "/dev/kmsg";
/// The kernel does not copy a record into a smaller buffer.
const RECORD_BYTES_MAX: usize = 8 << 10;
/// More than the log holds, so that reading ends even if records are being added.
const RECORDS_MAX: usize = 10_000;
/// A name in the kernel has at most 15 bytes.
const NAME_CHARACTERS_MAX: usize = 60;

const REPORTS: [&str; 2] = [
    "Memory cgroup out of memory: Killed process ",
    "Out of memory: Killed process ",
];

/// The part of the log after a point in time.
pub struct KillLog {
    file: File,
}

#[derive(Debug, PartialEq, Eq)]
struct Victim {
    process: i32,
    name: Vec<u8>,
}

impl KillLog {
    pub fn from_now() -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK;
        let mut file = File::from(open(LOG, flags, Mode::empty())?);
        file.seek(SeekFrom::End(0))?;
        Ok(Self { file })
    }

    /// Returns the printable name of a killed process: that of `leader` if it was killed, otherwise that of the first.
    pub fn victim(&mut self, leader: i32) -> Option<String> {
        let mut first: Option<Victim> = None;
        let mut record = vec![0; RECORD_BYTES_MAX];
        for _ in 0..RECORDS_MAX {
            match self.file.read(&mut record) {
                Ok(count) => {
                    let Some(victim) = parse(&record[..count]) else {
                        continue;
                    };
                    if victim.process == leader {
                        return Some(victim.printable_name());
                    }
                    first.get_or_insert(victim);
                }
                // Unread records were overwritten. The next read continues after them.
                Err(error) if Errno::from_io_error(&error) == Some(Errno::PIPE) => {}
                Err(_) => break,
            }
        }
        first.map(|victim| victim.printable_name())
    }
}

impl Victim {
    fn printable_name(&self) -> String {
        printable(&self.name, NAME_CHARACTERS_MAX)
    }
}

/// Returns the printable name in a record.
#[cfg(any(fuzzing, test))]
pub fn victim_name(record: &[u8]) -> Option<String> {
    parse(record).map(|victim| victim.printable_name())
}

/// Parses a record: `priority,sequence,time,flags;text`, followed by lines of attributes.
fn parse(record: &[u8]) -> Option<Victim> {
    // A record is ASCII, because the kernel escapes other characters.
    let record = std::str::from_utf8(record).ok()?;
    let (header, text) = record.split_once(';')?;
    let priority: u32 = header.split(',').next()?.parse().ok()?;
    let facility = priority >> 3;
    if facility != 0 {
        // Not from the kernel. User space cannot write records of this facility.
        return None;
    }
    let text = text.lines().next()?;
    let report = REPORTS.iter().find_map(|start| text.strip_prefix(start))?;
    let (process, rest) = report.split_once(" (")?;
    // The name may contain any text, but the rest of the line does not contain this.
    let (name, _) = rest.rsplit_once(") total-vm:")?;
    Some(Victim {
        process: process.parse().ok()?,
        name: unescaped(name),
    })
}

/// Decodes the `\xNN` escapes of the kernel.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\x") {
        bytes.extend_from_slice(before.as_bytes());
        let escaped = after
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = match escaped {
            Some(byte) => {
                bytes.push(byte);
                &after[2..]
            }
            None => {
                bytes.extend_from_slice(b"\\x");
                after
            }
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: &str = "total-vm:1kB, anon-rss:2kB, file-rss:3kB, shmem-rss:0kB, UID:1000 \
                           pgtables:1kB oom_score_adj:0\n SUBSYSTEM=cgroup\n";

    fn victim(record: &str) -> Option<(i32, String)> {
        parse(record.as_bytes()).map(|victim| (victim.process, victim.printable_name()))
    }

    #[test]
    fn reads_the_reports_of_the_kernel() {
        for start in REPORTS {
            assert_eq!(
                victim(&format!("3,900,5000000,-;{start}77 (python3) {NUMBERS}")),
                Some((77, "python3".to_owned()))
            );
        }
        let other = "4,901,5000001,-;python3 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL)\n";
        assert_eq!(victim(other), None);
    }

    #[test]
    fn treats_any_name_as_text() {
        for (name, shown) in [
            ("a) total-vm:9", "a) total-vm:9"),
            ("x (y) z", "x (y) z"),
            ("\\x0a3,1,1,-;Out", "\\n3,1,1,-;Out"),
            ("\\x1b[2J", "\\u{1b}[2J"),
            ("gr\\xc3\\xbcn\\xff", "grün\\xff"),
            ("\\x5cx41", "\\x41"),
            ("\\x", "\\x"),
            ("", ""),
        ] {
            let record = format!("3,900,5,-;{}77 ({name}) {NUMBERS}", REPORTS[0]);
            assert_eq!(victim(&record), Some((77, shown.to_owned())), "{name}");
        }
    }

    #[test]
    fn ignores_forged_reports() {
        let report = format!("{}77 (forged) {NUMBERS}", REPORTS[0]);
        // Facility 1, as the kernel marks what comes from user space.
        assert_eq!(victim(&format!("11,900,5,-;{report}")), None);
        // A line of the kernel that begins with a name chosen by a program.
        assert_eq!(victim(&format!("6,900,5,-;forger[77]: {report}")), None);
        for garbage in ["", ";", "3", "x,1,1,-;", "3,900,5,-;", "\u{fffd}"] {
            assert_eq!(victim(garbage), None);
        }
        assert_eq!(parse(&[0xff; 100]), None);
    }
}
