//! How the guest is doing.

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
    })
}

pub fn uptime(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uptime_is_the_first_number() {
        assert_eq!(uptime("12.34 20.00\n"), Some(12.34));
        assert_eq!(uptime(""), None);
    }
}
