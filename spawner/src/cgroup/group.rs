//! The control group of one VM.

use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, OFlags, CWD};
use rustix::io::Errno;

use super::limits::Limits;
use super::{open, write};

pub struct Group {
    path: PathBuf,
    directory: OwnedFd,
}

impl Group {
    /// Sets the limits of a group that has just been made. Removes the group if that fails.
    pub(super) fn limited(
        path: PathBuf,
        directory: OwnedFd,
        limits: &Limits,
    ) -> Result<Self, String> {
        let group = Self { path, directory };
        for setting in limits.settings() {
            match write(&group.directory, setting.file, &setting.value) {
                Err(error) if setting.optional && error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    let _ = group.remove();
                    let path = group.path.join(setting.file);
                    return Err(format!("cannot write {}: {error}", path.display()));
                }
                Ok(()) => {}
            }
        }
        Ok(group)
    }

    /// Returns the id that the kernel uses for it: the inode of its directory.
    pub fn id(&self) -> Result<u64, String> {
        fs::fstat(&self.directory)
            .map(|metadata| metadata.st_ino)
            .map_err(|error| format!("{}: {}", self.path.display(), io::Error::from(error)))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file `cgroup.procs`. A process that writes "0" to it moves into this group.
    pub fn open_procs(&self) -> Result<OwnedFd, String> {
        let opened = open(&self.directory, "cgroup.procs", OFlags::WRONLY);
        opened
            .map(OwnedFd::from)
            .map_err(|error| format!("cannot open {}: {error}", self.path.display()))
    }

    /// Kills all processes in it, including those that are being forked.
    pub fn kill(&self) {
        let _ = kill(&self.directory);
    }

    /// Whether the kernel has killed processes of it because they exceeded its memory limit.
    pub fn ran_out_of_memory(&self) -> bool {
        let mut events = String::new();
        open(&self.directory, "memory.events", OFlags::RDONLY)
            .and_then(|mut file| file.read_to_string(&mut events))
            .is_ok_and(|_| counter(&events, "oom_kill") > 0)
    }

    /// Removes the group. Returns false while a process of it is still dying.
    pub fn remove(&self) -> io::Result<bool> {
        match fs::unlinkat(CWD, &self.path, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => Ok(true),
            Err(Errno::BUSY) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Kills all processes of a group. Lifts the processor limit first: a process that has used up its quota would stay
/// until its next period, and older kernels do not end a throttled process at all.
pub(super) fn kill(group: &OwnedFd) -> io::Result<()> {
    let _ = write(group, "cpu.max", "max");
    write(group, "cgroup.kill", "1")
}

fn counter(events: &str, name: &str) -> u64 {
    let named = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok();
    events.lines().find_map(named).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifts_the_processor_limit_before_killing() {
        let directory = tempfile::tempdir().unwrap();
        for file in ["cpu.max", "cgroup.kill"] {
            std::fs::write(directory.path().join(file), "").unwrap();
        }
        let group = std::fs::File::open(directory.path()).unwrap().into();
        kill(&group).unwrap();
        let read = |file| std::fs::read_to_string(directory.path().join(file)).unwrap();
        assert_eq!(
            (read("cpu.max").as_str(), read("cgroup.kill").as_str()),
            ("max", "1")
        );
    }

    #[test]
    fn finds_a_counter_by_its_whole_name() {
        let events = "low 0\noom 3\noom_kill 2\noom_group_kill 1\n";
        assert_eq!(counter(events, "oom_kill"), 2);
        assert_eq!(counter(events, "oom"), 3);
        assert_eq!(counter(events, "kill"), 0);
        assert_eq!(counter("oom_kill x", "oom_kill"), 0);
    }
}
