//! Clients of cells, and what they have seen.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_stream::StreamExt;
use tonic::Status;

use super::stream::EventStream;
use crate::wire::sandbox::v1::cell_event::Event;
use crate::wire::sandbox::v1::{
    CellEnded, CellError, CellEvent, CellOutcome, CellStream, CellVariables,
};

pub struct Client {
    pub events: EventStream,
    credit: mpsc::UnboundedSender<Result<u32, Status>>,
}

/// All that a client has seen of a cell.
#[derive(Debug, Default)]
pub struct Seen {
    pub stdout: String,
    pub stderr: String,
    /// The parts of displays, with their types.
    pub parts: Vec<(String, Vec<u8>)>,
    /// Where those of the last display begin.
    last: usize,
    pub updates: usize,
    pub errors: Vec<CellError>,
    pub dropped: Vec<(String, u64)>,
    pub gaps: Vec<(u64, u64)>,
    /// The cells that the texts name.
    pub origins: Vec<u64>,
    pub ended: CellEnded,
}

impl Seen {
    pub fn result(&self) -> String {
        let part = self.parts.iter().find(|(mime, _)| mime == "text/plain");
        String::from_utf8(part.map(|(_, data)| data.clone()).unwrap_or_default()).unwrap()
    }

    pub fn outcome(&self) -> (CellOutcome, CellVariables) {
        (self.ended.outcome(), self.ended.variables())
    }

    fn take(&mut self, event: CellEvent) {
        match event.event.unwrap() {
            Event::Text(text) => {
                self.origins.push(event.cell);
                match text.stream() {
                    CellStream::Stdout => self.stdout += &text.text,
                    _ => self.stderr += &text.text,
                }
            }
            Event::Display(display) => {
                self.updates += usize::from(display.update);
                self.last = self.parts.len();
                self.parts.extend(
                    display
                        .parts
                        .into_iter()
                        .map(|part| (part.mime_type, Vec::new())),
                );
            }
            Event::DisplayData(data) => self.parts[self.last + data.part as usize]
                .1
                .extend(data.data),
            Event::Error(error) => self.errors.push(error),
            Event::Dropped(dropped) => self.dropped.push((dropped.mime_type, dropped.size)),
            Event::Gap(gap) => self.gaps.push((gap.from, gap.to)),
            Event::Ended(ended) => self.ended = ended,
            Event::Accepted(_)
            | Event::Started(_)
            | Event::InputRequest(_)
            | Event::KeepAlive(_) => {}
        }
    }
}

impl Client {
    pub fn of(
        start: impl FnOnce(super::stream::Credits) -> Result<EventStream, Status>,
    ) -> Result<Self, Status> {
        let (credit, credits) = mpsc::unbounded_channel();
        let events = start(Box::pin(UnboundedReceiverStream::new(credits)))?;
        Ok(Self { events, credit })
    }

    pub fn grant(&self, bytes: u32) {
        self.credit.send(Ok(bytes)).unwrap();
    }

    pub async fn next(&mut self) -> Option<Result<CellEvent, Status>> {
        timeout(Duration::from_secs(120), self.events.next())
            .await
            .expect("no event")
    }

    /// Returns the number of the cell.
    pub async fn accepted(&mut self) -> u64 {
        match self.next().await.unwrap().unwrap().event {
            Some(Event::Accepted(accepted)) => accepted.cell,
            other => panic!("{other:?}"),
        }
    }

    /// Reads until an event is the right one.
    pub async fn until(&mut self, is_right: impl Fn(&Event) -> bool) -> CellEvent {
        loop {
            let event = self.next().await.expect("no more events").unwrap();
            if is_right(event.event.as_ref().unwrap()) {
                return event;
            }
            self.grant(64 << 10);
        }
    }

    /// Reads to the end, or to the failure of the stream.
    pub async fn try_finish(mut self) -> Result<Seen, Status> {
        self.grant(128 << 10);
        let mut seen = Seen::default();
        let mut number = 0;
        while let Some(event) = self.next().await {
            let event = event?;
            if event.number > 0 {
                assert!(event.number > number, "{event:?}");
                number = event.number;
                // Unbounded, because nothing is measured here.
                self.grant(64 << 10);
            }
            seen.take(event);
        }
        Ok(seen)
    }

    pub async fn finish(self) -> Seen {
        self.try_finish().await.unwrap()
    }
}
