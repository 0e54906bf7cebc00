//! Waits for devices by the announcements of the kernel.

use std::time::{Duration, Instant};

use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::netlink::{SocketAddrNetlink, KOBJECT_UEVENT};
use rustix::net::{bind, recv, socket_with, AddressFamily, RecvFlags, SocketFlags, SocketType};

use super::failure::{context, Failure};

const KERNEL_GROUP: u32 = 1;
const NEXT_STEP: &str = "boot a kernel with CONFIG_NET and uevents";

/// Calls `look` after each announcement until it returns a value. Returns `None` after the timeout.
pub fn wait_for<T>(
    timeout: Duration,
    mut look: impl FnMut() -> Option<T>,
) -> Result<Option<T>, Failure> {
    let deadline = Instant::now() + timeout;
    // Listens before the first look, so that a device that appears in between is announced.
    let announcements = listen().map_err(context("cannot listen for uevents", NEXT_STEP))?;
    loop {
        if let Some(found) = look() {
            return Ok(Some(found));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        await_announcements(&announcements, left)
            .map_err(context("cannot read uevents", NEXT_STEP))?;
    }
}

fn listen() -> Result<OwnedFd, Errno> {
    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        Some(KOBJECT_UEVENT),
    )?;
    bind(&socket, &SocketAddrNetlink::new(0, KERNEL_GROUP))?;
    Ok(socket)
}

/// Returns after an announcement or the timeout. The content does not matter, because the caller checks again.
fn await_announcements(socket: &OwnedFd, timeout: Duration) -> Result<(), Errno> {
    let timeout = Timespec {
        tv_sec: timeout.as_secs().try_into().unwrap_or(i64::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    };
    match poll(&mut [PollFd::new(socket, PollFlags::IN)], Some(&timeout)) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error),
    }
    let mut announcement = [0; 4096];
    loop {
        match recv(socket, &mut announcement[..], RecvFlags::empty()) {
            // An overrun has lost announcements and is itself a reason to check again.
            Ok(_) | Err(Errno::NOBUFS | Errno::INTR) => {}
            Err(Errno::AGAIN) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
