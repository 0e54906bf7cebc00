//! One VM as the spawner sees it: a process, its output, its end.

use std::os::fd::OwnedFd;
use std::time::Instant;

use rustix::io::Errno;
use rustix::process::{self, Pid, Signal, WaitId, WaitIdOptions};

use crate::cgroup::Group;
use crate::child::Child;
use crate::handed_files::HandedFiles;
use crate::journal::Entry;
use crate::launch::VmId;
use crate::output_tail::OutputTail;
use crate::wire::Exited;

/// Reads of what is left in a pipe: as many as empty the largest that a VMM may make of it (pipe-max-size, 1 MiB).
const FINAL_READS: usize = 16;

pub const READ_BYTES: usize = 64 << 10;

/// What bubblewrap adds to a signal's number to tell by its exit code that the VMM was ended by one, as shells do.
const SIGNALLED: i32 = 128;

pub struct Vm {
    pub id: VmId,
    /// bubblewrap's.
    pid: Pid,
    pidfd: OwnedFd,
    vmm_pidfd: Option<OwnedFd>,
    files: HandedFiles,
    /// Its own, where it has one.
    pub uid: Option<u32>,
    /// Absent once every writer has closed it.
    output: Option<OwnedFd>,
    tail: OutputTail,
    end: Option<End>,
    group: Option<Group>,
    oom_killed: bool,
    /// What the journal holds of it.
    journalled: Vec<Entry>,
}

#[derive(Clone, Copy)]
pub struct End {
    exit_code: i32,
    signal: i32,
    pub at: Instant,
}

impl Vm {
    pub fn new(
        id: VmId,
        child: Child,
        uid: Option<u32>,
        group: Option<Group>,
        journalled: Vec<Entry>,
    ) -> Self {
        Self {
            id,
            pid: child.pid,
            pidfd: child.pidfd,
            vmm_pidfd: child.vmm_pidfd,
            files: child.files,
            uid,
            output: Some(child.output),
            tail: OutputTail::default(),
            end: None,
            group,
            oom_killed: false,
            journalled,
        }
    }

    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Whether the process has not been reaped, so that its pid is its own.
    pub fn is_running(&self) -> bool {
        self.end.is_none()
    }

    pub fn end(&self) -> Option<End> {
        self.end
    }

    pub fn output(&self) -> Option<&OwnedFd> {
        self.output.as_ref()
    }

    /// By pidfd: a process that has ended meanwhile is not confused with another.
    pub fn kill(&self) {
        for pidfd in self.vmm_pidfd.iter().chain([&self.pidfd]) {
            let _ = process::pidfd_send_signal(pidfd, Signal::KILL);
        }
        self.kill_group();
    }

    /// To be called when no process of it is left.
    pub fn take_back_files(&self) -> std::io::Result<()> {
        self.files.take_back()
    }

    fn kill_group(&self) {
        self.group.iter().for_each(Group::kill);
    }

    /// Removes its control group. Returns whether it has none any more: as long as a process of it is dying, it has.
    pub fn remove_group(&mut self) -> bool {
        if let Some(group) = &self.group {
            self.oom_killed = group.ran_out_of_memory();
            if group.remove().is_ok_and(|gone| gone) {
                self.group = None;
            }
        }
        self.group.is_none()
    }

    /// What the journal need not hold any more once the VM has ended.
    pub fn gone(&self) -> impl Iterator<Item = &Entry> {
        let left = |entry: &Entry| self.group.is_some() && matches!(entry, Entry::Cgroup(_));
        self.journalled.iter().filter(move |entry| !left(entry))
    }

    /// Reaps the process if it has ended, and kills its process group and all else in its control group.
    pub fn notice_end(&mut self, now: Instant) {
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        let pidfd = || WaitId::PidFd(std::os::fd::AsFd::as_fd(&self.pidfd));
        if self.end.is_some() {
            return;
        }
        let Ok(Some(status)) = process::waitid(pidfd(), ended | WaitIdOptions::NOWAIT) else {
            return;
        };
        // Before it is reaped: till then neither its pid nor its group's number can be anyone else's.
        let _ = process::kill_process_group(self.pid, Signal::KILL);
        self.kill_group();
        let _ = process::waitid(pidfd(), ended);
        let code = status.exit_status().unwrap_or(0);
        let signalled = (code > SIGNALLED).then(|| code - SIGNALLED);
        self.end = Some(End {
            exit_code: if signalled.is_some() { 0 } else { code },
            signal: status.terminating_signal().or(signalled).unwrap_or(0),
            at: now,
        });
    }

    /// Takes what one read gives, so that a VM that floods waits its turn like the others.
    pub fn read_output(&mut self, buffer: &mut [u8]) {
        self.read(buffer);
    }

    /// What the host is told; to be called when nothing of the VM is left. Takes what lies in the pipe and does not
    /// wait for its end, which a writer that got away would hold off for ever.
    pub fn into_exited(mut self, buffer: &mut [u8]) -> Exited {
        for _ in 0..FINAL_READS {
            if !self.read(buffer) {
                break;
            }
        }
        let (exit_code, signal) = self.end.map_or((0, 0), |end| (end.exit_code, end.signal));
        Exited {
            vm_id: self.id.to_string(),
            exit_code,
            signal,
            output_tail: self.tail.into_text(),
            oom_killed: self.oom_killed,
        }
    }

    /// Returns whether there may be more.
    fn read(&mut self, buffer: &mut [u8]) -> bool {
        let Some(output) = &self.output else {
            return false;
        };
        match rustix::io::read(output, &mut *buffer) {
            Ok(count) if count > 0 => {
                self.tail.push(&buffer[..count]);
                true
            }
            Err(Errno::INTR) => true,
            Err(Errno::AGAIN) => false,
            Ok(_) | Err(_) => {
                self.output = None;
                false
            }
        }
    }
}
