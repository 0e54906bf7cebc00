//! The events of a context that are kept for its clients. Pure: it reads no clock.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use prost::Message;

use super::limits::{ENDED_MAX, KEPT_BYTES_MAX};
use crate::wire::sandbox::v1::cell_event::Event;
use crate::wire::sandbox::v1::CellEvent;

/// The least that an event counts as. The host counts alike.
pub const CREDIT_MIN: u64 = 64;
/// What an event takes in memory in addition to its bytes.
const OVERHEAD_BYTES: usize = 192;

/// What a client is sent next.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    Event(CellEvent),
    /// Events that were dropped: from, inclusive, to, exclusive.
    Gap(u64, u64),
    /// There is nothing now, or nothing that the client has credit for.
    Nothing,
    /// The client has all events of its cell.
    Finished,
    /// The context does not run the cell any more.
    Abandoned(&'static str),
    /// The events are not kept any more.
    Unknown,
}

/// The events of a cell: all from the one after the end of the cell before.
#[derive(Clone, Copy, Default)]
struct Span {
    first: Option<u64>,
    last: Option<u64>,
    abandoned: Option<&'static str>,
}

struct Reader {
    cell: u64,
    /// The number of the next event. `None` until the cell begins.
    position: Option<u64>,
    credit: u64,
    /// When it last took an event, or last had none to take.
    last_taken: Instant,
    /// It took nothing for so long that no cell waits for it any more.
    stalled: bool,
}

/// Keeps the last events of a context, and the position of each client.
///
/// While a client is attached that takes events, no event is dropped that it has not taken: `has_room` says when the driver may
/// go on. Without one nothing waits: the oldest events are dropped.
pub struct EventLog {
    kept: VecDeque<(CellEvent, usize)>,
    /// The number of the first kept event.
    start: u64,
    bytes: usize,
    spans: BTreeMap<u64, Span>,
    /// The event after which the next cell begins.
    open_from: u64,
    readers: BTreeMap<u64, Reader>,
    next_reader: u64,
}

impl EventLog {
    pub fn new() -> Self {
        Self {
            kept: VecDeque::new(),
            start: 1,
            bytes: 0,
            spans: BTreeMap::new(),
            open_from: 1,
            readers: BTreeMap::new(),
            next_reader: 0,
        }
    }

    /// The number of the next event.
    pub fn next(&self) -> u64 {
        self.start + self.kept.len() as u64
    }

    /// Adds a cell, which may begin later.
    pub fn add(&mut self, cell: u64) {
        self.spans.insert(cell, Span::default());
        while self.spans.len() > ENDED_MAX + super::limits::QUEUED_MAX + 1 {
            self.spans.pop_first();
        }
    }

    /// Gives a cell all events from the end of the cell before on.
    pub fn begin(&mut self, cell: u64) {
        let first = self.open_from;
        if let Some(span) = self.spans.get_mut(&cell) {
            span.first = Some(first);
        }
        // Waits for those that have taken nothing yet, too.
        let own = self.readers.values_mut();
        for reader in own.filter(|reader| reader.cell == cell) {
            reader.position = reader.position.or(Some(first));
        }
    }

    /// Appends an event and numbers it.
    pub fn push(&mut self, cell: u64, event: Event, now: Instant) {
        let number = self.next();
        for reader in self.readers.values_mut() {
            if reader.position.is_none_or(|position| position >= number) {
                // It had nothing to take so far.
                reader.last_taken = now;
            }
        }
        let event = CellEvent {
            number,
            cell,
            event: Some(event),
        };
        let bytes = event.encoded_len() + OVERHEAD_BYTES;
        self.bytes += bytes;
        self.kept.push_back((event, bytes));
        while self.bytes > KEPT_BYTES_MAX && self.kept.len() > 1 && !self.is_held(self.start) {
            self.drop_oldest();
        }
    }

    /// Appends the last event of a cell.
    pub fn end(&mut self, cell: u64, event: Event, now: Instant) {
        if self
            .spans
            .get(&cell)
            .is_some_and(|span| span.first.is_none())
        {
            self.begin(cell);
        }
        let number = self.next();
        self.push(cell, event, now);
        self.open_from = number + 1;
        if let Some(span) = self.spans.get_mut(&cell) {
            span.last = Some(number);
        }
    }

