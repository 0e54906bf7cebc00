//! The event loop: everything that the spawner does happens here, one thing after the other.

mod start;
mod told;

use std::io;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::time::Timespec;

use crate::cgroup::Place;
use crate::child::Jailer;
use crate::ebpf::Ebpf;
use crate::journal::{Entry, Journal};
use crate::log;
use crate::orphans;
use crate::outbox::Outbox;
use crate::programs::Programs;
use crate::readiness::{Ready, Watched};
use crate::removal::Progress;
use crate::runtime_directory::RuntimeDirectory;
use crate::scratch;
use crate::signals::Signals;
use crate::tsc::Tsc;
use crate::uids::Uids;
use crate::vm::{Vm, READ_BYTES};
use crate::wire::{event::Event, request::Request, RequestReader, ScratchHeld, TscMeasured};

/// How long the end of a VM is held back for orphans to die. They are killed at once; what takes longer hangs in the
/// kernel, and may be another VM's.
const ORPHANS_DIE_WITHIN: Duration = Duration::from_secs(1);

/// How long the spawner takes to leave when something cannot be killed or a living host does not read.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// How long the host process's scratch is tried when the host process is gone.
const SCRATCH_GONE_WITHIN: Duration = Duration::from_secs(10);

/// Deaths are told by SIGCHLD. This is for a listing of /proc that missed a child which was just moving to us.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);

pub struct Spawner {
    jailer: Jailer,
    /// Absent where VMMs have the user's uid, who is not root.
    uids: Option<Uids>,
    directory: RuntimeDirectory,
    journal: Journal,
    signals: Signals,
    /// Where VMs have their control groups, or why they have none.
    place: Result<Place, String>,
    /// What watches VMs in the kernel, or why nothing does.
    ebpf: Result<Ebpf, String>,
    programs: Programs,
    requests: RequestReader,
    outbox: Outbox,
    vms: Vec<Vm>,
    tsc: Tsc,
    orphans_left: bool,
    /// Whether the last look for orphans has failed, which is logged once.
    sweep_failed: bool,
    removal_left: bool,
    closing: Option<Closing>,
    buffer: Vec<u8>,
}

/// All VMMs have been killed and the loop runs only until they are gone.
struct Closing {
    exit_code: u8,
    deadline: Instant,
}

