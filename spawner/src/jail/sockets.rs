//! Sockets that listen before their VMM is started.

use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use super::inherited::out_of_the_way;

/// The host connects once or twice.
const BACKLOG: i32 = 16;

/// Binds sockets in a VM's directory and listens on them.
pub fn listen_all(directory: BorrowedFd<'_>, names: &[String]) -> rustix::io::Result<Vec<OwnedFd>> {
    names.iter().map(|name| listen(directory, name)).collect()
}

fn listen(directory: BorrowedFd<'_>, name: &str) -> rustix::io::Result<OwnedFd> {
    // Named by the open directory, which cannot be replaced. A long runtime path also does not count against the 108
    // bytes of an address then.
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
