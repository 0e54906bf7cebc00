//! The event loop: serves the host process and looks after its VMs, in a single thread.
//!
//! [`requests`] reads and dispatches requests, [`start`] starts a VMM, [`transfers`] saves and loads its memory,
//! [`reports`] answers questions about VMs, and [`exits`] cleans up after VMs and finally after the host process.

pub mod allowed_programs;
mod event_queue;
mod exits;
mod poll_set;
mod reports;
mod requests;
mod start;
mod transfers;
mod tsc;

use std::io;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::time::Timespec;

use crate::cgroup::ParentGroup;
use crate::cleanup::journal::Journal;
use crate::cleanup::orphans;
use crate::cleanup::runtime_directory::RuntimeDirectory;
use crate::ebpf::Ebpf;
use crate::jail::Jailer;
use crate::log;
use crate::memory::Transfers;
use crate::process::signals::Signals;
use crate::vm::uids::Uids;
use crate::vm::{Vm, READ_BYTES};
use crate::wire::{event::Event, RequestReader, TscMeasured};
use allowed_programs::AllowedPrograms;
use event_queue::EventQueue;
use exits::Closing;
use poll_set::{PollSet, Ready};
use tsc::Tsc;

/// How soon the processes are listed again. SIGCHLD reports deaths, but a listing of /proc may miss a child that was
/// just being adopted.
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

pub struct EventLoop {
    jailer: Jailer,
    /// Absent without root privileges, where VMMs have the uid of the spawner.
    uids: Option<Uids>,
    directory: RuntimeDirectory,
    journal: Journal,
    signals: Signals,
    /// The parent of the VMs' control groups, or the reason why there are none.
    cgroups: Result<ParentGroup, String>,
    /// The eBPF programs, or the reason why there are none.
    ebpf: Result<Ebpf, String>,
    programs: AllowedPrograms,
    requests: RequestReader,
    queue: EventQueue,
    vms: Vec<Vm>,
    transfers: Transfers,
    tsc: Tsc,
    orphans_left: bool,
    /// Whether the last sweep for orphans has failed. Only the first failure is logged.
    sweep_failed: bool,
    removal_left: bool,
    closing: Option<Closing>,
    buffer: Vec<u8>,
}

impl EventLoop {
    pub fn new(
        jailer: Jailer,
        uids: Option<Uids>,
        cgroups: Result<ParentGroup, String>,
        ebpf: Result<Ebpf, String>,
        directory: RuntimeDirectory,
        journal: Journal,
        signals: Signals,
    ) -> Self {
        Self {
            jailer,
            uids,
            directory,
            journal,
            signals,
            cgroups,
            ebpf,
            programs: AllowedPrograms::default(),
            requests: RequestReader::default(),
            queue: EventQueue::default(),
            vms: Vec::new(),
            transfers: Transfers::default(),
            tsc: Tsc::default(),
            orphans_left: false,
            sweep_failed: false,
            removal_left: false,
            closing: None,
            buffer: vec![0; READ_BYTES],
        }
    }

    /// Serves until the host ends, or until a signal or an invalid request ends the spawner. Returns the exit code.
    pub fn run(mut self) -> io::Result<u8> {
        loop {
            if let Some(closing) = &self.closing {
                let finished = self.vms.is_empty() && !self.orphans_left && self.queue.is_empty();
                if finished || Instant::now() >= closing.deadline {
                    let exit_code = closing.exit_code;
                    self.clean_up_all();
                    return Ok(exit_code);
                }
            }
            let ready = self.wait()?;
            // Outputs first: their indices are invalid once a VM has been added or removed.
            for index in &ready.outputs {
                self.vms[*index].read_output(&mut self.buffer);
            }
            self.handle_signals(ready.signals);
            self.serve_stdin(ready.stdin);
            self.report_blocked(ready.ebpf_events);
            self.report_tsc();
            self.transfer();
            self.clean_up_ended();
            self.serve_stdout(ready.stdout);
        }
    }

    fn wait(&self) -> io::Result<Ready> {
        let polled = PollSet {
            signals: &self.signals,
            vms: &self.vms,
            ebpf_events: self.ebpf.as_ref().ok().map(Ebpf::events),
            queue: &self.queue,
            serves: self.closing.is_none(),
        };
        polled.wait(self.timeout().as_ref())
    }

    /// Returns the time until the next action that no descriptor triggers.
    fn timeout(&self) -> Option<Timespec> {
        let now = Instant::now();
        let until = |at: Instant| at.saturating_duration_since(now);
        let work_left = self.removal_left || !self.transfers.is_empty();
        let work = work_left.then_some(Duration::ZERO);
        let orphans = (self.orphans_left || self.vms.iter().any(|vm| !vm.is_running()))
            .then_some(RETRY_INTERVAL);
        let closing = self.closing.as_ref().map(|closing| until(closing.deadline));
        let soonest = [work, orphans, closing, self.tsc.due().map(until)]
            .into_iter()
            .flatten()
            .min();
        soonest.and_then(|duration| Timespec::try_from(duration).ok())
    }

    fn handle_signals(&mut self, ready: bool) {
        let arrived = if ready {
            self.signals.read()
        } else {
            Default::default()
        };
        if arrived.terminate {
            self.close(0);
        }
        if arrived.child_changed || self.orphans_left {
            let now = Instant::now();
            self.vms.iter_mut().for_each(|vm| vm.reap_if_ended(now));
            self.sweep_orphans();
        }
    }

    /// Kills orphans. If the processes cannot be listed, because descriptors or memory are exhausted, some may be left,
    /// and the sweep is repeated after [`RETRY_INTERVAL`].
    fn sweep_orphans(&mut self) {
        let vms = &self.vms;
        let swept = orphans::sweep(|pid| vms.iter().any(|vm| vm.is_running() && vm.pid() == pid));
        if let (Err(error), false) = (&swept, self.sweep_failed) {
            log::line(format_args!(
                "cannot list its processes ({error}); tries again"
            ));
        }
        self.sweep_failed = swept.is_err();
        self.orphans_left = swept.unwrap_or(true);
    }

    fn report_tsc(&mut self) {
        while !self.queue.is_full() {
            let Some(khz) = self.tsc.take_answer(Instant::now()) else {
                return;
            };
            self.queue.push(Event::TscMeasured(TscMeasured { khz }));
        }
    }

    fn serve_stdout(&mut self, ready: PollFlags) {
        if self.queue.is_closed() {
            return;
        }
        let gone = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
        let lost = ready.intersects(gone)
            || ready.contains(PollFlags::OUT) && self.queue.write_some(io::stdout()).is_err();
        if lost {
            self.close_without_host();
        }
    }

    fn return_uid(&mut self, uid: Option<u32>) {
        if let (Some(uids), Some(uid)) = (&mut self.uids, uid) {
            uids.give_back(uid);
        }
    }
}
