//! Listening sockets that exist before the VMM which serves them.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use nix::libc;
use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

/// As many as a VMM of ours could want.
pub const MAX_SOCKETS: usize = 16;

/// The number under which a VMM finds its first socket.
const FIRST: RawFd = 3;

/// Descriptors from here on are out of the way of those that a VMM inherits.
const ABOVE_INHERITED: RawFd = FIRST + MAX_SOCKETS as RawFd;

/// Few connect: the host, once or twice.
const BACKLOG: i32 = 16;

/// Sockets of one VM, on the way from its directory into its descriptors.
pub struct Sockets(Vec<OwnedFd>);

impl Sockets {
    /// Binds and listens in a VM's directory.
    pub fn listen(directory: BorrowedFd<'_>, names: &[String]) -> rustix::io::Result<Self> {
        names
            .iter()
            .map(|name| listen(directory, name))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Gives the sockets the numbers 3, 4, … and keeps them open over exec. Only for a process that is about to exec:
    /// it replaces what had these numbers.
    pub fn put_in_place(&self) -> std::io::Result<()> {
        for (socket, number) in self.0.iter().zip(FIRST..) {
            // SAFETY: no socket is overwritten, since they are all above the numbers given here, and the owners of
            // whatever else is never come to use or drop it: exec or _exit follows.
            if unsafe { libc::dup2(socket.as_raw_fd(), number) } < 0 {
                return Err(std::io::Error::last_os_error());
            }
        }
        Ok(())
    }
}

/// Another descriptor for the same file, which [`Sockets::put_in_place`] will not overwrite.
pub fn out_of_the_way(descriptor: impl AsFd) -> rustix::io::Result<OwnedFd> {
    rustix::io::fcntl_dupfd_cloexec(descriptor, ABOVE_INHERITED)
}

fn listen(directory: BorrowedFd<'_>, name: &str) -> rustix::io::Result<OwnedFd> {
    // By the open directory: it cannot be exchanged, and a long runtime path does not count against the 108 bytes of
    // an address.
    let address = SocketAddrUnix::new(format!("/proc/self/fd/{}/{name}", directory.as_raw_fd()))?;
    let socket = net::socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    net::bind(&socket, &address)?;
    net::listen(&socket, BACKLOG)?;
    out_of_the_way(socket)
}
