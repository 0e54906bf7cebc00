//! Listening sockets that exist before the VMM which serves them.

use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use crate::inherited::out_of_the_way;

/// As many as a VMM of ours could want.
pub const MAX_SOCKETS: usize = 16;

/// Few connect: the host, once or twice.
const BACKLOG: i32 = 16;

/// Binds and listens in a VM's directory.
pub fn listen_all(directory: BorrowedFd<'_>, names: &[String]) -> rustix::io::Result<Vec<OwnedFd>> {
    names.iter().map(|name| listen(directory, name)).collect()
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
