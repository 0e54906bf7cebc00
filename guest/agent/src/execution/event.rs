//! What becomes known of an execution, in this order: output, files, its end.

use std::time::Duration;

use bytes::Bytes;

use super::outputs::Skipped;
use super::Outcome;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamName {
    Stdout,
    Stderr,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Content {
    Text(String),
    /// Not valid UTF-8 by itself.
    Bytes(Bytes),
}

impl Content {
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Content::Text(text) => text.as_bytes(),
            Content::Bytes(bytes) => bytes,
        }
    }
}

#[derive(Debug)]
pub enum Event {
    Output(StreamName, Content),
    File(FilePart),
    Ended(Report),
}

/// The parts of a file come one after the other.
#[derive(Debug, PartialEq, Eq)]
pub struct FilePart {
    /// Relative to the directory of outputs.
    pub path: String,
    pub content: Bytes,
    pub last: bool,
}

#[derive(Debug)]
pub struct Report {
    pub outcome: Outcome,
    /// 128 + the signal if one ended the program, as a shell has it.
    pub exit_code: i32,
    pub signal: i32,
    /// From the program's start to its end.
    pub duration: Duration,
    pub stdout_truncated: bool,
    pub stderr_truncated: bool,
    /// What the kernel killed for want of memory, whatever came of it; empty if nothing.
    pub killed_process: String,
    /// Left running by the program when it ended, and killed.
    pub background_processes: u32,
    pub skipped: Skipped,
    pub warm_interpreter: bool,
}
