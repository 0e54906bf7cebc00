//! Which events are kept, and for whom.

use std::time::{Duration, Instant};

use super::event_log::*;
use super::limits::KEPT_BYTES_MAX;
use crate::wire::sandbox::v1::cell_event::Event;
use crate::wire::sandbox::v1::{CellEnded, CellText};

const PATIENCE: Duration = Duration::from_secs(30);

fn text(bytes: usize) -> Event {
    Event::Text(CellText {
        stream: 1,
        text: "x".repeat(bytes),
    })
}

fn ended() -> Event {
    Event::Ended(CellEnded::default())
}

fn log_of(cell: u64, now: Instant) -> (EventLog, u64) {
    let mut log = EventLog::new();
    log.add(cell);
    log.begin(cell);
    let reader = log.attach(cell, 0, now);
    (log, reader)
}

fn numbers(log: &mut EventLog, reader: u64, now: Instant) -> Vec<u64> {
    let mut numbers = Vec::new();
    while let Taken::Event(event) = log.take(reader, now) {
        numbers.push(event.number);
    }
    numbers
}

#[test]
fn sends_each_client_the_events_of_its_cell() {
    let now = Instant::now();
    let (mut log, first) = log_of(1, now);
    log.add(2);
    let second = log.attach(2, 0, now);
    log.push(1, text(1), now);
    log.end(1, ended(), now);
    // A thread of the first cell goes on: its text belongs to the next stream.
    log.push(1, text(1), now);
    log.begin(2);
    log.push(2, text(1), now);
    log.end(2, ended(), now);
    for reader in [first, second] {
        log.grant(reader, 1000);
    }
    assert_eq!(numbers(&mut log, first, now), [1, 2]);
    assert_eq!(log.take(first, now), Taken::Finished);
    assert_eq!(numbers(&mut log, second, now), [3, 4, 5]);
    let again = log.attach(2, 5, now);
    log.grant(again, 1000);
    assert_eq!(numbers(&mut log, again, now), [5]);
}

#[test]
fn sends_nothing_without_credit() {
    let now = Instant::now();
    let (mut log, reader) = log_of(1, now);
    log.push(1, text(1), now);
    log.grant(reader, 63);
    assert_eq!(log.take(reader, now), Taken::Nothing);
    log.grant(reader, 1);
    assert!(matches!(log.take(reader, now), Taken::Event(_)));
    log.push(1, text(1000), now);
    log.grant(reader, 1000);
    assert_eq!(log.take(reader, now), Taken::Nothing);
    log.grant(reader, 100);
    assert!(matches!(log.take(reader, now), Taken::Event(_)));
}

/// Pushes until the driver is held up.
fn fill(log: &mut EventLog, now: Instant) {
    for _ in 0..100 {
        if log.has_room(now, PATIENCE).is_ok() {
            log.push(1, text(30_000), now);
        }
    }
    assert_eq!(log.has_room(now, PATIENCE), Err(now + PATIENCE));
}

#[test]
fn holds_up_a_driver_for_a_client_that_reads() {
    let now = Instant::now();
    let (mut log, reader) = log_of(1, now);
    fill(&mut log, now);
    log.grant(reader, 65_536);
    // The client is waited for before it has taken its first event.
    assert!(matches!(log.take(reader, now), Taken::Event(event) if event.number == 1));
    assert_eq!(log.has_room(now, PATIENCE), Ok(()));
    let later = now + PATIENCE;
    log.push(1, text(30_000), later);
    assert_eq!(
        log.has_room(later, PATIENCE),
        Ok(()),
        "the client is too slow"
    );
    log.push(1, text(30_000), later);
    log.push(1, text(30_000), later);
    assert!(log.bytes() <= KEPT_BYTES_MAX);
    let Taken::Gap(2, to) = log.take(reader, later) else {
        panic!("no gap");
    };
    assert!(to > 2);
}

#[test]
fn holds_up_a_driver_for_clients_of_a_cell_that_was_queued() {
    let now = Instant::now();
    let mut log = EventLog::new();
    log.add(1);
    let reader = log.attach(1, 0, now);
    log.begin(1);
    fill(&mut log, now);
    log.grant(reader, 65_536);
    assert!(matches!(log.take(reader, now), Taken::Event(event) if event.number == 1));
}

#[test]
fn drops_the_oldest_events_without_a_client() {
    let now = Instant::now();
    let (mut log, reader) = log_of(1, now);
    log.detach(reader);
    for _ in 0..100 {
        assert_eq!(log.has_room(now, PATIENCE), Ok(()));
        log.push(1, text(30_000), now);
    }
    log.end(1, ended(), now);
    assert!(log.bytes() <= KEPT_BYTES_MAX + 64);
    let late = log.attach(1, 0, now);
    log.grant(late, u32::MAX);
    assert!(matches!(log.take(late, now), Taken::Gap(1, 60..)));
    assert_eq!(numbers(&mut log, late, now).last(), Some(&101));
    assert_eq!(log.take(late, now), Taken::Finished);
}

#[test]
fn ends_streams_of_abandoned_cells() {
    let now = Instant::now();
    let (mut log, running) = log_of(1, now);
    log.add(2);
    let queued = log.attach(2, 0, now);
    log.push(1, text(1), now);
    log.abandon(1, "R");
    log.abandon(2, "R");
    log.grant(running, 100);
    assert!(matches!(log.take(running, now), Taken::Event(_)));
    assert_eq!(log.take(running, now), Taken::Abandoned("R"));
    assert_eq!(log.take(queued, now), Taken::Abandoned("R"));
    assert!(!log.knows(3));
}
