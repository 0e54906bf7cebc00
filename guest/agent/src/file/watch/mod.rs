//! Watches a directory for changes.

mod changes;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
mod pending;
mod scan;
mod tree;

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::inotify::{self, CreateFlags, Reader};
use rustix::io::Errno;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc;
use tokio::time::{sleep_until, Instant};
use tokio_stream::Stream;
use tonic::Status;

use super::credit::{Credits, Grant};
use super::path::FilePath;
use super::pool::Pool;
use crate::wire::sandbox::v1::WatchFilesResponse;
use changes::{Changes, Raw, Task};
use scan::{Found, Place, Root};
use tree::Tree;

const DIRECTORIES_MAX: usize = 2048;
/// Events that wait for credit.
const EVENTS_MAX: usize = 1024;
/// Of these events, as the wire contract counts them: 1024 with usual paths, but not with the longest ones.
const EVENT_BYTES_MAX: u64 = 512 << 10;
/// Entries that a scan has reported and the kernel may report again.
const KNOWN_MAX: usize = 16 << 10;
/// Directories with longer paths, relative to the watched one, are not watched.
const PATH_BYTES_MAX: usize = 4096;
/// The kernel reports both halves of a rename at almost the same time.
const RENAME_TIME: Duration = Duration::from_millis(20);
const BUFFER_BYTES: usize = 8 << 10;
/// How many events of the kernel are taken before other work is done.
const TAKEN_MAX: usize = 256;

/// A directory, and with `recursive` those below it, watched by inotify(7).
///
/// Events are taken from the kernel as they come, so that its queue stays short, and wait here for credit.
pub struct Watch {
    root: Root,
    inotify: Arc<OwnedFd>,
    events: AsyncFd<Arc<OwnedFd>>,
    pool: Pool,
    changes: Changes,
}

impl Watch {
    pub async fn begin(path: FilePath, recursive: bool, pool: Pool) -> Result<Self, Status> {
        let internal = |error: std::io::Error| Status::internal(format!("inotify: {error}"));
        // By the agent and not by the pool, whose user shares its limits for these descriptors with programs.
        let inotify = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC);
        let inotify = Arc::new(inotify.map_err(|error| internal(error.into()))?);
        // SAFETY: the descriptor lives as long as its owners, and nothing takes it out of the `AsyncFd`.
        let events = unsafe { AsyncFd::register(inotify.clone()) }
            .map_err(|error| internal(error.into()))?;
        let descriptor = inotify.clone();
        let begin = move |wanted: super::Wanted<'_>| {
            let shown = path.clone();
            let refused = |error| match error {
                Errno::NOSPC => too_many(&shown),
                error => shown.refused(error),
            };
            let root = Root::open(path).map_err(refused)?;
            let found = root
                .scan(
                    &descriptor,
                    Place::root(),
                    recursive,
                    (DIRECTORIES_MAX, 0),
                    wanted,
                )
                .map_err(refused)?;
            match found.partial {
                true => Err(too_many(&shown)),
                false => Ok((root, found)),
            }
        };
        let (root, found) = pool.run(begin).await?;
        Ok(Self {
            root,
            inotify,
            events,
            pool,
            changes: Changes::new(recursive, Tree::new(found.directories)),
        })
    }

    /// Sends events within the credit, until the directory is removed or the call ends.
    pub async fn send<M: Grant, S: Stream<Item = Result<M, Status>> + Unpin>(
        mut self,
        mut credits: Credits<S>,
        responses: mpsc::Sender<Result<WatchFilesResponse, Status>>,
    ) {
        let mut rename_ends = Instant::now();
        loop {
            let changes = &mut self.changes;
            if changes.ended && changes.pending.is_empty() {
                return;
            }
            let sends = changes.pending.can_send(credits.left());
            tokio::select! {
                more = credits.more() => if let Err(status) = more {
                    let _ = responses.try_send(Err(status));
                    return;
                },
                permit = responses.reserve(), if sends => {
                    let Ok(permit) = permit else {
                        return;
                    };
                    let (events, used) = changes.pending.take(credits.left());
                    credits.spend(used);
                    permit.send(Ok(WatchFilesResponse { events }));
                }
                () = responses.closed() => return,
                () = sleep_until(rename_ends), if changes.waits() => {
                    let task = changes.moved_out();
                    self.perform(task).await;
                }
                ready = self.events.readable(), if !changes.ended => {
                    let Ok(mut ready) = ready else {
                        return;
                    };
                    let (events, all) = taken(&self.inotify);
                    if all {
                        ready.clear_ready();
                    }
                    drop(ready);
                    for event in events {
                        // Many events with much to do could follow.
                        if responses.is_closed() {
                            return;
                        }
                        let task = self.changes.take(event);
                        self.perform(task).await;
                    }
                    if all {
                        self.changes.caught_up();
                    }
                    rename_ends = Instant::now() + RENAME_TIME;
                }
            }
        }
    }

    async fn perform(&mut self, task: Option<Task>) {
        match task {
            None => {}
            Some(Task::Forget(watches)) => self.forget(watches),
            Some(Task::Scan(place)) => {
                let room = scan::room(self.changes.directories());
                match self.scan(place, room, EVENTS_MAX).await {
                    Some(found) => self.changes.add(found),
                    None => self.changes.pending.overflow(),
                }
            }
            Some(Task::Rebuild) => {
                if let Some(found) = self.scan(Place::root(), DIRECTORIES_MAX, 0).await {
                    let gone = self.changes.replace(found);
                    self.forget(gone);
                }
            }
        }
    }

    /// Returns `None` if nothing can be scanned, because the root has been moved or the pool is full.
    async fn scan(&self, place: Place, room: usize, entries_max: usize) -> Option<Found> {
        let (root, inotify) = (self.root.clone(), self.inotify.clone());
        let scan = move |wanted: super::Wanted<'_>| {
            Ok(root.scan(&inotify, place, true, (room, entries_max), wanted))
        };
        self.pool.run(scan).await.ok()?.ok()
    }

    fn forget(&self, watches: Vec<i32>) {
        for watch in watches {
            // It may have ended with its directory.
            let _ = inotify::remove_watch(&self.inotify, watch);
        }
    }
}

fn too_many(path: &FilePath) -> Status {
    Status::resource_exhausted(format!(
        "WATCH_LIMIT: {} has more than {DIRECTORIES_MAX} directories: watch a part of them",
        crate::invalid::shown(path.as_str())
    ))
}

/// Returns events of the kernel, and whether these are all.
fn taken(inotify: impl AsFd) -> (Vec<Raw>, bool) {
    let mut buffer = [MaybeUninit::uninit(); BUFFER_BYTES];
    let mut reader = Reader::new(inotify, &mut buffer);
    let mut events = Vec::new();
    while events.len() < TAKEN_MAX || !reader.is_buffer_empty() {
        match reader.next() {
            Ok(event) => events.push(Raw {
                watch: event.wd(),
                flags: event.events(),
                cookie: event.cookie(),
                name: event
                    .file_name()
                    .map_or(Vec::new(), |name| name.to_bytes().to_owned()),
            }),
            Err(Errno::INTR) => {}
            Err(_) => return (events, true),
        }
    }
    (events, false)
}

#[cfg(test)]
mod tests;
