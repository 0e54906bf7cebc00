//! The threads on which file operations run.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use rustix::fs::Mode;
use rustix::process::{chdir, umask};
use rustix::thread::{set_no_new_privs, unshare_unsafe, UnshareFlags};
use tokio::sync::oneshot;
use tonic::Status;

use crate::boot::{GROUP_ID, USER_ID};
use crate::namespaces::Namespaces;
use crate::privileges::become_account;

/// An operation that takes long, such as the removal of a large directory, occupies one of them.
const THREADS: usize = 4;
/// Operations that wait for a thread. A call has one at a time, and takes it back when it ends, so this is more than the
/// host can have.
const QUEUE_MAX: usize = 512;
/// No operation recurses.
const STACK_BYTES: usize = 256 << 10;

type Job = Box<dyn FnOnce() + Send>;
/// Lets a new thread become what operations need.
type Enter = Arc<dyn Fn() -> io::Result<()> + Send + Sync>;
/// Whether the result of an operation is still wanted. It is not when the call has ended.
pub type Wanted<'a> = &'a dyn Fn() -> bool;

/// A few threads that have the mounts and the user account of programs.
///
/// In Linux both belong to a thread and not to a process, so that these threads have no privileges while the agent keeps
/// its own. The kernel checks each access of an operation as an access of a program, and no path is resolved as root.
///
/// The threads start with the first operation, so that a template and an execution do not have them. They end when the
/// last clone of the pool is dropped.
#[derive(Clone)]
pub struct Pool(Arc<Owner>);

struct Owner(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    enter: Enter,
}

#[derive(Default)]
struct State {
    started: bool,
    closed: bool,
    /// Why a thread could not become what operations need. None runs then.
    failure: Option<String>,
    /// By their numbers, which are those of their order.
    queue: BTreeMap<u64, Job>,
    next: u64,
}

/// An operation in the queue, which is taken back when this is dropped.
struct Queued<'a> {
    shared: &'a Shared,
    number: u64,
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        let job = self.shared.lock().queue.remove(&self.number);
        // Without the lock, because what the operation owns may add a cleanup to the queue.
        drop(job);
    }
}

impl Pool {
    /// `namespaces` is `None` outside of a guest, where the threads keep their mounts and their user.
    pub fn new(namespaces: Option<Arc<Namespaces>>) -> Self {
        Self::entering(Arc::new(move || enter(namespaces.as_deref())))
    }

    /// The threads have the user of programs, and the mounts of this process. Needs root.
    #[cfg(test)]
    pub fn as_user() -> Self {
        Self::entering(Arc::new(|| {
            own_directory_and_umask()?;
            become_account(USER_ID, GROUP_ID)
        }))
    }

    fn entering(enter: Enter) -> Self {
        Self(Arc::new(Owner(Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            enter,
        }))))
    }

    /// Runs an operation on one of the threads. When the future is dropped, an operation that has not begun never runs,
    /// and one that has begun goes on, but can learn that.
    pub async fn run<T: Send + 'static>(
        &self,
        operation: impl FnOnce(Wanted<'_>) -> Result<T, Status> + Send + 'static,
    ) -> Result<T, Status> {
        let (sender, receiver) = oneshot::channel();
        let job = move || {
            let result = operation(&|| !sender.is_closed());
            // Without a receiver the result is dropped here, which undoes what it began.
            let _ = sender.send(result);
        };
        let _queued = Queued {
            number: self.submit(Box::new(job), QUEUE_MAX)?,
            shared: &self.0 .0,
        };
        receiver
            .await
            .unwrap_or_else(|_| Err(self.0 .0.failed("a file operation was abandoned")))
    }

    /// Runs the end of an operation, such as the removal of a temporary file, which must not be refused.
    pub fn finish(&self, cleanup: impl FnOnce() + Send + 'static) {
        // Without threads nothing can have begun.
        let _ = self.submit(Box::new(cleanup), usize::MAX);
    }

    fn submit(&self, job: Job, queue_max: usize) -> Result<u64, Status> {
        let shared = &self.0 .0;
        let mut state = shared.lock();
        if state.failure.is_some() {
            drop(state);
            return Err(shared.failed(""));
        }
        if state.queue.len() >= queue_max {
            return Err(Status::failed_precondition(
                "too many file operations at the same time: try again",
            ));
        }
        if !state.started {
            for _ in 0..THREADS {
                let shared = shared.clone();
                thread::Builder::new()
                    .name("files".to_owned())
                    .stack_size(STACK_BYTES)
                    .spawn(move || shared.work())
                    .map_err(|error| {
                        Status::internal(format!("cannot start a thread for files: {error}"))
                    })?;
            }
            state.started = true;
        }
        let number = state.next;
        state.next += 1;
        state.queue.insert(number, job);
        shared.changed.notify_one();
        Ok(number)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, otherwise: &str) -> Status {
        let state = self.lock();
        Status::internal(state.failure.as_deref().unwrap_or(otherwise))
    }

    fn work(&self) {
        if let Err(error) = (self.enter)() {
            let mut state = self.lock();
            state.failure = Some(format!(
                "a thread for files cannot become an ordinary user: {error}"
            ));
            state.queue.clear();
            return;
        }
        while let Some(job) = self.next() {
            job();
        }
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.failure.is_some() {
                return None;
            }
            if let Some((_, job)) = state.queue.pop_first() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_all();
    }
}

/// Gives this thread the mounts and the user of programs.
///
/// INVARIANT: makes system calls that change this thread only. The functions of the C library change all threads.
fn enter(namespaces: Option<&Namespaces>) -> io::Result<()> {
    own_directory_and_umask()?;
    set_no_new_privs(true)?;
    if let Some(namespaces) = namespaces {
        namespaces.enter()?;
        chdir("/")?;
        become_account(USER_ID, GROUP_ID)?;
    }
    Ok(())
}

/// Separates the working directory and the umask of this thread from those of the others. Without that it could not
/// enter a mount namespace.
fn own_directory_and_umask() -> io::Result<()> {
    // SAFETY: the table of descriptors stays shared.
    unsafe { unshare_unsafe(UnshareFlags::FS) }?;
    umask(Mode::WGRP | Mode::WOTH);
    Ok(())
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
