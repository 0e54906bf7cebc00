//! Boots the guest, from the first instruction in user space to a complete system.

mod disk;
mod failure;
pub mod filesystems;
mod hardening;
mod kernel_arguments;
mod modules;
mod root;
mod timer;
mod uevents;
mod user_account;

use std::fs;

use rustix::system::{reboot, RebootCommand};

pub use failure::{context, Failure};
pub use uevents::wait_for;
pub use user_account::{GROUP_ID, HOME, USER, USER_ID};

use crate::kernel_log;
pub use kernel_arguments::KernelArguments;

/// Sets up a complete system, with this process as PID 1 and without standard streams.
pub fn boot() -> Result<(), Failure> {
    filesystems::mount_early()?;
    filesystems::silence_standard_streams()?;
    timer::check()?;
    let arguments = KernelArguments::parse(
        &fs::read_to_string("/proc/cmdline")
            .map_err(context("cannot read /proc/cmdline", "report this kernel"))?,
    );
    modules::load_all(&arguments)?;
    root::enter(arguments.root_disk())?;
    filesystems::mount_all()?;
    user_account::ensure()?;
    hardening::apply()
}

/// Ends the VMM, which is configured to exit when the machine is reset.
pub fn end_the_machine() -> ! {
    // Immediately: the orderly way waits, which never ends on a kernel without a timer.
    let _ = fs::write("/proc/sysrq-trigger", "b");
    loop {
        // Returns only on failure. A return from main would make the kernel panic.
        if let Err(error) = reboot(RebootCommand::Restart) {
            kernel_log::error(format_args!("cannot reset the machine: {error}"));
            std::process::exit(1);
        }
    }
}
