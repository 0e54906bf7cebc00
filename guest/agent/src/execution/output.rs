//! Carries one output stream of a program to the host.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::sync::{mpsc, watch, Notify};
use tokio::time::sleep;

use super::event::{Event, StreamName};
use super::text::{TextSplitter, CARRY_BYTES_MAX};

/// With what the splitter carries over, the largest chunk of the wire contract.
const READ_BYTES: usize = (64 << 10) - CARRY_BYTES_MAX;

/// How long a stream may stay open and silent once every process that could write to it has been killed. It closes at
/// once, unless a process hangs in the kernel.
const SILENCE_MAX: Duration = Duration::from_secs(2);

pub struct OutputPump {
    pub name: StreamName,
    pub pipe: pipe::Receiver,
    pub bytes_max: u64,
    /// Bounded: while the host does not read, nothing is read from the program either.
    pub events: mpsc::Sender<Event>,
    /// Told when the program has written more than it may.
    pub limit_reached: Arc<Notify>,
    /// Becomes true when all processes have been killed.
    pub killed: watch::Receiver<bool>,
}

impl OutputPump {
    /// Runs to the end of the stream or its limit; says whether something was cut off.
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
                // The pipe stays open until then: it must not be a broken pipe that ends the program.
                let _ = self.killed.wait_for(|killed| *killed).await;
                return true;
            }
        }
        if let Some(content) = splitter.finish() {
            // Without a listener there is nothing left to do.
            let _ = self.events.send(Event::Output(self.name, content)).await;
        }
        false
    }
}

async fn silence(killed: &mut watch::Receiver<bool>) {
    // An error means that the execution is over, however it came to that.
    let _ = killed.wait_for(|killed| *killed).await;
    sleep(SILENCE_MAX).await;
}
