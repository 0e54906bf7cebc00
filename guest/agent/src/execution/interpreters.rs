//! The interpreters that wait for their programs.

use std::sync::{Arc, Mutex, PoisonError};

use super::hook::Hook;
use super::language::{Language, LANGUAGES};
use super::program::Program;
use super::waiting::{Origin, Waiting};
use super::workplace::Workplace;
use crate::kernel_log;
use crate::orphans::Orphans;

/// At most one of each language.
#[derive(Clone, Default)]
pub struct Interpreters(Arc<Mutex<Vec<Waiting>>>);

/// A waiting interpreter, with what to tell it.
pub type Chosen = (Waiting, Vec<u8>);

impl Interpreters {
    /// The languages that gain by a waiting interpreter and that this image has.
    pub fn candidates() -> impl Iterator<Item = (&'static Language, Hook)> {
        LANGUAGES
            .iter()
            .filter(|language| language.find_interpreter().is_ok())
            .filter_map(|language| Some((language, Hook::of(language)?)))
    }

    /// Returns when the interpreter waits. Where it does not come to that, its programs get a plain one.
    pub async fn add(&self, origin: Origin, workplace: &Workplace, orphans: &Orphans) -> bool {
        let name = origin.language.names[0];
        match Waiting::start(origin, workplace, orphans).await {
            Ok(waiting) => {
                self.insert(waiting);
                true
            }
            Err(error) => {
                kernel_log::error(format_args!("no {name} interpreter waits: {error}"));
                false
            }
        }
    }

    pub fn insert(&self, waiting: Waiting) {
        self.lock().push(waiting);
    }

    /// The one that can run the program, if any. Nothing is left of all others: their memory is the program's.
    pub async fn choose(&self, program: &Program, workplace: &Workplace) -> Option<Chosen> {
        let chosen = self.borrow(program, workplace);
        let others = std::mem::take(&mut *self.lock());
        for other in others {
            other.dismiss().await;
        }
        chosen
    }

    /// The same, and all others go on waiting.
    pub fn borrow(&self, program: &Program, workplace: &Workplace) -> Option<Chosen> {
        let mut all = self.lock();
        let (index, message) = all
            .iter_mut()
            .enumerate()
            .find_map(|(index, waiting)| Some((index, waiting.message_for(program, workplace)?)))?;
        Some((all.swap_remove(index), message))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
