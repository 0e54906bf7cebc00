//! `/proc/PID/stat`, and the start time that distinguishes a process from a later one with the same id.

use std::fs;

use rustix::process::Pid;

const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Indices of fields after the name, which may contain any character.
const STATE: usize = 0;
const PARENT: usize = 1;
const SESSION: usize = 3;
const START: usize = 19;

pub struct ProcessStat {
    /// Whether it has ended but has not been reaped.
    pub is_zombie: bool,
    pub parent: Option<Pid>,
    pub session: Option<Pid>,
    /// Start time in clock ticks since boot. Together with the pid and the boot id it identifies a process uniquely.
    pub start: u64,
}

impl ProcessStat {
    /// Reads the state of a process. Returns `None` if it does not exist.
    pub fn of(pid: Pid) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    pub fn parse(stat: &str) -> Option<Self> {
        let (_, after_name) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = after_name.split_ascii_whitespace().collect();
        Some(Self {
            is_zombie: *fields.get(STATE)? == "Z",
            parent: parse_pid(fields.get(PARENT)?),
            session: parse_pid(fields.get(SESSION)?),
            start: fields.get(START)?.parse().ok()?,
        })
    }
}

pub fn parse_pid(text: &str) -> Option<Pid> {
    let number = text.parse().ok().filter(|number| *number > 0)?;
    Pid::from_raw(number)
}

/// Returns the id of the current boot of this machine.
pub fn boot_id() -> Option<String> {
    Some(fs::read_to_string(BOOT_ID).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_a_name_with_parentheses() {
        let stat = "12 (a) S 99 (b) S 34 12 56 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 9";
        let parsed = ProcessStat::parse(stat).unwrap();
        assert_eq!(parsed.parent, Pid::from_raw(34));
        assert_eq!(parsed.session, Pid::from_raw(56));
        assert_eq!(parsed.start, 4711);
        assert!(!parsed.is_zombie);
        assert!(ProcessStat::parse("").is_none() && ProcessStat::parse("1 (a) S 3").is_none());
    }

    #[test]
    fn reads_the_own_process() {
        let own = ProcessStat::of(rustix::process::getpid()).unwrap();
        assert_eq!(own.parent, rustix::process::getppid());
        assert!(own.start > 0 && boot_id().is_some());
    }
}
