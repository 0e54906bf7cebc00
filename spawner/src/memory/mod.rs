//! Saves the memory that a VMM has made its own, and puts it back into a clone of the same template.
//!
//! [`vmm_memory`] finds and accesses the memory, [`pages`] is the format in which it is kept, and [`save`] and [`load`]
//! copy it in small steps, so that the event loop serves other VMs in between. [`flatten`] makes a template of a checkpoint.
//! What a guest had in its memory is never interpreted.

mod crc32c;
mod directory;
mod flatten;
mod load;
pub mod pages;
mod save;
mod vmm_memory;

use std::collections::VecDeque;

use crate::wire::{event::Event, MemoryFlattened, MemoryLoaded, MemorySaved};

pub use flatten::Flatten;
pub use load::Load;
pub use save::Save;
pub use vmm_memory::{Template, VmmMemory};

/// More than any host requests at the same time. Each has open files.
const MAX_TRANSFERS: usize = 64;

/// Pages that are copied in one step: 1 MiB.
const STEP_PAGES: u64 = pages::BLOCK_PAGES;

/// What is left to do after a step.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress<T> {
    More,
    Done(T),
}

pub enum Transfer {
    Save(Save),
    Load(Load<VmmMemory>),
    Flatten(Flatten),
}

/// The transfers that were requested, which are done one after the other.
#[derive(Default)]
pub struct Transfers(VecDeque<(String, Transfer)>);

impl Transfers {
    /// Adds a transfer of a VM, or to a directory.
    pub fn add(&mut self, subject: String, transfer: Transfer) -> Result<(), String> {
        if self.0.len() == MAX_TRANSFERS {
            return Err(format!("{MAX_TRANSFERS} transfers are waiting"));
        }
        self.0.push_back((subject, transfer));
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Drops all of them. Files of incomplete saves are removed.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Does a step of the first transfer. Returns the event that reports its end or its progress, if that is due.
    pub fn step(&mut self) -> Option<Event> {
        let (subject, transfer) = self.0.front_mut()?;
        let result = match transfer {
            Transfer::Save(save) => save.step(),
            Transfer::Flatten(flatten) => {
                let result = flatten.step();
                if let (Ok(Progress::More), Some((copied, all))) = (&result, flatten.report()) {
                    return Some(copying(subject.clone(), copied, all));
                }
                result
            }
            Transfer::Load(load) => load.step().map(|progress| match progress {
                Progress::More => Progress::More,
                Progress::Done(()) => Progress::Done(0),
            }),
        };
        let result = match result {
            Ok(Progress::More) => return None,
            Ok(Progress::Done(bytes)) => Ok(bytes),
            Err(problem) => Err(problem),
        };
        let (subject, transfer) = self.0.pop_front()?;
        Some(match transfer {
            Transfer::Save(_) => saved(subject, result),
            Transfer::Load(_) => loaded(subject, result.map(drop)),
            Transfer::Flatten(_) => flattened(subject, result.map(drop)),
        })
    }
}

/// Makes the answer to `SaveMemory`.
pub fn saved(vm_id: String, result: Result<u64, String>) -> Event {
    let (pages_bytes, problem) = match result {
        Ok(bytes) => (bytes, String::new()),
        Err(problem) => (0, problem),
    };
    Event::MemorySaved(MemorySaved {
        vm_id,
        pages_bytes,
        problem,
    })
}

/// Makes the answer to `LoadMemory`.
pub fn loaded(vm_id: String, result: Result<(), String>) -> Event {
    Event::MemoryLoaded(MemoryLoaded {
        vm_id,
        problem: result.err().unwrap_or_default(),
    })
}

fn copying(target: String, copied_bytes: u64, total_bytes: u64) -> Event {
    Event::MemoryFlattened(MemoryFlattened {
        target,
        copied_bytes,
        total_bytes,
        ..MemoryFlattened::default()
    })
}

/// Makes the last answer to `FlattenMemory`.
pub fn flattened(target: String, result: Result<(), String>) -> Event {
    Event::MemoryFlattened(MemoryFlattened {
        target,
        done: true,
        problem: result.err().unwrap_or_default(),
        ..MemoryFlattened::default()
    })
}

#[cfg(test)]
mod tests;
