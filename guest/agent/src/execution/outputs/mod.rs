//! The files that a program leaves in `out/` of its working directory.
//!
//! What lies there is as hostile as the program: it is looked at when the program's processes are gone, by descriptors
//! that follow no link, for a bounded time, in bounded memory.

mod placed;
mod skipped;
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
use super::workplace::Workplace;
use crate::boot::USER_ID;
use placed::Placed;
pub use skipped::{Reason, Skipped};
use walk::{Found, FoundFile, Walk};

const DIRECTORY: &str = "out";
/// Of the wire contract.
const PART_BYTES: usize = 64 << 10;
/// The channel is served in between.
const STEPS_AT_ONCE: usize = 64;

/// Knows what lay in `out/` before the program started.
pub struct Outputs {
    workplace: PathBuf,
    /// Whose files come home.
    owner: u32,
    placed: Placed,
}

impl Outputs {
    /// To be called before the program starts, with the files that it is given.
    pub fn before(files: &[files::File], workplace: &Workplace) -> Self {
        Self {
            workplace: workplace.directory.clone(),
            owner: match workplace.confined() {
                true => USER_ID,
                false => geteuid().as_raw(),
            },
            placed: Placed::among(files),
        }
    }

    /// Sends what is new or changed, in the order of the paths, as long as somebody listens.
    pub async fn send(self, events: &mpsc::Sender<Event>) -> Skipped {
        let mut transfer = Transfer {
            placed: self.placed,
            events,
            skipped: Skipped::default(),
            files: 0,
            room: TOTAL_BYTES_MAX as u64,
        };
        match Walk::of(&self.workplace, self.owner) {
            Ok(Some(walk)) => transfer.carry(walk).await,
            Ok(None) => {}
            Err(Reason::NotADirectory) if transfer.placed.is_file() => {}
            Err(reason) => transfer.skipped.add(b"", reason, 1),
        }
        transfer.skipped
    }
}

struct Transfer<'a> {
    placed: Placed,
    events: &'a mpsc::Sender<Event>,
    skipped: Skipped,
    files: usize,
    room: u64,
}

/// Why nothing more is sent.
enum Stop {
    NobodyListens,
    /// A file of which the beginning has been sent has no end: nothing can follow it.
    Broken,
}

impl Transfer<'_> {
    async fn carry(&mut self, mut walk: Walk) {
        let mut steps = 0;
        while let Some(found) = walk.next() {
            match found {
                Found::Directory => {}
                Found::Skipped(path, reason, count) => self.skipped.add(&path, reason, count),
                Found::File(mut file) => match self.carry_file(&mut file).await {
                    Ok(None) => {}
                    Ok(Some(reason)) => self.skipped.add(file.path.as_bytes(), reason, 1),
                    Err(Stop::NobodyListens) => return,
                    Err(Stop::Broken) => {
                        self.skipped
                            .add(file.path.as_bytes(), Reason::Unreadable, 1);
                        walk.abandon();
                    }
                },
            }
            steps += 1;
            if steps % STEPS_AT_ONCE == 0 {
                yield_now().await;
                if self.events.is_closed() {
                    return;
                }
            }
        }
    }

    async fn carry_file(&mut self, file: &mut FoundFile) -> Result<Option<Reason>, Stop> {
        match self.placed.holds(file) {
            Ok(false) => {}
            // As it was: its sender has it.
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
            // One that has become shorter meanwhile ends where it ends.
            let last = left == 0 || part.len() < PART_BYTES;
            let event = Event::File(FilePart {
                path: file.path.clone(),
                content: part,
                last,
            });
            self.events
                .send(event)
                .await
                .map_err(|_| Stop::NobodyListens)?;
            if last {
                return Ok(None);
            }
            part = read_part(&mut file.file, left).map_err(|_| Stop::Broken)?;
        }
    }
}

/// What is there of the next part, when so much is left.
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
