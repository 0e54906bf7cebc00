//! Layer 5: eBPF programs (bpf/) that restrict VMMs and count what they do.
//!
//! [`programs`] loads the programs, [`policy`] declares the data that they share with the spawner, and [`tally`] sums
//! up their counters. The programs are unloaded when this process ends, because nothing is pinned.

mod policy;
mod programs;
mod tally;

use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use crate::cgroup::Group;
use crate::opening;
use crate::vm_id::VmId;
use crate::wire::{self, Blocked};

pub use policy::{Event, Watch};
use policy::{Phase, RuleKey, LAUNCH_EXEC, LAUNCH_OPEN, SEALED_OPEN};
use programs::Programs;
use tally::Tally;

/// System files that a launch opens: loader, libraries, programs, firmware.
const SYSTEM: [&str; 6] = [
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
];

/// The control group id in rules that apply to every VM.
const EVERY_VM: u64 = 0;

/// How many events one turn of the event loop takes, so that a VM with many attempts does not block it.
const MAX_EVENTS_PER_TURN: usize = 64;

/// The loaded programs and the VMs that they watch.
pub struct Ebpf {
    programs: Programs,
    watched: Vec<WatchedVm>,
    tally: Tally,
}

/// A VM that the programs watch.
struct WatchedVm {
    id: VmId,
    cgroup: u64,
    path: PathBuf,
    watch: Watch,
    rules: Vec<RuleKey>,
}

impl Ebpf {
    /// Loads the programs. The error names the missing support of this machine.
    pub fn load(object: &Path) -> Result<Self, String> {
        let mut ebpf = Self {
            programs: Programs::load(object)?,
            watched: Vec::new(),
            tally: Tally::default(),
        };
        ebpf.check()?;
        for path in SYSTEM
            .map(Path::new)
            .into_iter()
            .filter(|path| path.exists())
        {
            ebpf.allow(EVERY_VM, path, LAUNCH_OPEN)?;
        }
        Ok(ebpf)
    }

    /// Checks that the kernel calls the programs, by a request that one of them must answer.
    pub fn check(&mut self) -> Result<(), String> {
        self.identify(Path::new("/dev/null")).map(|_| ())
    }

    /// Begins to watch a VM. To be called before its group contains a process.
    pub fn begin(&mut self, id: &VmId, group: &Group, watch: Watch) -> Result<(), String> {
        let cgroup = group.id()?;
        self.watched.push(WatchedVm {
            id: id.clone(),
            cgroup,
            path: group.path().to_owned(),
            watch,
            rules: Vec::new(),
        });
        self.programs.begin(cgroup, &watch.policy(Phase::Launch))
    }

    /// Allows a program that is executed to launch the VM.
    pub fn allow_program(&mut self, id: &VmId, program: &Path) -> Result<(), String> {
        self.allow_of(id, program, LAUNCH_OPEN | LAUNCH_EXEC)
    }

    /// Allows a directory that was made for the launch of this VM, and everything beneath it.
    pub fn allow_in_launch(&mut self, id: &VmId, directory: &Path) -> Result<(), String> {
        self.allow_of(id, directory, LAUNCH_OPEN | LAUNCH_EXEC)
    }

    /// Allows a file of the VM for its whole life.
    pub fn allow_file(&mut self, id: &VmId, file: &OwnedFd) -> Result<(), String> {
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        self.allow_of(id, Path::new(&path), LAUNCH_OPEN | SEALED_OPEN)
    }

    /// Seals a VM: restricts it to what it needs after its launch. Reads the policy back, because the guest runs after
    /// this.
    pub fn seal(&mut self, id: &VmId) -> Result<(), String> {
        let watched = self.find(id)?;
        let (cgroup, policy) = (watched.cgroup, watched.watch.policy(Phase::Sealed));
        self.programs.set_policy(cgroup, &policy)?;
        match self.enforced(cgroup)?.0 {
            Phase::Sealed => Ok(()),
            Phase::Launch => Err("its policy is still that of its launch".into()),
        }
    }