impl Spawner {
    pub fn new(
        jailer: Jailer,
        uids: Option<Uids>,
        place: Result<Place, String>,
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
            place,
            ebpf,
            programs: Programs::default(),
            requests: RequestReader::default(),
            outbox: Outbox::default(),
            vms: Vec::new(),
            tsc: Tsc::default(),
            orphans_left: false,
            sweep_failed: false,
            removal_left: false,
            closing: None,
            buffer: vec![0; READ_BYTES],
        }
    }

    /// Serves until the host is gone, or a signal or a broken request ends it. Returns the exit code.
    pub fn run(mut self) -> io::Result<u8> {
        loop {
            if let Some(closing) = &self.closing {
                let finished = self.vms.is_empty() && !self.orphans_left && self.outbox.is_empty();
                if finished || Instant::now() >= closing.deadline {
                    let exit_code = closing.exit_code;
                    self.leave();
                    return Ok(exit_code);
                }
            }
            let ready = self.wait()?;
            // Outputs first: they are known by index, which what follows may change.
            for index in &ready.outputs {
                self.vms[*index].read_output(&mut self.buffer);
            }
            self.take_signals(ready.signals);
            self.serve_stdin(ready.stdin);
            self.tell_blocked(ready.events);
            self.answer_tsc();
            self.clean_up();
            self.serve_stdout(ready.stdout);
        }
    }

    fn wait(&self) -> io::Result<Ready> {
        let watched = Watched {
            signals: &self.signals,
            vms: &self.vms,
            events: self.ebpf.as_ref().ok().map(Ebpf::events),
            outbox: &self.outbox,
            serves: self.closing.is_none(),
        };
        watched.wait(self.timeout().as_ref())
    }

    /// Until the next thing that no descriptor will tell.
    fn timeout(&self) -> Option<Timespec> {
        let now = Instant::now();
        let until = |at: Instant| at.saturating_duration_since(now);
        let removal = self.removal_left.then_some(Duration::ZERO);
        let orphans = (self.orphans_left || self.vms.iter().any(|vm| !vm.is_running()))
            .then_some(LOOK_AGAIN_AFTER);
        let closing = self.closing.as_ref().map(|closing| until(closing.deadline));
        let soonest = [removal, orphans, closing, self.tsc.due().map(until)]
            .into_iter()
            .flatten()
            .min();
        soonest.and_then(|duration| Timespec::try_from(duration).ok())
    }

    fn take_signals(&mut self, ready: bool) {
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
            self.vms.iter_mut().for_each(|vm| vm.notice_end(now));
            self.sweep_orphans();
        }
    }

    /// When the list of processes cannot be read (/proc, for want of descriptors or memory), some may be left: it is read again
    /// after [`LOOK_AGAIN_AFTER`].
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

    fn serve_stdin(&mut self, ready: PollFlags) {
        if ready.is_empty() || self.closing.is_some() {
            return;
        }
        // Without IN there is nothing to read, or we did not ask because the outbox is full: the host has hung up.
        let count = if ready.contains(PollFlags::IN) {
            rustix::io::read(io::stdin(), &mut self.buffer[..])
        } else {
            Ok(0)
        };
        match count {
            Err(Errno::AGAIN | Errno::INTR) => return,
            Ok(0) | Err(_) => return self.host_gone(),
            Ok(count) => self.requests.push(&self.buffer[..count]),
        }
        while self.closing.is_none() {
            match self.requests.next() {
                Ok(Some(request)) => self.serve(request.request),
                Ok(None) => break,
                Err(error) => self.host_broken(format_args!("{error}")),
            }
        }
    }

    fn serve(&mut self, request: Option<Request>) {
        match request {
            Some(Request::Start(start)) => self.start(start),
            // The host's `Exited` is on its way when it has ended by itself.
            Some(Request::Kill(kill)) => self
                .vms
                .iter()
                .filter(|vm| vm.id.as_str() == kill.vm_id)
                .for_each(Vm::kill),
            Some(Request::MeasureTsc(_)) => self.tsc.ask(Instant::now()),
            Some(Request::HoldScratch(hold)) => self.hold_scratch(hold.path),
            Some(Request::TellOutput(tell)) => self.tell_output(tell.vm_id),
            Some(Request::TellConfinement(tell)) => self.tell_confinement(tell.vm_id),
            Some(Request::Seal(seal)) => self.seal(seal.vm_id),
            Some(Request::TellEbpf(_)) => self.tell_ebpf(),
            Some(Request::Restrict(to)) => {
                if let Err(problem) = self.programs.restrict(to) {
                    self.host_broken(format_args!("{problem}"));
                }
            }
            Some(Request::ReleaseScratch(release)) => {
                self.journal.remove(&Entry::Scratch(release.path.into()));
            }
            // Nobody would ever answer it, and a host that waits for an answer would wait for ever.
            None => self.host_broken(format_args!("a request that this version does not know")),
        }
    }

    fn give_back(&mut self, uid: Option<u32>) {
        if let (Some(uids), Some(uid)) = (&mut self.uids, uid) {
            uids.give_back(uid);
        }
    }

    fn hold_scratch(&mut self, path: String) {
        let entry = Entry::Scratch(path.clone().into());
        let held = scratch::check(path.as_ref()).and_then(|()| {
            self.journal
                .add(entry)
                .map_err(|error| format!("cannot write the journal: {error}"))
        });
        self.outbox.push(Event::ScratchHeld(ScratchHeld {
            path,
            problem: held.err().unwrap_or_default(),
        }));
    }

    fn answer_tsc(&mut self) {
        while !self.outbox.is_full() {
            let Some(khz) = self.tsc.take_answer(Instant::now()) else {
                return;
            };
            self.outbox.push(Event::TscMeasured(TscMeasured { khz }));
        }
    }

    /// Takes each VM that has ended towards its `Exited`: first no process, then no control group, then no directory,
    /// then the word.
    fn clean_up(&mut self) {
        self.removal_left = false;
        for index in (0..self.vms.len()).rev() {
            let vm = &mut self.vms[index];
            let Some(end) = vm.end() else { continue };
            let in_time = end.at.elapsed() < ORPHANS_DIE_WITHIN;
            if self.orphans_left {
                if in_time {
                    continue;
                }
                log::line(format_args!(
                    "{}: processes that do not die are left, its or another VM's",
                    vm.id
                ));
            }
            if !vm.remove_group() {
                if in_time {
                    continue;
                }
                log::line(format_args!("{}: cannot remove its control group", vm.id));
            }
            match vm.remove_some_chroot() {
                Ok(Progress::More) => {
                    self.removal_left = true;
                    continue;
                }
                Ok(Progress::Done) => {}
                Err(problem) => log::line(format_args!("{}: cannot remove {problem}", vm.id)),
            }
            match self.directory.remove_some(&vm.id) {
                Ok(Progress::More) => {
                    self.removal_left = true;
                    continue;
                }
                Ok(Progress::Done) => {}
                Err(error) => log::line(format_args!(
                    "{}: cannot remove its directory: {error}",
                    vm.id
                )),
            }
            let vm = self.vms.remove(index);
            self.ebpf.iter_mut().for_each(|ebpf| ebpf.end(&vm.id));
            if let Err(error) = vm.take_back_files() {
                log::line(format_args!(
                    "{}: cannot take back its files: {error}",
                    vm.id
                ));
            }
            // Kept from others while something may be left that has it.
            if !self.orphans_left {
                self.give_back(vm.uid);
            }
            vm.gone().for_each(|entry| self.journal.remove(entry));
            let exited = vm.into_exited(&mut self.buffer);
            self.outbox.push(Event::Exited(exited));
        }
    }

    fn serve_stdout(&mut self, ready: PollFlags) {
        if self.outbox.is_closed() {
            return;
        }
        let gone = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
        let lost = ready.intersects(gone)
            || ready.contains(PollFlags::OUT) && self.outbox.write_some(io::stdout()).is_err();
        if lost {
            self.host_gone();
        }
    }

    fn host_gone(&mut self) {
        self.outbox.close();
        self.close(0);
    }

    /// What follows in a stream after an error has no meaning, so the host is as good as gone.
    fn host_broken(&mut self, how: std::fmt::Arguments<'_>) {
        log::line(format_args!("closing: {how}"));
        self.close(1);
    }

    /// Kills everything; the loop then cleans up as it always does.
    fn close(&mut self, exit_code: u8) {
        if self.closing.is_none() {
            self.vms.iter().for_each(Vm::kill);
            let deadline = Instant::now() + CLOSE_WITHIN;
            self.closing = Some(Closing {
                exit_code,
                deadline,
            });
            // Makes the loop look for orphans even when no VM is left whose death would.
            self.orphans_left = true;
        }
    }

    fn leave(mut self) {
        for vm in &self.vms {
            log::line(format_args!(
                "{}: did not end in time, removing its directory all the same",
                vm.id
            ));
            while let Ok(Progress::More) = self.directory.remove_some(&vm.id) {}
        }
        self.remove_scratch();
        self.place.iter().for_each(Place::remove_if_empty);
        self.journal.end();
        self.directory.remove_if_empty();
    }

    /// Tools of the host process may still write to it while they die: so again and again.
    fn remove_scratch(&mut self) {
        let deadline = Instant::now() + SCRATCH_GONE_WITHIN;
        for path in self.journal.scratch() {
            let removed = loop {
                match scratch::remove(&path) {
                    Err(_) if Instant::now() < deadline => std::thread::sleep(LOOK_AGAIN_AFTER),
                    result => break result,
                }
            };
            match removed {
                Ok(()) => self.journal.remove(&Entry::Scratch(path)),
                // Stays in the journal, for the next sweep.
                Err(problem) => log::line(format_args!("cannot remove {problem}")),
            }
        }
    }
}
