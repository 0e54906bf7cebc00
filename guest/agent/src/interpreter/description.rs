//! What clients are shown of contexts.

use std::fs::File;
use std::io::Read;

use tonic::Status;

use super::context::Context;
use super::machine::Phase;
use crate::wire::sandbox::v1::{ContextState, InterpreterContext};

/// Returns an id that no clone of this sandbox gives again.
pub fn new_id() -> Result<String, Status> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .map_err(|error| Status::internal(format!("no randomness: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

pub fn memory_bytes(context: &Context) -> u64 {
    let inner = context.lock();
    inner
        .control
        .as_ref()
        .map_or(0, |control| control.memory_bytes())
}

pub fn describe(context: &Context) -> InterpreterContext {
    let memory_bytes = memory_bytes(context);
    let inner = context.lock();
    let state = match inner.machine.phase {
        Phase::Starting => ContextState::Starting,
        Phase::Idle => ContextState::Idle,
        Phase::Running(..) => ContextState::Busy,
        Phase::Broken | Phase::Dead => ContextState::Dead,
    };
    InterpreterContext {
        id: context.id.clone(),
        language: context.spec.language.clone(),
        cwd: context.directory.clone(),
        state: state.into(),
        created: Some(context.created.into()),
        running_cell: inner.machine.running().map_or(0, |cell| cell.number),
        queued_cells: inner.machine.queued().try_into().unwrap_or(u32::MAX),
        memory_bytes,
        next_event: inner.log.next(),
        shared: context.spec.shared,
    }
}
