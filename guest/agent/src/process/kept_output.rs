//! The output that is kept of all processes. Pure: it reads no pipe and no clock.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::kept_stream::KeptStream;
use super::reader::{Reader, Taken};
use super::table::Key;

/// Of each stream.
pub const STREAM_BYTES_MAX: usize = 256 << 10;
/// Of each stream, whatever the others hold: so that clients of other processes do not hold this one up.
pub const OWN_BYTES: usize = 4 << 10;
/// Of all streams of a sandbox, before the first is reduced to what it has of its own.
pub const COMMON_BYTES_MAX: usize = 7 << 20;
/// Of all streams of a sandbox: 64 processes that run and 64 that have ended have two each.
#[cfg(any(fuzzing, test))]
pub const SANDBOX_BYTES_MAX: usize = COMMON_BYTES_MAX + 256 * OWN_BYTES;

/// Where an attached client begins to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// With all that is kept.
    Kept,
    /// With the next byte.
    Now,
    /// At an offset of each stream.
    Offsets(Vec<u64>),
}

/// How much of a stream may be read from its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    Bytes(usize),
    /// Nothing before a client takes output, or this moment, from which on one is not waited for any more.
    Wait(Instant),
}

/// Keeps the last output of each process, and the position of each client that is attached to it.
///
/// A client holds up the processes whose output it has not taken: their output is read only as far as it can be kept
/// for the client. One that takes nothing for a while holds up no process any more, and loses output. Nor does it hold up
/// processes to which it is not attached: each has room of its own. What no client waits for is dropped when the limits
/// are reached, first that of processes that have ended.
pub struct KeptOutput {
    processes: BTreeMap<Key, Output>,
    next_reader: u64,
    bytes: usize,
    /// How long a client may take nothing before it is not waited for.
    patience: Duration,
}

struct Output {
    streams: Vec<KeptStream>,
    readers: BTreeMap<u64, Reader>,
    ended: bool,
}

impl Output {
    /// Returns the bytes at the end of a stream that a client may still take.
    fn held(&self, index: usize) -> usize {
        let stream = &self.streams[index];
        self.readers
            .values()
            .filter(|reader| !reader.stalled)
            .map(|reader| stream.bytes_from(reader.positions[index]))
            .max()
            .unwrap_or(0)
    }

    fn droppable(&self, index: usize) -> usize {
        self.streams[index].len() - self.held(index)
    }

    /// Returns the clients for whose sake at least so many bytes of a stream are not dropped.
    fn holders(&mut self, index: usize, bytes: usize) -> impl Iterator<Item = &mut Reader> {
        let stream = &self.streams[index];
        self.readers
            .values_mut()
            .filter(move |one| !one.stalled && stream.bytes_from(one.positions[index]) >= bytes)
    }
}

impl KeptOutput {
    pub fn new(patience: Duration) -> Self {
        Self {
            processes: BTreeMap::new(),
            next_reader: 0,
            bytes: 0,
            patience,
        }
    }

    pub fn add(&mut self, key: Key, streams: usize) {
        let output = Output {
            streams: (0..streams).map(|_| KeptStream::default()).collect(),
            readers: BTreeMap::new(),
            ended: false,
        };
        self.processes.insert(key, output);
    }

    pub fn remove(&mut self, key: Key) {
        if let Some(output) = self.processes.remove(&key) {
            self.bytes -= output.streams.iter().map(KeptStream::len).sum::<usize>();
        }
    }

    /// Returns how much of a stream may be read, or `None` if its process is not known any more.
    pub fn room(&mut self, key: Key, index: usize, now: Instant) -> Option<Room> {
        loop {
            let room = self.free(key, index)?;
            if room > 0 {
                return Some(Room::Bytes(room));
            }
            let waits = self.wait_for_holders(key, index, now);
            // There may be room without those that have just been found to be too slow.
            if !waits.contains(&None) {
                let until = waits.into_iter().flatten().min();
                return Some(Room::Wait(until.unwrap_or(now + self.patience)));
            }
        }
    }

    fn free(&self, key: Key, index: usize) -> Option<usize> {
        let held = self.processes.get(&key)?.held(index);
        let room = STREAM_BYTES_MAX - held;
        if self.bytes + room <= COMMON_BYTES_MAX {
            return Some(room);
        }
        let common = COMMON_BYTES_MAX.saturating_sub(self.held());
        Some(room.min(common.max(OWN_BYTES.saturating_sub(held))))
    }

