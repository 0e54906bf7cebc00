//! Cleans up after VMs that have ended, and after everything when the spawner ends.

use std::time::{Duration, Instant};

use super::{EventLoop, RETRY_INTERVAL};
use crate::cgroup::ParentGroup;
use crate::cleanup::journal::Entry;
use crate::cleanup::removal::Progress;
use crate::cleanup::scratch;
use crate::log;
use crate::vm::Vm;
use crate::wire::event::Event;

/// How long the end of a VM is delayed until orphans have died. Killed processes that take longer hang in the kernel
/// and may belong to another VM.
const ORPHANS_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the spawner waits at its end for processes that cannot be killed, or for a living host that does not read.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the removal of the host's scratch is retried after the host has ended.
const SCRATCH_TIMEOUT: Duration = Duration::from_secs(10);

/// The last phase: all VMMs have been killed, and the loop runs until they are gone.
pub struct Closing {
    pub exit_code: u8,
    pub deadline: Instant,
}

impl EventLoop {
    /// Cleans up after each VM that has ended: first its processes, then its control group, then its directories.
    /// Reports its end when nothing is left.
    pub(super) fn clean_up_ended(&mut self) {
        self.removal_left = false;
        for index in (0..self.vms.len()).rev() {
            let vm = &mut self.vms[index];
            let Some(end) = vm.end() else { continue };
            let in_time = end.at.elapsed() < ORPHANS_TIMEOUT;
            if self.orphans_left {
                if in_time {
                    continue;
                }
                log::line(format_args!(
                    "{}: killed processes do not end, which belong to it or to another VM",
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
            self.report_exit(vm);
        }
    }

    fn report_exit(&mut self, vm: Vm) {
        self.ebpf.iter_mut().for_each(|ebpf| ebpf.end(&vm.id));
        if let Err(error) = vm.take_back_files() {
            log::line(format_args!(
                "{}: cannot take back its files: {error}",
                vm.id
            ));
        }
        // The uid is not reused while a process that has it may be left.
        if !self.orphans_left {
            self.return_uid(vm.uid);
        }
        vm.obsolete_entries()
            .for_each(|entry| self.journal.remove(entry));
        let exited = vm.into_exited(&mut self.buffer);
        self.queue.push(Event::Exited(exited));
    }

    pub(super) fn close_without_host(&mut self) {
        self.queue.close();
        self.close(0);
    }

    /// Closes because the rest of the stream cannot be read after an invalid request.
    pub(super) fn close_for_invalid_request(&mut self, how: std::fmt::Arguments<'_>) {
        log::line(format_args!("closing: {how}"));
        self.close(1);
    }

    /// Kills all VMs. The loop then cleans up as usual.
    pub(super) fn close(&mut self, exit_code: u8) {
        if self.closing.is_none() {
            for vm in &self.vms {
                vm.kill();
            }
            self.transfers.clear();
            self.closing = Some(Closing {
                exit_code,
                deadline: Instant::now() + CLOSE_TIMEOUT,
            });
            // Has the loop look for orphans even if no VM is left whose death would.
            self.orphans_left = true;
        }
    }

    /// Removes everything that is left at the end of the spawner.
    pub(super) fn clean_up_all(mut self) {
        for vm in &self.vms {
            log::line(format_args!(
                "{}: did not end in time; removing its directory nevertheless",
                vm.id
            ));
            while let Ok(Progress::More) = self.directory.remove_some(&vm.id) {}
        }
        self.remove_scratch();
        self.cgroups.iter().for_each(ParentGroup::remove_if_empty);
        self.journal.end();
        self.directory.remove_if_empty();
    }

    /// Removes the host's scratch. Retries, because tools of the host may still write to it while they die.
    fn remove_scratch(&mut self) {
        let deadline = Instant::now() + SCRATCH_TIMEOUT;
        for path in self.journal.scratch() {
            let removed = loop {
                match scratch::remove(&path) {
                    Err(_) if Instant::now() < deadline => std::thread::sleep(RETRY_INTERVAL),
                    result => break result,
                }
            };
            match removed {
                Ok(()) => self.journal.remove(&Entry::Scratch(path)),
                // It stays in the journal for the next sweep.
                Err(problem) => log::line(format_args!("cannot remove {problem}")),
            }
        }
    }
}
