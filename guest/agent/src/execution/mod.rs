//! Runs a program and tells what it says and how it ends.

pub mod cgroup;
mod confinement;
mod environment;
mod event;
mod file_path;
mod files;
mod group;
mod language;
mod launch;
mod out_of_memory;
mod output;
mod outputs;
mod prime;
mod printable;
mod program;
mod supervision;
#[cfg(test)]
mod tests;
mod text;
mod workplace;

use std::path::PathBuf;

use tokio::sync::mpsc;
use tonic::Status;

pub use event::{Content, Event, FilePart, Report, StreamName};
pub use outputs::{Reason, Skipped};
pub use prime::Primed;
pub use program::Program;

pub use crate::wire::execution::Outcome;

use crate::boot;
use crate::orphans::Orphans;
use workplace::Workplace;

/// Of 64 KiB at most each. Beyond them, and what HTTP/2 grants, the program waits in its write.
const EVENTS_IN_FLIGHT: usize = 4;

/// Starts executions in this guest.
#[derive(Clone)]
pub struct Executions {
    workplace: Workplace,
    orphans: Orphans,
}

impl Executions {
    pub fn in_guest(orphans: Orphans) -> Self {
        Self {
            workplace: Workplace {
                directory: PathBuf::from(boot::HOME),
                confined: true,
            },
            orphans,
        }
    }

    /// Without a guest around: no other user, no cgroup, nothing mounted.
    #[cfg(test)]
    pub fn in_test(directory: &std::path::Path, orphans: Orphans) -> Self {
        Self {
            workplace: Workplace {
                directory: directory.to_owned(),
                confined: false,
            },
            orphans,
        }
    }

    /// Starts the program. It is killed when the receiver is dropped; the last event is [`Event::Ended`].
    pub fn start(&self, program: Program) -> Result<mpsc::Receiver<Event>, Status> {
        let (sender, receiver) = mpsc::channel(EVENTS_IN_FLIGHT);
        let limits = program.limits;
        let running = launch::launch(program, &self.workplace, &self.orphans)?;
        tokio::spawn(supervision::supervise(running, limits, sender));
        Ok(receiver)
    }

    /// Runs the program by the same path and leaves nothing of it but warm caches.
    pub async fn prime(&self, program: Program) -> Result<Primed, Status> {
        let events = self.start(program)?;
        let primed = prime::listen(events).await;
        self.workplace.renew().map_err(|error| {
            Status::internal(format!("cannot remove the traces of a prime: {error}"))
        })?;
        Ok(primed)
    }
}
