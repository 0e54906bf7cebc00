//! Runs a program and tells what it says and how it ends.

pub mod cgroup;
mod confinement;
mod environment;
mod event;
mod file_path;
mod files;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
mod group;
mod handover;
mod hook;
mod interpreters;
mod language;
mod launch;
mod out_of_memory;
mod output;
mod outputs;
mod prime;
mod printable;
mod program;
mod supervision;
mod system_calls;
#[cfg(test)]
mod tests;
mod text;
mod waiting;
#[cfg(test)]
mod waiting_tests;
mod workplace;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc;
use tonic::Status;

pub use event::{Content, Event, FilePart, Report, StreamName};
pub use outputs::{Reason, Skipped};
pub use prime::Primed;
pub use program::Program;

pub use crate::wire::execution::Outcome;

use crate::boot::{self, Quarters};
use crate::kernel_log;
use crate::orphans::Orphans;
use crate::refresh;
use crate::wire::execution::ExecuteRequest;
use interpreters::{Chosen, Interpreters};
use language::Language;
use outputs::Outputs;
use waiting::Origin;
use workplace::Workplace;

/// Of 64 KiB at most each. Beyond them, and what HTTP/2 grants, the program waits in its write.
const EVENTS_IN_FLIGHT: usize = 4;
/// The group of a prime that no waiting interpreter runs.
const PRIME: &str = "prime";

/// Starts executions in this guest.
#[derive(Clone)]
pub struct Executions {
    workplace: Workplace,
    orphans: Orphans,
    interpreters: Interpreters,
}

impl Executions {
    pub fn in_guest(quarters: Quarters, orphans: Orphans) -> Self {
        Self::at(
            Workplace {
                directory: PathBuf::from(boot::HOME),
                quarters: Some(Arc::new(quarters)),
            },
            orphans,
        )
    }

    /// Without a guest around: no other user, no cgroup, nothing mounted.
    #[cfg(test)]
    pub fn in_test(directory: &std::path::Path, orphans: Orphans) -> Self {
        Self::at(
            Workplace {
                directory: directory.to_owned(),
                quarters: None,
            },
            orphans,
        )
    }

    fn at(workplace: Workplace, orphans: Orphans) -> Self {
        Self {
            workplace,
            orphans,
            interpreters: Interpreters::default(),
        }
    }

    /// Starts the program. It is killed when the receiver is dropped; the last event is [`Event::Ended`].
    pub async fn start(&self, program: Program) -> Result<mpsc::Receiver<Event>, Status> {
        let chosen = self.interpreters.choose(&program, &self.workplace).await;
        let group_name = program.language.names[0];
        self.start_by(chosen, group_name, program).await
    }

    /// Runs the program by the same path and leaves nothing of it but warm caches. A waiting interpreter that it takes is
    /// replaced by a fresh one.
    pub async fn prime(&self, program: Program) -> Result<Primed, Status> {
        let chosen = self.interpreters.borrow(&program, &self.workplace);
        let origin = chosen.as_ref().map(|(waiting, _)| waiting.origin.clone());
        // The group of its language may be taken by an interpreter that waits in it.
        let events = self.start_by(chosen, PRIME, program).await?;
        let primed = prime::listen(events).await;
        self.workplace.renew().map_err(|error| {
            Status::internal(format!("cannot remove the traces of a prime: {error}"))
        })?;
        if let Some(origin) = origin {
            self.interpreters
                .add(origin, &self.workplace, &self.orphans)
                .await;
        }
        Ok(primed)
    }

    /// Leaves an interpreter of each language that gains by it waiting for its program; says which languages those are.
    pub async fn warm(&self) -> Result<Vec<String>, Status> {
        if self.workplace.confined() {
            refresh::set_clock_long_ago()
                .map_err(|error| Status::internal(format!("cannot put the clock back: {error}")))?;
        }
        let mut warm = Vec::new();
        for (language, hook) in Interpreters::candidates() {
            let hook_directory = match hook.question() {
                Some(question) => self.answer(language, question).await?,
                None => PathBuf::new(),
            };
            let origin = Origin {
                language,
                hook,
                hook_directory,
            };
            if self
                .interpreters
                .add(origin, &self.workplace, &self.orphans)
                .await
            {
                warm.push(language.names[0].to_owned());
            }
        }
        Ok(warm)
    }

    /// What a program of ours prints.
    async fn answer(&self, language: &Language, question: &str) -> Result<PathBuf, Status> {
        let request = ExecuteRequest {
            language: language.names[0].to_owned(),
            code: question.to_owned(),
            ..Default::default()
        };
        let primed = self.prime(Program::from_request(request, "")?).await?;
        Ok(PathBuf::from(primed.stdout_tail))
    }

    async fn start_by(
        &self,
        chosen: Option<Chosen>,
        group_name: &str,
        mut program: Program,
    ) -> Result<mpsc::Receiver<Event>, Status> {
        let outputs = Outputs::before(&program.files, &self.workplace);
        launch::place(&mut program, &self.workplace).map_err(|error| {
            Status::internal(format!("cannot write the program's files: {error}"))
        })?;
        let warm = match chosen {
            Some((waiting, message)) => waiting.run(&mut program, &message).await.map(Some),
            None => Ok(None),
        };
        let running = match warm {
            Ok(Some(running)) => running,
            Ok(None) => launch::launch(&mut program, group_name, &self.workplace, &self.orphans)?,
            Err(error) => {
                kernel_log::error(format_args!("a waiting interpreter failed: {error}"));
                launch::launch(&mut program, group_name, &self.workplace, &self.orphans)?
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
