//! The control group of an execution: what bounds it, counts it, and kills all of it at once.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use rustix::process::{kill_process, Pid, Signal};
use tokio::io::unix::AsyncFd;
use tokio::io::Interest;

use super::out_of_memory::KillLog;
use crate::memory::Memory;

const ROOT: &str = "/sys/fs/cgroup";
/// Holds the groups of executions. Programs take it for the root of all.
const PROGRAMS: &str = "/sys/fs/cgroup/programs";
const CONTROLLERS: &str = "+cpu +memory +pids";

/// Kept from the execution out of what is available when it starts: for the agent, for the kernel's own needs, and for
/// the files that are mapped. With less, a program that takes all that it may would send the whole guest into reading
/// the same pages again and again, instead of meeting its limit.
const RESERVE_BYTES: u64 = 24 << 20;

pub struct Cgroup {
    directory: PathBuf,
    /// Without it a killed process has no name.
    kills: Option<KillLog>,
}

/// Lets the groups of executions be limited, and makes a namespace by `unshare` in which nothing else is seen. The root
/// group, where this process is, has no limits.
pub fn enclose(unshare: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let (root, programs) = (Path::new(ROOT), Path::new(PROGRAMS));
    fs::write(root.join("cgroup.subtree_control"), CONTROLLERS)?;
    fs::create_dir(programs)?;
    // The root of a new namespace is where its maker is.
    fs::write(programs.join("cgroup.procs"), "0")?;
    unshare()?;
    fs::write(root.join("cgroup.procs"), "0")?;
    // Only a group without processes of its own may divide what it has.
    fs::write(programs.join("cgroup.subtree_control"), CONTROLLERS)
}

impl Cgroup {
    /// A group without processes, counts of an earlier execution, or limits.
    pub fn create(name: &str) -> io::Result<Self> {
        let cgroup = Self {
            directory: Path::new(PROGRAMS).join(name),
            kills: KillLog::from_now().ok(),
        };
        if cgroup.directory.exists() {
            fs::remove_dir(&cgroup.directory)?;
        }
        fs::create_dir(&cgroup.directory)?;
        Ok(cgroup)
    }

    /// Gives it all memory that is available, what it has already taken included.
    pub fn limit(&self, processes_max: u32) -> io::Result<()> {
        self.write("pids.max", &processes_max.to_string())?;
        let taken = fs::read_to_string(self.directory.join("memory.stat"))
            .ok()
            .and_then(|statistics| counter(&statistics, "anon"))
            .unwrap_or(0);
        let memory_max = memory_max(Memory::current()?.available_bytes + taken);
        self.write("memory.max", &memory_max.to_string())?;
        match self.write("memory.swap.max", "0") {
            // A kernel without swap has no such limit.
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// A process that writes "0" to it moves here.
    pub fn entrance(&self) -> io::Result<File> {
        OpenOptions::new()
            .write(true)
            .open(self.directory.join("cgroup.procs"))
    }

    pub fn kill(&self) -> io::Result<()> {
        match self.write("cgroup.kill", "1") {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.kill_each(),
            result => result,
        }
    }

    /// For kernels before 5.14. Ends, because a group at its pids.max cannot outrun it for long, and dying processes
    /// do not fork.
    fn kill_each(&self) -> io::Result<()> {
        const ROUNDS: usize = 1000;
        for _ in 0..ROUNDS {
            let processes = fs::read_to_string(self.directory.join("cgroup.procs"))?;
            let living: Vec<Pid> = processes
                .lines()
                .filter_map(|line| Pid::from_raw(line.parse().ok()?))
                .collect();
            if living.is_empty() {
                break;
            }
            for process in living {
                // One that is gone by now is what we want.
                let _ = kill_process(process, Signal::KILL);
            }
        }
        Ok(())
    }

    /// How many processes are alive.
    pub fn processes(&self) -> io::Result<u32> {
        let processes = fs::read_to_string(self.directory.join("cgroup.procs"))?;
        Ok(processes.lines().count().try_into().unwrap_or(u32::MAX))
    }

    /// The name of a process that the kernel killed for want of memory, if it killed any: the leader's, or that of the
    /// first.
    pub fn killed_for_memory(&mut self, leader: Pid) -> Option<String> {
        let kills = fs::read_to_string(self.directory.join("memory.events"))
            .ok()
            .and_then(|events| counter(&events, "oom_kill"))
            .unwrap_or(0);
        (kills > 0).then(|| {
            self.kills
                .as_mut()
                .and_then(|kills| kills.victim(leader.as_raw_nonzero().get()))
                // Or its report was overwritten by later ones.
                .unwrap_or_else(|| "a process".to_owned())
        })
    }

    /// Returns when the last process is gone.
    pub async fn emptied(&self) -> io::Result<()> {
        let file = File::open(self.directory.join("cgroup.events"))?;
        // SAFETY: the file owns its descriptor, and nothing takes it out of the `AsyncFd`.
        let mut events = unsafe { AsyncFd::register_with_interest(file, Interest::PRIORITY) }?;
        let mut content = String::new();
        loop {
            // Reading by this very descriptor is what arms its next event.
            let file = events.get_mut();
            content.clear();
            file.seek(SeekFrom::Start(0))?;
            file.read_to_string(&mut content)?;
            if counter(&content, "populated") == Some(0) {
                return Ok(());
            }
            events.ready(Interest::PRIORITY).await?.clear_ready();
        }
    }

    pub fn remove(&self) -> io::Result<()> {
        fs::remove_dir(&self.directory)
    }

    fn write(&self, file: &str, value: &str) -> io::Result<()> {
        // Not `fs::write`, which would create what this kernel does not have, and report that as forbidden.
        use std::io::Write;
        OpenOptions::new()
            .write(true)
            .open(self.directory.join(file))?
            .write_all(value.as_bytes())
    }
}

fn memory_max(available_bytes: u64) -> u64 {
    available_bytes.saturating_sub(RESERVE_BYTES)
}

fn counter(events: &str, name: &str) -> Option<u64> {
    events.lines().find_map(|line| {
        let (key, value) = line.split_once(' ')?;
        (key == name).then(|| value.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserve_is_kept() {
        assert_eq!(memory_max(400 << 20), 376 << 20);
        assert_eq!(memory_max(16 << 20), 0);
    }

    #[test]
    fn counters_are_found_by_their_whole_name() {
        let events = "oom 2\noom_kill 1\noom_group_kill 0\n";
        assert_eq!(counter(events, "oom_kill"), Some(1));
        assert_eq!(counter(events, "kill"), None);
    }
}
