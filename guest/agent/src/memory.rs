//! The memory of the guest.

use std::fs;
use std::io;

/// The milliseconds for which the kernel keeps mapped files and other pages after their last use; it kills a program if
/// there is no other memory to free (`Documentation/admin-guide/mm/multigen_lru.rst`).
pub const WORKING_SET: &str = "/sys/kernel/mm/lru_gen/min_ttl_ms";

const KEPT_FREE: &str = "/proc/sys/vm/min_free_kbytes";

/// Twice what the kernel keeps free of 1 GiB without huge pages.
const MOST_KEPT_FREE_KIBIBYTES: u64 = 8192;

/// The divisor of the memory that processors keep as free pages of their own: they keep a mebibyte each, the least.
const KEPT_BY_PROCESSORS: (&str, &str) = ("/proc/sys/vm/percpu_pagelist_high_fraction", "1000");

/// Limits what the kernel keeps free. To find huge pages it would keep 44 MiB of a large machine. The free pages of processors do not
/// count as available: after the end of a waiting interpreter they would be 14 to 21 MiB of a medium machine.
pub fn limit_free() -> io::Result<()> {
    let (file, divisor) = KEPT_BY_PROCESSORS;
    match fs::write(file, divisor) {
        // A kernel before 5.14 has a small limit itself.
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let current = fs::read_to_string(KEPT_FREE)?;
    let current: u64 = current.trim().parse().map_err(io::Error::other)?;
    if current > MOST_KEPT_FREE_KIBIBYTES {
        fs::write(KEPT_FREE, MOST_KEPT_FREE_KIBIBYTES.to_string())?;
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
pub struct Memory {
    pub total_bytes: u64,
    pub available_bytes: u64,
    /// Cached file contents that the kernel can drop.
    pub cache_bytes: u64,
}

impl Memory {
    pub fn current() -> io::Result<Self> {
        parse(&fs::read_to_string("/proc/meminfo")?)
            .ok_or_else(|| io::Error::other("/proc/meminfo lacks MemTotal or MemAvailable"))
    }
}

pub(crate) fn parse(text: &str) -> Option<Memory> {
    let bytes = |name: &str| -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
        kibibytes.checked_mul(1024)
    };
    Some(Memory {
        total_bytes: bytes("MemTotal:")?,
        available_bytes: bytes("MemAvailable:")?,
        // The files of a tmpfs count as cached, but cannot be dropped.
        cache_bytes: (bytes("Buffers:").unwrap_or(0))
            .saturating_add(bytes("Cached:").unwrap_or(0))
            .saturating_sub(bytes("Shmem:").unwrap_or(0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_memory_in_bytes() {
        let text = "MemTotal:         503428 kB\nMemFree:  1 kB\nMemAvailable:     400000 kB\n\
                    Buffers: 3 kB\nCached: 40 kB\nSwapCached: 7 kB\nShmem: 20 kB\n";
        assert_eq!(
            parse(text),
            Some(Memory {
                total_bytes: 503_428 * 1024,
                available_bytes: 400_000 * 1024,
                cache_bytes: 23 * 1024,
            })
        );
        assert_eq!(parse("MemTotal: 1 kB\n"), None);
    }
}
