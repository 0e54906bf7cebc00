//! Events that wait for credit.

use std::collections::VecDeque;

use super::{EVENTS_MAX, EVENT_BYTES_MAX};
use crate::wire::sandbox::v1::{FileEvent, FileEventKind};

/// What the wire contract counts for an event in addition to its paths.
const EVENT_BYTES: u64 = 64;
const RESPONSE_BYTES_MAX: u64 = 64 << 10;

/// A bounded queue of events. When it is full, further events are dropped, and an event about that follows the others.
#[derive(Default)]
pub struct Pending {
    events: VecDeque<FileEvent>,
    bytes: u64,
    overflow: bool,
}

impl Pending {
    /// Adds an event, unless it repeats the one before it. Returns false if it is dropped.
    pub fn push(&mut self, kind: FileEventKind, path: Vec<u8>, to: Vec<u8>) -> bool {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let event = FileEvent {
            kind: kind.into(),
            path: text(path),
            to: text(to),
        };
        if !self.overflow && self.events.back() != Some(&event) {
            let bytes = self.bytes + bytes(&event);
            if self.events.len() == EVENTS_MAX || bytes > EVENT_BYTES_MAX {
                self.overflow = true;
            } else {
                self.bytes = bytes;
                self.events.push_back(event);
            }
        }
        !self.overflow
    }

    /// Events were lost.
    pub fn overflow(&mut self) {
        self.overflow = true;
    }

    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && !self.overflow
    }

    /// Returns whether the credit suffices for the next event.
    pub fn can_send(&self, credit: u64) -> bool {
        match self.events.front() {
            Some(event) => bytes(event) <= credit,
            None => self.overflow && EVENT_BYTES <= credit,
        }
    }

    /// Returns the next events within the credit, and the credit that they use.
    pub fn take(&mut self, credit: u64) -> (Vec<FileEvent>, u64) {
        let limit = credit.min(RESPONSE_BYTES_MAX);
        let (mut events, mut used) = (Vec::new(), 0);
        while let Some(event) = self.events.front() {
            let bytes = bytes(event);
            if used + bytes > limit {
                return (events, used);
            }
            used += bytes;
            self.bytes -= bytes;
            events.extend(self.events.pop_front());
        }
        if self.overflow && used + EVENT_BYTES <= limit {
            self.overflow = false;
            used += EVENT_BYTES;
            events.push(FileEvent {
                kind: FileEventKind::Overflow.into(),
                ..Default::default()
            });
        }
        (events, used)
    }
}

fn bytes(event: &FileEvent) -> u64 {
    EVENT_BYTES + (event.path.len() + event.to.len()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(pending: &mut Pending, path: &str) {
        pending.push(FileEventKind::Written, path.into(), Vec::new());
    }

    #[test]
    fn drops_events_beyond_its_limit() {
        let mut pending = Pending::default();
        for number in 0..EVENTS_MAX + 10 {
            push(&mut pending, &number.to_string());
        }
        let (mut taken, mut last) = (0, None);
        while !pending.is_empty() {
            let (events, used) = pending.take(u64::MAX);
            assert!(used <= RESPONSE_BYTES_MAX);
            taken += events.len();
            last = events.last().cloned();
        }
        assert_eq!(taken, EVENTS_MAX + 1);
        assert_eq!(
            last.map(|event| event.kind()),
            Some(FileEventKind::Overflow)
        );
        push(&mut pending, "again");
        assert_eq!(pending.take(u64::MAX).0[0].path, "again");
    }

    #[test]
    fn drops_events_beyond_its_limit_of_bytes() {
        let mut pending = Pending::default();
        let long = |number: usize| format!("{number:04}{}", "x".repeat(4092));
        for number in 0..EVENTS_MAX {
            push(&mut pending, &long(number));
        }
        // 4160 bytes each.
        assert_eq!(pending.events.len(), 126);
        assert!(!pending.take(4160).0.is_empty());
        push(&mut pending, "dropped, because the overflow comes first");
        let mut last = None;
        while !pending.is_empty() {
            last = pending.take(u64::MAX).0.pop();
        }
        assert_eq!(
            last.map(|event| event.kind()),
            Some(FileEventKind::Overflow)
        );
        assert!(pending.push(FileEventKind::Renamed, vec![b'x'; 4096], vec![b'y'; 4096]));
    }

    #[test]
    fn keeps_to_the_credit() {
        let mut pending = Pending::default();
        push(&mut pending, "abc");
        push(&mut pending, "abc");
        push(&mut pending, "d");
        assert!(!pending.can_send(66) && pending.can_send(67));
        assert_eq!(pending.take(66).1, 0);
        assert_eq!(pending.take(131).1, 67);
        assert_eq!(pending.take(65).1, 65);
        assert!(pending.is_empty());
    }
}
