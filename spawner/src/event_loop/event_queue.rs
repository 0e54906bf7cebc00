//! The queue of events for the host.

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;

use prost::Message;
use rustix::io::Errno;

use crate::wire::{event, Event};

/// From this size on no more requests are read: see [`EventQueue::is_full`].
const FULL_BYTES: usize = 1 << 20;

/// A pipe that polls writable takes this much without blocking (PIPE_BUF), and so does a socket. Stdout therefore needs
/// no O_NONBLOCK, which would also affect other processes that share the open file, for instance a terminal.
const WRITE_BYTES: usize = 4096;

/// A queue between the event loop, which must never wait for the host, and a host that may not read.
///
/// It is bounded because requests cause the events. While it is full, no request is read, which the host notices, but
/// VMMs are still reaped and cleaned up. Only one `Exited` per living VM can be added then.
#[derive(Default)]
pub struct EventQueue {
    bytes: VecDeque<u8>,
    closed: bool,
}

impl EventQueue {
    pub fn push(&mut self, event: event::Event) {
        if !self.closed {
            self.bytes
                .extend(Event { event: Some(event) }.encode_length_delimited_to_vec());
        }
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn is_full(&self) -> bool {
        self.bytes.len() >= FULL_BYTES
    }

    /// Drops all waiting and all later events, because the reader is gone.
    pub fn close(&mut self) {
        self.closed = true;
        self.bytes.clear();
    }

    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Writes a part of the queue to a descriptor that polled writable.
    pub fn write_some(&mut self, stdout: impl AsFd) -> io::Result<()> {
        let (front, _) = self.bytes.as_slices();
        match rustix::io::write(stdout, &front[..front.len().min(WRITE_BYTES)]) {
            Ok(written) => {
                self.bytes.drain(..written);
                Ok(())
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::pipe::{pipe_with, PipeFlags};

    use super::*;
    use crate::wire::{Rejected, TscMeasured};

    #[test]
    fn writes_events_in_order() {
        let (read, write) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let mut queue = EventQueue::default();
        let events = [1, 2].map(|khz| event::Event::TscMeasured(TscMeasured { khz }));
        events.iter().for_each(|event| queue.push(event.clone()));
        while !queue.is_empty() {
            queue.write_some(&write).unwrap();
        }
        let mut bytes = [0; 64];
        let count = rustix::io::read(&read, &mut bytes).unwrap();
        let mut rest = &bytes[..count];
        for event in events {
            assert_eq!(
                Event::decode_length_delimited(&mut rest).unwrap().event,
                Some(event)
            );
        }
    }

    #[test]
    fn drops_events_when_closed() {
        let mut queue = EventQueue::default();
        while !queue.is_full() {
            queue.push(event::Event::Rejected(Rejected {
                vm_id: "x".repeat(1000),
                reason: String::new(),
                ..Default::default()
            }));
        }
        queue.close();
        queue.push(event::Event::TscMeasured(TscMeasured { khz: 1 }));
        assert!(queue.is_empty() && queue.is_closed());
    }

    #[test]
    fn fails_when_the_reader_is_gone() {
        let (read, write) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        drop(read);
        let mut queue = EventQueue::default();
        queue.push(event::Event::TscMeasured(TscMeasured { khz: 1 }));
        // Rust's runtime ignores SIGPIPE for tests as the spawner does for itself.
        assert!(queue.write_some(&write).is_err());
    }
}
