//! Answers to calls that cannot be served.

use tonic::Status;

use super::limits::{ATTACHED_MAX, CONTEXTS_MAX, QUEUED_BYTES_MAX, QUEUED_MAX};
use super::machine::Refusal;
use crate::invalid::shown;

pub const RESTARTED: &str = "CONTEXT_RESTARTED";
pub const REMOVED: &str = "CONTEXT_REMOVED";

pub fn context_unknown(id: &str) -> Status {
    Status::not_found(format!(
        "CONTEXT_UNKNOWN: there is no context {}",
        shown(id)
    ))
}

pub fn cell_unknown(cell: u64) -> Status {
    Status::not_found(format!(
        "CELL_UNKNOWN: the context does not know a cell {cell}, or any more"
    ))
}

pub fn context_dead(id: &str) -> Status {
    Status::failed_precondition(format!(
        "CONTEXT_DEAD: the interpreter of context {id} has ended: restart it"
    ))
}

pub fn context_busy(id: &str, what: &str) -> Status {
    Status::failed_precondition(format!("CONTEXT_BUSY: context {id} {what}"))
}

pub fn no_arrow(id: &str, language: &str) -> Status {
    Status::unimplemented(format!(
        "TABLE_FORMAT_UNSUPPORTED: context {id} makes no Arrow tables, because its {language} has no pyarrow: use image interpreter-full, or one to which it was added"
    ))
}

/// Returns the end of a stream whose context does not run its cell any more.
pub fn abandoned(reason: &str, id: &str) -> Status {
    Status::aborted(match reason {
        REMOVED => format!("{REMOVED}: context {id} has been removed"),
        _ => format!("{RESTARTED}: context {id} has been restarted"),
    })
}

pub fn refused(refusal: Refusal, id: &str, cell: u64) -> Status {
    match refusal {
        Refusal::Dead => context_dead(id),
        Refusal::CellUnknown if cell == 0 => {
            Status::not_found(format!("CELL_UNKNOWN: no cell runs in context {id}"))
        }
        Refusal::CellUnknown => cell_unknown(cell),
        Refusal::QueueFull => Status::resource_exhausted(format!(
            "CELL_LIMIT: {QUEUED_MAX} cells or {} MiB of code wait in context {id}, which is the limit",
            QUEUED_BYTES_MAX >> 20
        )),
    }
}

pub fn streams_full() -> Status {
    Status::resource_exhausted(format!(
        "CELL_LIMIT: {ATTACHED_MAX} streams of cells are open in the sandbox, which is the limit: end one of them"
    ))
}

/// Refuses another context, with the memory of each.
pub fn context_limit(reason: &str, memory: &[(String, u64)]) -> Status {
    let contexts: Vec<String> = memory
        .iter()
        .map(|(id, bytes)| format!("{id} has {} MiB", bytes >> 20))
        .collect();
    Status::resource_exhausted(format!("CONTEXT_LIMIT: {reason}: {}", contexts.join(", ")))
}

pub fn too_many_contexts() -> String {
    format!("the sandbox has {CONTEXTS_MAX} contexts, which is the limit")
}
