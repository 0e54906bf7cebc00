//! The loopback interface, the only network interface of a guest.

use rustix::io::Errno;
use rustix::ioctl::{ioctl, Setter};
use rustix::net::{socket_with, AddressFamily, SocketFlags, SocketType};

use crate::boot::{context, Failure};

const SIOCSIFFLAGS: u32 = 0x8914;
const IFF_UP: i16 = 1;

/// `struct ifreq` with the member of its union that SIOCSIFFLAGS reads.
#[repr(C)]
struct InterfaceFlags {
    name: [u8; 16],
    flags: i16,
    rest: [u8; 22],
}

/// Brings up the interface. The kernel then assigns its addresses.
pub fn up() -> Result<(), Failure> {
    try_up().map_err(context(
        "cannot bring up the loopback interface",
        "boot a kernel with CONFIG_INET",
    ))
}

fn try_up() -> Result<(), Errno> {
    let socket = socket_with(
        AddressFamily::INET,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    let mut request = InterfaceFlags {
        name: [0; 16],
        flags: IFF_UP,
        rest: [0; 22],
    };
    request.name[..2].copy_from_slice(b"lo");
    // SAFETY: SIOCSIFFLAGS reads a `struct ifreq`, which `InterfaceFlags` is, and writes nothing.
    unsafe {
        ioctl(
            &socket,
            Setter::<SIOCSIFFLAGS, InterfaceFlags>::new(request),
        )
    }
}
