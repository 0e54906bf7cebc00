//! Calls that send input to a process.

use std::time::Duration;

use bytes::Bytes;
use tonic::Status;

use super::input::{self, Input, Refusal};

/// The input of a process.
pub struct InputCall {
    pub pid: u32,
    pub patience: Duration,
    pub input: Input,
}

impl InputCall {
    /// Returns when there is room for the bytes. Fails if the process does not read in time.
    pub async fn send(&self, bytes: Bytes) -> Result<(), Status> {
        let sent = self.input.send(bytes, Some(self.patience)).await;
        sent.map_err(|refusal| self.refusal(refusal))
    }

    /// Returns when there is room for the bytes, however long that takes.
    pub async fn send_patiently(&self, bytes: Bytes) -> Result<(), Status> {
        let sent = self.input.send(bytes, None).await;
        sent.map_err(|refusal| self.refusal(refusal))
    }

    pub fn close(&self) -> Result<(), Status> {
        self.input.close().map_err(|refusal| self.refusal(refusal))
    }

    fn refusal(&self, refusal: Refusal) -> Status {
        let pid = self.pid;
        match refusal {
            Refusal::Closed => {
                Status::failed_precondition(format!("the input of process {pid} is closed"))
            }
            Refusal::Full => Status::resource_exhausted(format!(
                "process {pid} has not read its input for {:?}: {} bytes wait for it, or {} for all processes",
                self.patience, input::PROCESS_BYTES_MAX, input::SANDBOX_BYTES_MAX
            )),
        }
    }
}
