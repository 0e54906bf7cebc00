//! Interpreters that have been started and wait for their programs.

mod handover_message;
mod hook;
#[cfg(test)]
mod tests;
mod waiting_interpreter;

use std::sync::{Arc, Mutex, PoisonError};

use super::language::{Language, LANGUAGES};
use super::program::Program;
use super::working_directory::WorkingDirectory;
use crate::kernel_log;
use crate::reaper::Reaper;
use hook::Hook;
use waiting_interpreter::WaitingInterpreter;

pub use handover_message::environments_agree;
pub use waiting_interpreter::Origin;

/// The waiting interpreters, at most one of each language.
#[derive(Clone, Default)]
pub struct Interpreters(Arc<Mutex<Vec<WaitingInterpreter>>>);

/// A waiting interpreter and the message with its program.
pub type Chosen = (WaitingInterpreter, Vec<u8>);

impl Interpreters {
    /// Returns the languages of this image that benefit from a waiting interpreter.
    pub fn candidates() -> impl Iterator<Item = (&'static Language, Hook)> {
        LANGUAGES
            .iter()
            .filter(|language| language.find_interpreter().is_ok())
            .filter_map(|language| Some((language, Hook::of(language)?)))
    }

    /// Starts an interpreter and returns when it waits. On failure, programs of its language get a plain interpreter.
    pub async fn add(
        &self,
        origin: Origin,
        working_directory: &WorkingDirectory,
        reaper: &Reaper,
    ) -> bool {
        let name = origin.language.names[0];
        match WaitingInterpreter::start(origin, working_directory, reaper).await {
            Ok(waiting) => {
                self.insert(waiting);
                true
            }
            Err(error) => {
                kernel_log::error(format_args!(
                    "cannot start a waiting {name} interpreter: {error}"
                ));
                false
            }
        }
    }

    pub fn insert(&self, waiting: WaitingInterpreter) {
        self.lock().push(waiting);
    }

    /// Takes an interpreter that can run the program, if any, and ends all others to free their memory for the program.
    pub async fn choose(
        &self,
        program: &Program,
        working_directory: &WorkingDirectory,
    ) -> Option<Chosen> {
        let chosen = self.take(program, working_directory);
        self.end_all().await;
        chosen
    }

    /// Ends all interpreters.
    pub async fn end_all(&self) {
        let all = std::mem::take(&mut *self.lock());
        for waiting in all {
            waiting.end().await;
        }
    }

    /// Takes an interpreter that can run the program, if any. The others continue to wait.
    pub fn take(&self, program: &Program, working_directory: &WorkingDirectory) -> Option<Chosen> {
        let mut all = self.lock();
        let (index, message) = all.iter_mut().enumerate().find_map(|(index, waiting)| {
            Some((index, waiting.message_for(program, working_directory)?))
        })?;
        Some((all.swap_remove(index), message))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<WaitingInterpreter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
