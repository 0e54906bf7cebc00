//! The input of a process.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::descriptor::Descriptor;
use super::terminal;

/// What waits for a process that does not read.
pub const PROCESS_BYTES_MAX: usize = 1 << 20;
/// What waits for all processes of a sandbox.
pub const SANDBOX_BYTES_MAX: usize = 2 << 20;
/// The least that a message counts as, because of the memory that it takes besides its bytes.
const MESSAGE_BYTES_MIN: usize = 256;
/// The ends of input that wait for a process that does not read its terminal, whose input goes on after an end.
pub const ENDS_MAX: usize = 16;

/// Bytes on their way into a process, in the order of their arrival.
#[derive(Clone)]
pub struct Input {
    parts: mpsc::UnboundedSender<Part>,
    /// The bytes that still fit. Closed when the process does not take input any more.
    room: Arc<Semaphore>,
    sandbox_room: Arc<Semaphore>,
    /// The ends that may still be sent.
    ends: Arc<Semaphore>,
    is_terminal: bool,
    feeder: AbortHandle,
}

enum Part {
    Data(Bytes, [OwnedSemaphorePermit; 2]),
    Close(OwnedSemaphorePermit),
}

#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The process has closed its input or has ended, or a client has closed it.
    Closed,
    /// There was no room in time.
    Full,
    /// Too many ends wait.
    ManyEnds,
}

impl Input {
    /// Starts to feed a process through a pipe or terminal.
    pub fn start(target: Arc<Descriptor>, is_terminal: bool, sandbox_room: Arc<Semaphore>) -> Self {
        let (parts, waiting) = mpsc::unbounded_channel();
        let room = Arc::new(Semaphore::new(PROCESS_BYTES_MAX));
        let feeder = tokio::spawn(feed(target, is_terminal, waiting, room.clone()));
        Self {
            parts,
            room,
            sandbox_room,
            ends: Arc::new(Semaphore::new(ENDS_MAX)),
            is_terminal,
            feeder: feeder.abort_handle(),
        }
    }

    /// Returns when there is room for the bytes, which takes until the process reads.
    pub async fn send(&self, bytes: Bytes, patience: Option<Duration>) -> Result<(), Refusal> {
        let room = self.wait_for_room(bytes.len());
        let permits = match patience {
            Some(patience) => timeout(patience, room).await.map_err(|_| Refusal::Full)?,
            None => room.await,
        }?;
        // A small message is a view into the buffer of a large one.
        let bytes = match bytes.len() {
            0..MESSAGE_BYTES_MIN => Bytes::copy_from_slice(&bytes),
            _ => bytes,
        };
        self.push(Part::Data(bytes, permits))
    }

    async fn wait_for_room(&self, bytes: usize) -> Result<[OwnedSemaphorePermit; 2], Refusal> {
        let bytes = bytes.max(MESSAGE_BYTES_MIN) as u32;
        let closed = |_| Refusal::Closed;
        let room = self.room.clone().acquire_many_owned(bytes).await;
        let room = room.map_err(closed)?;
        let sandbox_room = self.sandbox_room.clone().acquire_many_owned(bytes).await;
        Ok([room, sandbox_room.map_err(closed)?])
    }

    /// Ends the input after what has been sent. That of a pipe takes nothing afterwards.
    pub fn close(&self) -> Result<(), Refusal> {
        let permit = self.ends.clone().try_acquire_owned();
        self.push(Part::Close(permit.map_err(|_| Refusal::ManyEnds)?))?;
        if !self.is_terminal {
            self.room.close();
        }
        Ok(())
    }

    /// Returns when nothing can be sent any more: the process has closed its input or has ended.
    pub async fn closed(&self) {
        self.parts.closed().await;
    }

    /// Drops what has not been read, because the process has ended.
    pub fn end(&self) {
        self.room.close();
        self.feeder.abort();
    }

    fn push(&self, part: Part) -> Result<(), Refusal> {
        match self.room.is_closed() {
            true => Err(Refusal::Closed),
            false => self.parts.send(part).map_err(|_| Refusal::Closed),
        }
    }
}

async fn feed(
    target: Arc<Descriptor>,
    is_terminal: bool,
    mut parts: mpsc::UnboundedReceiver<Part>,
    room: Arc<Semaphore>,
) {
    let mut line_is_open = false;
    while let Some(part) = parts.recv().await {
        let written = match part {
            Part::Data(bytes, _permits) => {
                line_is_open = bytes.last().map_or(line_is_open, |last| *last != b'\n');
                target.write_all(&bytes).await
            }
            Part::Close(_permit) if is_terminal => {
                let end = terminal::end_of_input(&*target);
                // In an open line the first one only hands over the line.
                let count = if line_is_open { 2 } else { 1 };
                line_is_open = false;
                target.write_all(&[end; 2][..count]).await
            }
            Part::Close(_) => break,
        };
        if written.is_err() {
            break;
        }
    }
    // Before the pipe is closed, so that no client sends more.
    room.close();
}
