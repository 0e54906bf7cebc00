//! The calls that transfer streams.

use std::future::ready;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio::time::{timeout_at, Instant};
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::Status;

use super::attributes::Changes;
use super::credit::Credits;
use super::pool::Wanted;
use super::reading::Reading;
use super::watch::Watch;
use super::writing::{Target, Writing};
use super::{given, Files, Responses, PART_BYTES_MAX, READS_MAX, WATCHES_MAX};
use crate::invalid::Invalid;
use crate::wire::guest::{guest_read_request, guest_watch_files_request};
use crate::wire::guest::{GuestReadRequest, GuestWatchFilesRequest};
use crate::wire::sandbox::v1::{
    FileEntry, ReadResponse, WatchFilesResponse, WriteRequest, WriteTarget,
};

/// Responses that wait for the channel to the host.
const RESPONSES_IN_FLIGHT: usize = 2;
/// How much is written by one operation at most, apart from the last part.
const BATCH_BYTES: usize = 256 << 10;

impl Files {
    /// Sends a file: first its entry, then its content as credit is granted.
    pub async fn read<S>(&self, mut requests: S) -> Result<Responses<ReadResponse>, Status>
    where
        S: Stream<Item = Result<GuestReadRequest, Status>> + Unpin + Send + 'static,
    {
        let Some(guest_read_request::Part::Read(request)) = first(&mut requests).await?.part else {
            return Err(Invalid::new("part", "of the first message must be a request").into());
        };
        let path = self.path("path", &request.path)?;
        let permit = self.reads.clone().try_acquire_owned().map_err(|_| {
            Status::resource_exhausted(format!(
                "READ_LIMIT: {READS_MAX} files are being read: end another read first"
            ))
        })?;
        let (entry, reading) = self
            .run(move |accounts, _| Reading::open(path, request.offset, request.length, accounts))
            .await?;
        let (sender, receiver) = mpsc::channel(RESPONSES_IN_FLIGHT);
        let head = ReadResponse {
            entry: Some(entry),
            data: Default::default(),
        };
        // There is room for the first one.
        let _ = sender.try_send(Ok(head));
        let pool = self.pool.clone();
        tokio::spawn(async move {
            reading.send(pool, Credits::new(requests), sender).await;
            drop(permit);
        });
        Ok(ReceiverStream::new(receiver))
    }

    /// Writes a file. When the future is dropped, the write is undone.
    pub async fn write<S>(&self, parts: S) -> Result<FileEntry, Status>
    where
        S: Stream<Item = Result<WriteRequest, Status>> + Unpin,
    {
        let mut parts = parts.fuse();
        let first = first(&mut parts).await?;
        let target = first
            .target
            .ok_or_else(|| Invalid::new("target", "is missing"))?;
        let target = self.target(target)?;
        let data = content(first.data)?;
        let pool = self.pool.clone();
        let begin = move |_: Wanted<'_>| {
            let mut writing = Writing::begin(target, pool)?;
            writing.write(&data)?;
            Ok(writing)
        };
        let mut writing = self.pool.run(begin).await?;
        let mut deadline = Instant::now() + self.progress;
        while let Some(batch) = self.next_batch(&mut parts, deadline).await? {
            if batch.is_empty() {
                continue;
            }
            let write = move |_: Wanted<'_>| {
                for data in batch {
                    writing.write(&data)?;
                }
                Ok(writing)
            };
            writing = self.pool.run(write).await?;
            deadline = Instant::now() + self.progress;
        }
        // The messages of a cancelled call end like those of a complete one. But the server drops this future before it
        // continues.
        yield_now().await;
        self.run(move |accounts, _| writing.finish(accounts)).await
    }

    /// Waits for a message and returns its content with that of further messages that have arrived.
    async fn next_batch<S>(
        &self,
        parts: &mut S,
        deadline: Instant,
    ) -> Result<Option<Vec<Bytes>>, Status>
    where
        S: Stream<Item = Result<WriteRequest, Status>> + Unpin,
    {
        let next = timeout_at(deadline, parts.next()).await.map_err(|_| {
            let seconds = self.progress.as_secs_f32();
            Status::deadline_exceeded(format!("data: no byte has come for {seconds} s"))
        })?;
        let Some(mut part) = next.transpose()? else {
            return Ok(None);
        };
        let (mut batch, mut bytes) = (Vec::new(), 0);
        loop {
            if part.target.is_some() {
                let problem = "can be in the first message only";
                return Err(Invalid::new("target", problem).into());
            }
            let data = content(part.data)?;
            bytes += data.len();
            if !data.is_empty() {
                batch.push(data);
            }
            if bytes >= BATCH_BYTES || batch.is_empty() {
                return Ok(Some(batch));
            }
            part = tokio::select! {
                biased;
                next = parts.next() => match next.transpose()? {
                    Some(part) => part,
                    None => return Ok(Some(batch)),
                },
                () = ready(()) => return Ok(Some(batch)),
            };
        }
    }

    fn target(&self, target: WriteTarget) -> Result<Target, Invalid> {
        Ok(Target {
            path: self.path("target.path", &target.path)?,
            mode: target.write_mode.try_into().map_err(|_| {
                Invalid::new("target.write_mode", format!("is {}", target.write_mode))
            })?,
            permissions: given(target.permissions, "target.permissions")?,
            offset: target.offset,
            attributes: Changes::checked(target.xattrs, Vec::new())?,
        })
    }

    /// Sends changes below a directory: first an empty response once the watch is in place, then events as credit is
    /// granted. Ends when the directory is removed.
    pub async fn watch<S>(&self, mut requests: S) -> Result<Responses<WatchFilesResponse>, Status>
    where
        S: Stream<Item = Result<GuestWatchFilesRequest, Status>> + Unpin + Send + 'static,
    {
        let Some(guest_watch_files_request::Part::Watch(request)) =
            first(&mut requests).await?.part
        else {
            return Err(Invalid::new("part", "of the first message must be a request").into());
        };
        let path = self.path("path", &request.path)?;
        let permit = self.watches.clone().try_acquire_owned().map_err(|_| {
            Status::resource_exhausted(format!(
                "WATCH_LIMIT: {WATCHES_MAX} directories are being watched: end another watch first"
            ))
        })?;
        let watch = Watch::begin(path, request.recursive, self.pool.clone()).await?;
        let (sender, receiver) = mpsc::channel(RESPONSES_IN_FLIGHT);
        let _ = sender.try_send(Ok(WatchFilesResponse::default()));
        tokio::spawn(async move {
            watch.send(Credits::new(requests), sender).await;
            drop(permit);
        });
        Ok(ReceiverStream::new(receiver))
    }
}

fn content(data: Bytes) -> Result<Bytes, Invalid> {
    if data.len() > PART_BYTES_MAX {
        let problem = format!(
            "has {} bytes, at most {PART_BYTES_MAX} are allowed",
            data.len()
        );
        return Err(Invalid::new("data", problem));
    }
    Ok(data)
}

async fn first<M>(
    messages: &mut (impl Stream<Item = Result<M, Status>> + Unpin),
) -> Result<M, Status> {
    let message = messages.next().await.transpose()?;
    message.ok_or_else(|| Status::invalid_argument("the call has no message"))
}
