//! A process that was started through the API.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use std::time::SystemTime;

use nix::libc;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::descriptor::Descriptor;
use super::input::Input;
use super::listing::Description;
use crate::execution::Processes;
use crate::wire::sandbox::v1::{ProcessEnded, ProcessStream};

const PIPES: [ProcessStream; 2] = [ProcessStream::Stdout, ProcessStream::Stderr];
const TERMINAL: [ProcessStream; 1] = [ProcessStream::Pty];

/// A process that runs, or has ended lately. Dropping it closes the agent's ends of its streams.
pub struct KnownProcess {
    /// As programs see it.
    pub pid: u32,
    pub description: Description,
    pub started: SystemTime,
    /// The process, and all that it has started.
    pub group: Arc<Processes>,
    /// Names this process even after another one has its id.
    pub handle: OwnedFd,
    pub input: Option<Input>,
    pub terminal: Option<Arc<Descriptor>>,
    /// Notified of output and of the end.
    pub changed: Arc<Notify>,
    pub ended: Option<ProcessEnded>,
    pub pumps: Vec<AbortHandle>,
}

impl KnownProcess {
    pub fn streams(&self) -> &'static [ProcessStream] {
        match self.description.has_terminal {
            true => &TERMINAL,
            false => &PIPES,
        }
    }

    /// Sends a signal to this process alone. Returns whether it still runs.
    pub fn signal(&self, signal: i32) -> io::Result<bool> {
        let no_information: *const libc::siginfo_t = std::ptr::null();
        // SAFETY: the kernel accepts that there is no information, and reads nothing else.
        let sent = unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.handle.as_raw_fd(),
                signal,
                no_information,
                0,
            )
        };
        match (sent, io::Error::last_os_error()) {
            (0, _) => Ok(true),
            (_, error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(false),
            (_, error) => Err(error),
        }
    }
}

impl Drop for KnownProcess {
    fn drop(&mut self) {
        for pump in &self.pumps {
            pump.abort();
        }
    }
}
