//! An interpreter that has been started and waits for its program.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::handover_message;
use super::hook::Hook;
use crate::execution::environment::environment;
use crate::execution::language::Language;
use crate::execution::launch::{spawn, Invocation, Process, Running};
use crate::execution::processes::cgroup::Cgroup;
use crate::execution::program::Program;
use crate::execution::working_directory::WorkingDirectory;
use crate::reaper::Reaper;

/// Long enough for an emulated processor on a busy host.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Little has to be done, but all pages for it are read from the template.
const HANDOVER_TIMEOUT: Duration = Duration::from_secs(10);
/// The byte that a hook writes when it waits, and when it lets the interpreter continue.
const SIGNAL: u8 = 6;

/// The interpreter to start, and the directory of its hook.
#[derive(Clone)]
pub struct Origin {
    pub language: &'static Language,
    pub hook: Hook,
    /// The result of [`Hook::directory_query`].
    pub hook_directory: PathBuf,
}

/// A waiting interpreter. Dropping it kills the interpreter.
pub struct WaitingInterpreter {
    pub origin: Origin,
    started_with: BTreeMap<String, String>,
    process: Option<Process>,
}

impl WaitingInterpreter {
    /// Installs the hook, starts the interpreter and returns when it waits.
    pub async fn start(
        origin: Origin,
        working_directory: &WorkingDirectory,
        reaper: &Reaper,
    ) -> io::Result<Self> {
        let installed = origin.hook.install(&origin.hook_directory)?;
        let waiting = Self::start_hooked(origin, working_directory, reaper).await;
        installed.remove()?;
        waiting
    }

    /// Starts an interpreter whose hook is installed, and returns when it signals that it waits.
    pub async fn start_hooked(
        origin: Origin,
        working_directory: &WorkingDirectory,
        reaper: &Reaper,
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
        let cgroup = match working_directory.confined() {
            true => Some(Cgroup::create(language.names[0])?),
            false => None,
        };
        let process = spawn(&invocation, working_directory, cgroup, reaper)?;
        let mut waiting = Self {
            origin,
            started_with,
            process: Some(process),
        };
        timeout(START_TIMEOUT, waiting.read_signal())
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        Ok(waiting)
    }

    /// Returns the message for a program, if this interpreter is alive and can run it without a visible difference.
    pub fn message_for(
        &mut self,
        program: &Program,
        working_directory: &WorkingDirectory,
    ) -> Option<Vec<u8>> {
        let process = self.process.as_mut()?;
        let lives = process.end.try_recv().is_err();
        if !lives || !std::ptr::eq(self.origin.language, program.language) {
            return None;
        }
        handover_message::encode(program, &self.started_with, &working_directory.directory)
    }

    /// Hands over a program whose files have been written, and returns when the interpreter continues with it.
    pub async fn run(mut self, program: &mut Program, message: &[u8]) -> io::Result<Running> {
        let started = Instant::now();
        let sent = timeout(
            HANDOVER_TIMEOUT,
            self.send(message, program.limits.processes),
        )
        .await;
        if let Err(error) = sent.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            self.end().await;
            return Err(error);
        }
        let process = self.process.take().ok_or(io::ErrorKind::NotConnected)?;
        Ok(process.running(program, started, true))
    }

    async fn send(&mut self, message: &[u8], processes_max: u32) -> io::Result<()> {
        let process = self.process.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        if let Some(cgroup) = &process.processes.cgroup {
            cgroup.limit(processes_max)?;
        }
        process.stdin.write_all(message).await?;
        self.read_signal().await
    }

    /// Ends the interpreter and returns when nothing is left of it.
    pub async fn end(mut self) {
        if let Some(process) = self.process.take() {
            let deadline = process.processes.kill();
            process.processes.wait_until_gone(deadline).await;
            // Its exit status does not matter. A channel that has already delivered it would panic when polled again.
            if !process.end.is_terminated() {
                let _ = timeout(HANDOVER_TIMEOUT, process.end).await;
            }
        }
    }

    #[cfg(test)]
    pub fn leader(&self) -> Option<rustix::process::Pid> {
        self.process
            .as_ref()
            .map(|process| process.processes.leader)
    }

    async fn read_signal(&mut self) -> io::Result<()> {
        let process = self.process.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        match process.stdout.read_u8().await? {
            SIGNAL => Ok(()),
            other => Err(io::Error::other(format!(
                "the interpreter printed {other:#x} before its program"
            ))),
        }
    }
}

impl Drop for WaitingInterpreter {
    fn drop(&mut self) {
        if let Some(process) = &self.process {
            process.processes.kill();
        }
    }
}
