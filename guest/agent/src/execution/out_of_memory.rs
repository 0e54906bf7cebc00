//! Reads in the kernel's log which process it has killed for want of memory.
//!
//! Programs can neither write to that log nor choose where a line of it begins, only the name that stands within one: a
//! line counts if the kernel has written it and begins as the kernel's own report does.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use rustix::fs::{open, Mode, OFlags};
use rustix::io::Errno;

use super::printable::printable;

const LOG: &str = "/dev/kmsg";
/// The kernel refuses to hand a record to a smaller buffer.
const RECORD_BYTES_MAX: usize = 8 << 10;
/// More than the log holds: reading ends also while something keeps writing to it.
const RECORDS_MAX: usize = 10_000;
/// The kernel has 15 bytes.
const NAME_CHARACTERS_MAX: usize = 60;

const REPORTS: [&str; 2] = [
    "Memory cgroup out of memory: Killed process ",
    "Out of memory: Killed process ",
];

/// The log from a moment on.
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
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mut file = File::from(open(LOG, flags, Mode::empty())?);
        file.seek(SeekFrom::End(0))?;
        Ok(Self { file })
    }

    /// The name of the process that was killed, as printable text: of `leader` if it is among several, else of the first.
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
                        return Some(victim.shown());
                    }
                    first.get_or_insert(victim);
                }
                // Records were overwritten before they were read: the next read goes on behind them.
                Err(error) if Errno::from_io_error(&error) == Some(Errno::PIPE) => {}
                Err(_) => break,
            }
        }
        first.map(|victim| victim.shown())
    }
}

impl Victim {
    fn shown(&self) -> String {
        printable(&self.name, NAME_CHARACTERS_MAX)
    }
}

/// The name that a record tells.
#[cfg(any(fuzzing, test))]
pub fn named(record: &[u8]) -> Option<String> {
    parse(record).map(|victim| victim.shown())
}

/// A record is `priority,sequence,time,flags;text`, and lines of attributes after it.
fn parse(record: &[u8]) -> Option<Victim> {
    // All of it is ASCII: the kernel escapes what is not.
    let record = std::str::from_utf8(record).ok()?;
    let (header, text) = record.split_once(';')?;
    let priority: u32 = header.split(',').next()?.parse().ok()?;
    let facility = priority >> 3;
    if facility != 0 {
        // Not the kernel's own, which nobody else can claim to be.
        return None;
    }
    let text = text.lines().next()?;
    let report = REPORTS.iter().find_map(|start| text.strip_prefix(start))?;
    let (process, rest) = report.split_once(" (")?;
    // The name may contain anything, but what follows it does not contain this.
    let (name, _) = rest.rsplit_once(") total-vm:")?;
    Some(Victim {
        process: process.parse().ok()?,
        name: unescaped(name),
    })
}

/// Undoes the kernel's `\xNN`.
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
        parse(record.as_bytes()).map(|victim| (victim.process, victim.shown()))
    }

    #[test]
    fn the_kernels_reports_name_the_process() {
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
    fn a_name_is_only_a_name() {
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
    fn what_others_write_is_not_believed() {
        let report = format!("{}77 (forged) {NUMBERS}", REPORTS[0]);
        // Facility 1, as the kernel marks what comes from user space.
        assert_eq!(victim(&format!("11,900,5,-;{report}")), None);
        // A line of the kernel with a name that somebody chose at its beginning.
        assert_eq!(victim(&format!("6,900,5,-;forger[77]: {report}")), None);
        for garbage in ["", ";", "3", "x,1,1,-;", "3,900,5,-;", "\u{fffd}"] {
            assert_eq!(victim(garbage), None);
        }
        assert_eq!(parse(&[0xff; 100]), None);
    }
}
