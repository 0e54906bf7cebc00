//! The code interpreter of a living sandbox: contexts that run cells.
//!
//! [`rpc`] serves calls by [`contexts`], which [`launch`]es a driver for each context. A task of [`session`] talks to the driver:
//! [`frame`]s become [`message`]s, and with the output of programs they become events ([`collector`]). A task of [`stream`] sends
//! a client the events that it has credit for. What happens when is decided by [`machine`] and [`event_log`], which are pure.
//! `docs/design/interpreter.md` has the whole.

mod answers;
mod collector;
mod context;
mod contexts;
mod event_log;
mod frame;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
mod json;
mod launch;
mod limits;
mod machine;
#[cfg(test)]
mod machine_tests;
mod message;
mod reports;
mod request;
mod rpc;
mod session;
mod stream;
#[cfg(test)]
mod tests;
mod text;

pub use contexts::Contexts;
pub use launch::{Drivers, DRIVERS};
pub use limits::Times;
pub use rpc::InterpreterRpc;
