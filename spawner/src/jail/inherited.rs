//! Open descriptors that a VMM inherits under fixed numbers.

use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};

use nix::libc;

use crate::launch::{MAX_FILES, MAX_SOCKETS};

/// The number of the first inherited descriptor.
const FIRST: RawFd = 3;

/// The descriptors from which bubblewrap reads its filter and to which it writes the id of its child.
const BUBBLEWRAP_DESCRIPTORS: usize = 2;

/// The lowest number that no inherited descriptor can have.
const ABOVE: RawFd = FIRST + (MAX_SOCKETS + MAX_FILES + BUBBLEWRAP_DESCRIPTORS) as RawFd;

#[derive(Default)]
pub struct Inherited(Vec<OwnedFd>);

impl Inherited {
    /// Adds a descriptor that is [`out_of_the_way`]. Returns the number that it will have.
    pub fn add(&mut self, descriptor: OwnedFd) -> RawFd {
        debug_assert!(descriptor.as_raw_fd() >= ABOVE);
        self.0.push(descriptor);
        FIRST + self.0.len() as RawFd - 1
    }

    /// Gives the descriptors the numbers 3, 4, … and keeps them open over exec. Only for a process that is about to
    /// exec, because other descriptors with these numbers are replaced.
    pub fn put_in_place(&self) -> std::io::Result<()> {
        for (descriptor, number) in self.0.iter().zip(FIRST..) {
            // SAFETY: the inherited descriptors are all above these numbers, so none is overwritten. The owners of
            // other overwritten descriptors neither use nor drop them, because exec or _exit follows.
            if unsafe { libc::dup2(descriptor.as_raw_fd(), number) } < 0 {
                return Err(std::io::Error::last_os_error());
            }
        }
        Ok(())
    }
}

/// Duplicates a descriptor to a number that [`Inherited::put_in_place`] does not overwrite.
pub fn out_of_the_way(descriptor: impl AsFd) -> rustix::io::Result<OwnedFd> {
    rustix::io::fcntl_dupfd_cloexec(descriptor, ABOVE)
}
