//! What becomes known of an execution, in this order: output, then its end.

use std::time::Duration;

use bytes::Bytes;

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
    Ended(Report),
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
    pub warm_interpreter: bool,
}
