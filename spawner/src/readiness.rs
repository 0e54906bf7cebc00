//! Waiting for whatever comes next.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::event::{poll, PollFd, PollFlags};
use rustix::io::Errno;
use rustix::time::Timespec;

use crate::outbox::Outbox;
use crate::signals::Signals;
use crate::vm::Vm;

/// What to wait for.
pub struct Watched<'a> {
    pub signals: &'a Signals,
    pub vms: &'a [Vm],
    /// What the kernel tells of VMs, where it does.
    pub events: Option<BorrowedFd<'a>>,
    pub outbox: &'a Outbox,
    /// Whether requests are still taken.
    pub serves: bool,
}

/// What has come.
pub struct Ready {
    pub signals: bool,
    /// Indices of the VMs that wrote, or whose writers are gone.
    pub outputs: Vec<usize>,
    pub events: bool,
    pub stdin: PollFlags,
    pub stdout: PollFlags,
}

impl Watched<'_> {
    pub fn wait(&self, timeout: Option<&Timespec>) -> io::Result<Ready> {
        let (stdin, stdout) = (io::stdin(), io::stdout());
        let mut polled = vec![PollFd::new(self.signals, PollFlags::IN)];
        let mut writers = Vec::new();
        for (index, vm) in self.vms.iter().enumerate() {
            if let Some(output) = vm.output() {
                polled.push(PollFd::new(output, PollFlags::IN));
                writers.push(index);
            }
        }
        // Nobody waits for them whom the outbox has no room for.
        let events = self.events.as_ref().filter(|_| !self.outbox.is_full());
        polled.extend(events.map(|events| PollFd::new(events, PollFlags::IN)));
        let (stdin_flags, stdout_flags) = (self.stdin_flags(), self.stdout_flags());
        polled.extend(stdin_flags.map(|flags| PollFd::new(&stdin, flags)));
        polled.extend(stdout_flags.map(|flags| PollFd::new(&stdout, flags)));

        let found = match poll(&mut polled, timeout) {
            Ok(_) => true,
            // The flags mean nothing then.
            Err(Errno::INTR) => false,
            Err(error) => return Err(error.into()),
        };
        let mut flags = polled.iter().map(|one| {
            if found {
                one.revents()
            } else {
                PollFlags::empty()
            }
        });
        // In the order in which they were put in.
        let mut next = || flags.next().unwrap_or(PollFlags::empty());
        let signals = !next().is_empty();
        writers.retain(|_| !next().is_empty());
        let told = events.is_some() && !next().is_empty();
        let mut next_if =
            |watched: Option<PollFlags>| watched.map_or(PollFlags::empty(), |_| next());
        Ok(Ready {
            signals,
            outputs: writers,
            events: told,
            stdin: next_if(stdin_flags),
            stdout: next_if(stdout_flags),
        })
    }

    /// `None` leaves the stream out. Without a flag, poll still tells when the other end is gone.
    fn stdin_flags(&self) -> Option<PollFlags> {
        let flag = if self.outbox.is_full() {
            PollFlags::empty()
        } else {
            PollFlags::IN
        };
        self.serves.then_some(flag)
    }

    fn stdout_flags(&self) -> Option<PollFlags> {
        let flag = if self.outbox.is_empty() {
            PollFlags::empty()
        } else {
            PollFlags::OUT
        };
        (!self.outbox.is_closed()).then_some(flag)
    }
}
