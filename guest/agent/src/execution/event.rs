//! The events of an execution, in this order: output, files, end.

use std::time::Duration;

use bytes::Bytes;

use super::skipped::Skipped;
use crate::wire::execution::Outcome;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamName {
    Stdout,
    Stderr,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Content {
    Text(String),
    /// Bytes that are not valid UTF-8.
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

/// A part of a file. The parts of a file are sent one after the other.
#[derive(Debug, PartialEq, Eq)]
pub struct FilePart {
    /// Relative to the directory of outputs.
    pub path: String,
    pub content: Bytes,
    pub last: bool,
}

/// How an execution ended.
#[derive(Debug)]
pub struct Report {
    pub outcome: Outcome,
    /// As in a shell, 128 plus the number of a signal that ended the program.
    pub exit_code: i32,
    pub signal: i32,
    /// Time from the start of the program to its end.
    pub duration: Duration,
    pub stdout_truncated: bool,
    pub stderr_truncated: bool,
    /// The process that the kernel killed because memory ran out, even if the program continued. Empty if there is
    /// none.
    pub killed_process: String,
    /// Processes that were still running when the program ended, and were killed.
    pub background_processes: u32,
    pub skipped: Skipped,
    pub warm_interpreter: bool,
}
