//! Terminals of processes.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;

use rustix::fs::{fchown, Gid, Mode, OFlags, Uid};
use rustix::pty::{ioctl_tiocgptpeer, unlockpt, OpenptFlags};
use rustix::termios::{tcgetattr, tcsetwinsize, SpecialCodeIndex, Winsize};

use super::request::TerminalSize;
use crate::boot::USER_ID;
use crate::execution::WorkingDirectory;
use crate::opening::open;

/// In the file system of terminals that programs see.
const CONTROLLERS: &str = "/dev/pts/ptmx";
/// The group of terminals.
const TTY_GROUP_ID: u32 = 5;
/// Ctrl-D, as terminals have it at first.
const END_OF_INPUT: u8 = 4;

/// Makes a terminal. Returns the agent's end and that of the process.
pub fn make(
    working_directory: &WorkingDirectory,
    size: TerminalSize,
) -> io::Result<(OwnedFd, OwnedFd)> {
    let path = match &working_directory.namespaces {
        Some(namespaces) => namespaces.path_of(CONTROLLERS),
        None => PathBuf::from(CONTROLLERS),
    };
    let flags = OFlags::RDWR | OFlags::NOCTTY;
    let controller = open(path, flags, Mode::empty())?;
    unlockpt(&controller)?;
    // Needs no path, which would lead to a terminal of the agent's own mounts.
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let process = ioctl_tiocgptpeer(&controller, flags)?;
    if working_directory.confined() {
        // So that programs can open it by its name.
        let (user, group) = (Uid::from_raw(USER_ID), Gid::from_raw(TTY_GROUP_ID));
        fchown(&process, Some(user), Some(group))?;
    }
    resize(&controller, size)?;
    Ok((controller, process))
}

/// Changes the size of a terminal. The kernel notifies its processes.
pub fn resize(controller: impl AsFd, size: TerminalSize) -> io::Result<()> {
    let size = Winsize {
        ws_row: size.rows,
        ws_col: size.columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    Ok(tcsetwinsize(controller, size)?)
}

/// Returns the character that ends the input of a terminal, which its processes can change.
pub fn end_of_input(controller: impl AsFd) -> u8 {
    tcgetattr(controller).map_or(END_OF_INPUT, |settings| {
        settings.special_codes[SpecialCodeIndex::VEOF]
    })
}
