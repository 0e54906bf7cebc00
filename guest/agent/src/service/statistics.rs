//! Statistics of the guest.

use std::fs;
use std::io;

use rustix::system::sysinfo;

use crate::memory::Memory;
use crate::wire::guest::StatsResponse;

const LOAD_SCALE: f64 = 65536.0;

pub fn current() -> io::Result<StatsResponse> {
    let memory = Memory::current()?;
    let system = sysinfo();
    Ok(StatsResponse {
        memory_total_bytes: memory.total_bytes,
        memory_available_bytes: memory.available_bytes,
        load_1m: system.loads[0] as f64 / LOAD_SCALE,
        uptime_seconds: uptime(&fs::read_to_string("/proc/uptime")?).unwrap_or_default(),
        processes: system.procs.into(),
        agent_resident_bytes: resident_bytes(&fs::read_to_string("/proc/self/status")?)
            .unwrap_or_default(),
    })
}

/// Parses /proc/uptime.
pub fn uptime(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}

/// Parses the `VmRSS` of a process (proc_pid_status(5)).
fn resident_bytes(status: &str) -> Option<u64> {
    let value = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = value.trim().strip_suffix(" kB")?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_memory_of_the_agent() {
        assert_eq!(
            resident_bytes("Name:\tx\nVmRSS:\t    2068 kB\n"),
            Some(2068 << 10)
        );
        assert_eq!(resident_bytes("VmRSS:\tmany\n"), None);
        let bytes = current().unwrap().agent_resident_bytes;
        assert!((1 << 16..1 << 30).contains(&bytes), "{bytes}");
    }

    #[test]
    fn reads_uptime_from_the_first_number() {
        assert_eq!(uptime("12.34 20.00\n"), Some(12.34));
        assert_eq!(uptime(""), None);
    }
}
