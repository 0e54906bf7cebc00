//! Watches over a running program until nothing of it is left.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rustix::process::WaitStatus;
use tokio::io::AsyncWriteExt;
use tokio::net::unix::pipe;
use tokio::sync::{mpsc, watch, Notify};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::event::{Event, Report, StreamName};
use super::launch::Running;
use super::output::OutputPump;
use super::outputs::Outputs;
use super::program::Limits;
use super::Outcome;

/// For a killed program to be gone. More is only needed by one that hangs in the kernel.
const DEATH_PATIENCE: Duration = Duration::from_secs(5);
const SIGNAL_BASE: i32 = 128;
const SIGKILL: i32 = 9;

/// Sends the program's output, its files, and at last its report.
///
/// Whatever ends it, its time, its output, its memory, its listener or itself, from then on no process of it is left,
/// and what it had written before is still delivered.
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
        Outcome::Completed => running.group.left_running().await,
        _ => 0,
    };
    running.group.kill();
    if outcome != Outcome::Completed {
        status = timeout(DEATH_PATIENCE, running.end)
            .await
            .ok()
            .and_then(Result::ok);
        duration = running.started.elapsed();
    }
    let (exit_code, signal) = exit_code_and_signal(status);
    let killed_process = running.group.killed_for_memory();
    // A program that goes on without a child of its own tells by itself what that means. A shell reports a killed child
    // as its own exit code.
    if outcome == Outcome::Completed
        && exit_code == SIGNAL_BASE + SIGKILL
        && killed_process.is_some()
    {
        outcome = Outcome::OutOfMemory;
    }
    running.group.emptied().await;
    // INVARIANT: told only now, when no process is left that could still write, or the patience with it is over.
    kill_sender.send_replace(true);
    if let Some(feeder) = feeder {
        feeder.abort();
    }
    let stdout_truncated = was_truncated(stdout).await;
    let stderr_truncated = was_truncated(stderr).await;
    if outcome == Outcome::Completed && (stdout_truncated || stderr_truncated) {
        // It wrote too much and ended before we had read it: no other news than if we had been faster.
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
    // A listener that is gone does not want to know.
    let _ = events.send(Event::Ended(report)).await;
}

/// Ends quietly when the program does not want its input.
async fn feed(mut stdin: pipe::Sender, content: Bytes) {
    let _ = stdin.write_all(&content).await;
}

async fn was_truncated(pump: JoinHandle<bool>) -> bool {
    pump.await.unwrap_or(true)
}

fn exit_code_and_signal(status: Option<WaitStatus>) -> (i32, i32) {
    match status {
        Some(status) => match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => (code, 0),
            (None, Some(signal)) => (SIGNAL_BASE + signal, signal),
            (None, None) => (SIGNAL_BASE + SIGKILL, SIGKILL),
        },
        // Killed, and not yet dead.
        None => (SIGNAL_BASE + SIGKILL, SIGKILL),
    }
}
