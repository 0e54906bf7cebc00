//! How far an attached client has read the output of a process.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::kept_stream::KeptStream;

/// Of one message. Smaller than the wire contract allows, because many clients may be sent one at a time.
pub const OUTPUT_BYTES_MAX: usize = 32 << 10;

/// The least that a message of output counts as, because of what a message costs besides its bytes. The host counts
/// alike.
pub const OUTPUT_CREDIT_MIN: u64 = 64;

/// What a client is sent next. Streams are numbered as their process has them.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    Output {
        stream: usize,
        offset: u64,
        data: Bytes,
    },
    /// Output that was dropped before the client could take it.
    Gap { stream: usize, from: u64, to: u64 },
    /// There is nothing now, or nothing that the client has credit for.
    Nothing,
    /// The process has ended, and the client has all of its output.
    Finished,
}

pub struct Reader {
    /// The offset of the next byte, for each stream.
    pub positions: Vec<u64>,
    /// Bytes that may be sent.
    pub credit: u64,
    /// When it last took output, or last had none to take.
    pub last_taken: Instant,
    /// It took nothing for so long that no process waits for it any more.
    pub stalled: bool,
    /// The stream whose turn it is.
    next: usize,
    /// Output that follows a gap. It is taken with the gap: otherwise a process that writes faster than the client reads
    /// would make a new gap instead, again and again.
    after_gap: Option<Taken>,
}

impl Reader {
    pub fn new(positions: Vec<u64>, now: Instant) -> Self {
        Self {
            positions,
            credit: 0,
            last_taken: now,
            stalled: false,
            next: 0,
            after_gap: None,
        }
    }

    /// Returns until when a process waits for this client. Returns `None`, and marks the client, if that has passed.
    pub fn wait_for(&mut self, now: Instant, patience: Duration) -> Option<Instant> {
        let until = self.last_taken + patience;
        self.stalled = until <= now;
        (!self.stalled).then_some(until)
    }

    /// Takes a gap or output of the streams in turn.
    pub fn take(&mut self, streams: &[KeptStream], now: Instant) -> Taken {
        if let Some(output) = self.after_gap.take() {
            self.last_taken = now;
            return output;
        }
        for turn in 0..streams.len() {
            let index = (self.next + turn) % streams.len();
            if let Some(taken) = self.take_of(index, &streams[index]) {
                self.next = index + 1;
                self.last_taken = now;
                return taken;
            }
        }
        let mut all = streams.iter().zip(&self.positions);
        match all.all(|(stream, position)| stream.is_finished_at(*position)) {
            true => Taken::Finished,
            false => Taken::Nothing,
        }
    }

    fn take_of(&mut self, index: usize, stream: &KeptStream) -> Option<Taken> {
        let end = stream.readable_end();
        let from = self.positions[index];
        let has_credit = self.credit >= OUTPUT_CREDIT_MIN;
        // Without credit only if nothing else can follow, so that a client that does not read is sent nothing.
        let is_last = stream.is_finished_at(stream.start());
        if from < stream.start() && from < end && (has_credit || is_last) {
            let to = stream.start().min(end);
            self.positions[index] = to;
            self.after_gap = self.output_of(index, stream, end);
            return Some(Taken::Gap {
                stream: index,
                from,
                to,
            });
        }
        self.output_of(index, stream, end)
    }

    fn output_of(&mut self, index: usize, stream: &KeptStream, end: u64) -> Option<Taken> {
        let from = self.positions[index];
        let count = end
            .saturating_sub(from)
            .min(self.credit)
            .min(OUTPUT_BYTES_MAX as u64);
        if count == 0 || self.credit < OUTPUT_CREDIT_MIN || from < stream.start() {
            return None;
        }
        self.positions[index] += count;
        self.credit -= count.max(OUTPUT_CREDIT_MIN);
        Some(Taken::Output {
            stream: index,
            offset: from,
            data: stream.copy(from, count as usize),
        })
    }
}