    /// Returns until when a stream waits for each client that leaves it no room, or `None` for one that was too slow.
    fn wait_for_holders(&mut self, key: Key, index: usize, now: Instant) -> Vec<Option<Instant>> {
        let patience = self.patience;
        let mut waits = Vec::new();
        let is_full = |output: &Output| output.held(index) >= STREAM_BYTES_MAX;
        match self.processes.get_mut(&key) {
            Some(output) if is_full(output) => {
                let holders = output.holders(index, STREAM_BYTES_MAX);
                waits.extend(holders.map(|reader| reader.wait_for(now, patience)));
            }
            _ => {
                for output in self.processes.values_mut() {
                    for index in 0..output.streams.len() {
                        let holders = output.holders(index, OWN_BYTES + 1);
                        waits.extend(holders.map(|reader| reader.wait_for(now, patience)));
                    }
                }
            }
        }
        waits
    }

    /// Keeps what has been read of a stream: at most as much as there was room.
    pub fn append(&mut self, key: Key, index: usize, bytes: &[u8], now: Instant) {
        let Some(output) = self.processes.get_mut(&key) else {
            return;
        };
        let end = output.streams[index].end();
        for reader in output.readers.values_mut() {
            if reader.positions[index] >= end {
                // It had nothing to take so far.
                reader.last_taken = now;
            }
        }
        output.streams[index].push(bytes);
        self.bytes += bytes.len();
        let excess = output.streams[index].len().saturating_sub(STREAM_BYTES_MAX);
        self.bytes -= output.streams[index].drop_oldest(excess);
        while self.bytes > COMMON_BYTES_MAX && self.drop_some() {}
    }

    /// Drops output that no client waits for. Returns whether there was any.
    fn drop_some(&mut self) -> bool {
        let excess = self.bytes - COMMON_BYTES_MAX;
        let all = self.processes.iter().flat_map(|(key, output)| {
            (0..output.streams.len()).map(move |index| (*key, index, output))
        });
        let oldest = all
            .map(|(key, index, output)| (output.ended, output.droppable(index), key, index))
            .filter(|(_, droppable, ..)| *droppable > 0)
            .max_by_key(|(ended, droppable, key, _)| match ended {
                true => (true, u64::MAX - key.0),
                false => (false, *droppable as u64),
            });
        let Some((_, droppable, key, index)) = oldest else {
            return false;
        };
        if let Some(output) = self.processes.get_mut(&key) {
            self.bytes -= output.streams[index].drop_oldest(excess.min(droppable));
        }
        true
    }

    fn held(&self) -> usize {
        let outputs = self.processes.values();
        outputs
            .flat_map(|output| (0..output.streams.len()).map(|index| output.held(index)))
            .sum()
    }

    /// Attaches a client. Returns its number, or the index of a stream that has not reached the given offset.
    pub fn attach(&mut self, key: Key, start: &Start, now: Instant) -> Option<Result<u64, usize>> {
        let output = self.processes.get_mut(&key)?;
        let mut positions = Vec::new();
        for (index, stream) in output.streams.iter().enumerate() {
            let position = match start {
                Start::Kept => stream.start(),
                Start::Now => stream.end(),
                Start::Offsets(offsets) => offsets[index],
            };
            if position > stream.end() {
                return Some(Err(index));
            }
            positions.push(position);
        }
        let number = self.next_reader;
        self.next_reader += 1;
        output.readers.insert(number, Reader::new(positions, now));
        Some(Ok(number))
    }

    pub fn detach(&mut self, key: Key, reader: u64) {
        if let Some(output) = self.processes.get_mut(&key) {
            output.readers.remove(&reader);
        }
    }

    /// Allows a client to be sent more bytes.
    pub fn grant(&mut self, key: Key, reader: u64, bytes: u32) {
        let output = self.processes.get_mut(&key);
        if let Some(reader) = output.and_then(|output| output.readers.get_mut(&reader)) {
            reader.credit = reader.credit.saturating_add(bytes.into());
        }
    }

    /// Returns what is to be sent to a client, or `None` if the process is not known any more.
    pub fn take(&mut self, key: Key, reader: u64, now: Instant) -> Option<Taken> {
        let output = self.processes.get_mut(&key)?;
        let reader = output.readers.get_mut(&reader)?;
        Some(reader.take(&output.streams, now))
    }

    /// Marks the end of a stream: its process and all others have closed it.
    pub fn close(&mut self, key: Key, index: usize) {
        if let Some(output) = self.processes.get_mut(&key) {
            output.streams[index].close();
        }
    }

    /// Marks the end of a process. Clients get the output up to now and the unread bytes of its pipes, but not what
    /// other processes write later.
    pub fn finish(&mut self, key: Key, unread: &[u64]) {
        if let Some(output) = self.processes.get_mut(&key) {
            output.ended = true;
            for (stream, unread) in output.streams.iter_mut().zip(unread) {
                stream.finish(*unread);
            }
        }
    }

    /// Returns the number of bytes that each stream of a process has had.
    pub fn offsets(&self, key: Key) -> Vec<u64> {
        let streams = self.processes.get(&key).map(|output| output.streams.iter());
        streams.into_iter().flatten().map(KeptStream::end).collect()
    }

    #[cfg(any(fuzzing, test))]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}
