//! Statistics of the guest.

use std::fs;
use std::io;

use rustix::fs::statvfs;
use rustix::system::sysinfo;

use crate::boot::HOME;
use crate::memory::Memory;
use crate::wire::guest::StatsResponse;

const LOAD_SCALE: f64 = 65536.0;
/// The unit of times in /proc/stat, which is the same in all kernels for x86.
const TICKS_PER_SECOND: f64 = 100.0;
/// The file systems for the files of a sandbox, each with a limit of its own.
const DISKS: [&str; 3] = [HOME, "/tmp", "/var/tmp"];

/// The file systems in which programs keep files.
#[derive(Default)]
pub struct Disk {
    pub used_bytes: u64,
    pub total_bytes: u64,
}

impl Disk {
    pub fn current() -> Self {
        let each = DISKS.iter().filter_map(|path| statvfs(*path).ok());
        each.fold(Self::default(), |sum, disk| Self {
            used_bytes: sum.used_bytes + disk.f_frsize * disk.f_blocks.saturating_sub(disk.f_bfree),
            total_bytes: sum.total_bytes + disk.f_frsize * disk.f_blocks,
        })
    }
}

pub fn current() -> io::Result<StatsResponse> {
    let memory = Memory::current()?;
    let system = sysinfo();
    let disk = Disk::current();
    Ok(StatsResponse {
        memory_total_bytes: memory.total_bytes,
        memory_available_bytes: memory.available_bytes,
        load_1m: system.loads[0] as f64 / LOAD_SCALE,
        uptime_seconds: uptime(&fs::read_to_string("/proc/uptime")?).unwrap_or_default(),
        processes: system.procs.into(),
        agent_resident_bytes: resident_bytes(&fs::read_to_string("/proc/self/status")?)
            .unwrap_or_default(),
        cpu_busy_seconds: busy_seconds(&fs::read_to_string("/proc/stat")?).unwrap_or_default(),
        memory_cache_bytes: memory.cache_bytes,
        disk_used_bytes: disk.used_bytes,
        disk_total_bytes: disk.total_bytes,
    })
}

/// Parses the time of all processors in /proc/stat that they neither idled nor waited for a device or the host.
fn busy_seconds(text: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let mut ticks = line.split_whitespace().map_while(|word| word.parse().ok());
    let mut next = || ticks.next().unwrap_or(0.0);
    let (user, nice, system, _idle, _waiting) = (next(), next(), next(), next(), next());
    let (interrupts, soft_interrupts) = (next(), next());
    Some((user + nice + system + interrupts + soft_interrupts) / TICKS_PER_SECOND)
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
    fn counts_the_time_of_all_processors_without_waiting() {
        let text = "cpu  100 20 300 99999 999 40 50 7777 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n";
        assert_eq!(busy_seconds(text), Some(5.1));
        assert_eq!(busy_seconds("cpu  100\n"), Some(1.0));
        assert_eq!(busy_seconds("intr 1\n"), None);
        assert!(current().unwrap().cpu_busy_seconds > 0.0);
    }

    #[test]
    fn adds_up_the_file_systems_that_exist() {
        let disk = Disk::current();
        assert!(disk.total_bytes > 0 && disk.used_bytes <= disk.total_bytes);
        let stats = current().unwrap();
        assert_eq!(stats.disk_total_bytes, disk.total_bytes);
    }

    #[test]
    fn reads_uptime_from_the_first_number() {
        assert_eq!(uptime("12.34 20.00\n"), Some(12.34));
        assert_eq!(uptime(""), None);
    }
}
