//! One VM as the spawner sees it: a process, its output, its end.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::Instant;

use rustix::io::Errno;
use rustix::process::{self, Pid, Signal, WaitId, WaitIdOptions};

use crate::cgroup::Group;
use crate::child::{Child, Running};
use crate::handed_files::HandedFiles;
use crate::init;
use crate::journal::Entry;
use crate::launch::VmId;
use crate::output_tail::OutputTail;
use crate::removal::Progress;
use crate::scratch;
use crate::wire::Exited;

/// Reads of what is left in a pipe: as many as empty the largest that a VMM may make of it (pipe-max-size, 1 MiB).
const FINAL_READS: usize = 16;

pub const READ_BYTES: usize = 64 << 10;

/// What bubblewrap adds to a signal's number to tell by its exit code that the VMM was ended by one, as shells do.
const SIGNALLED: i32 = 128;

/// Those that Linux has had since 4.6.
const NAMESPACES: [&str; 7] = ["user", "pid", "net", "ipc", "uts", "cgroup", "mnt"];

pub struct Vm {
    pub id: VmId,
    /// Of the process that waits for the VMM.
    pid: Pid,
    pidfd: OwnedFd,
    vmm: Pid,
    vmm_pidfd: Option<OwnedFd>,
    /// Where that process writes how the VMM has ended, if not by its own end.
    status: Option<OwnedFd>,
    files: HandedFiles,
    /// Its own, where it has one.
    pub uid: Option<u32>,
    /// Absent once every writer has closed it.
    output: Option<OwnedFd>,
    tail: OutputTail,
    end: Option<End>,
    group: Option<Group>,
    oom_killed: bool,
    /// Where it has one.
    chroot: Option<PathBuf>,
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

    /// Removes some of its chroot; to be called until it says `Done`, which it also does where there is none.
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

    /// What the journal need not hold any more once the VM has ended.
    pub fn gone(&self) -> impl Iterator<Item = &Entry> {
        let left = |entry: &Entry| match entry {
            Entry::Process { .. } => false,
            Entry::Cgroup(_) => self.group.is_some(),
            Entry::Scratch(_) => self.chroot.is_some(),
        };
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
        let (exit_code, signal) = self.told_end().unwrap_or_else(|| {
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

    /// Nothing when whoever was to tell it was killed too.
    fn told_end(&self) -> Option<(i32, i32)> {
        let mut told = [0; 32];
        let count = rustix::io::read(self.status.as_ref()?, &mut told).ok()?;
        init::parse(&told[..count])
    }

    /// Takes what one read gives, so that a VM that floods waits its turn like the others.
    pub fn read_output(&mut self, buffer: &mut [u8]) {
        self.read(buffer);
    }

    /// The end of what it has written so far.
    pub fn output_tail(&self) -> String {
        self.tail.text()
    }

    /// By kind. Whoever is not allowed to look finds none, nor does anybody when the process is gone.
    pub fn namespaces(&self) -> HashMap<String, String> {
        let directory = format!("/proc/{}/ns", self.vmm.as_raw_nonzero());
        let name = |kind: &str| {
            let name = std::fs::read_link(format!("{directory}/{kind}")).ok()?;
            Some((kind.to_owned(), name.into_os_string().into_string().ok()?))
        };
        NAMESPACES.into_iter().filter_map(name).collect()
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
            output_tail: self.tail.text(),
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
