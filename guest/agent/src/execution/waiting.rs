//! An interpreter that has started and waits for its program.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::cgroup::Cgroup;
use super::environment::environment;
use super::handover;
use super::hook::Hook;
use super::language::Language;
use super::launch::{spawn, Invocation, Process, Running};
use super::program::Program;
use super::workplace::Workplace;
use crate::orphans::Orphans;

/// For an emulated processor on a busy host.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// There is next to nothing to do, but what there is takes its pages from the template.
const HANDOVER_PATIENCE: Duration = Duration::from_secs(10);
/// What a hook says when it waits, and when it lets the interpreter go on.
const SIGN: u8 = 6;

/// Which interpreter is to wait, and where.
#[derive(Clone)]
pub struct Origin {
    pub language: &'static Language,
    pub hook: Hook,
    /// The answer to the hook's question.
    pub hook_directory: PathBuf,
}

/// Killed when dropped.
pub struct Waiting {
    pub origin: Origin,
    started_with: BTreeMap<String, String>,
    process: Option<Process>,
}

impl Waiting {
    /// Returns when the interpreter waits.
    pub async fn start(
        origin: Origin,
        workplace: &Workplace,
        orphans: &Orphans,
    ) -> io::Result<Self> {
        let placed = origin.hook.place(&origin.hook_directory)?;
        let waiting = Self::start_hooked(origin, workplace, orphans).await;
        placed.remove()?;
        waiting
    }

    /// The interpreter must say by itself that it waits.
    pub async fn start_hooked(
        origin: Origin,
        workplace: &Workplace,
        orphans: &Orphans,
    ) -> io::Result<Self> {
        let language = origin.language;
        let mut started_with =
            environment(HashMap::new(), language, "").map_err(io::Error::other)?;
        started_with.extend([origin.hook.variable()]);
        let interpreter = language.find_interpreter().map_err(io::Error::other)?;
        let invocation = Invocation {
            interpreter: &interpreter,
            language,
            arguments: &[],
            environment: &started_with,
        };
        let cgroup = match workplace.confined() {
            true => Some(Cgroup::create(language.names[0])?),
            false => None,
        };
        let process = spawn(&invocation, workplace, cgroup, orphans)?;
        let mut waiting = Self {
            origin,
            started_with,
            process: Some(process),
        };
        timeout(START_PATIENCE, waiting.sign())
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        Ok(waiting)
    }

    /// What to tell it, if it can run this program and nobody could tell the difference.
    pub fn message_for(&mut self, program: &Program, workplace: &Workplace) -> Option<Vec<u8>> {
        let process = self.process.as_mut()?;
        let lives = process.end.try_recv().is_err();
        if !lives || !std::ptr::eq(self.origin.language, program.language) {
            return None;
        }
        handover::message(program, &self.started_with, &workplace.directory)
    }

    /// Returns when the interpreter goes on to its program, whose files are in place.
    pub async fn run(mut self, program: &mut Program, message: &[u8]) -> io::Result<Running> {
        let started = Instant::now();
        let told = timeout(
            HANDOVER_PATIENCE,
            self.tell(message, program.limits.processes),
        )
        .await;
        if let Err(error) = told.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            self.dismiss().await;
            return Err(error);
        }
        let process = self.process.take().ok_or(io::ErrorKind::NotConnected)?;
        Ok(process.running(program, started, true))
    }

    async fn tell(&mut self, message: &[u8], processes_max: u32) -> io::Result<()> {
        let process = self.process.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        if let Some(cgroup) = &process.group.cgroup {
            cgroup.limit(processes_max)?;
        }
        process.stdin.write_all(message).await?;
        self.sign().await
    }

    /// Returns when nothing is left of it.
    pub async fn dismiss(mut self) {
        if let Some(process) = self.process.take() {
            let patience = process.group.kill();
            process.group.emptied(patience).await;
            // Killed, it ends; how is of no interest. Asked again for an end that was told before, the channel would panic.
            if !process.end.is_terminated() {
                let _ = timeout(HANDOVER_PATIENCE, process.end).await;
            }
        }
    }

    #[cfg(test)]
    pub fn leader(&self) -> Option<rustix::process::Pid> {
        self.process.as_ref().map(|process| process.group.leader)
    }

    async fn sign(&mut self) -> io::Result<()> {
        let process = self.process.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        match process.stdout.read_u8().await? {
            SIGN => Ok(()),
            other => Err(io::Error::other(format!(
                "the interpreter printed {other:#x} before its program"
            ))),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(process) = &self.process {
            process.group.kill();
        }
    }
}
