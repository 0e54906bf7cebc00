//! Collects every process that ends, as PID 1 must.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{getpid, wait, waitpid, Pid, WaitOptions, WaitStatus};
use tokio::signal::unix::{signal, SignalKind};
use tokio::sync::oneshot;

/// How each awaited process ended is told to the one who asked; nobody asks for the orphans.
///
/// This is the only caller of wait(2) in the agent, so that collecting orphans cannot take a status away from a waiter.
/// `std::process::Child::wait` and `tokio::process` must not be used beside it.
#[derive(Clone, Default)]
pub struct Orphans {
    awaited: Arc<Mutex<HashMap<i32, oneshot::Sender<WaitStatus>>>>,
}

impl Orphans {
    /// Starts collecting on the current runtime.
    pub fn start() -> io::Result<Self> {
        let orphans = Self::default();
        let mut child_changed = signal(SignalKind::child())?;
        let collector = orphans.clone();
        tokio::spawn(async move {
            while child_changed.recv().await.is_some() {
                collector.collect();
            }
        });
        Ok(orphans)
    }

    /// The end of a child. To be called before anything is awaited after its start: until then nothing collects it.
    pub fn end_of(&self, child: Pid) -> oneshot::Receiver<WaitStatus> {
        let (sender, receiver) = oneshot::channel();
        self.lock().insert(child.as_raw_nonzero().get(), sender);
        receiver
    }

    fn collect(&self) {
        if getpid().is_init() {
            while let Ok(Some((child, status))) = wait(WaitOptions::NOHANG) {
                self.tell(child.as_raw_nonzero().get(), status);
            }
        } else {
            // In a test: the other children of this process belong to others.
            let awaited: Vec<i32> = self.lock().keys().copied().collect();
            for child in awaited {
                if let Ok(Some((_, status))) = waitpid(Pid::from_raw(child), WaitOptions::NOHANG) {
                    self.tell(child, status);
                }
            }
        }
    }

    fn tell(&self, child: i32, status: WaitStatus) {
        if let Some(waiter) = self.lock().remove(&child) {
            // A waiter that is gone does not want to know.
            let _ = waiter.send(status);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<i32, oneshot::Sender<WaitStatus>>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
