//! Layer 5: what the kernel holds against VMMs by our eBPF programs (bpf/), and what they count.
//!
//! [`programs`] loads them, [`policy`] is what they share with us, [`tally`] what they have counted. They end with this
//! process: nothing is pinned.

mod policy;
mod programs;
mod tally;

use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{self, Mode, OFlags};

use crate::cgroup::Group;
use crate::launch::VmId;
use crate::wire::{self, Blocked};

pub use policy::{Event, Watch};
use policy::{Phase, RuleKey, LAUNCH_EXEC, LAUNCH_OPEN, SEALED_OPEN};
use programs::Programs;
use tally::Tally;

/// What a launch reads of the system: loader, libraries, programs, firmware.
const SYSTEM: [&str; 6] = [
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
];

/// For every VM.
const EVERYBODY: u64 = 0;

/// Events that one turn of the loop takes, so that a VM that tries all the time does not hold it up.
const EVENTS_AT_ONCE: usize = 64;

pub struct Ebpf {
    programs: Programs,
    watched: Vec<Watched>,
    tally: Tally,
}

/// One VM's.
struct Watched {
    id: VmId,
    cgroup: u64,
    path: PathBuf,
    watch: Watch,
    rules: Vec<RuleKey>,
}

impl Ebpf {
    /// The error says what this machine lacks.
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
            ebpf.allow(EVERYBODY, path, LAUNCH_OPEN)?;
        }
        Ok(ebpf)
    }

    /// Whether the kernel asks our programs: one of them answers a question of ours.
    pub fn check(&mut self) -> Result<(), String> {
        self.identify(Path::new("/dev/null")).map(|_| ())
    }

    /// To be called before any process is in the group.
    pub fn begin(&mut self, id: &VmId, group: &Group, watch: Watch) -> Result<(), String> {
        let cgroup = group.id()?;
        self.watched.push(Watched {
            id: id.clone(),
            cgroup,
            path: group.path().to_owned(),
            watch,
            rules: Vec::new(),
        });
        self.programs.begin(cgroup, &watch.policy(Phase::Launch))
    }

    /// A program that the VM is launched by.
    pub fn allow_program(&mut self, id: &VmId, program: &Path) -> Result<(), String> {
        self.allow_of(id, program, LAUNCH_OPEN | LAUNCH_EXEC)
    }

    /// What is made for the launch of this VM alone, with all beneath it.
    pub fn allow_in_launch(&mut self, id: &VmId, directory: &Path) -> Result<(), String> {
        self.allow_of(id, directory, LAUNCH_OPEN | LAUNCH_EXEC)
    }

    /// The VM's own file, to the end.
    pub fn allow_file(&mut self, id: &VmId, file: &OwnedFd) -> Result<(), String> {
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        self.allow_of(id, Path::new(&path), LAUNCH_OPEN | SEALED_OPEN)
    }

    /// The error says why the kernel does not hold it to that, which it is asked for: the guest runs after this.
    pub fn seal(&mut self, id: &VmId) -> Result<(), String> {
        let watched = self.find(id)?;
        let (cgroup, policy) = (watched.cgroup, watched.watch.policy(Phase::Sealed));
        self.programs.set_policy(cgroup, &policy)?;
        match self.held(cgroup)?.0 {
            Phase::Sealed => Ok(()),
            Phase::Launch => Err("the kernel holds it for launched".into()),
        }
    }

    /// What the kernel holds against it now, as the kernel tells it; nothing when it is not watched.
    pub fn policy(&mut self, id: &VmId) -> Option<wire::Policy> {
        let cgroup = self.find(id).ok()?.cgroup;
        Some(match self.held(cgroup) {
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

    /// The phase, and whether it is an audit; an error too where the kernel does not ask our programs.
    fn held(&mut self, cgroup: u64) -> Result<(Phase, bool), String> {
        self.check()?;
        let policy = self.programs.policy(cgroup)?;
        let phase =
            Phase::of(&policy).ok_or_else(|| format!("its policy names phase {}", policy.phase))?;
        Ok((phase, policy.audit != 0))
    }

    /// To be called when no process is in the group any more.
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

    /// Becomes readable when there are events.
    pub fn events(&self) -> BorrowedFd<'_> {
        self.programs.events()
    }

    /// Those of living VMs.
    pub fn take_events(&mut self) -> Vec<Blocked> {
        let mut taken = Vec::new();
        for _ in 0..EVENTS_AT_ONCE {
            let Some(event) = self.programs.next_event() else {
                break;
            };
            taken.extend(self.told(&event));
        }
        taken
    }

    pub fn tell(&self) -> wire::Ebpf {
        let mut tally = self.tally.clone();
        let mut tracked = 0;
        for watched in &self.watched {
            if let Ok(counts) = self.programs.counts(watched.cgroup) {
                tally.add(&counts);
            }
            tracked += processes_in(&watched.path);
        }
        tally.told(tracked)
    }

    fn told(&self, event: &Event) -> Option<Blocked> {
        let watched = self.watched.iter().find(|one| one.cgroup == event.cgroup)?;
        Some(Blocked {
            vm_id: watched.id.to_string(),
            hook: event.hook()?.into(),
            subject: event.subject(),
            audit: watched.watch.audit || !event.is_of_hook(),
        })
    }

    fn find(&self, id: &VmId) -> Result<&Watched, String> {
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

    /// Opens a file so that the kernel says what it calls it.
    fn identify(&mut self, path: &Path) -> Result<RuleKey, String> {
        self.programs.ask_for_next_file()?;
        let opened = fs::open(
            path,
            OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY,
            Mode::empty(),
        )
        .map_err(|error| format!("{}: {}", path.display(), std::io::Error::from(error)));
        let identified = self.programs.identified();
        drop(opened?);
        identified?.ok_or_else(|| {
            "the kernel does not ask LSM programs: bpf is not in its list (boot it with lsm=…,bpf)".into()
        })
    }
}

/// How many processes and threads are in a group now.
fn processes_in(group: &Path) -> u64 {
    std::fs::read_to_string(group.join("pids.current"))
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(0)
}
