//! Supervises a running program until nothing of it is left.

use std::sync::Arc;

use bytes::Bytes;
use rustix::process::WaitStatus;
use tokio::io::AsyncWriteExt;
use tokio::net::unix::pipe;
use tokio::sync::{mpsc, watch, Notify};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout_at};

use super::event::{Event, Report, StreamName};
use super::launch::Running;
use super::output::OutputPump;
use super::outputs::Outputs;
use super::program::Limits;
use crate::wire::execution::Outcome;

const SIGNAL_BASE: i32 = 128;
const SIGKILL: i32 = 9;

/// Sends the output of the program, then its files, then its report.
///
/// A program ends by itself, or when it exceeds its time, output or memory, or when the receiver of its events is
/// dropped. In all cases no process of it is left, and its earlier output is still delivered.
pub async fn supervise(
    mut running: Running,
    outputs: Outputs,
    limits: Limits,
    events: mpsc::Sender<Event>,
) {
    let limit_reached = Arc::new(Notify::new());
    let (kill_sender, killed) = watch::channel(false);
    let pump = |name, pipe| {
        let pump = OutputPump {
            name,
            pipe,
            bytes_max: limits.output_bytes,
            events: events.clone(),
            limit_reached: limit_reached.clone(),
            killed: killed.clone(),
        };
        tokio::spawn(pump.run())
    };
    let stdout = pump(StreamName::Stdout, running.stdout);
    let stderr = pump(StreamName::Stderr, running.stderr);
    let feeder = running
        .stdin
        .map(|(stdin, content)| tokio::spawn(feed(stdin, content)));

    let (mut outcome, mut status) = tokio::select! {
        biased;
        status = &mut running.end => (Outcome::Completed, status.ok()),
        () = limit_reached.notified() => (Outcome::OutputLimit, None),
        () = sleep(limits.time) => (Outcome::TimedOut, None),
        () = events.closed() => (Outcome::Cancelled, None),
    };
    let mut duration = running.started.elapsed();
    let background_processes = match outcome {
        Outcome::Completed => running.processes.left_running().await,
        _ => 0,
    };
    let deadline = running.processes.kill();
    if outcome != Outcome::Completed {
        status = timeout_at(deadline, running.end)
            .await
            .ok()
            .and_then(Result::ok);
        duration = running.started.elapsed();
    }
    let (exit_code, signal) = exit_code_and_signal(status);
    let killed_process = running.processes.out_of_memory_victim();
    // A program that continues after the loss of a child reports the effect itself. A shell exits with the status of a
    // killed child.
    if outcome == Outcome::Completed
        && exit_code == SIGNAL_BASE + SIGKILL
        && killed_process.is_some()
    {
        outcome = Outcome::OutOfMemory;
    }
    running.processes.wait_until_gone(deadline).await;
    // INVARIANT: sent only now, when no process is left that could write, or the deadline has passed.
    kill_sender.send_replace(true);
    if let Some(feeder) = feeder {
        feeder.abort();
    }
    let stdout_truncated = was_truncated(stdout).await;
    let stderr_truncated = was_truncated(stderr).await;
    if outcome == Outcome::Completed && (stdout_truncated || stderr_truncated) {
        // It exceeded the limit but ended before its output was read. The outcome must not depend on this race.
        outcome = Outcome::OutputLimit;
    }
    let report = Report {
        outcome,
        exit_code,
        signal,
        duration,
        stdout_truncated,
        stderr_truncated,
        killed_process: killed_process.unwrap_or_default(),
        background_processes,
        skipped: outputs.send(&events).await,
        warm_interpreter: running.warm,
    };
    // The receiver may have been dropped.
    let _ = events.send(Event::Ended(report)).await;
}

/// Writes the input. Ignores errors, because a program need not read it.
async fn feed(mut stdin: pipe::Sender, content: Bytes) {
    let _ = stdin.write_all(&content).await;
}

async fn was_truncated(pump: JoinHandle<bool>) -> bool {
    pump.await.unwrap_or(true)
}

/// Returns 128 plus the signal, and the signal, if one has ended the process.
pub fn exit_code_and_signal(status: Option<WaitStatus>) -> (i32, i32) {
    match status {
        Some(status) => match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => (code, 0),
            (None, Some(signal)) => (SIGNAL_BASE + signal, signal),
            (None, None) => (SIGNAL_BASE + SIGKILL, SIGKILL),
        },
        // Killed, but not yet dead.
        None => (SIGNAL_BASE + SIGKILL, SIGKILL),
    }
}
