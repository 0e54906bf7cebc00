//! Supervises a process until nothing of it is left.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::WaitStatus;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout, timeout_at};

use super::descriptor::Descriptor;
use super::state::Shared;
use super::table::Key;
use crate::execution::{exit_code_and_signal, Processes};
use crate::wire::sandbox::v1::ProcessEnded;

/// A process that has been started.
pub struct Supervised {
    pub key: Key,
    pub group: Arc<Processes>,
    pub end: oneshot::Receiver<WaitStatus>,
    pub outputs: Vec<Arc<Descriptor>>,
    pub pumps: Vec<JoinHandle<()>>,
    pub started: Instant,
    pub timeout: Option<Duration>,
}

/// Records the end of a process. What it has started runs on, unless its time has passed.
pub async fn supervise(shared: Arc<Shared>, mut process: Supervised) {
    let expired = async {
        match process.timeout {
            Some(timeout) => sleep(timeout).await,
            None => std::future::pending().await,
        }
    };
    let (status, timed_out) = tokio::select! {
        biased;
        status = &mut process.end => (status.ok(), false),
        () = expired => {
            let deadline = process.group.kill();
            let status = timeout_at(deadline, &mut process.end).await;
            (status.ok().and_then(Result::ok), true)
        }
    };
    let duration = process.started.elapsed();
    let pumps = std::mem::take(&mut process.pumps);
    let _ = timeout(shared.times.settling, async {
        for pump in pumps {
            let _ = pump.await;
        }
    })
    .await;
    let (exit_code, signal) = exit_code_and_signal(status);
    let ended = ProcessEnded {
        exit_code,
        signal,
        killed_process: process.group.out_of_memory_victim().unwrap_or_default(),
        duration_ms: duration.as_secs_f64() * 1000.0,
        timed_out,
    };
    // Pipes that other processes hold open, or whose output waits for a client.
    let unread: Vec<u64> = process
        .outputs
        .iter()
        .map(|output| output.unread())
        .collect();
    record(&shared, process.key, ended, &unread);
    drop(process.outputs);
    tokio::join!(process.group.wait_and_remove(), async {
        sleep(shared.times.kept).await;
        shared.expire(Instant::now());
    });
}

fn record(shared: &Shared, key: Key, ended: ProcessEnded, unread: &[u64]) {
    let mut state = shared.lock();
    let now = Instant::now();
    state.output.finish(key, unread);
    state.processes.finish(key, now);
    if let Some(process) = state.processes.get_mut(key) {
        process.ended = Some(ended);
        if let Some(input) = &process.input {
            input.end();
        }
    }
    state.notify(key);
    drop(state);
    // Its output is the first to be dropped now.
    shared.expire(now);
}
