//! The files that a program leaves in `out/` of its working directory.
//!
//! The directory is as hostile as the program. It is read when the program's processes are gone, by descriptors that
//! follow no link, in bounded time and bounded memory.

mod inputs;
mod walk;

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use bytes::{Bytes, BytesMut};
use rustix::process::geteuid;
use tokio::sync::mpsc;
use tokio::task::yield_now;

use super::event::{Event, FilePart};
use super::files::{self, COUNT_MAX, TOTAL_BYTES_MAX};
use super::skipped::{Reason, Skipped};
use super::working_directory::WorkingDirectory;
use crate::boot::USER_ID;
use inputs::Inputs;
use walk::{Found, FoundFile, Walk};

const DIRECTORY: &str = "out";
/// The limit of the wire contract.
const PART_BYTES: usize = 64 << 10;
/// How many entries are handled before the channel is served again.
const STEPS_BETWEEN_YIELDS: usize = 64;

/// The output directory, with the input files that were in it before the program started.
pub struct Outputs {
    working_directory: PathBuf,
    /// The user whose files are returned.
    owner: u32,
    inputs: Inputs,
}

impl Outputs {
    /// Remembers the input files of a program. To be called before the program starts.
    pub fn before(files: &[files::File], working_directory: &WorkingDirectory) -> Self {
        Self {
            working_directory: working_directory.directory.clone(),
            owner: match working_directory.confined() {
                true => USER_ID,
                false => geteuid().as_raw(),
            },
            inputs: Inputs::among(files),
        }
    }

    /// Sends new and changed files in the order of their paths, until the receiver is dropped.
    pub async fn send(self, events: &mpsc::Sender<Event>) -> Skipped {
        let mut transfer = Transfer {
            inputs: self.inputs,
            events,
            skipped: Skipped::default(),
            files: 0,
            room: TOTAL_BYTES_MAX as u64,
        };
        match Walk::of(&self.working_directory, self.owner) {
            Ok(Some(walk)) => transfer.send_all(walk).await,
            Ok(None) => {}
            Err(Reason::NotADirectory) if transfer.inputs.has_file_in_place_of_directory() => {}
            Err(reason) => transfer.skipped.add(b"", reason, 1),
        }
        transfer.skipped
    }
}

struct Transfer<'a> {
    inputs: Inputs,
    events: &'a mpsc::Sender<Event>,
    skipped: Skipped,
    files: usize,
    room: u64,
}

/// Why no more files are sent.
enum Stop {
    ReceiverDropped,
    /// The rest of a partly sent file cannot be read, so nothing can follow it.
    FileIncomplete,
}

impl Transfer<'_> {
    async fn send_all(&mut self, mut walk: Walk) {
        let mut steps = 0;
        while let Some(found) = walk.next() {
            match found {
                Found::Directory => {}
                Found::Skipped(path, reason, count) => self.skipped.add(&path, reason, count),
                Found::File(mut file) => match self.send_file(&mut file).await {
                    Ok(None) => {}
                    Ok(Some(reason)) => self.skipped.add(file.path.as_bytes(), reason, 1),
                    Err(Stop::ReceiverDropped) => return,
                    Err(Stop::FileIncomplete) => {
                        self.skipped
                            .add(file.path.as_bytes(), Reason::Unreadable, 1);
                        walk.abandon();
                    }
                },
            }
            steps += 1;
            if steps % STEPS_BETWEEN_YIELDS == 0 {
                yield_now().await;
                if self.events.is_closed() {
                    return;
                }
            }
        }
    }

    async fn send_file(&mut self, file: &mut FoundFile) -> Result<Option<Reason>, Stop> {
        match self.inputs.contain_unchanged(file) {
            Ok(false) => {}
            // Unchanged, so the host has it already.
            Ok(true) => return Ok(None),
            Err(_) => return Ok(Some(Reason::Unreadable)),
        }
        if self.files == COUNT_MAX {
            return Ok(Some(Reason::TooMany));
        }
        if file.bytes > self.room {
            return Ok(Some(Reason::TooLarge));
        }
        let Ok(first) = read_part(&mut file.file, file.bytes) else {
            return Ok(Some(Reason::Unreadable));
        };
        self.files += 1;
        let mut left = file.bytes;
        let mut part = first;
        loop {
            left -= part.len() as u64;
            self.room -= part.len() as u64;
            // A file that has become shorter ends earlier.
            let last = left == 0 || part.len() < PART_BYTES;
            let event = Event::File(FilePart {
                path: file.path.clone(),
                content: part,
                last,
            });
            self.events
                .send(event)
                .await
                .map_err(|_| Stop::ReceiverDropped)?;
            if last {
                return Ok(None);
            }
            part = read_part(&mut file.file, left).map_err(|_| Stop::FileIncomplete)?;
        }
    }
}

/// Reads the next part of a file of which `left` bytes remain.
fn read_part(file: &mut File, left: u64) -> io::Result<Bytes> {
    let mut part = BytesMut::zeroed(left.min(PART_BYTES as u64) as usize);
    let mut filled = 0;
    while filled < part.len() {
        match file.read(&mut part[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    part.truncate(filled);
    Ok(part.freeze())
}

#[cfg(test)]
mod tests;