    /// Ends the streams of a cell without an event.
    pub fn abandon(&mut self, cell: u64, reason: &'static str) {
        self.open_from = self.next();
        if let Some(span) = self.spans.get_mut(&cell) {
            span.abandoned = Some(reason);
        }
    }

    fn drop_oldest(&mut self) {
        if let Some((_, bytes)) = self.kept.pop_front() {
            self.start += 1;
            self.bytes -= bytes;
        }
    }

    /// Whether a client that is waited for has not taken an event.
    fn is_held(&self, number: u64) -> bool {
        let waits =
            |reader: &Reader| !reader.stalled && reader.position.is_some_and(|next| next <= number);
        self.readers.values().any(waits)
    }

    /// Returns whether the driver may send more, or until when it waits for clients.
    pub fn has_room(&mut self, now: Instant, patience: Duration) -> Result<(), Instant> {
        while self.bytes >= KEPT_BYTES_MAX {
            if !self.is_held(self.start) {
                self.drop_oldest();
                continue;
            }
            let start = self.start;
            let mut until: Option<Instant> = None;
            for reader in self.readers.values_mut() {
                if reader.position.is_some_and(|next| next <= start) && !reader.stalled {
                    let end = reader.last_taken + patience;
                    reader.stalled = end <= now;
                    let waits = (!reader.stalled).then_some(end);
                    until = until.into_iter().chain(waits).min();
                }
            }
            if let Some(until) = until {
                return Err(until);
            }
        }
        Ok(())
    }

    /// Waits for no client that is attached now: its cell has been interrupted, and is not to be held up by it.
    pub fn stop_waiting(&mut self) {
        for reader in self.readers.values_mut() {
            reader.stalled = true;
        }
    }

    /// Returns whether a cell is known.
    pub fn knows(&self, cell: u64) -> bool {
        self.spans.contains_key(&cell)
    }

    /// Whether a client is attached to a cell.
    pub fn is_read(&self, cell: u64) -> bool {
        self.readers.values().any(|reader| reader.cell == cell)
    }

    /// Attaches a client to a known cell, from its first event or from a number on.
    pub fn attach(&mut self, cell: u64, from: u64, now: Instant) -> u64 {
        self.next_reader += 1;
        let first = self.spans.get(&cell).and_then(|span| span.first);
        let reader = Reader {
            cell,
            position: (from > 0).then_some(from).or(first),
            credit: 0,
            last_taken: now,
            stalled: false,
        };
        self.readers.insert(self.next_reader, reader);
        self.next_reader
    }

    pub fn detach(&mut self, reader: u64) {
        self.readers.remove(&reader);
    }

    /// Allows a client to be sent more bytes.
    pub fn grant(&mut self, reader: u64, bytes: u32) {
        if let Some(reader) = self.readers.get_mut(&reader) {
            reader.credit = reader.credit.saturating_add(bytes.into());
        }
    }

    /// Returns what is to be sent to a client.
    pub fn take(&mut self, reader: u64, now: Instant) -> Taken {
        let Some(reader) = self.readers.get_mut(&reader) else {
            return Taken::Unknown;
        };
        let Some(span) = self.spans.get(&reader.cell) else {
            return Taken::Unknown;
        };
        let Some(first) = span.first else {
            return span.abandoned.map_or(Taken::Nothing, Taken::Abandoned);
        };
        let position = reader.position.unwrap_or(first).max(first);
        reader.position = Some(position);
        if span.last.is_some_and(|last| position > last) {
            return Taken::Finished;
        }
        let taken = if position < self.start {
            let to = span
                .last
                .map_or(self.start, |last| self.start.min(last + 1));
            (reader.credit >= CREDIT_MIN).then_some((Taken::Gap(position, to), CREDIT_MIN, to))
        } else {
            let index = usize::try_from(position - self.start).unwrap_or(usize::MAX);
            let Some((event, _)) = self.kept.get(index) else {
                return span.abandoned.map_or(Taken::Nothing, Taken::Abandoned);
            };
            let cost = CREDIT_MIN.max(event.encoded_len() as u64);
            (reader.credit >= cost).then(|| (Taken::Event(event.clone()), cost, position + 1))
        };
        let Some((taken, cost, next)) = taken else {
            return Taken::Nothing;
        };
        reader.credit -= cost;
        reader.position = Some(next);
        reader.last_taken = now;
        reader.stalled = false;
        taken
    }

    #[cfg(any(fuzzing, test))]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}
