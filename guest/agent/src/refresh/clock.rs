//! Sets the clock of the guest.

use std::fs::File;
use std::os::fd::AsFd;

use rustix::io;
use rustix::time::{clock_gettime_dynamic, clock_settime, ClockId, DynamicClockId, Timespec};

/// The clock of the host under KVM (CONFIG_PTP_1588_CLOCK_KVM). A guest has no other device of this kind.
const HOST_CLOCK: &str = "/dev/ptp0";

/// Sets the clock to that of the host, which is accurate to a millisecond however long the request took. Where the
/// host's clock cannot be read, sets the time of the request.
pub fn set(requested: Timespec) -> io::Result<()> {
    clock_settime(ClockId::Realtime, requested)?;
    match host_time() {
        Some(now) => clock_settime(ClockId::Realtime, now),
        None => Ok(()),
    }
}

/// Reads the clock of the host. Returns `None` without KVM, or if the host's clock is not available.
fn host_time() -> Option<Timespec> {
    let device = File::open(HOST_CLOCK).ok()?;
    clock_gettime_dynamic(DynamicClockId::Dynamic(device.as_fd())).ok()
}
