//! Runs a program and reports its output and its end.

mod confinement;
mod environment;
mod event;
mod file_path;
mod files;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
mod interpreters;
mod language;
mod launch;
mod output;
mod outputs;
mod prime;
mod printable;
mod processes;
mod program;
mod skipped;
mod supervision;
#[cfg(test)]
mod tests;
mod text;
mod working_directory;

use std::path::PathBuf;

use tokio::sync::mpsc;
use tonic::Status;

pub use confinement::Confinement;
pub use environment::{check_variable, default_environment};
pub use event::{Content, Event, Report, StreamName};
pub use interpreters::environments_agree;
pub use launch::{new_pipe, start as start_command};
pub use prime::Primed;
pub use processes::{cgroup::Cgroup, Processes};
pub use program::Program;
pub use skipped::Skipped;
pub use supervision::exit_code_and_signal;
pub use working_directory::WorkingDirectory;

pub use crate::wire::execution::Outcome;

use crate::boot::filesystems;
use crate::kernel_log;
use crate::reaper::Reaper;
use crate::refresh;
use crate::wire::execution::ExecuteRequest;
use interpreters::{Chosen, Interpreters, Origin};
use language::Language;
use outputs::Outputs;

/// The number of queued events of at most 64 KiB each. When the queue and the window of HTTP/2 are full, the program
/// blocks in its write.
const EVENTS_IN_FLIGHT: usize = 4;
/// The name of the control group of a prime by a plain interpreter.
const PRIME: &str = "prime";

/// Starts executions in this guest.
#[derive(Clone)]
pub struct Executions {
    working_directory: WorkingDirectory,
    reaper: Reaper,
    interpreters: Interpreters,
}

impl Executions {
    pub fn new(working_directory: WorkingDirectory, reaper: Reaper) -> Self {
        Self {
            working_directory,
            reaper,
            interpreters: Interpreters::default(),
        }
    }

    /// Starts the program. It is killed when the receiver is dropped. The last event is [`Event::Ended`].
    pub async fn start(&self, program: Program) -> Result<mpsc::Receiver<Event>, Status> {
        let chosen = self
            .interpreters
            .choose(&program, &self.working_directory)
            .await;
        let group_name = program.language.names[0];
        self.start_by(chosen, group_name, program).await
    }

    /// Runs the program as in [`Self::start`] and removes everything of it but warm caches. Replaces the waiting
    /// interpreter that it has used.
    pub async fn prime(&self, program: Program) -> Result<Primed, Status> {
        let chosen = self.interpreters.take(&program, &self.working_directory);
        let origin = chosen.as_ref().map(|(waiting, _)| waiting.origin.clone());
        // An interpreter of the same language may wait in the group of that name.
        let events = self.start_by(chosen, PRIME, program).await?;
        let primed = prime::collect(events).await;
        self.renew_writable().map_err(|error| {
            Status::internal(format!("cannot remove the traces of a prime: {error}"))
        })?;
        if let Some(origin) = origin {
            self.interpreters
                .add(origin, &self.working_directory, &self.reaper)
                .await;
        }
        Ok(primed)
    }

    /// Starts a waiting interpreter of each language that benefits from it. Returns the names of these languages.
    pub async fn warm(&self) -> Result<Vec<String>, Status> {
        if self.working_directory.confined() {
            refresh::set_clock_long_ago()
                .map_err(|error| Status::internal(format!("cannot put the clock back: {error}")))?;
        }
        let mut warm = Vec::new();
        for (language, hook) in Interpreters::candidates() {
            let hook_directory = match hook.directory_query() {
                Some(code) => self.query(language, code).await?,
                None => PathBuf::new(),
            };
            let origin = Origin {
                language,
                hook,
                hook_directory,
            };
            if self
                .interpreters
                .add(origin, &self.working_directory, &self.reaper)
                .await
            {
                warm.push(language.names[0].to_owned());
            }
        }
        Ok(warm)
    }

    /// Gives way to the processes of a living sandbox: ends the waiting interpreters, and limits all programs together to
    /// the available memory and a number of processes.
    pub async fn give_way(&self, processes_max: u32) -> std::io::Result<()> {
        self.interpreters.end_all().await;
        match self.working_directory.confined() {
            true => Cgroup::of_all_programs().limit(processes_max),
            false => Ok(()),
        }
    }

    /// Stops all programs. After an error some of them may stand still.
    pub async fn freeze(&self) -> std::io::Result<()> {
        match self.working_directory.confined() {
            true => Cgroup::of_all_programs().freeze().await,
            false => Ok(()),
        }
    }

    /// Lets all programs run on.
    pub fn thaw(&self) -> std::io::Result<()> {
        match self.working_directory.confined() {
            true => Cgroup::of_all_programs().thaw(),
            false => Ok(()),
        }
    }

    /// Runs a program of the agent and returns the path that it prints.
    async fn query(&self, language: &Language, code: &str) -> Result<PathBuf, Status> {
        let request = ExecuteRequest {
            language: language.names[0].to_owned(),
            code: code.to_owned(),
            ..Default::default()
        };
        let primed = self.prime(Program::from_request(request, "")?).await?;
        Ok(PathBuf::from(primed.stdout_tail))
    }

    /// Empties all directories that a program can have written to.
    fn renew_writable(&self) -> std::io::Result<()> {
        match self.working_directory.confined() {
            true => filesystems::renew_writable(),
            false => Ok(()),
        }
    }

    async fn start_by(
        &self,
        chosen: Option<Chosen>,
        group_name: &str,
        mut program: Program,
    ) -> Result<mpsc::Receiver<Event>, Status> {
        let outputs = Outputs::before(&program.files, &self.working_directory);
        launch::write_files(&mut program, &self.working_directory).map_err(|error| {
            Status::internal(format!("cannot write the program's files: {error}"))
        })?;
        let warm = match chosen {
            Some((waiting, message)) => waiting.run(&mut program, &message).await.map(Some),
            None => Ok(None),
        };
        let running = match warm {
            Ok(Some(running)) => running,
            Ok(None) => launch::launch(
                &mut program,
                group_name,
                &self.working_directory,
                &self.reaper,
            )?,
            Err(error) => {
                kernel_log::error(format_args!("a waiting interpreter failed: {error}"));
                launch::launch(
                    &mut program,
                    group_name,
                    &self.working_directory,
                    &self.reaper,
                )?
            }
        };
        let (sender, receiver) = mpsc::channel(EVENTS_IN_FLIGHT);
        tokio::spawn(supervision::supervise(
            running,
            outputs,
            program.limits,
            sender,
        ));
        Ok(receiver)
    }
}
