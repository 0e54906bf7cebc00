//! The limits of contexts and cells.

use std::time::Duration;

pub const CONTEXTS_MAX: usize = 8;
/// The memory that is free before a context is created.
pub const CONTEXT_MEMORY_BYTES: u64 = 48 << 20;
pub const CODE_BYTES_MAX: usize = 8 << 20;
pub const QUEUED_MAX: usize = 64;
/// Of the code of all queued cells of a context.
pub const QUEUED_BYTES_MAX: usize = 16 << 20;
pub const PART_BYTES_MAX: u64 = 8 << 20;
pub const PARTS_MAX: usize = 32;
/// Of all results of a cell.
pub const RESULT_BYTES_MAX: u64 = 32 << 20;
/// Of the text output of a cell.
pub const TEXT_BYTES_MAX: u64 = 64 << 20;
/// Of one event.
pub const CHUNK_BYTES_MAX: usize = 32 << 10;
pub const TRACEBACK_BYTES_MAX: usize = 16 << 10;
pub const VALUE_BYTES_MAX: usize = 4 << 10;
/// Of a name, a path, a source line or a MIME type.
pub const NAME_BYTES_MAX: usize = 256;
/// Of the events that are kept of a context.
pub const KEPT_BYTES_MAX: usize = 1 << 20;
/// The ended cells of a context whose events can be read again.
pub const ENDED_MAX: usize = 64;
/// The streams of all contexts.
pub const ATTACHED_MAX: usize = 64;
pub const INPUT_BYTES_MAX: usize = 64 << 10;
pub const TIMEOUT_SECONDS_MAX: u32 = 86_400;
/// When the signal to a cell is repeated, until it has an effect. One is lost before the driver has begun the cell, and can be lost just before a
/// blocking system call.
pub const FIRST_REPEAT: Duration = Duration::from_millis(50);
/// How much longer the time to each further one is.
pub const REPEAT_FACTOR: u32 = 4;

/// Durations, which tests shorten.
#[derive(Clone, Copy)]
pub struct Times {
    /// How long a driver may take to start: long enough for an emulated processor on a busy host.
    pub start: Duration,
    /// How long an interrupted cell may take to end, once its time has passed.
    pub grace: Duration,
    /// How long a client may take nothing before no cell waits for it.
    pub patience: Duration,
    /// After which silence a client is sent a sign of life.
    pub keep_alive: Duration,
    /// How long a driver may take to describe its variables.
    pub inspection: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            start: Duration::from_secs(120),
            grace: Duration::from_secs(2),
            patience: Duration::from_secs(30),
            keep_alive: Duration::from_secs(30),
            inspection: Duration::from_secs(5),
        }
    }
}
