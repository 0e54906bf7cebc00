//! Finds processes for calls, and answers calls that cannot be served.

use tonic::Status;

use super::known_process::KnownProcess;
use super::state::State;
use super::table::{self, Key, Selector};
use crate::invalid::shown;

/// The streams that clients are attached by.
const ATTACHED_MAX: usize = 128;

pub fn find(state: &State, selector: &Selector) -> Result<Key, Status> {
    state.processes.find(selector).ok_or_else(|| {
        Status::not_found(match selector {
            Selector::Pid(pid) => format!("PROCESS_UNKNOWN: there is no process {pid}"),
            Selector::Tag(tag) => {
                format!(
                    "PROCESS_UNKNOWN: there is no process with the tag {}",
                    shown(tag)
                )
            }
        })
    })
}

pub fn get<'a>(state: &'a State, selector: &Selector) -> Result<&'a KnownProcess, Status> {
    let process = state.processes.get(find(state, selector)?);
    process.ok_or_else(|| Status::not_found("PROCESS_UNKNOWN: the process is gone"))
}

pub fn running<'a>(state: &'a State, selector: &Selector) -> Result<&'a KnownProcess, Status> {
    match get(state, selector)? {
        process if process.ended.is_some() => Err(ended(process)),
        process => Ok(process),
    }
}

pub fn ended(process: &KnownProcess) -> Status {
    process_has_ended(process.pid)
}

pub fn process_has_ended(pid: u32) -> Status {
    Status::not_found(format!("PROCESS_UNKNOWN: process {pid} has ended"))
}

pub fn refusal(refusal: table::Refusal) -> Status {
    match refusal {
        table::Refusal::TooMany => Status::resource_exhausted(format!(
            "PROCESS_LIMIT: {} processes that were started by Start run in the sandbox, which is the limit",
            table::RUNNING_MAX
        )),
        table::Refusal::TagTaken { pid } => {
            Status::already_exists(format!("TAG_TAKEN: process {pid} has the tag"))
        }
    }
}

pub fn check_attached(state: &State) -> Result<(), Status> {
    match state.attached {
        0..ATTACHED_MAX => Ok(()),
        _ => Err(Status::resource_exhausted(format!(
            "PROCESS_LIMIT: {ATTACHED_MAX} streams of Start and Attach are open in the sandbox, which is the limit: \
             end one of them"
        ))),
    }
}
