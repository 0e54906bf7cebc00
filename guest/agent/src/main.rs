//! The guest agent: PID 1 of a microVM that runs one program and is then thrown away.
//!
//! [`boot`] makes a Linux system around itself, [`channel`] gives the host its way in, [`service`] answers it, and
//! [`execution`] runs the program. Everything that may happen in the life of a VM, and in which order, is in
//! [`lifecycle`].

// libFuzzer brings its own.
#![cfg_attr(fuzzing, no_main, allow(dead_code))]

mod boot;
mod channel;
mod execution;
#[cfg(any(fuzzing, test))]
mod fuzzing;
mod invalid;
mod kernel_log;
mod lifecycle;
mod memory;
mod orphans;
mod privileges;
mod refresh;
mod service;
mod wire;

use std::process::ExitCode;

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
    // A panic aborts PID 1 and so ends the VM. Its reason must not end up on a closed standard error.
    std::panic::set_hook(Box::new(|panic| kernel_log::error(format_args!("{panic}"))));
    let failure = match boot::boot() {
        Ok(quarters) => match channel::serve(quarters) {
            Ok(never) => match never {},
            Err(failure) => failure,
        },
        Err(failure) => failure,
    };
    kernel_log::error(format_args!("{failure}"));
    boot::end_the_machine()
}
