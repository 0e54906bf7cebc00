//! The guest's clock.

use std::fs::File;
use std::os::fd::AsFd;

use rustix::io;
use rustix::time::{clock_gettime_dynamic, clock_settime, ClockId, DynamicClockId, Timespec};

/// The host's clock, as KVM shows it (CONFIG_PTP_1588_CLOCK_KVM); the only one of its kind in a guest.
const HOST_CLOCK: &str = "/dev/ptp0";

/// Sets the clock by the host's own where the machine shows it, which is right to a millisecond however long the request was
/// under way, else by the time in the request.
pub fn set(requested: Timespec) -> io::Result<()> {
    clock_settime(ClockId::Realtime, requested)?;
    match host_time() {
        Some(now) => clock_settime(ClockId::Realtime, now),
        None => Ok(()),
    }
}

/// Absent where there is no KVM, or where the host's clock cannot be shown.
fn host_time() -> Option<Timespec> {
    let device = File::open(HOST_CLOCK).ok()?;
    clock_gettime_dynamic(DynamicClockId::Dynamic(device.as_fd())).ok()
}
