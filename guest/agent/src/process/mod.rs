//! The processes of a living sandbox.
//!
//! [`rpc`] serves calls by [`sandbox_processes`], which starts processes and remembers those that have ended lately.
//! For each process a task of [`supervision`] waits for its end, one task of [`pump`] for each stream keeps its output,
//! and one of [`input`] feeds it. For each attached client a task of [`attachment`] sends the output that the client
//! has credit for. The rules are in [`table`], [`kept_output`] and [`reader`], which are pure.

mod answers;
mod attachment;
mod descriptor;
#[cfg(test)]
mod flow_tests;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
mod input;
mod input_call;
mod kept_output;
#[cfg(test)]
mod kept_output_tests;
mod kept_stream;
mod known_process;
mod launch;
mod listing;
mod pump;
mod reader;
mod request;
#[cfg(test)]
mod request_tests;
mod rpc;
mod sandbox_processes;
mod state;
mod supervision;
mod table;
mod terminal;
#[cfg(test)]
mod terminal_tests;
#[cfg(test)]
mod tests;

pub use descriptor::{read_once, Descriptor, Read, READ_BYTES};
pub use rpc::ProcessRpc;
pub use sandbox_processes::SandboxProcesses;
pub use state::Times;
