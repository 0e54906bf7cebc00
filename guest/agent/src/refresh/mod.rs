//! Makes a clone different from every other clone of its template.

mod clock;
mod identity;
mod randomness;

use std::io;

use rustix::time::{clock_settime, ClockId, Timespec};
use tonic::Status;

use crate::invalid::Invalid;
use crate::wire::guest::RefreshRequest;
use identity::Identity;

const ENTROPY_BYTES: usize = 64;
const NANOS_PER_SECOND: i64 = 1_000_000_000;
/// 2020-01-01. An earlier time is an error of the host.
const UNIX_SECONDS_MIN: i64 = 1_577_836_800;

/// 2000-01-01.
const LONG_AGO: Timespec = Timespec {
    tv_sec: 946_684_800,
    tv_nsec: 0,
};

/// Sets the clock far back until Refresh sets it. Random generators of interpreters in a template reseed when their
/// seed is old, as it then is in every clone.
pub fn set_clock_long_ago() -> io::Result<()> {
    Ok(clock_settime(ClockId::Realtime, LONG_AGO)?)
}

/// Brings the clock of a living sandbox to a time of the host, in nanoseconds since the Unix epoch.
pub fn adjust_clock(unix_nanos: i64) -> Result<(), Status> {
    clock::adjust(time(unix_nanos)?)
        .map_err(|error| Status::internal(format!("cannot adjust the clock: {error}")))
}

/// A checked request.
pub struct Refresh {
    entropy: [u8; ENTROPY_BYTES],
    time: Timespec,
    /// `None` to keep the names.
    identity: Option<Identity>,
}

impl Refresh {
    /// Checks a request. A sandbox that is woken again may keep its names.
    pub fn from_request(request: RefreshRequest, may_keep_names: bool) -> Result<Self, Invalid> {
        let entropy = request.entropy.as_ref().try_into().map_err(|_| {
            Invalid::new(
                "entropy",
                format!(
                    "has {} bytes, must have {ENTROPY_BYTES}",
                    request.entropy.len()
                ),
            )
        })?;
        Ok(Self {
            entropy,
            time: time(request.unix_nanos)?,
            identity: match may_keep_names && has_no_names(&request) {
                true => None,
                false => Some(Identity::new(
                    request.hostname,
                    request.machine_id,
                    request.boot_id,
                )?),
            },
        })
    }

    /// Applies the request. Stops at the first step that fails, because a partly refreshed VM must not run a program.
    pub fn apply(&self) -> Result<(), String> {
        let failed = |step: &'static str| move |error: io::Error| format!("cannot {step}: {error}");
        randomness::reseed(&self.entropy).map_err(failed("reseed the kernel's generator"))?;
        clock::set(self.time).map_err(|error| failed("set the clock")(error.into()))?;
        match &self.identity {
            Some(identity) => identity
                .apply()
                .map_err(|(step, error)| failed(step)(error)),
            None => Ok(()),
        }
    }
}

fn has_no_names(request: &RefreshRequest) -> bool {
    request.hostname.is_empty() && request.machine_id.is_empty() && request.boot_id.is_empty()
}

fn time(unix_nanos: i64) -> Result<Timespec, Invalid> {
    let time = Timespec {
        tv_sec: unix_nanos.div_euclid(NANOS_PER_SECOND),
        tv_nsec: unix_nanos.rem_euclid(NANOS_PER_SECOND),
    };
    if time.tv_sec < UNIX_SECONDS_MIN {
        return Err(Invalid::new(
            "unix_nanos",
            format!("is {unix_nanos}, which lies before 2020"),
        ));
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> RefreshRequest {
        RefreshRequest {
            entropy: vec![7; 64].into(),
            unix_nanos: 1_800_000_000_123_456_789,
            hostname: "vm-7f3a".to_owned(),
            machine_id: "0123456789abcdef0123456789abcdef".to_owned(),
            boot_id: "01941ab3-6d8c-7a2b-b4e1-9c1234567890".to_owned(),
        }
    }

    fn refused(change: impl FnOnce(&mut RefreshRequest)) -> String {
        let mut request = request();
        change(&mut request);
        Refresh::from_request(request, false)
            .err()
            .expect("must be refused")
            .to_string()
    }

    #[test]
    fn accepts_a_valid_request() {
        let refresh = Refresh::from_request(request(), false).unwrap();
        assert_eq!(refresh.entropy, [7; 64]);
        assert_eq!(refresh.time.tv_sec, 1_800_000_000);
        assert_eq!(refresh.time.tv_nsec, 123_456_789);
    }

    #[test]
    fn names_field_and_value_of_an_error() {
        assert_eq!(
            refused(|request| request.entropy = vec![0; 63].into()),
            "entropy: has 63 bytes, must have 64"
        );
        assert_eq!(
            refused(|request| request.unix_nanos = -1),
            "unix_nanos: is -1, which lies before 2020"
        );
        for hostname in ["", "-a", "a-", "a.b", "a b", "ü", &"a".repeat(64)] {
            let refusal = refused(|request| request.hostname = hostname.to_owned());
            assert!(refusal.starts_with("hostname: "), "{refusal}");
            assert!(refusal.contains(hostname), "{refusal}");
        }
        for machine_id in ["", "0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef"] {
            let refusal = refused(|request| request.machine_id = machine_id.to_owned());
            assert!(refusal.starts_with("machine_id: "), "{refusal}");
        }
        for boot_id in [
            "",
            "01941ab36d8c7a2bb4e19c1234567890",
            "01941ab3-6d8c-7a2b-b4e1_9c1234567890",
            "01941ab3-6d8c-7a2b-b4e1-9c123456789g",
        ] {
            let refusal = refused(|request| request.boot_id = boot_id.to_owned());
            assert!(refusal.starts_with("boot_id: "), "{refusal}");
        }
    }
}
