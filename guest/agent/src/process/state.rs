//! What the tasks of all processes share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, Semaphore};

use super::input;
use super::kept_output::KeptOutput;
use super::known_process::KnownProcess;
use super::table::{Key, Table};

/// Streams of input at the same time. A stream that its process does not read keeps a part of the connection's window.
pub const INPUT_STREAMS_MAX: usize = 8;

/// Durations, which tests shorten.
#[derive(Clone, Copy)]
pub struct Times {
    /// How long a client may take nothing before no process waits for it.
    pub patience: Duration,
    /// After which silence a client is sent a sign of life.
    pub keep_alive: Duration,
    /// How long the pipes of an ended process may stay open before its end is reported.
    pub settling: Duration,
    /// How long a call waits until a process reads its input.
    pub input: Duration,
    /// How long an ended process is kept.
    pub kept: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(30),
            keep_alive: Duration::from_secs(30),
            settling: Duration::from_millis(100),
            input: Duration::from_secs(10),
            kept: Duration::from_secs(600),
        }
    }
}

pub struct Shared {
    pub times: Times,
    /// Notified when a client has taken output or is gone.
    pub room: Notify,
    pub input_room: Arc<Semaphore>,
    pub input_streams: Arc<Semaphore>,
    state: Mutex<State>,
}

pub struct State {
    pub processes: Table<KnownProcess>,
    pub output: KeptOutput,
    /// The number of attached streams.
    pub attached: usize,
}

impl Shared {
    pub fn new(times: Times) -> Self {
        Self {
            times,
            room: Notify::new(),
            input_room: Arc::new(Semaphore::new(input::SANDBOX_BYTES_MAX)),
            input_streams: Arc::new(Semaphore::new(INPUT_STREAMS_MAX)),
            state: Mutex::new(State {
                processes: Table::new(times.kept),
                output: KeptOutput::new(times.patience),
                attached: 0,
            }),
        }
    }

    /// Locks the state. It is never locked while something is awaited.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes ended processes that are too many, or that are kept no longer.
    pub fn expire(&self, now: Instant) {
        let mut state = self.lock();
        for (key, process) in state.processes.expire(now) {
            state.output.remove(key);
            // Clients that are still attached learn that it is gone.
            process.changed.notify_waiters();
        }
        // Processes may have waited for clients of these.
        self.room.notify_waiters();
    }
}

impl State {
    pub fn notify(&self, key: Key) {
        if let Some(process) = self.processes.get(key) {
            process.changed.notify_waiters();
        }
    }
}
