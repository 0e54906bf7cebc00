//! Sends an output stream of a program to the host.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::sync::{mpsc, watch, Notify};
use tokio::time::sleep;

use super::event::{Event, StreamName};
use super::text::{TextSplitter, CARRY_BYTES_MAX};

/// Together with the bytes that the splitter carries over, the largest chunk of the wire contract.
const READ_BYTES: usize = (64 << 10) - CARRY_BYTES_MAX;

/// How long a stream may stay open without output after all its writers have been killed. It closes immediately, unless
/// a process hangs in the kernel.
const SILENCE_MAX: Duration = Duration::from_secs(2);

/// Reads an output stream and sends its content as events.
pub struct OutputPump {
    pub name: StreamName,
    pub pipe: pipe::Receiver,
    pub bytes_max: u64,
    /// Bounded, so that the program is not read while the host does not read.
    pub events: mpsc::Sender<Event>,
    /// Notified when the program has exceeded its output limit.
    pub limit_reached: Arc<Notify>,
    /// Becomes true when all processes have been killed.
    pub killed: watch::Receiver<bool>,
}

impl OutputPump {
    /// Runs until the end of the stream or its limit. Returns whether output was cut off.
    pub async fn run(mut self) -> bool {
        let mut buffer = vec![0; READ_BYTES];
        let mut splitter = TextSplitter::default();
        let mut room = self.bytes_max;
        loop {
            let count = tokio::select! {
                biased;
                read = self.pipe.read(&mut buffer) => read.unwrap_or(0),
                () = silence(&mut self.killed) => 0,
            };
            if count == 0 {
                break;
            }
            let kept = room.min(count as u64) as usize;
            room -= kept as u64;
            if let Some(content) = splitter.push(&buffer[..kept]) {
                if self
                    .events
                    .send(Event::Output(self.name, content))
                    .await
                    .is_err()
                {
                    return false;
                }
            }
            if kept < count {
                self.limit_reached.notify_one();
                // Keeps the pipe open until then, so that SIGPIPE does not end the program first.
                let _ = self.killed.wait_for(|killed| *killed).await;
                return true;
            }
        }
        if let Some(content) = splitter.finish() {
            // The receiver may have been dropped.
            let _ = self.events.send(Event::Output(self.name, content)).await;
        }
        false
    }
}

async fn silence(killed: &mut watch::Receiver<bool>) {
    // An error means that the execution has ended.
    let _ = killed.wait_for(|killed| *killed).await;
    sleep(SILENCE_MAX).await;
}
