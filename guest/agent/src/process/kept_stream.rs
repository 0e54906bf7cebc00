//! The end of a stream of output.

use std::collections::VecDeque;

use bytes::{BufMut, Bytes, BytesMut};

/// The last bytes of a stream. Offsets count all bytes that it ever had.
#[derive(Default)]
pub struct KeptStream {
    kept: VecDeque<u8>,
    start: u64,
    /// No process can write to it any more.
    closed: bool,
    /// Where the output of the process ends, once it has ended.
    last: Option<u64>,
}

impl KeptStream {
    /// Memory is reserved in such steps, because doubling would reserve up to twice of what is kept.
    const STEP: usize = 16 << 10;

    pub fn push(&mut self, bytes: &[u8]) {
        if self.kept.capacity() < self.kept.len() + bytes.len() {
            self.kept.reserve_exact(bytes.len().max(Self::STEP));
        }
        self.kept.extend(bytes);
    }

    /// Drops the oldest bytes and returns how many there were.
    pub fn drop_oldest(&mut self, count: usize) -> usize {
        let count = count.min(self.kept.len());
        self.kept.drain(..count);
        self.start += count as u64;
        if self.kept.capacity() > self.kept.len() + 4 * Self::STEP {
            self.kept.shrink_to(self.kept.len() + Self::STEP);
        }
        count
    }

    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// The offset of the first byte that is kept.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The offset of the next byte.
    pub fn end(&self) -> u64 {
        self.start + self.kept.len() as u64
    }

    /// Returns how many of the kept bytes lie at an offset or beyond.
    pub fn bytes_from(&self, offset: u64) -> usize {
        self.end().saturating_sub(offset.max(self.start)) as usize
    }

    /// Copies at most `count` bytes from an offset on.
    pub fn copy(&self, offset: u64, count: usize) -> Bytes {
        let skipped = (offset - self.start) as usize;
        let (first, second) = self.kept.as_slices();
        let mut copy = BytesMut::with_capacity(count);
        for slice in [
            first.get(skipped..).unwrap_or_default(),
            second
                .get(skipped.saturating_sub(first.len())..)
                .unwrap_or_default(),
        ] {
            let wanted = slice.len().min(count - copy.len());
            copy.put_slice(&slice[..wanted]);
        }
        copy.freeze()
    }

    pub fn close(&mut self) {
        self.closed = true;
        self.last = self.last.map(|last| last.min(self.end()));
    }

    /// Marks the end of the process, with the number of bytes that it has written but that have not been read.
    pub fn finish(&mut self, unread: u64) {
        let unread = if self.closed { 0 } else { unread };
        self.last = Some(self.end() + unread);
    }

    /// The offset up to which a client can read now.
    pub fn readable_end(&self) -> u64 {
        self.last.map_or(self.end(), |last| last.min(self.end()))
    }

    /// Whether a client that has read up to an offset has all output of the process.
    pub fn is_finished_at(&self, offset: u64) -> bool {
        self.last.is_some_and(|last| offset >= last)
    }
}
