//! The frequency of this processor's time stamp counter.

use std::arch::x86_64::{__cpuid, _mm_lfence, _rdtsc};
use std::time::{Duration, Instant};

use rustix::time::{clock_gettime, ClockId};

/// Long enough for an error of a few parts per million. A reading is accurate to some tens of nanoseconds.
const MEASURING_TIME: Duration = Duration::from_millis(25);

/// How often a reading is repeated to find an undisturbed one: the scheduler or a hypervisor may interrupt it.
const READINGS: usize = 32;

/// The frequency that a processor reports is used only if it is this close to the measured one. Under a hypervisor that
/// scales the counter it may be that of another machine.
const TOLERANCE_PER_MILLION: u64 = 500;

/// Measures the frequency once without blocking the event loop, which works between the two readings.
#[derive(Default)]
pub struct Tsc {
    state: State,
    asked: usize,
}

#[derive(Default)]
enum State {
    #[default]
    Unknown,
    Measuring {
        first: Reading,
        until: Instant,
    },
    Known {
        khz: u64,
    },
}

impl Tsc {
    /// Requests the frequency, and starts to measure it if it is unknown.
    pub fn ask(&mut self, now: Instant) {
        self.asked += 1;
        if matches!(self.state, State::Unknown) {
            self.state = State::Measuring {
                first: Reading::take(),
                until: now + MEASURING_TIME,
            };
        }
    }

    /// Returns when the measurement ends, if one is running.
    pub fn due(&self) -> Option<Instant> {
        match self.state {
            State::Measuring { until, .. } => Some(until),
            State::Unknown | State::Known { .. } => None,
        }
    }

    /// Returns the frequency once for each request, as soon as it is known.
    pub fn take_answer(&mut self, now: Instant) -> Option<u64> {
        if let State::Measuring { first, until } = &self.state {
            if now >= *until {
                self.state = State::Known {
                    khz: refine(first.khz_until(&Reading::take()), cpuid_khz()),
                };
            }
        }
        match self.state {
            State::Known { khz } if self.asked > 0 => {
                self.asked -= 1;
                Some(khz)
            }
            _ => None,
        }
    }
}

/// The counter and the clock at the same moment.
struct Reading {
    ticks: u64,
    nanos: u64,
}

impl Reading {
    fn take() -> Self {
        let mut best = None;
        for _ in 0..READINGS {
            let before = ticks();
            // The raw clock, because corrections by NTP would distort the result.
            let clock = clock_gettime(ClockId::MonotonicRaw);
            let width = ticks().wrapping_sub(before);
            let nanos = clock.tv_sec as u64 * 1_000_000_000 + clock.tv_nsec as u64;
            if best
                .as_ref()
                .is_none_or(|(narrowest, _)| width < *narrowest)
            {
                best = Some((
                    width,
                    Self {
                        ticks: before.wrapping_add(width / 2),
                        nanos,
                    },
                ));
            }
        }
        best.map(|(_, reading)| reading).expect("READINGS is not 0")
    }

    fn khz_until(&self, later: &Self) -> u64 {
        let ticks = u128::from(later.ticks.wrapping_sub(self.ticks));
        let nanos = u128::from((later.nanos - self.nanos).max(1));
        ((ticks * 1_000_000 + nanos / 2) / nanos) as u64
    }
}

/// Replaces the measured frequency by a reported one that is close to it.
fn refine(measured: u64, reported: impl IntoIterator<Item = u64>) -> u64 {
    let close = |khz: &u64| khz.abs_diff(measured) * 1_000_000 <= measured * TOLERANCE_PER_MILLION;
    reported.into_iter().find(close).unwrap_or(measured)
}

/// Returns the frequencies that hypervisor and processor report. Leaf 0x16 is not used: its whole MHz are less accurate
/// than a measurement.
fn cpuid_khz() -> [u64; 2] {
    let hypervisor = match leaf(0x4000_0000) {
        Some([last, ..]) if hypervisor_present() && last >= 0x4000_0010 => {
            leaf(0x4000_0010).map_or(0, |[khz, ..]| khz)
        }
        _ => 0,
    };
    let processor = match leaf(0) {
        Some([last, ..]) if last >= 0x15 => {
            leaf(0x15).map_or(0, |[denominator, numerator, crystal_hz, _]| {
                u64::from(crystal_hz) * u64::from(numerator) / u64::from(denominator.max(1)) / 1000
            })
        }
        _ => 0,
    };
    [u64::from(hypervisor), processor]
}

fn hypervisor_present() -> bool {
    leaf(1).is_some_and(|[_, _, ecx, _]| ecx & (1 << 31) != 0)
}

// Newer compilers than the oldest supported one declare these intrinsics safe.
#[allow(unused_unsafe)]
fn leaf(number: u32) -> Option<[u32; 4]> {
    // SAFETY: every x86-64 processor has CPUID, and an unknown leaf returns other values instead of a fault.
    let answer = unsafe { __cpuid(number) };
    Some([answer.eax, answer.ebx, answer.ecx, answer.edx])
}

#[allow(unused_unsafe)]
fn ticks() -> u64 {
    // SAFETY: both instructions exist on every x86-64 processor. The fences prevent an early read of the counter.
    unsafe {
        _mm_lfence();
        let ticks = _rdtsc();
        _mm_lfence();
        ticks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divides_ticks_by_time() {
        let first = Reading {
            ticks: u64::MAX - 10,
            nanos: 5,
        };
        let later = Reading {
            ticks: 62_500_000 - 11,
            nanos: 25_000_005,
        };
        assert_eq!(first.khz_until(&later), 2_500_000);
    }

    #[test]
    fn uses_reported_values_only_near_the_measurement() {
        assert_eq!(refine(2_596_100, [0, 2_596_122]), 2_596_122);
        assert_eq!(refine(2_596_100, [3_000_000, 24_000]), 2_596_100);
    }

    #[test]
    fn answers_each_request_once() {
        let mut tsc = Tsc::default();
        let start = Instant::now();
        assert!(tsc.take_answer(start).is_none());
        tsc.ask(start);
        tsc.ask(start);
        assert!(tsc.take_answer(start).is_none());
        let until = tsc.due().unwrap();
        let khz = tsc.take_answer(until).unwrap();
        assert_eq!(tsc.take_answer(until), Some(khz));
        assert_eq!(tsc.take_answer(until), None);
        tsc.ask(until);
        assert_eq!(tsc.take_answer(until), Some(khz));
    }
}
