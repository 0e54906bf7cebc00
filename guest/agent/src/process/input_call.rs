//! Calls that send input to a process.

use std::sync::Arc;

use bytes::Bytes;
use tokio_stream::{Stream, StreamExt};
use tonic::Status;

use super::answers::process_has_ended;
use super::input::{self, Input, Refusal};
use super::request;
use super::state::Shared;
use super::table::Key;
use crate::wire::sandbox::v1::StreamInputRequest;

/// The input of a process.
pub struct InputCall {
    pub shared: Arc<Shared>,
    pub key: Key,
    pub pid: u32,
    pub input: Input,
}

impl InputCall {
    /// Returns when there is room for the bytes. Fails if the process does not read in time.
    pub async fn send(&self, bytes: Bytes) -> Result<(), Status> {
        let patience = self.shared.times.input;
        let sent = self.input.send(bytes, Some(patience)).await;
        sent.map_err(|refusal| self.refusal(refusal))
    }

    /// Returns when there is room for the bytes, however long that takes.
    pub async fn send_patiently(&self, bytes: Bytes) -> Result<(), Status> {
        let sent = self.input.send(bytes, None).await;
        sent.map_err(|refusal| self.refusal(refusal))
    }

    /// Sends what comes, until the client has sent its last message or the process takes no more.
    pub async fn stream<S>(&self, mut parts: S) -> Result<(), Status>
    where
        S: Stream<Item = Result<StreamInputRequest, Status>> + Unpin,
    {
        loop {
            let part = tokio::select! {
                biased;
                part = parts.next() => part,
                // The client may have nothing to send for hours.
                () = self.input.closed() => return Err(self.refusal(Refusal::Closed)),
            };
            match part {
                Some(part) => self.send_patiently(request::input(part?.data)?).await?,
                None => return Ok(()),
            }
        }
    }

    pub fn close(&self) -> Result<(), Status> {
        self.input.close().map_err(|refusal| self.refusal(refusal))
    }

    fn refusal(&self, refusal: Refusal) -> Status {
        let pid = self.pid;
        match refusal {
            Refusal::Closed => match self.has_ended() {
                true => process_has_ended(pid),
                false => {
                    Status::failed_precondition(format!("the input of process {pid} is closed"))
                }
            },
            Refusal::ManyEnds => Status::resource_exhausted(format!(
                "PROCESS_LIMIT: {} ends of input wait for process {pid} to read them, which is the limit",
                input::ENDS_MAX
            )),
            Refusal::Full => Status::resource_exhausted(format!(
                "PROCESS_LIMIT: process {pid} has not read its input for {:?}: {} bytes wait for it, or {} for all processes",
                self.shared.times.input, input::PROCESS_BYTES_MAX, input::SANDBOX_BYTES_MAX
            )),
        }
    }

    fn has_ended(&self) -> bool {
        let state = self.shared.lock();
        let process = state.processes.get(self.key);
        process.is_none_or(|process| process.ended.is_some())
    }
}
