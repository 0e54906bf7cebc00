//! A running VM: its processes, its output and its exit status.

pub mod output_tail;
pub mod uids;

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::time::Instant;

use rustix::io::Errno;
use rustix::process::{self, Pid, Signal, WaitId, WaitIdOptions};

use crate::cgroup::Group;
use crate::cleanup::journal::Entry;
use crate::cleanup::removal::Progress;
use crate::cleanup::scratch;
use crate::jail::{init, Child, HandedFiles, Running};
use crate::memory::VmmMemory;
use crate::vm_id::VmId;
use crate::wire::Exited;
use output_tail::OutputTail;

/// How often the rest of a pipe is read: enough for the largest pipe that a VMM can have (pipe-max-size, 1 MiB).
const FINAL_READS: usize = 16;

pub const READ_BYTES: usize = 64 << 10;

/// bubblewrap exits with this plus the signal's number if a signal ended the VMM, as shells do.
const SIGNALLED: i32 = 128;

/// The kinds of namespaces that Linux has had since 4.6.
const NAMESPACES: [&str; 7] = ["user", "pid", "net", "ipc", "uts", "cgroup", "mnt"];

/// A VM, from its start until nothing of it is left.
pub struct Vm {
    pub id: VmId,
    /// The process that waits for the VMM.
    pid: Pid,
    pidfd: OwnedFd,
    vmm: Pid,
    vmm_pidfd: Option<OwnedFd>,
    /// Receives the exit status of the VMM if the waiting process does not exit with it.
    status: Option<OwnedFd>,
    files: HandedFiles,
    /// The uid of the VMM, if it has its own.
    pub uid: Option<u32>,
    /// Absent once all writers have closed it.
    output: Option<OwnedFd>,
    tail: OutputTail,
    end: Option<End>,
    group: Option<Group>,
    oom_killed: bool,
    /// The directory of its chroot, if it has one.
    chroot: Option<PathBuf>,
    /// Its entries in the journal.
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
        chroot: Option<PathBuf>,
        journalled: Vec<Entry>,
    ) -> Self {
        let Running {
            pid,
            pidfd,
            vmm,
            vmm_pidfd,
            output,
            status,
        } = child.running;
        Self {
            id,
            pid,
            pidfd,
            vmm,
            vmm_pidfd,
            status,
            files: child.files,
            uid,
            output: Some(output),
            tail: OutputTail::default(),
            end: None,
            group,
            oom_killed: false,
            chroot,
            journalled,
        }
    }

    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Whether the process has not been reaped, so that its pid has not been reused.
    pub fn is_running(&self) -> bool {
        self.end.is_none()
    }

    pub fn end(&self) -> Option<End> {
        self.end
    }

    pub fn output(&self) -> Option<&OwnedFd> {
        self.output.as_ref()
    }

    /// Kills the VM. Uses pidfds, which never refer to a later process with the same id. Returns whether its guest
    /// executes nothing more: the kernel has accepted the signal for the VMM itself, or the VMM has ended.
    pub fn kill(&self) -> bool {
        let kill = |pidfd| process::pidfd_send_signal(pidfd, Signal::KILL);
        let killed = self.vmm_pidfd.as_ref().map(kill);
        let _ = kill(&self.pidfd);
        self.kill_group();
        matches!(killed, Some(Ok(()) | Err(Errno::SRCH)))
    }

    /// Takes its files back. To be called when no process of the VM is left.
    pub fn take_back_files(&self) -> std::io::Result<()> {
        self.files.take_back()
    }

    fn kill_group(&self) {
        self.group.iter().for_each(Group::kill);
    }

    /// Removes its control group. Returns false while a process of it is still dying.
    pub fn remove_group(&mut self) -> bool {
        if let Some(group) = &self.group {
            self.oom_killed = group.ran_out_of_memory();
            if group.remove().is_ok_and(|gone| gone) {
                self.group = None;
            }
        }
        self.group.is_none()
    }

    /// Removes a part of its chroot. To be called until it returns `Done`, which it also does if there is no chroot.
    pub fn remove_some_chroot(&mut self) -> Result<Progress, String> {
        let removed = self
            .chroot
            .as_ref()
            .map_or(Ok(Progress::Done), |path| scratch::remove_some(path))?;
        if removed == Progress::Done {
            self.chroot = None;
        }
        Ok(removed)
    }

    /// Returns the journal entries of things that no longer exist. To be called when the VM has ended.
    pub fn obsolete_entries(&self) -> impl Iterator<Item = &Entry> {
        let left = |entry: &Entry| match entry {
            Entry::Process { .. } => false,
            Entry::Cgroup(_) => self.group.is_some(),
            Entry::Scratch(_) => self.chroot.is_some(),
        };
        self.journalled.iter().filter(move |entry| !left(entry))
    }

    /// Reaps the process if it has ended, and kills the rest of its process group and control group.
    pub fn reap_if_ended(&mut self, now: Instant) {
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        let pidfd = || WaitId::PidFd(self.pidfd.as_fd());
        if self.end.is_some() {
            return;
        }
        let Ok(Some(status)) = process::waitid(pidfd(), ended | WaitIdOptions::NOWAIT) else {
            return;
        };
        // Before reaping: until then neither its pid nor its process group id can be reused.
        let _ = process::kill_process_group(self.pid, Signal::KILL);
        self.kill_group();
        let _ = process::waitid(pidfd(), ended);
        let (exit_code, signal) = self.reported_status().unwrap_or_else(|| {
            let code = status.exit_status().unwrap_or(0);
            let signalled = (code > SIGNALLED).then(|| code - SIGNALLED);
            let exit_code = if signalled.is_some() { 0 } else { code };
            (
                exit_code,
                status.terminating_signal().or(signalled).unwrap_or(0),
            )
        });
        self.end = Some(End {
            exit_code,
            signal,
            at: now,
        });
    }

    /// Reads the exit status that the first process of the namespace has written. Returns `None` if it was killed too.
    fn reported_status(&self) -> Option<(i32, i32)> {
        let mut status = [0; 32];
        let count = rustix::io::read(self.status.as_ref()?, &mut status).ok()?;
        init::parse(&status[..count])
    }

    /// Reads output once, so that a VM that prints a lot does not delay the others.
    pub fn read_output(&mut self, buffer: &mut [u8]) {
        self.read(buffer);
    }

    /// Returns the end of its output so far.
    pub fn output_tail(&self) -> String {
        self.tail.text()
    }

    /// Opens its memory, which is its private mapping of one of the files that it may read.
    pub fn memory(&self, template_file: &str) -> Result<VmmMemory, String> {
        let template = self.files.read_file(template_file);
        let template =
            template.ok_or_else(|| format!("{template_file} is not one of its files"))?;
        let pidfd = self.vmm_pidfd.as_ref();
        let pidfd = pidfd.ok_or("its process has ended, or is not the child of its jail")?;
        VmmMemory::open(self.vmm, pidfd.as_fd(), template)
    }

    /// Returns the file to which the VMM writes its device state, if it has one.
    pub fn state(&self) -> Option<&OwnedFd> {
        self.files.state()
    }

    /// Returns its namespaces by kind. The result is empty without permission to read them, or if the process has
    /// ended.
    pub fn namespaces(&self) -> HashMap<String, String> {
        let directory = format!("/proc/{}/ns", self.vmm.as_raw_nonzero());
        let name = |kind: &str| {
            let name = std::fs::read_link(format!("{directory}/{kind}")).ok()?;
            Some((kind.to_owned(), name.into_os_string().into_string().ok()?))
        };
        NAMESPACES.into_iter().filter_map(name).collect()
    }

    /// Makes the event that reports its end. To be called when nothing of the VM is left. Reads what the pipe contains
    /// and does not wait for its end, which an escaped writer could delay indefinitely.
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
            output_tail: self.tail.text(),
            oom_killed: self.oom_killed,
        }
    }

    /// Reads output once. Returns whether there may be more.
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
