//! Waits until a descriptor of the event loop is ready.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::event::{poll, PollFd, PollFlags};
use rustix::io::Errno;
use rustix::time::Timespec;

use super::event_queue::EventQueue;
use crate::process::signals::Signals;
use crate::vm::Vm;

/// The descriptors that the event loop waits for.
pub struct PollSet<'a> {
    pub signals: &'a Signals,
    pub vms: &'a [Vm],
    /// The events of the eBPF programs, if they are loaded.
    pub ebpf_events: Option<BorrowedFd<'a>>,
    pub queue: &'a EventQueue,
    /// Whether requests are still served.
    pub serves: bool,
}

/// The descriptors that are ready.
pub struct Ready {
    pub signals: bool,
    /// Indices of the VMs with new output, or whose writers have closed it.
    pub outputs: Vec<usize>,
    pub ebpf_events: bool,
    pub stdin: PollFlags,
    pub stdout: PollFlags,
}

impl PollSet<'_> {
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
        // A full queue has no room for them, so they stay in the kernel.
        let ebpf_events = self.ebpf_events.as_ref().filter(|_| !self.queue.is_full());
        polled.extend(ebpf_events.map(|events| PollFd::new(events, PollFlags::IN)));
        let (stdin_flags, stdout_flags) = (self.stdin_flags(), self.stdout_flags());
        polled.extend(stdin_flags.map(|flags| PollFd::new(&stdin, flags)));
        polled.extend(stdout_flags.map(|flags| PollFd::new(&stdout, flags)));

        let found = match poll(&mut polled, timeout) {
            Ok(_) => true,
            // The returned flags are undefined.
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
        // In the order in which the descriptors were added.
        let mut next = || flags.next().unwrap_or(PollFlags::empty());
        let signals = !next().is_empty();
        writers.retain(|_| !next().is_empty());
        let has_ebpf_events = ebpf_events.is_some() && !next().is_empty();
        let mut next_if = |polled: Option<PollFlags>| polled.map_or(PollFlags::empty(), |_| next());
        Ok(Ready {
            signals,
            outputs: writers,
            ebpf_events: has_ebpf_events,
            stdin: next_if(stdin_flags),
            stdout: next_if(stdout_flags),
        })
    }

    /// Returns `None` to leave stdin out. With empty flags, poll still reports when the other end is closed.
    fn stdin_flags(&self) -> Option<PollFlags> {
        let flag = if self.queue.is_full() {
            PollFlags::empty()
        } else {
            PollFlags::IN
        };
        self.serves.then_some(flag)
    }

    fn stdout_flags(&self) -> Option<PollFlags> {
        let flag = if self.queue.is_empty() {
            PollFlags::empty()
        } else {
            PollFlags::OUT
        };
        (!self.queue.is_closed()).then_some(flag)
    }
}
