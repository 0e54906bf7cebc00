//! A client that is attached to a process.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, Notify};
use tokio::time::sleep_until;
use tokio_stream::{Stream, StreamExt};
use tonic::Status;

use super::reader::Taken;
use super::state::Shared;
use super::table::Key;
use crate::execution::Processes;
use crate::lifecycle::Lifecycle;
use crate::wire::sandbox::v1::process_event::Event;
use crate::wire::sandbox::v1::{
    KeepAlive, OutputGap, ProcessEvent, ProcessOutput, ProcessStarted, ProcessStream,
};

/// The bytes that a client grants, or the reason for which its stream ends.
pub type Credits = Pin<Box<dyn Stream<Item = Result<u32, Status>> + Send>>;

pub type Events = mpsc::Sender<Result<ProcessEvent, Status>>;

/// One attached stream. Dropping it detaches the client.
pub struct Attachment {
    pub shared: Arc<Shared>,
    pub key: Key,
    pub reader: u64,
    pub pid: u32,
    pub streams: &'static [ProcessStream],
    pub changed: Arc<Notify>,
    /// To be killed if the stream ends before the process.
    pub ends_with_stream: Option<Arc<Processes>>,
    pub lifecycle: Lifecycle,
    /// How often the sandbox had been frozen when the client attached.
    pub freezes: u64,
}

impl Attachment {
    /// Sends the events of the process until its end, or until the client is gone.
    pub async fn send_events(self, events: Events, mut credits: Credits) {
        let started = Event::Started(ProcessStarted { pid: self.pid });
        if events.send(Ok(event(started))).await.is_err() {
            return;
        }
        let mut last_sent = Instant::now();
        let mut grants = true;
        // Nothing is taken before it can be sent, so that the last event is also the last that was taken.
        while let Ok(permit) = events.reserve().await {
            let changed = self.changed.clone();
            let changed = changed.notified();
            match self.take() {
                Ok(Some(next)) => {
                    let last = matches!(next, Event::Ended(_));
                    permit.send(Ok(event(next)));
                    if last {
                        return;
                    }
                    last_sent = Instant::now();
                    continue;
                }
                Ok(None) => {}
                Err(gone) => return permit.send(Err(gone)),
            }
            tokio::select! {
                () = changed => {}
                grant = credits.next(), if grants => match grant {
                    Some(Ok(bytes)) => self.shared.lock().output.grant(self.key, self.reader, bytes),
                    Some(Err(refusal)) => return permit.send(Err(refusal)),
                    // The client grants no more, but stays.
                    None => grants = false,
                },
                () = events.closed() => return,
                () = sleep_until((last_sent + self.shared.times.keep_alive).into()) => {
                    permit.send(Ok(event(Event::KeepAlive(KeepAlive {}))));
                    last_sent = Instant::now();
                }
            }
        }
    }

    /// Takes the next event that can be sent now.
    fn take(&self) -> Result<Option<Event>, Status> {
        let mut state = self.shared.lock();
        let gone = || {
            Status::not_found(format!(
                "PROCESS_UNKNOWN: process {} ended too long ago for its output to be kept",
                self.pid
            ))
        };
        let taken = state.output.take(self.key, self.reader, Instant::now());
        Ok(match taken.ok_or_else(gone)? {
            Taken::Output {
                stream,
                offset,
                data,
            } => {
                self.shared.room.notify_waiters();
                Some(Event::Output(ProcessOutput {
                    stream: self.streams[stream].into(),
                    offset,
                    data,
                }))
            }
            Taken::Gap { stream, from, to } => Some(Event::Gap(OutputGap {
                stream: self.streams[stream].into(),
                from,
                to,
            })),
            Taken::Nothing => None,
            Taken::Finished => {
                let process = state.processes.get(self.key);
                let ended = process.and_then(|process| process.ended.clone());
                Some(Event::Ended(ended.ok_or_else(gone)?))
            }
        })
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.attached -= 1;
        state.output.detach(self.key, self.reader);
        self.shared.room.notify_waiters();
        let process = state.processes.get(self.key);
        let runs = process.is_some_and(|process| process.ended.is_none());
        // A freeze ends streams, but no process.
        let is_frozen = self.lifecycle.freezes() != self.freezes;
        if let (Some(group), true, false) = (&self.ends_with_stream, runs, is_frozen) {
            group.kill();
        }
    }
}

fn event(event: Event) -> ProcessEvent {
    ProcessEvent { event: Some(event) }
}
