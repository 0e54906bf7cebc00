//! Saves the memory that a VMM has made its own, and puts it back into a clone of the same template.
//!
//! [`vmm_memory`] finds and accesses the memory, [`pages`] is the format in which it is kept, and [`save`] and [`load`]
//! copy it in small steps, so that the event loop serves other VMs in between. What a guest had in its memory is never
//! interpreted.

mod crc32c;
mod directory;
mod load;
pub mod pages;
mod save;
mod vmm_memory;

use std::collections::VecDeque;

use crate::vm_id::VmId;
use crate::wire::{event::Event, MemoryLoaded, MemorySaved};

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
    Load(Load),
}

/// The transfers that were requested, which are done one after the other.
#[derive(Default)]
pub struct Transfers(VecDeque<(VmId, Transfer)>);

impl Transfers {
    pub fn add(&mut self, vm: VmId, transfer: Transfer) -> Result<(), String> {
        if self.0.len() == MAX_TRANSFERS {
            return Err(format!("{MAX_TRANSFERS} transfers are waiting"));
        }
        self.0.push_back((vm, transfer));
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Drops all of them. Files of incomplete saves are removed.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Does a step of the first transfer. Returns the event that reports its end, if this was its last step.
    pub fn step(&mut self) -> Option<Event> {
        let (_, transfer) = self.0.front_mut()?;
        let result = match transfer {
            Transfer::Save(save) => save.step(),
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
        let (vm, transfer) = self.0.pop_front()?;
        Some(match transfer {
            Transfer::Save(_) => saved(vm.to_string(), result),
            Transfer::Load(_) => loaded(vm.to_string(), result.map(drop)),
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

#[cfg(test)]
mod tests;
