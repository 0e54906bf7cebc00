//! The flow control of streams to the host.

use std::future::ready;

use tokio_stream::{Stream, StreamExt};
use tonic::Status;

use crate::wire::guest::{guest_read_request, guest_watch_files_request, Credit};
use crate::wire::guest::{GuestReadRequest, GuestWatchFilesRequest};

/// A message after the first one of a call.
pub trait Grant {
    /// Returns the bytes that the message grants, or `None` if it is a request.
    fn granted(&self) -> Option<u32>;
}

impl Grant for GuestReadRequest {
    fn granted(&self) -> Option<u32> {
        match &self.part {
            Some(guest_read_request::Part::Credit(Credit { bytes })) => Some(*bytes),
            _ => None,
        }
    }
}

impl Grant for GuestWatchFilesRequest {
    fn granted(&self) -> Option<u32> {
        match &self.part {
            Some(guest_watch_files_request::Part::Credit(Credit { bytes })) => Some(*bytes),
            _ => None,
        }
    }
}

/// The bytes that the host has granted to a stream, and the messages that grant more.
pub struct Credits<S> {
    messages: S,
    bytes: u64,
}

impl<M: Grant, S: Stream<Item = Result<M, Status>> + Unpin> Credits<S> {
    pub fn new(messages: S) -> Self {
        Self { messages, bytes: 0 }
    }

    /// Waits for credit. Fails if the host has ended its messages and nothing is left, for none can come. May be
    /// abandoned without a loss.
    pub async fn wait(&mut self) -> Result<(), Status> {
        while self.bytes == 0 {
            let message = self.messages.next().await;
            self.add(message)?;
        }
        Ok(())
    }

    /// Waits for the next message. May be abandoned without a loss.
    pub async fn more(&mut self) -> Result<(), Status> {
        let message = self.messages.next().await;
        self.add(message)
    }

    /// Returns the credit, with that of messages that have arrived.
    pub async fn available(&mut self) -> Result<u64, Status> {
        loop {
            tokio::select! {
                biased;
                message = self.messages.next() => match message {
                    // What has been granted can still be used.
                    None if self.bytes > 0 => return Ok(self.bytes),
                    message => self.add(message)?,
                },
                () = ready(()) => return Ok(self.bytes),
            }
        }
    }

    pub fn left(&self) -> u64 {
        self.bytes
    }

    pub fn spend(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    fn add(&mut self, message: Option<Result<M, Status>>) -> Result<(), Status> {
        let message = message.ok_or_else(|| Status::cancelled("the host has ended the call"))??;
        let granted = message.granted().ok_or_else(|| {
            Status::invalid_argument("part: a request can be the first message only")
        })?;
        self.bytes = self.bytes.saturating_add(granted.into());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credit(bytes: u32) -> Result<GuestReadRequest, Status> {
        Ok(GuestReadRequest {
            part: Some(guest_read_request::Part::Credit(Credit { bytes })),
        })
    }

    #[tokio::test]
    async fn adds_what_has_arrived() {
        let messages = tokio_stream::iter([credit(0), credit(5), credit(u32::MAX)])
            .chain(tokio_stream::pending());
        let mut credits = Credits::new(messages);
        credits.wait().await.unwrap();
        assert_eq!(credits.bytes, 5);
        assert_eq!(credits.available().await.unwrap(), 5 + u64::from(u32::MAX));
        credits.spend(7);
        assert_eq!(credits.available().await.unwrap(), u64::from(u32::MAX) - 2);
    }

    #[tokio::test]
    async fn fails_when_no_credit_can_come() {
        let mut credits = Credits::new(tokio_stream::iter([credit(3)]));
        assert_eq!(credits.available().await.unwrap(), 3);
        credits.spend(3);
        assert_eq!(
            credits.wait().await.unwrap_err().code(),
            tonic::Code::Cancelled
        );
    }

    #[tokio::test]
    async fn rejects_a_second_request() {
        let mut credits = Credits::new(tokio_stream::iter([Ok(GuestReadRequest { part: None })]));
        assert_eq!(
            credits.wait().await.unwrap_err().code(),
            tonic::Code::InvalidArgument
        );
    }
}
