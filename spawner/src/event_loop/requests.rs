//! Reads requests from stdin and dispatches them.

use std::io;
use std::time::Instant;

use rustix::event::PollFlags;
use rustix::io::Errno;

use super::EventLoop;
use crate::cleanup::journal::Entry;
use crate::cleanup::scratch;
use crate::wire::{event::Event, request::Request, Killed, ScratchHeld};

impl EventLoop {
    pub(super) fn serve_stdin(&mut self, ready: PollFlags) {
        if ready.is_empty() || self.closing.is_some() {
            return;
        }
        // Without IN there is nothing to read, or it was not polled because the queue is full: the host has hung up.
        let count = if ready.contains(PollFlags::IN) {
            rustix::io::read(io::stdin(), &mut self.buffer[..])
        } else {
            Ok(0)
        };
        match count {
            Err(Errno::AGAIN | Errno::INTR) => return,
            Ok(0) | Err(_) => return self.close_without_host(),
            Ok(count) => self.requests.push(&self.buffer[..count]),
        }
        while self.closing.is_none() {
            match self.requests.next() {
                Ok(Some(request)) => self.serve(request.request),
                Ok(None) => break,
                Err(error) => self.close_for_invalid_request(format_args!("{error}")),
            }
        }
    }

    fn serve(&mut self, request: Option<Request>) {
        match request {
            Some(Request::Start(start)) => self.start(start),
            Some(Request::Kill(kill)) => self.kill(kill.vm_id),
            Some(Request::MeasureTsc(_)) => self.tsc.ask(Instant::now()),
            Some(Request::HoldScratch(hold)) => self.hold_scratch(hold.path),
            Some(Request::TellOutput(tell)) => self.report_output(tell.vm_id),
            Some(Request::TellConfinement(tell)) => self.report_confinement(tell.vm_id),
            Some(Request::Seal(seal)) => self.seal(seal.vm_id),
            Some(Request::SaveMemory(save)) => self.save_memory(save),
            Some(Request::LoadMemory(load)) => self.load_memory(load),
            Some(Request::FlattenMemory(flatten)) => self.flatten_memory(flatten),
            Some(Request::TellEbpf(_)) => self.report_ebpf(),
            Some(Request::Restrict(to)) => {
                if let Err(problem) = self.programs.restrict(to) {
                    self.close_for_invalid_request(format_args!("{problem}"));
                }
            }
            Some(Request::ReleaseScratch(release)) => {
                self.journal.remove(&Entry::Scratch(release.path.into()));
            }
            // A host that waited for the answer to an unknown request would wait indefinitely.
            None => self.close_for_invalid_request(format_args!(
                "a request that this version does not know"
            )),
        }
    }

    /// Kills a VM. One that has ended is not found; its `Exited` is already on the way.
    fn kill(&mut self, vm_id: String) {
        let mut vms = self.vms.iter();
        if vms.any(|vm| vm.id.as_str() == vm_id && vm.kill()) {
            self.queue.push(Event::Killed(Killed { vm_id }));
        }
    }

    fn hold_scratch(&mut self, path: String) {
        let entry = Entry::Scratch(path.clone().into());
        let held = scratch::check(path.as_ref()).and_then(|()| {
            self.journal
                .add(entry)
                .map_err(|error| format!("cannot write the journal: {error}"))
        });
        self.queue.push(Event::ScratchHeld(ScratchHeld {
            path,
            problem: held.err().unwrap_or_default(),
        }));
    }
}
