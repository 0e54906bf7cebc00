//! Checks that the kernel has measured its timer correctly.
//!
//! Without another clock, the kernel counts for 100 ms while it boots how fast the timer of the local APIC is
//! (`calibrate_APIC_clock` in arch/x86/kernel/apic/apic.c). If an emulated processor has to wait for a busy host just
//! then, the kernel may use no timer at all, so that nothing that sleeps ever wakes up, or all sleeps of the machine and
//! of its clones take too long. A machine like that must not be used.

use std::fs;
use std::ops::RangeInclusive;

use super::failure::{context, Failure};

const TIMERS: &str = "/proc/timer_list";
const FIRST_PROCESSOR: &str = "Per CPU device: 0";
/// The timer of the local APIC in the mode that needs the measurement.
const MEASURED: &str = "lapic";
/// 1 GHz in QEMU and KVM, which Linux divides by 16.
const NOMINAL_HERTZ: u64 = 62_500_000;
/// A timer that is taken for faster than it is fires late; one that is taken for slower fires early and is set again.
const ACCEPTED_HERTZ: RangeInclusive<u64> = NOMINAL_HERTZ / 2..=NOMINAL_HERTZ / 10 * 11;
const AGAIN: &str =
    "start the machine again, as the host was too busy while the kernel measured it";
const REPORT: &str = "report this kernel";

pub fn check() -> Result<(), Failure> {
    let list =
        fs::read_to_string(TIMERS).map_err(context(format!("cannot read {TIMERS}"), REPORT))?;
    check_list(&list)
}

fn check_list(list: &str) -> Result<(), Failure> {
    let (_, device) = list
        .split_once(FIRST_PROCESSOR)
        .ok_or_else(|| Failure::new(format!("{TIMERS} has no {FIRST_PROCESSOR:?}"), REPORT))?;
    let name = value(device, "Clock Event Device:").unwrap_or_default();
    let hertz = hertz(device).unwrap_or_default();
    if name == "<NULL>" || hertz == 0 {
        return Err(Failure::new("the kernel uses no timer", AGAIN));
    }
    if name == MEASURED && !ACCEPTED_HERTZ.contains(&hertz) {
        return Err(Failure::new(
            format!("the kernel takes its timer of {NOMINAL_HERTZ} Hz for one of {hertz} Hz"),
            AGAIN,
        ));
    }
    Ok(())
}

/// Returns the frequency of a clock event device, whose ticks are nanoseconds times `mult`, shifted right by `shift`.
fn hertz(device: &str) -> Option<u64> {
    let mult: u128 = value(device, "mult:")?.parse().ok()?;
    let shift: u32 = value(device, "shift:")?.parse().ok()?;
    u64::try_from((mult * 1_000_000_000).checked_shr(shift)?).ok()
}

fn value<'a>(device: &'a str, name: &str) -> Option<&'a str> {
    device
        .lines()
        .skip(1)
        .take_while(|line| !line.is_empty())
        .find_map(|line| line.trim_start().strip_prefix(name))
        .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(name: &str, mult: u64) -> String {
        format!(
            "Tick Device: mode:     1\nBroadcast device\nClock Event Device: <NULL>\ntick_broadcast_mask: 0\n\n\
             Tick Device: mode:     1\nPer CPU device: 0\nClock Event Device: {name}\n max_delta_ns:   34361800172\n \
             mult:           {mult}\n shift:          32\n mode:           3\n\nTick Device: mode:     1\n\
             Per CPU device: 1\nClock Event Device: other\n mult:           1\n shift:          0\n"
        )
    }

    fn problem(list: &str) -> String {
        check_list(list).unwrap_err().to_string()
    }

    #[test]
    fn accepts_measured_and_other_timers() {
        for (name, mult) in [
            ("lapic", 268_435_456),
            ("lapic", 268_419_349),
            ("lapic", 134_217_728),
            ("lapic", 295_279_000),
            ("lapic-deadline", 1_127_428_915),
        ] {
            assert!(check_list(&list(name, mult)).is_ok(), "{name} {mult}");
        }
    }

    #[test]
    fn refuses_kernels_without_a_timer() {
        let none = list("<NULL>", 0).replace(" mult:           0\n", "");
        for list in [none, list("lapic", 1), list("lapic", 0)] {
            assert!(problem(&list).starts_with("the kernel uses no timer; start the machine again"));
        }
    }

    #[test]
    fn refuses_wrong_measurements() {
        for (mult, hertz) in [(335_544_320_u64, "78125000"), (26_843_546, "6250000")] {
            assert!(problem(&list("lapic", mult)).starts_with(&format!(
                "the kernel takes its timer of 62500000 Hz for one of {hertz} Hz;"
            )));
        }
    }

    #[test]
    fn refuses_lists_of_an_unknown_form() {
        for text in [
            "",
            "Per CPU device: 0",
            "Per CPU device: 0\nClock Event Device: lapic\n mult: x\n shift: 32\n",
        ] {
            assert!(check_list(text).is_err(), "{text}");
        }
    }
}
