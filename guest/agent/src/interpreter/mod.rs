//! The code interpreter of a living sandbox: contexts that run cells.
//!
//! [`rpc`] serves calls by [`contexts`], which starts a [`driver`] for each context. A task of [`session`] talks to the driver:
//! what it says and the output of programs become events ([`reports`]). A task of [`stream`] sends a client the events that it has
//! credit for. What happens when is decided by [`machine`] and [`event_log`], which are pure.
//! `docs/design/interpreter.md` has the whole.

mod admission;
mod answers;
#[cfg(test)]
mod bash_tests;
#[cfg(test)]
pub mod cell_client;
mod cell_request;
mod context;
mod contexts;
#[cfg(test)]
mod control_tests;
mod description;
mod driver;
mod event_log;
#[cfg(test)]
mod event_log_tests;
#[cfg(test)]
pub mod fixture;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod interrupt_tests;
#[cfg(test)]
mod language_rows;
#[cfg(test)]
mod languages;
mod limits;
mod machine;
#[cfg(test)]
mod machine_tests;
#[cfg(test)]
mod node_tests;
#[cfg(test)]
mod preloading_tests;
mod reports;
mod request;
#[cfg(test)]
mod rich_tests;
mod rpc;
mod session;
mod starter;
mod stream;
#[cfg(test)]
mod tests;
mod waiting;
#[cfg(test)]
mod waiting_tests;

pub use contexts::Contexts;
pub use driver::language::Drivers;
pub use limits::Times;
pub use rpc::InterpreterRpc;
