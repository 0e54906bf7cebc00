//! Processes as the kernel shows them, and what this process does to itself: signals, privileges, hardening.

pub mod children;
pub mod hardening;
pub mod privileges;
pub mod signals;
mod stat;

pub use stat::{boot_id, parse_pid, ProcessStat};
