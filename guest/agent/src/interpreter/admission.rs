//! Whether a sandbox has room for another context, and whether one can do what is asked for.

use std::sync::Arc;

use tonic::Status;

use super::answers;
use super::context::Context;
use super::description::memory_bytes;
use super::limits::{CONTEXTS_MAX, CONTEXT_MEMORY_BYTES};
use super::machine::Phase;
use super::starter::Starter;
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

/// Fails unless a context can make tables of Arrow.
pub async fn require_arrow(starter: &Starter, context: &Context) -> Result<(), Status> {
    let ready = starter.until_ready(context).await;
    let inner = context.lock();
    if matches!(inner.machine.phase, Phase::Dead | Phase::Broken) {
        return Err(answers::context_dead(&context.id));
    }
    ready?;
    match inner.abilities.arrow {
        true => Ok(()),
        false => Err(answers::no_arrow(&context.id, &context.spec.language)),
    }
}
