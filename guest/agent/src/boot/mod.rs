//! From the kernel's first instruction in user space to a system in which a program can run.

mod account;
mod disk;
mod failure;
mod filesystems;
mod hardening;
mod kernel_arguments;
mod loopback;
mod modules;
mod quarters;
mod root;
mod uevents;
mod view;

use std::convert::Infallible;
use std::fs;

use rustix::system::{reboot, RebootCommand};

pub use account::{GROUP_ID, HOME, USER, USER_ID};
pub use failure::{context, Failure};
pub use filesystems::{renew_writable, BOOT_ID_FILE};
pub use quarters::Quarters;
pub use uevents::wait_for;

use crate::kernel_log;
pub use kernel_arguments::KernelArguments;

/// Leaves this process as PID 1 of a complete system, with nothing on its standard streams; programs have quarters of
/// their own in it.
pub fn boot() -> Result<Quarters, Failure> {
    filesystems::mount_early()?;
    filesystems::silence_standard_streams()?;
    let arguments = KernelArguments::parse(
        &fs::read_to_string("/proc/cmdline")
            .map_err(context("cannot read /proc/cmdline", "report this kernel"))?,
    );
    modules::load_all(&arguments)?;
    root::enter(arguments.root_disk())?;
    filesystems::mount_all()?;
    account::ensure()?;
    hardening::apply()?;
    Quarters::make()
}

/// Ends the VMM: it is started so that a reset of the machine makes it exit.
pub fn end_the_machine() -> ! {
    loop {
        // Returns only on failure. A return from main would be the same news to the kernel: a panic.
        if let Err(error) = reboot(RebootCommand::Restart) {
            kernel_log::error(format_args!("cannot reset the machine: {error}"));
            std::process::exit(1);
        }
    }
}

/// The value of a function that returns only on failure.
pub type Never = Infallible;
