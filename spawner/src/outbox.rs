//! Events on their way to the host.

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;

use prost::Message;
use rustix::io::Errno;

use crate::wire::{event, Event};

/// Above this the host is not served any more: see [`Outbox::is_full`].
const FULL_BYTES: usize = 1 << 20;

/// A pipe that polls writable takes this much without blocking (PIPE_BUF), and so does a socket. So stdout needs no
/// O_NONBLOCK, which would leak to whoever shares the open file, such as a terminal.
const WRITE_BYTES: usize = 4096;

/// A queue between the loop, which must never wait for the host, and a host that may not read.
///
/// It is bounded because requests cause the events: while it is full no request is read, which the host notices, while
/// VMMs are still reaped and cleaned up. What can be added then is one `Exited` for each living VM.
#[derive(Default)]
pub struct Outbox {
    bytes: VecDeque<u8>,
    closed: bool,
}

impl Outbox {
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

    /// Nobody reads any more: drops what waits and what will come.
    pub fn close(&mut self) {
        self.closed = true;
        self.bytes.clear();
    }

    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Writes a part to a descriptor that polled writable.
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
    use super::*;
    use crate::wire::{Rejected, TscMeasured};

    #[test]
    fn what_is_pushed_is_written_in_order() {
        let (read, write) = rustix::pipe::pipe().unwrap();
        let mut outbox = Outbox::default();
        let events = [1, 2].map(|khz| event::Event::TscMeasured(TscMeasured { khz }));
        events.iter().for_each(|event| outbox.push(event.clone()));
        while !outbox.is_empty() {
            outbox.write_some(&write).unwrap();
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
    fn full_is_told_and_closing_forgets() {
        let mut outbox = Outbox::default();
        while !outbox.is_full() {
            outbox.push(event::Event::Rejected(Rejected {
                vm_id: "x".repeat(1000),
                reason: String::new(),
                ..Default::default()
            }));
        }
        outbox.close();
        outbox.push(event::Event::TscMeasured(TscMeasured { khz: 1 }));
        assert!(outbox.is_empty() && outbox.is_closed());
    }

    #[test]
    fn a_reader_that_is_gone_is_an_error() {
        let (read, write) = rustix::pipe::pipe().unwrap();
        drop(read);
        let mut outbox = Outbox::default();
        outbox.push(event::Event::TscMeasured(TscMeasured { khz: 1 }));
        // Rust's runtime ignores SIGPIPE for tests as the spawner does for itself.
        assert!(outbox.write_some(&write).is_err());
    }
}
