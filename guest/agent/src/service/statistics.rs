//! How the guest is doing.

use std::fs;
use std::io;

use rustix::system::sysinfo;

use crate::wire::guest::StatsResponse;

const LOAD_SCALE: f64 = 65536.0;

#[derive(Debug, PartialEq, Eq)]
pub struct Memory {
    pub total_bytes: u64,
    pub available_bytes: u64,
}

pub fn current() -> io::Result<StatsResponse> {
    let memory = memory()?;
    let system = sysinfo();
    Ok(StatsResponse {
        memory_total_bytes: memory.total_bytes,
        memory_available_bytes: memory.available_bytes,
        load_1m: system.loads[0] as f64 / LOAD_SCALE,
        uptime_seconds: uptime(&fs::read_to_string("/proc/uptime")?).unwrap_or_default(),
        processes: system.procs.into(),
    })
}

pub fn memory() -> io::Result<Memory> {
    parse_memory(&fs::read_to_string("/proc/meminfo")?)
        .ok_or_else(|| io::Error::other("/proc/meminfo lacks MemTotal or MemAvailable"))
}

fn parse_memory(text: &str) -> Option<Memory> {
    let bytes = |name: &str| -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kibibytes << 10)
    };
    Some(Memory {
        total_bytes: bytes("MemTotal:")?,
        available_bytes: bytes("MemAvailable:")?,
    })
}

fn uptime(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        let text = "MemTotal:         503428 kB\nMemFree:  1 kB\nMemAvailable:     400000 kB\n";
        assert_eq!(
            parse_memory(text),
            Some(Memory {
                total_bytes: 503_428 * 1024,
                available_bytes: 400_000 * 1024
            })
        );
        assert_eq!(parse_memory("MemTotal: 1 kB\n"), None);
    }

    #[test]
    fn uptime_is_the_first_number() {
        assert_eq!(uptime("12.34 20.00\n"), Some(12.34));
        assert_eq!(uptime(""), None);
    }
}
