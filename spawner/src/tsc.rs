//! How fast this processor's time stamp counter ticks.

use std::arch::x86_64::{__cpuid, _mm_lfence, _rdtsc};
use std::time::{Duration, Instant};

use rustix::time::{clock_gettime, ClockId};

/// Long enough for a few parts per million: a reading is good to some tens of nanoseconds.
const MEASURE_FOR: Duration = Duration::from_millis(25);

/// A reading is repeated and the undisturbed one kept: the scheduler or a hypervisor may step in between.
const READINGS: usize = 32;

/// What a processor says about itself is believed only this close to what was measured: under a hypervisor that scales
/// the counter it may describe another machine.
const BELIEVED_PER_MILLION: u64 = 500;

/// Measures once, without holding up the loop: two readings, and other work in between.
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
    pub fn ask(&mut self, now: Instant) {
        self.asked += 1;
        if matches!(self.state, State::Unknown) {
            self.state = State::Measuring {
                first: Reading::take(),
                until: now + MEASURE_FOR,
            };
        }
    }

    /// When to look again.
    pub fn due(&self) -> Option<Instant> {
        match self.state {
            State::Measuring { until, .. } => Some(until),
            State::Unknown | State::Known { .. } => None,
        }
    }

    /// The rate, once it is known, for each time that it was asked for.
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

/// The counter and the clock at one moment.
struct Reading {
    ticks: u64,
    nanos: u64,
}

impl Reading {
    fn take() -> Self {
        let mut best = None;
        for _ in 0..READINGS {
            let before = ticks();
            // Raw: NTP's corrections would be taken for the counter's rate.
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

fn refine(measured: u64, told: impl IntoIterator<Item = u64>) -> u64 {
    let close = |khz: &u64| khz.abs_diff(measured) * 1_000_000 <= measured * BELIEVED_PER_MILLION;
    told.into_iter().find(close).unwrap_or(measured)
}

/// What hypervisor and processor tell, in this order. Leaf 0x16 is left out: whole MHz are worse than a measurement.
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

// Newer compilers than the one that we promise to build with call these intrinsics safe.
#[allow(unused_unsafe)]
fn leaf(number: u32) -> Option<[u32; 4]> {
    // SAFETY: every x86-64 processor has CPUID; an unknown leaf answers with other values, it does not fault.
    let answer = unsafe { __cpuid(number) };
    Some([answer.eax, answer.ebx, answer.ecx, answer.edx])
}

#[allow(unused_unsafe)]
fn ticks() -> u64 {
    // SAFETY: both instructions exist on every x86-64 processor. The fences keep the counter from being read early.
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
    fn rate_is_ticks_by_time() {
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
    fn told_values_are_believed_only_near_the_measurement() {
        assert_eq!(refine(2_596_100, [0, 2_596_122]), 2_596_122);
        assert_eq!(refine(2_596_100, [3_000_000, 24_000]), 2_596_100);
    }

    #[test]
    fn everyone_who_asked_is_answered_once() {
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
