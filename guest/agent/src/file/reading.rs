//! Reads a file.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use rustix::fs::{fstat, stat, FileType, Mode, OFlags, Stat};
use rustix::io::{pread, Errno};
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tonic::Status;

use super::accounts::Accounts;
use super::credit::{Credits, Grant};
use super::entry::{self, kind};
use super::path::FilePath;
use super::pool::Pool;
use super::refusal::not_a_file;
use super::PART_BYTES_MAX;
use crate::invalid::Invalid;
use crate::opening::open;
use crate::wire::sandbox::v1::{FileEntry, ReadResponse};

/// How much is read by one operation at most.
const AHEAD_BYTES_MAX: u64 = 256 << 10;

/// An open file, and the range of it that is still to be sent.
pub struct Reading {
    path: FilePath,
    file: Arc<OwnedFd>,
    /// Has been read, and is to be sent first.
    ahead: Bytes,
    offset: u64,
    left: u64,
}

/// Returns an error unless this is a regular file.
pub fn check_regular(path: &FilePath, stat: &Stat) -> Result<(), Status> {
    match kind(stat) {
        FileType::RegularFile => Ok(()),
        FileType::Directory => Err(path.refused(Errno::ISDIR)),
        _ => Err(not_a_file(path.as_str())),
    }
}

impl Reading {
    /// Opens a file. Links are followed. The entry describes the file that is read.
    ///
    /// # Errors
    /// A range that begins behind the end.
    pub fn open(
        path: FilePath,
        offset: u64,
        length: u64,
        accounts: &Accounts,
    ) -> Result<(FileEntry, Self), Status> {
        let refused = |error| path.refused(error);
        // Opening a FIFO would be noticed by a program that waits for a reader, and opening a device can have effects.
        check_regular(&path, &stat(path.as_str()).map_err(refused)?)?;
        // It may have become one of them meanwhile. Nor does a file with a lease let this thread wait.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = open(path.as_str(), flags, Mode::empty()).map_err(refused)?;
        check_regular(&path, &fstat(&file).map_err(refused)?)?;
        let entry = entry::of(file.as_fd(), path.as_str().as_bytes(), accounts).map_err(refused)?;
        if offset > entry.size {
            let problem = format!("is {offset}, the file has {} bytes", entry.size);
            return Err(Invalid::new("offset", problem).into());
        }
        // What is appended later is not sent. Files of /proc have no size, and are read up to their end.
        let rest = match entry.size {
            0 => u64::MAX,
            size => size - offset,
        };
        let left = if length == 0 { rest } else { rest.min(length) };
        let ahead = read_at(&file, offset, left).map_err(refused)?;
        let bytes = ahead.len() as u64;
        let reading = Self {
            path,
            file: Arc::new(file),
            ahead,
            offset: offset + bytes,
            left: left - bytes,
        };
        Ok((entry, reading))
    }

    /// Sends the file, as much as is granted. Ends early if the file has become shorter, or if the receiver is dropped.
    pub async fn send<M: Grant, S: Stream<Item = Result<M, Status>> + Unpin>(
        mut self,
        pool: Pool,
        mut credits: Credits<S>,
        responses: mpsc::Sender<Result<ReadResponse, Status>>,
    ) {
        while !self.ahead.is_empty() {
            let data = std::mem::take(&mut self.ahead);
            if send_part(data, &mut credits, &responses).await.is_none() {
                return;
            }
            if let Err(status) = self.read_ahead(&pool).await {
                let _ = responses.send(Err(status)).await;
                return;
            }
        }
    }

    /// Reads the next part, which stays empty at the end.
    async fn read_ahead(&mut self, pool: &Pool) -> Result<(), Status> {
        if self.left > 0 {
            let (file, offset, left) = (self.file.clone(), self.offset, self.left);
            let read = pool.run(move |_| Ok(read_at(&file, offset, left))).await?;
            self.ahead = read.map_err(|error| self.path.refused(error))?;
            self.offset += self.ahead.len() as u64;
            self.left -= self.ahead.len() as u64;
        }
        Ok(())
    }
}

/// Sends a part in as many messages as the credit requires. Returns `None` when the call has ended.
async fn send_part<M: Grant, S: Stream<Item = Result<M, Status>> + Unpin>(
    mut data: Bytes,
    credits: &mut Credits<S>,
    responses: &mpsc::Sender<Result<ReadResponse, Status>>,
) -> Option<()> {
    while !data.is_empty() {
        let granted = tokio::select! {
            granted = async { credits.wait().await?; credits.available().await } => granted,
            () = responses.closed() => return None,
        };
        let response = granted.map(|granted| {
            let bytes = data.len().min(PART_BYTES_MAX) as u64;
            let bytes = bytes.min(granted);
            credits.spend(bytes);
            ReadResponse {
                entry: None,
                data: data.split_to(bytes as usize),
            }
        });
        let failed = response.is_err();
        responses.send(response).await.ok()?;
        if failed {
            return None;
        }
    }
    Some(())
}

/// Reads at most the bytes that are left.
fn read_at(file: &OwnedFd, offset: u64, left: u64) -> Result<Bytes, Errno> {
    let wanted = left.min(AHEAD_BYTES_MAX) as usize;
    let mut part = BytesMut::zeroed(wanted);
    let mut filled = 0;
    while filled < wanted {
        match pread(file, &mut part[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(Errno::INTR) => {}
            // The next part reports the error again.
            Err(_) if filled > 0 => break,
            Err(error) => return Err(error),
        }
    }
    part.truncate(filled);
    Ok(part.freeze())
}
