//! A client that is attached to a cell.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;
use tokio::time::sleep_until;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::Status;

use super::answers;
use super::context::Context;
use super::event_log::Taken;
use super::limits::Times;
use super::machine::Event;
use crate::lifecycle::Lifecycle;
use crate::wire::sandbox::v1::cell_event;
use crate::wire::sandbox::v1::{CellAccepted, CellEvent, CellGap, CellKeepAlive};

/// The bytes that a client grants, or the reason for which its stream ends.
pub type Credits = Pin<Box<dyn Stream<Item = Result<u32, Status>> + Send>>;

pub type EventStream = ReceiverStream<Result<CellEvent, Status>>;

/// Events that wait for HTTP/2.
const EVENTS_IN_FLIGHT: usize = 1;

/// One attached stream. Dropping it detaches the client.
pub struct CellReader {
    pub context: Arc<Context>,
    pub cell: u64,
    pub reader: u64,
    pub times: Times,
    pub lifecycle: Lifecycle,
    /// How often the sandbox had been frozen when the client attached.
    pub freezes: u64,
    /// Whether the cell ends with this stream.
    pub owns_cell: bool,
    /// Held while the stream lasts.
    pub _admitted: tokio::sync::OwnedSemaphorePermit,
}

impl CellReader {
    /// Sends events in a separate task.
    pub fn start(self, credits: Credits) -> EventStream {
        let (sender, receiver) = mpsc::channel(EVENTS_IN_FLIGHT);
        tokio::spawn(self.send_events(sender, credits));
        ReceiverStream::new(receiver)
    }

    async fn send_events(
        self,
        events: mpsc::Sender<Result<CellEvent, Status>>,
        mut credits: Credits,
    ) {
        if events.send(Ok(self.accepted())).await.is_err() {
            return;
        }
        let mut last_sent = Instant::now();
        let mut grants = true;
        // Nothing is taken before it can be sent, so that the last event is also the last that was taken.
        while let Ok(permit) = events.reserve().await {
            let changed = self.context.changed.notified();
            match self.take() {
                Ok(Some(next)) => {
                    permit.send(Ok(next));
                    last_sent = Instant::now();
                    continue;
                }
                Ok(None) => {}
                Err(None) => return,
                Err(Some(reason)) => return permit.send(Err(reason)),
            }
            tokio::select! {
                () = changed => {}
                grant = credits.next(), if grants => match grant {
                    Some(Ok(bytes)) => self.context.lock().log.grant(self.reader, bytes),
                    Some(Err(refusal)) => return permit.send(Err(refusal)),
                    // The client grants no more, but stays.
                    None => grants = false,
                },
                () = events.closed() => return,
                () = sleep_until((last_sent + self.times.keep_alive).into()) => {
                    permit.send(Ok(self.unnumbered(cell_event::Event::KeepAlive(CellKeepAlive {}))));
                    last_sent = Instant::now();
                }
            }
        }
    }

    fn accepted(&self) -> CellEvent {
        let ahead = self.context.lock().machine.ahead_of(self.cell);
        self.unnumbered(cell_event::Event::Accepted(CellAccepted {
            cell: self.cell,
            ahead: ahead.try_into().unwrap_or(u32::MAX),
            context_id: self.context.id.clone(),
        }))
    }

    /// Takes the next event that can be sent now. Fails at the end, without a reason after the last event.
    fn take(&self) -> Result<Option<CellEvent>, Option<Status>> {
        let taken = self.context.lock().log.take(self.reader, Instant::now());
        match taken {
            Taken::Event(event) => {
                self.context.room.notify_waiters();
                Ok(Some(event))
            }
            Taken::Gap(from, to) => Ok(Some(
                self.unnumbered(cell_event::Event::Gap(CellGap { from, to })),
            )),
            Taken::Nothing => Ok(None),
            Taken::Finished => Err(None),
            Taken::Abandoned(reason) => Err(Some(answers::abandoned(reason, &self.context.id))),
            Taken::Unknown => Err(Some(answers::cell_unknown(self.cell))),
        }
    }

    fn unnumbered(&self, event: cell_event::Event) -> CellEvent {
        CellEvent {
            number: 0,
            cell: self.cell,
            event: Some(event),
        }
    }
}

impl Drop for CellReader {
    fn drop(&mut self) {
        let mut inner = self.context.lock();
        inner.log.detach(self.reader);
        // A freeze ends streams, but no cell.
        let is_frozen = self.lifecycle.freezes() != self.freezes;
        if !is_frozen && !inner.log.is_read(self.cell) {
            // No client is left that could answer.
            inner.answer(self.cell, "", true);
        }
        drop(inner);
        self.context.room.notify_waiters();
        if self.owns_cell && !is_frozen {
            // Has no effect once the cell has ended.
            let _ = self.context.on(Event::ClientGone(self.cell));
        }
        self.context.notify();
    }
}
