//! The loaded programs of `bpf/vmm.bpf.c` and their maps.

use std::os::fd::BorrowedFd;
use std::path::Path;

use aya::maps::{Array, HashMap, Map, MapData, RingBuf};
use aya::programs::{Lsm, Program, ProgramError, RawTracePoint};
use aya::Btf;
use rustix::io::Errno;

use super::policy::{Counts, Event, Identified, Policy, RuleKey};

/// The names of the programs in the object, with their hooks.
const LSM: [(&str, &str); 8] = [
    ("on_file_open", "file_open"),
    ("on_exec", "bprm_check_security"),
    ("on_socket_create", "socket_create"),
    ("on_connect", "socket_connect"),
    ("on_send", "socket_sendmsg"),
    ("on_ptrace", "ptrace_access_check"),
    ("on_traceme", "ptrace_traceme"),
    ("on_bpf", "bpf"),
];
const ON_CALL: &str = "on_call";

const ANY: u64 = 0;

pub struct Programs {
    policies: HashMap<MapData, u64, Policy>,
    counted: HashMap<MapData, u64, Counts>,
    rules: HashMap<MapData, RuleKey, u32>,
    identified: Array<MapData, Identified>,
    events: RingBuf<MapData>,
    /// Keeps the programs loaded and attached.
    _object: aya::Ebpf,
}

impl Programs {
    pub fn load(object: &Path) -> Result<Self, String> {
        let btf = Btf::from_sys_fs().map_err(|error| {
            format!("this kernel does not describe itself (BTF, /sys/kernel/btf/vmlinux): {error}")
        })?;
        let mut object = aya::Ebpf::load_file(object)
            .map_err(|error| format!("{}: {}", object.display(), chain(&error)))?;
        for (name, hook) in LSM {
            let program: &mut Lsm = program(&mut object, name)?;
            program
                .load(hook, &btf)
                .and_then(|()| program.attach())
                .map_err(|error| refused(hook, &error))?;
        }
        let on_call: &mut RawTracePoint = program(&mut object, ON_CALL)?;
        on_call
            .load()
            .and_then(|()| on_call.attach("sys_enter"))
            .map_err(|error| refused("sys_enter", &error))?;
        Ok(Self {
            policies: map(&mut object, "policies")?,
            counted: map(&mut object, "counted")?,
            rules: map(&mut object, "rules")?,
            identified: map(&mut object, "identified")?,
            events: map(&mut object, "events")?,
            _object: object,
        })
    }

    pub fn begin(&mut self, cgroup: u64, policy: &Policy) -> Result<(), String> {
        self.counted
            .insert(cgroup, Counts::default(), ANY)
            .map_err(|error| failed("count", &error))?;
        self.set_policy(cgroup, policy)
    }

    pub fn set_policy(&mut self, cgroup: u64, policy: &Policy) -> Result<(), String> {
        self.policies
            .insert(cgroup, policy, ANY)
            .map_err(|error| failed("set the policy", &error))
    }

    pub fn policy(&self, cgroup: u64) -> Result<Policy, String> {
        self.policies
            .get(&cgroup, 0)
            .map_err(|error| failed("read the policy", &error))
    }

    pub fn counts(&self, cgroup: u64) -> Result<Counts, String> {
        self.counted
            .get(&cgroup, 0)
            .map_err(|error| failed("read the counts", &error))
    }

    /// Adds permissions for a file or directory to those it has.
    pub fn allow(&mut self, key: &RuleKey, what: u32) -> Result<(), String> {
        let before = self.rules.get(key, 0).unwrap_or(0);
        self.rules
            .insert(key, before | what, ANY)
            .map_err(|error| failed("allow a file", &error))
    }

    pub fn end(&mut self, cgroup: u64, rules: &[RuleKey]) {
        // Errors mean that an entry is already gone.
        for rule in rules {
            let _ = self.rules.remove(rule);
        }
        let _ = self.policies.remove(&cgroup);
        let _ = self.counted.remove(&cgroup);
    }

    /// Requests the identity of the next file that this thread opens.
    pub fn identify_next_file(&mut self) -> Result<(), String> {
        let thread = rustix::thread::gettid().as_raw_nonzero().get() as u32;
        self.set_identified(Identified::by(thread))
    }

    /// Returns the identity of the opened file, or `None` if the kernel has not called the program.
    pub fn identified(&mut self) -> Result<Option<RuleKey>, String> {
        let identified = self
            .identified
            .get(&0, 0)
            .map_err(|error| failed("identify a file", &error))?;
        self.set_identified(Identified::default())?;
        Ok(identified.file())
    }

    pub fn events(&self) -> BorrowedFd<'_> {
        use std::os::fd::AsRawFd;
        // SAFETY: it is open as long as the borrowed map.
        unsafe { BorrowedFd::borrow_raw(self.events.as_raw_fd()) }
    }

    pub fn next_event(&mut self) -> Option<Event> {
        loop {
            let item = self.events.next()?;
            if let Some(event) = Event::read(&item) {
                return Some(event);
            }
        }
    }

    fn set_identified(&mut self, value: Identified) -> Result<(), String> {
        self.identified
            .set(0, value, ANY)
            .map_err(|error| failed("identify a file", &error))
    }
}

fn program<'a, P>(object: &'a mut aya::Ebpf, name: &str) -> Result<&'a mut P, String>
where
    &'a mut P: TryFrom<&'a mut Program>,
{
    object
        .program_mut(name)
        .and_then(|program| program.try_into().ok())
        .ok_or_else(|| {
            format!("the object has no program {name}; rebuild it with ./neurovisor bpf build")
        })
}

fn map<M: TryFrom<Map>>(object: &mut aya::Ebpf, name: &str) -> Result<M, String> {
    object
        .take_map(name)
        .and_then(|map| map.try_into().ok())
        .ok_or_else(|| {
            format!("the object has no map {name}; rebuild it with ./neurovisor bpf build")
        })
}

fn refused(hook: &str, error: &ProgramError) -> String {
    let reason = match error {
        ProgramError::LoadError { io_error, .. } if is_not_permitted(io_error) => {
            "this kernel refuses LSM programs (EPERM), or CAP_BPF and CAP_PERFMON are missing"
                .into()
        }
        ProgramError::LoadError { io_error, .. } => io_error.to_string(),
        other => chain(other),
    };
    format!("{hook}: {reason}")
}

fn is_not_permitted(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(Errno::PERM.raw_os_error())
}

fn failed(what: &str, error: &dyn std::error::Error) -> String {
    format!("cannot {what}: {}", chain(error))
}

/// Formats an error with all its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
