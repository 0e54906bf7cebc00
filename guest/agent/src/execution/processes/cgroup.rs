//! The control group of an execution, which limits, counts and kills its processes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::libc;
use rustix::process::{kill_process, Pid, Signal};
use tokio::io::unix::AsyncFd;
use tokio::io::Interest;
use tokio::time::timeout;

use super::out_of_memory::KillLog;
use crate::memory::{Memory, WORKING_SET};
use crate::namespaces::PROGRAMS_CGROUP;

/// Memory that an execution cannot use: for the agent and the kernel. Near its limit the kernel kills a program rather than
/// drop mapped files that are in use (`memory::WORKING_SET`).
const RESERVE_BYTES: u64 = 4 << 20;

/// The same for a kernel that cannot: with less, a program at its limit would make the whole guest read the same pages
/// of mapped files again and again, instead of being killed.
const RESERVE_FOR_FILES_BYTES: u64 = 24 << 20;

/// How long processes may take to stand still. Only those that wait in the kernel take longer.
const FREEZE_MAX: Duration = Duration::from_secs(2);

pub struct Cgroup {
    directory: PathBuf,
    /// Absent if the log cannot be read. A killed process then has no name.
    kills: Mutex<Option<KillLog>>,
}

impl Cgroup {
    /// Returns the group that contains all others.
    pub fn of_all_programs() -> Self {
        Self {
            directory: PathBuf::from(PROGRAMS_CGROUP),
            kills: Mutex::default(),
        }
    }

    /// Creates a group. A group with the same name of an earlier execution is replaced.
    pub fn create(name: &str) -> io::Result<Self> {
        let cgroup = Self {
            directory: Path::new(PROGRAMS_CGROUP).join(name),
            kills: Mutex::new(KillLog::from_now().ok()),
        };
        if cgroup.directory.exists() {
            fs::remove_dir(&cgroup.directory)?;
        }
        fs::create_dir(&cgroup.directory)?;
        Ok(cgroup)
    }

    /// Sets the limits. The memory limit is all available memory, including what the group already uses.
    pub fn limit(&self, processes_max: u32) -> io::Result<()> {
        self.write("pids.max", &processes_max.to_string())?;
        let used = fs::read_to_string(self.directory.join("memory.stat"))
            .ok()
            .and_then(|statistics| counter(&statistics, "anon"))
            .unwrap_or(0);
        let memory_max = memory_max(
            Memory::current()?.available_bytes + used,
            Path::new(WORKING_SET).exists(),
        );
        self.write("memory.max", &memory_max.to_string())?;
        match self.write("memory.swap.max", "0") {
            // A kernel without swap has no such limit.
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Opens the file `cgroup.procs`. A process that writes "0" to it moves into this group.
    pub fn open_procs(&self) -> io::Result<File> {
        OpenOptions::new()
            .write(true)
            .open(self.directory.join("cgroup.procs"))
    }

    /// Kills all processes in the group.
    pub fn kill(&self) -> io::Result<()> {
        match self.write("cgroup.kill", "1") {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.kill_each(),
            result => result,
        }
    }

    /// Sends a signal to each process.
    pub fn signal(&self, signal: i32) -> io::Result<()> {
        for process in self.living()? {
            // SAFETY: only sends a signal. An error means that the process has already ended.
            unsafe { libc::kill(process.as_raw_nonzero().get(), signal) };
        }
        Ok(())
    }

    fn living(&self) -> io::Result<Vec<Pid>> {
        let processes = fs::read_to_string(self.directory.join("cgroup.procs"))?;
        Ok(processes
            .lines()
            .filter_map(|line| Pid::from_raw(line.parse().ok()?))
            .collect())
    }

    /// Kills the processes one by one, for kernels before 5.14. Succeeds eventually, because pids.max bounds the group
    /// and dying processes do not fork.
    fn kill_each(&self) -> io::Result<()> {
        const ROUNDS: usize = 1000;
        for _ in 0..ROUNDS {
            let living = self.living()?;
            if living.is_empty() {
                break;
            }
            for process in living {
                // An error means that the process has already ended.
                let _ = kill_process(process, Signal::KILL);
            }
        }
        Ok(())
    }

    /// Counts the living processes.
    pub fn processes(&self) -> io::Result<u32> {
        Ok(self.living()?.len().try_into().unwrap_or(u32::MAX))
    }

    /// Returns the name of a process that the kernel killed because memory ran out, if it killed any: preferably the
    /// leader's, otherwise that of the first. To be called once.
    pub fn out_of_memory_victim(&self, leader: Pid) -> Option<String> {
        let mut log = self.kills.lock().unwrap_or_else(PoisonError::into_inner);
        let log = log.take();
        let kills = fs::read_to_string(self.directory.join("memory.events"))
            .ok()
            .and_then(|events| counter(&events, "oom_kill"))
            .unwrap_or(0);
        (kills > 0).then(|| {
            log.and_then(|mut kills| kills.victim(leader.as_raw_nonzero().get()))
                // Later records may have overwritten the report.
                .unwrap_or_else(|| "a process".to_owned())
        })
    }

    /// Stops all processes in the group and in those below it. After an error some of them may stand still.
    pub async fn freeze(&self) -> io::Result<()> {
        self.write("cgroup.freeze", "1")?;
        timeout(FREEZE_MAX, self.wait_until("frozen", 1)).await?
    }

    /// Lets the processes run on.
    pub fn thaw(&self) -> io::Result<()> {
        self.write("cgroup.freeze", "0")
    }

    /// Waits until the last process is gone.
    pub async fn wait_until_empty(&self) -> io::Result<()> {
        self.wait_until("populated", 0).await
    }

    async fn wait_until(&self, event: &str, value: u64) -> io::Result<()> {
        let file = File::open(self.directory.join("cgroup.events"))?;
        // SAFETY: the file owns its descriptor, and nothing takes it out of the `AsyncFd`.
        let mut events = unsafe { AsyncFd::register_with_interest(file, Interest::PRIORITY) }?;
        let mut content = String::new();
        loop {
            // Reading from this descriptor arms its next event.
            let file = events.get_mut();
            content.clear();
            file.seek(SeekFrom::Start(0))?;
            file.read_to_string(&mut content)?;
            if counter(&content, event) == Some(value) {
                return Ok(());
            }
            events.ready(Interest::PRIORITY).await?.clear_ready();
        }
    }

    pub fn remove(&self) -> io::Result<()> {
        fs::remove_dir(&self.directory)
    }

    fn write(&self, file: &str, value: &str) -> io::Result<()> {
        // `fs::write` would try to create a file that this kernel lacks, and fail with another error.
        use std::io::Write;
        OpenOptions::new()
            .write(true)
            .open(self.directory.join(file))?
            .write_all(value.as_bytes())
    }
}

fn memory_max(available_bytes: u64, working_set_is_kept: bool) -> u64 {
    available_bytes.saturating_sub(if working_set_is_kept {
        RESERVE_BYTES
    } else {
        RESERVE_FOR_FILES_BYTES
    })
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
    fn keeps_a_reserve() {
        assert_eq!(memory_max(400 << 20, true), 396 << 20);
        assert_eq!(memory_max(400 << 20, false), 376 << 20);
        assert_eq!(memory_max(16 << 20, false), 0);
    }

    #[test]
    fn finds_a_counter_by_its_whole_name() {
        let events = "oom 2\noom_kill 1\noom_group_kill 0\n";
        assert_eq!(counter(events, "oom_kill"), Some(1));
        assert_eq!(counter(events, "kill"), None);
    }
}
