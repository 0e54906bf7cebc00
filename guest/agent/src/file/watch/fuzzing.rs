//! Events of the kernel in any order.

use rustix::fs::inotify::ReadFlags;

use super::changes::{Changes, Raw, Task};
use super::scan::{Found, Place};
use super::tree::Tree;
use super::{DIRECTORIES_MAX, EVENTS_MAX};

const NAMES: [&[u8]; 5] = [
    b"a",
    b"b",
    b"",
    b".neurovisor-write-new-1",
    b".neurovisor-write-2",
];

/// Takes four bytes as an event. The number of events that wait stays bounded, and their paths are relative.
pub fn changes(bytes: &[u8]) {
    let mut changes = Changes::new(true, Tree::new(vec![(1, Place::root())]));
    let mut next = 2;
    for event in bytes.chunks_exact(4) {
        let raw = Raw {
            watch: i32::from(event[0] % 16),
            flags: ReadFlags::from_bits_retain(1 << (event[1] % 16))
                | flag(event[1] & 16 != 0, ReadFlags::ISDIR)
                | flag(event[1] & 32 != 0, ReadFlags::IGNORED)
                | flag(event[1] & 64 != 0, ReadFlags::QUEUE_OVERFLOW),
            cookie: u32::from(event[2] % 4),
            name: NAMES[usize::from(event[3]) % NAMES.len()].to_owned(),
        };
        match changes.take(raw) {
            Some(Task::Scan(place)) if changes.directories() < DIRECTORIES_MAX => {
                changes.add(Found {
                    directories: vec![(next, place)],
                    entries: vec![(next, b"a".to_vec())],
                    partial: event[2] & 128 != 0,
                });
                next += 1;
            }
            Some(Task::Rebuild) => {
                let found = Found {
                    directories: vec![(1, Place::root())],
                    ..Default::default()
                };
                drop(changes.replace(found));
            }
            _ => {}
        }
        if event[2] & 64 != 0 {
            changes.caught_up();
        }
        if event[2] & 32 != 0 {
            changes.moved_out();
        }
    }
    let mut sent = 0;
    while !changes.pending.is_empty() {
        let (events, used) = changes.pending.take(u64::MAX);
        sent += events.len();
        assert!(used <= 64 << 10 && !events.is_empty());
        assert!(events.iter().all(|event| !event.path.starts_with('/')));
    }
    assert!(sent <= EVENTS_MAX + 1);
}

fn flag(set: bool, flag: ReadFlags) -> ReadFlags {
    if set {
        flag
    } else {
        ReadFlags::empty()
    }
}
