//! The guest agent: PID 1 of a microVM that runs one program and is then destroyed, or lives as a sandbox.
//!
//! [`boot`] sets up a Linux system, [`namespaces`] separates programs from it, [`channel`] accepts the connections of
//! the host, [`service`] serves its requests, and [`execution`] runs the program. A living sandbox has the settings of
//! [`sandbox`], and any number of [`process`]es, [`file`]s and contexts of its [`interpreter`]. [`lifecycle`] defines the phases of a VM.

// libFuzzer brings its own.
#![cfg_attr(fuzzing, no_main, allow(dead_code))]

mod boot;
mod channel;
mod connection;
mod execution;
mod file;
#[cfg(any(fuzzing, test))]
mod fuzzing;
mod interpreter;
mod invalid;
mod kernel_log;
mod lifecycle;
mod memory;
mod namespaces;
mod opening;
mod privileges;
mod process;
mod reaper;
mod refresh;
mod sandbox;
mod service;
mod wire;

use std::convert::Infallible;
use std::process::ExitCode;

use namespaces::Namespaces;
use rustix::process::getpid;

fn main() -> ExitCode {
    if !getpid().is_init() {
        eprintln!(
            "neurovisor-guest-agent {} is the first process of a NeuroVisor guest: \
             pack it as /init of an initramfs and boot that",
            env!("CARGO_PKG_VERSION")
        );
        return ExitCode::from(2);
    }
    // A panic aborts PID 1 and thereby ends the VM. Standard error is closed, so its message goes to the kernel log.
    std::panic::set_hook(Box::new(|panic| kernel_log::error(format_args!("{panic}"))));
    let Err(failure) = boot_and_serve();
    kernel_log::error(format_args!("{failure}"));
    boot::end_the_machine()
}

fn boot_and_serve() -> Result<Infallible, boot::Failure> {
    boot::boot()?;
    channel::serve(Namespaces::make()?)
}
