//! Whether a sandbox has room for another context.

use std::sync::Arc;

use tonic::Status;

use super::answers;
use super::context::Context;
use super::description::memory_bytes;
use super::limits::{CONTEXTS_MAX, CONTEXT_MEMORY_BYTES};
use crate::memory::Memory;

pub fn admit(all: &[Arc<Context>]) -> Result<(), Status> {
    let memory = || {
        all.iter()
            .map(|one| (one.id.clone(), memory_bytes(one)))
            .collect::<Vec<_>>()
    };
    if all.len() >= CONTEXTS_MAX {
        return Err(answers::context_limit(
            &answers::too_many_contexts(),
            &memory(),
        ));
    }
    let available = Memory::current().map(|memory| memory.available_bytes);
    match available {
        Ok(available) if available < CONTEXT_MEMORY_BYTES => {
            let reason = format!(
                "{} MiB of memory are available, which is not enough",
                available >> 20
            );
            Err(answers::context_limit(&reason, &memory()))
        }
        _ => Ok(()),
    }
}
