//! Sets the clock of the guest.

use std::fs::File;
use std::os::fd::AsFd;

use nix::libc;
use rustix::io::{self, Errno};
use rustix::time::{
    clock_gettime, clock_gettime_dynamic, clock_settime, ClockId, DynamicClockId, Timespec,
};

/// The clock of the host under KVM (CONFIG_PTP_1588_CLOCK_KVM). A guest has no other device of this kind.
const HOST_CLOCK: &str = "/dev/ptp0";

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// Sets the clock to that of the host, which is accurate to a millisecond however long the request took. Where the
/// host's clock cannot be read, sets the time of the request.
pub fn set(requested: Timespec) -> io::Result<()> {
    clock_settime(ClockId::Realtime, requested)?;
    match host_time() {
        Some(now) => clock_settime(ClockId::Realtime, now),
        None => Ok(()),
    }
}

/// Keeps the clock of a living sandbox near that of the host: slews small differences, so that programs see no jump, and
/// steps over large ones.
pub fn adjust(requested: Timespec) -> io::Result<()> {
    let wanted = host_time().unwrap_or(requested);
    match adjustment(clock_gettime(ClockId::Realtime), wanted) {
        // Also ends an earlier slew.
        None => clock_settime(ClockId::Realtime, wanted),
        Some(micros) => slew(micros),
    }
}

/// Returns by how many microseconds the clock is to be slewed, or `None` if it is to be stepped.
fn adjustment(now: Timespec, wanted: Timespec) -> Option<i64> {
    let seconds = wanted.tv_sec.checked_sub(now.tv_sec)?;
    let nanos = seconds
        .checked_mul(NANOS_PER_SECOND)?
        .checked_add(wanted.tv_nsec - now.tv_nsec)?;
    (nanos.abs() < NANOS_PER_SECOND).then_some(nanos / 1000)
}

/// Lets the clock run faster or slower, by half a millisecond in a second, until it has made up the difference.
fn slew(micros: i64) -> io::Result<()> {
    // SAFETY: all bytes zero are a valid `timex`.
    let mut request: libc::timex = unsafe { std::mem::zeroed() };
    request.modes = libc::ADJ_OFFSET_SINGLESHOT;
    request.offset = micros;
    // SAFETY: reads and writes only the structure.
    match unsafe { libc::adjtimex(&mut request) } {
        -1 => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::INVAL)),
        _ => Ok(()),
    }
}

/// Reads the clock of the host. Returns `None` without KVM, or if the host's clock is not available.
fn host_time() -> Option<Timespec> {
    let device = File::open(HOST_CLOCK).ok()?;
    clock_gettime_dynamic(DynamicClockId::Dynamic(device.as_fd())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slews_below_one_second_and_steps_beyond() {
        let time = |tv_sec, tv_nsec| Timespec { tv_sec, tv_nsec };
        let now = time(1_800_000_000, 600_000_000);
        for (wanted, expected) in [
            (now, Some(0)),
            (time(1_800_000_001, 599_999_999), Some(999_999)),
            (time(1_800_000_001, 600_000_000), None),
            (time(1_799_999_999, 600_001_000), Some(-999_999)),
            (time(1_799_999_999, 600_000_000), None),
            (time(1_800_007_200, 0), None),
            (time(i64::MAX, 0), None),
            (time(i64::MIN, 0), None),
        ] {
            assert_eq!(adjustment(now, wanted), expected, "{wanted:?}");
        }
    }
}
