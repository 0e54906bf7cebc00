//! Reaps all ended processes, as PID 1 must.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{getpid, wait, waitpid, Pid, WaitOptions, WaitStatus};
use tokio::signal::unix::{signal, SignalKind};
use tokio::sync::oneshot;

/// Reaps processes and sends the exit status of those that are awaited.
///
/// It is the only caller of wait(2) in the agent, so that reaping orphans cannot take a status away from a waiter.
/// `std::process::Child::wait` and `tokio::process` must therefore not be used.
#[derive(Clone, Default)]
pub struct Reaper {
    awaited: Arc<Mutex<HashMap<i32, oneshot::Sender<WaitStatus>>>>,
}

impl Reaper {
    /// Starts to reap on the current runtime.
    pub fn start() -> io::Result<Self> {
        let reaper = Self::default();
        let mut child_changed = signal(SignalKind::child())?;
        let task = reaper.clone();
        tokio::spawn(async move {
            while child_changed.recv().await.is_some() {
                task.reap();
            }
        });
        Ok(reaper)
    }

    /// Returns the future exit status of a child. To be called before the task that started it awaits anything, because
    /// the child is not reaped until then.
    pub fn end_of(&self, child: Pid) -> oneshot::Receiver<WaitStatus> {
        let (sender, receiver) = oneshot::channel();
        self.lock().insert(child.as_raw_nonzero().get(), sender);
        receiver
    }

    fn reap(&self) {
        if getpid().is_init() {
            while let Ok(Some((child, status))) = wait(WaitOptions::NOHANG) {
                self.report(child.as_raw_nonzero().get(), status);
            }
        } else {
            // In a test, other tests have children in this process too.
            let awaited: Vec<i32> = self.lock().keys().copied().collect();
            for child in awaited {
                if let Ok(Some((_, status))) = waitpid(Pid::from_raw(child), WaitOptions::NOHANG) {
                    self.report(child, status);
                }
            }
        }
    }

    fn report(&self, child: i32, status: WaitStatus) {
        if let Some(waiter) = self.lock().remove(&child) {
            // The receiver may have been dropped.
            let _ = waiter.send(status);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<i32, oneshot::Sender<WaitStatus>>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
