//! The rate of this processor's time stamp counter, which the guest cannot measure for itself.

use std::thread::sleep;
use std::time::{Duration, Instant};

const SPAN: Duration = Duration::from_millis(50);

pub fn khz() -> u64 {
    let (start, ticks) = (Instant::now(), ticks());
    sleep(SPAN);
    let micros = start.elapsed().as_micros() as u64;
    (self::ticks() - ticks) * 1000 / micros
}

fn ticks() -> u64 {
    // SAFETY: every x86-64 processor has the instruction, and no system that runs a VMM forbids it.
    unsafe { std::arch::x86_64::_rdtsc() }
}
