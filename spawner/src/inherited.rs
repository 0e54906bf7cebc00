//! Open descriptors on their way to the numbers under which a VMM finds them.

use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};

use nix::libc;

use crate::handed_files::MAX_FILES;
use crate::sockets::MAX_SOCKETS;

/// The number of the first.
const FIRST: RawFd = 3;

/// What bubblewrap reads its filter from and tells its child's number to.
const BUBBLEWRAPS: usize = 2;

/// Descriptors from here on are out of the way of those that are inherited.
const ABOVE: RawFd = FIRST + (MAX_SOCKETS + MAX_FILES + BUBBLEWRAPS) as RawFd;

#[derive(Default)]
pub struct Inherited(Vec<OwnedFd>);

impl Inherited {
    /// Adds one that is [`out_of_the_way`]. Returns the number that it will have.
    pub fn add(&mut self, descriptor: OwnedFd) -> RawFd {
        debug_assert!(descriptor.as_raw_fd() >= ABOVE);
        self.0.push(descriptor);
        FIRST + self.0.len() as RawFd - 1
    }

    /// Gives them the numbers 3, 4, … and keeps them open over exec. Only for a process that is about to exec: it
    /// replaces what had these numbers.
    pub fn put_in_place(&self) -> std::io::Result<()> {
        for (descriptor, number) in self.0.iter().zip(FIRST..) {
            // SAFETY: none of ours is overwritten, since they are all above the numbers given here, and the owners of
            // whatever else is never come to use or drop it: exec or _exit follows.
            if unsafe { libc::dup2(descriptor.as_raw_fd(), number) } < 0 {
                return Err(std::io::Error::last_os_error());
            }
        }
        Ok(())
    }
}

/// Another descriptor for the same file, which [`Inherited::put_in_place`] will not overwrite.
pub fn out_of_the_way(descriptor: impl AsFd) -> rustix::io::Result<OwnedFd> {
    rustix::io::fcntl_dupfd_cloexec(descriptor, ABOVE)
}