    /// Returns the policy that the kernel currently enforces for a VM, or `None` if the VM is not watched.
    pub fn policy(&mut self, id: &VmId) -> Option<wire::Policy> {
        let cgroup = self.find(id).ok()?.cgroup;
        Some(match self.enforced(cgroup) {
            Ok((phase, audit)) => wire::Policy {
                sealed: phase == Phase::Sealed,
                audit,
                problem: String::new(),
            },
            Err(problem) => wire::Policy {
                problem,
                ..Default::default()
            },
        })
    }

    /// Returns the phase and whether violations are only audited. Fails if the kernel does not call the programs.
    fn enforced(&mut self, cgroup: u64) -> Result<(Phase, bool), String> {
        self.check()?;
        let policy = self.programs.policy(cgroup)?;
        let phase =
            Phase::of(&policy).ok_or_else(|| format!("its policy names phase {}", policy.phase))?;
        Ok((phase, policy.audit != 0))
    }

    /// Stops watching a VM. To be called when its group contains no process any more.
    pub fn end(&mut self, id: &VmId) {
        let Some(index) = self.watched.iter().position(|one| one.id == *id) else {
            return;
        };
        let watched = self.watched.swap_remove(index);
        if let Ok(counts) = self.programs.counts(watched.cgroup) {
            self.tally.add(&counts);
        }
        self.programs.end(watched.cgroup, &watched.rules);
    }

    /// Returns the descriptor that becomes readable when there are events.
    pub fn events(&self) -> BorrowedFd<'_> {
        self.programs.events()
    }

    /// Takes the next events of living VMs.
    pub fn take_events(&mut self) -> Vec<Blocked> {
        let mut taken = Vec::new();
        for _ in 0..MAX_EVENTS_PER_TURN {
            let Some(event) = self.programs.next_event() else {
                break;
            };
            taken.extend(self.blocked(&event));
        }
        taken
    }

    /// Sums up the counters of all VMs, including those that have ended.
    pub fn totals(&self) -> wire::Ebpf {
        let mut tally = self.tally.clone();
        let mut tracked = 0;
        for watched in &self.watched {
            if let Ok(counts) = self.programs.counts(watched.cgroup) {
                tally.add(&counts);
            }
            tracked += processes_in(&watched.path);
        }
        tally.to_message(tracked)
    }

    fn blocked(&self, event: &Event) -> Option<Blocked> {
        let watched = self.watched.iter().find(|one| one.cgroup == event.cgroup)?;
        Some(Blocked {
            vm_id: watched.id.to_string(),
            hook: event.hook()?.into(),
            subject: event.subject(),
            audit: watched.watch.audit || !event.is_of_hook(),
        })
    }

    fn find(&self, id: &VmId) -> Result<&WatchedVm, String> {
        self.watched
            .iter()
            .find(|one| one.id == *id)
            .ok_or_else(|| format!("{id} is not watched"))
    }

    fn allow_of(&mut self, id: &VmId, path: &Path, what: u32) -> Result<(), String> {
        let cgroup = self.find(id)?.cgroup;
        let key = self.allow(cgroup, path, what)?;
        if let Some(watched) = self.watched.iter_mut().find(|one| one.id == *id) {
            watched.rules.push(key);
        }
        Ok(())
    }

    fn allow(&mut self, cgroup: u64, path: &Path, what: u32) -> Result<RuleKey, String> {
        let key = self.identify(path)?.of(cgroup);
        self.programs.allow(&key, what)?;
        Ok(key)
    }

    /// Finds out how the kernel identifies a file: a program records it while the file is opened.
    fn identify(&mut self, path: &Path) -> Result<RuleKey, String> {
        self.programs.identify_next_file()?;
        let opened = opening::open(
            path,
            OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY,
            Mode::empty(),
        )
        .map_err(|error| format!("{}: {}", path.display(), std::io::Error::from(error)));
        let identified = self.programs.identified();
        drop(opened?);
        identified?.ok_or_else(|| {
            "the kernel does not call LSM programs: bpf is not in its list (boot it with lsm=…,bpf)".into()
        })
    }
}

/// Counts the processes and threads in a group.
fn processes_in(group: &Path) -> u64 {
    std::fs::read_to_string(group.join("pids.current"))
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(0)
}
