//! The declarations of `bpf/policy.h` in Rust.

use aya::Pod;

use crate::wire;

pub const CALLS: usize = 512;
const CALL_WORDS: usize = CALLS / 64;
const PATH_BYTES: usize = 128;

pub const LAUNCH_OPEN: u32 = 1;
pub const LAUNCH_EXEC: u32 = 2;
pub const SEALED_OPEN: u32 = 4;

/// The kernel's names of the hooks, in the order of their numbers.
pub const HOOKS: [&str; 7] = [
    "file_open",
    "bprm_check_security",
    "socket_create",
    "socket_connect",
    "socket_sendmsg",
    "ptrace_access_check",
    "bpf",
];
const UNUSUAL_CALL: u32 = HOOKS.len() as u32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Launch = 1,
    Sealed = 2,
}

impl Phase {
    pub fn of(policy: &Policy) -> Option<Self> {
        [Self::Launch, Self::Sealed]
            .into_iter()
            .find(|phase| *phase as u32 == policy.phase)
    }
}

/// How a VM is watched, as requested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    pub audit: bool,
    configured_sealed: bool,
    expected: [u64; CALL_WORDS],
}

impl TryFrom<wire::Watch> for Watch {
    type Error = String;

    fn try_from(watch: wire::Watch) -> Result<Self, String> {
        let bytes = watch.expected_calls;
        if bytes.len() > CALLS / 8 {
            return Err(format!(
                "expected calls of {} bytes, allowed are {}",
                bytes.len(),
                CALLS / 8
            ));
        }
        let mut expected = [0; CALL_WORDS];
        for (index, byte) in bytes.iter().enumerate() {
            expected[index / 8] |= u64::from(*byte) << (8 * (index % 8));
        }
        Ok(Self {
            audit: watch.audit,
            configured_sealed: watch.configured_sealed,
            expected,
        })
    }
}

impl Watch {
    pub fn policy(&self, phase: Phase) -> Policy {
        Policy {
            phase: phase as u32,
            audit: self.audit.into(),
            configured_sealed: self.configured_sealed.into(),
            unused: 0,
            expected: self.expected,
        }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub phase: u32,
    pub audit: u32,
    configured_sealed: u32,
    unused: u32,
    expected: [u64; CALL_WORDS],
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleKey {
    cgroup: u64,
    inode: u64,
    device: u32,
    unused: u32,
}

impl RuleKey {
    pub fn of(self, cgroup: u64) -> Self {
        Self { cgroup, ..self }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Identified {
    thread: u32,
    found: u32,
    inode: u64,
    device: u32,
    unused: u32,
}

impl Identified {
    pub fn by(thread: u32) -> Self {
        Self {
            thread,
            ..Default::default()
        }
    }

    pub fn file(&self) -> Option<RuleKey> {
        (self.found != 0).then_some(RuleKey {
            cgroup: 0,
            inode: self.inode,
            device: self.device,
            unused: 0,
        })
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Counts {
    pub blocked: [u64; HOOKS.len()],
    pub executed: u64,
    pub unusual: u64,
    reported: u64,
    reported_calls: [u64; CALL_WORDS],
    pub calls: [u64; CALLS],
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            blocked: [0; HOOKS.len()],
            executed: 0,
            unusual: 0,
            reported: 0,
            reported_calls: [0; CALL_WORDS],
            calls: [0; CALLS],
        }
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Event {
    pub cgroup: u64,
    hook: u32,
    subject: u32,
    path: [u8; PATH_BYTES],
}

impl Event {
    /// Whether it reports a hook that refuses, in contrast to an unusual system call.
    pub fn is_of_hook(&self) -> bool {
        self.hook != UNUSUAL_CALL
    }

    /// Reads an event. Returns `None` if there are too few bytes.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() < size_of::<Self>() {
            return None;
        }
        // SAFETY: there are enough bytes, and any bytes are a valid event, which consists of numbers.
        Some(unsafe { bytes.as_ptr().cast::<Self>().read_unaligned() })
    }

    pub fn hook(&self) -> Option<&'static str> {
        if !self.is_of_hook() {
            return Some("syscall");
        }
        HOOKS.get(self.hook as usize).copied()
    }

    pub fn subject(&self) -> String {
        let length = self.path.iter().position(|byte| *byte == 0);
        match &self.path[..length.unwrap_or(PATH_BYTES)] {
            [] => self.subject.to_string(),
            path => String::from_utf8_lossy(path).into_owned(),
        }
    }
}

// SAFETY: it has the layout of C without padding, and any bytes are a valid value.
unsafe impl Pod for Policy {}
// SAFETY: as above.
unsafe impl Pod for RuleKey {}
// SAFETY: as above.
unsafe impl Pod for Identified {}
// SAFETY: as above.
unsafe impl Pod for Counts {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_expected_calls_as_bits() {
        let watch = Watch::try_from(wire::Watch {
            expected_calls: vec![1, 0, 0, 0, 0, 0, 0, 0x80, 2],
            ..Default::default()
        })
        .unwrap();
        assert_eq!(watch.expected[..2], [1 | 1 << 63, 2]);
        for (bytes, good) in [(CALLS / 8, true), (CALLS / 8 + 1, false)] {
            let watch = wire::Watch {
                expected_calls: vec![0; bytes],
                ..Default::default()
            };
            assert_eq!(Watch::try_from(watch).is_ok(), good, "{bytes}");
        }
    }

    #[test]
    fn describes_any_event() {
        assert!(Event::read(&[0; 20]).is_none());
        let mut bytes = [0; size_of::<Event>()];
        bytes[8] = 2;
        bytes[12] = 10;
        let event = Event::read(&bytes).unwrap();
        assert_eq!(
            (event.hook(), event.subject()),
            (Some("socket_create"), "10".into())
        );
        bytes[16..].fill(b'/');
        assert_eq!(
            Event::read(&bytes).unwrap().subject(),
            "/".repeat(PATH_BYTES)
        );
        bytes[8] = 7;
        assert_eq!(Event::read(&bytes).unwrap().hook(), Some("syscall"));
        bytes[8] = 8;
        assert_eq!(Event::read(&bytes).unwrap().hook(), None);
    }
}
