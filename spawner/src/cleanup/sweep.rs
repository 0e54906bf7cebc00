//! Removes the leftovers of host processes whose spawner was killed.
//!
//! A runtime directory that no process has locked has no living spawner. The entries of its journal are trusted as far
//! as they can be checked: processes by pid, start time and boot, control groups and scratch directories by their
//! location and owner. Other entries have no effect.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{poll, PollFd, PollFlags};
use rustix::fs::{self, Dir, Mode};
use rustix::io::Errno;
use rustix::process::{self, Pid, PidfdFlags, Signal};
use rustix::time::Timespec;

use super::journal::{self, Entry, Escaped, Recorded};
use super::removal::{self, Progress};
use super::runtime_directory;
use super::scratch;
use crate::cgroup;
use crate::opening;
use crate::process::{parse_pid, ProcessStat};

/// How long a killed process may take to end before its control group is removed.
const DEATH_TIMEOUT: Duration = Duration::from_secs(2);

/// How much later than bubblewrap its VMM may have been started, in clock ticks (USER_HZ, 100 per second).
const MAX_START_DELAY_TICKS: u64 = 1000;

/// A thing that was removed, or in a dry run would be.
#[derive(Debug, PartialEq, Eq)]
pub enum Swept {
    Process(Pid),
    Cgroup(PathBuf),
    Scratch(PathBuf),
    Directory(PathBuf),
}

impl fmt::Display for Swept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process(pid) => write!(formatter, "process {pid}"),
            Self::Cgroup(path) => write!(formatter, "cgroup {}", Escaped(path)),
            Self::Scratch(path) => write!(formatter, "scratch {}", Escaped(path)),
            Self::Directory(path) => write!(formatter, "directory {}", Escaped(path)),
        }
    }
}

/// Receives the results of a sweep.
pub trait Report {
    fn swept(&mut self, thing: &Swept);
    /// Reports something that could not be removed. Its directory is left for the next sweep.
    fn problem(&mut self, reason: &dyn fmt::Display);
}

/// Sweeps the runtime directories in `base`. With `dry_run` it removes nothing.
pub fn sweep(base: &Path, dry_run: bool, report: &mut impl Report) -> io::Result<()> {
    let Some(directory) = open_base(base)? else {
        return Ok(());
    };
    for entry in Dir::read_from(&directory)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().to_str() else {
            continue;
        };
        if let Some(abandoned) = AbandonedDirectory::find(directory.as_fd(), base, name)? {
            abandoned.sweep(directory.as_fd(), dry_run, report);
        }
    }
    Ok(())
}

/// Returns `None` if the directory is missing, or if another user could have created entries in it.
fn open_base(base: &Path) -> io::Result<Option<OwnedFd>> {
    match opening::open(base, runtime_directory::OPEN, Mode::empty()) {
        Ok(directory) => {
            Ok(runtime_directory::is_private(&fs::fstat(&directory)?).then_some(directory))
        }
        Err(Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A runtime directory without a spawner. It is locked, so that only one of two concurrent sweeps finds it.
struct AbandonedDirectory<'a> {
    path: PathBuf,
    name: &'a str,
    directory: OwnedFd,
    recorded: Recorded,
}

impl<'a> AbandonedDirectory<'a> {
    fn find(base: BorrowedFd<'_>, path: &Path, name: &'a str) -> io::Result<Option<Self>> {
        let Ok(directory) = opening::openat(base, name, runtime_directory::OPEN, Mode::empty())
        else {
            return Ok(None);
        };
        if name.starts_with('.')
            || !runtime_directory::is_private(&fs::fstat(&directory)?)
            || !runtime_directory::try_lock(&directory)?
        {
            return Ok(None);
        }
        let recorded = match Recorded::read(directory.as_fd())? {
            Some(recorded) => recorded,
            // Its spawner died before it wrote anything, or after it removed everything but the directory.
            None if runtime_directory::is_host_process_name(name) && is_empty(&directory)? => {
                Recorded::default()
            }
            None => return Ok(None),
        };
        Ok(Some(Self {
            path: path.join(name),
            name,
            directory,
            recorded,
        }))
    }

    fn sweep(self, base: BorrowedFd<'_>, dry_run: bool, report: &mut impl Report) {
        let mut complete = true;
        for entry in &self.recorded.entries {
            match self.sweep_entry(entry, dry_run) {
                Ok(things) => things.iter().for_each(|thing| report.swept(thing)),
                Err(problem) => {
                    report.problem(&problem);
                    complete = false;
                }
            }
        }
        if !complete {
            return;
        }
        match if dry_run { Ok(()) } else { self.remove(base) } {
            Ok(()) => report.swept(&Swept::Directory(self.path)),
            Err(error) => report.problem(&format_args!("{}: {error}", self.path.display())),
        }
    }

    /// Removes what an entry names. Returns what existed of it.
    fn sweep_entry(&self, entry: &Entry, dry_run: bool) -> Result<Vec<Swept>, String> {
        match entry {
            Entry::Process { pid, start } if self.recorded.this_boot => {
                let session = session(*pid, *start);
                if !dry_run {
                    session
                        .iter()
                        .try_for_each(|(pid, pidfd)| kill(*pid, pidfd))?;
                }
                Ok(session
                    .into_iter()
                    .map(|(pid, _)| Swept::Process(pid))
                    .collect())
            }
            Entry::Cgroup(path) if self.recorded.this_boot => {
                let found = if dry_run {
                    cgroup::exists(path)
                } else {
                    cgroup::remove_leftover(path)
                }?;
                Ok(found
                    .then(|| Swept::Cgroup(path.clone()))
                    .into_iter()
                    .collect())
            }
            Entry::Process { .. } | Entry::Cgroup(_) => Ok(vec![]),
            Entry::Scratch(path) => {
                let found = scratch::exists(path)?;
                if found && !dry_run {
                    scratch::remove(path)?;
                }
                Ok(found
                    .then(|| Swept::Scratch(path.clone()))
                    .into_iter()
                    .collect())
            }
        }
    }

    /// Removes the directory, its journal last, so that an interrupted sweep finds it again.
    fn remove(&self, base: BorrowedFd<'_>) -> io::Result<()> {
        for entry in Dir::read_from(&self.directory)? {
            let entry = entry?;
            let name = entry.file_name().to_str().map_err(io::Error::other)?;
            if name != "."
                && name != ".."
                && !journal::is_journal(OsStr::from_bytes(name.as_bytes()))
            {
                while removal::remove_some(self.directory.as_fd(), name)? == Progress::More {}
            }
        }
        while removal::remove_some(base, self.name)? == Progress::More {}
        Ok(())
    }
}

/// Returns the processes of the session that a journal names by its leader: bubblewrap, and the VMM in its jail.
/// Normally both die together, but the leader may have been killed before the parent-death signal of the VMM was set.
///
/// The descriptors refer to the right processes even when ids are reused. The kernel reuses the id of a session leader
/// only when the session has no processes left, and a later session with that id would also have to start at that time.
fn session(leader: Pid, start: u64) -> Vec<(Pid, OwnedFd)> {
    let born = start..=start + MAX_START_DELAY_TICKS;
    let is_other = |stat: ProcessStat| stat.start != start || stat.session != Some(leader);
    if leader == Pid::INIT || ProcessStat::of(leader).is_some_and(is_other) {
        return vec![];
    }
    let numbers = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    numbers
        .filter_map(|entry| parse_pid(entry.file_name().to_str()?))
        .filter_map(|pid| {
            let pidfd = process::pidfd_open(pid, PidfdFlags::empty()).ok()?;
            // Read after opening: it describes the process that the descriptor refers to, or the id is free.
            let stat = ProcessStat::of(pid)?;
            let is_member = stat.session == Some(leader) && born.contains(&stat.start);
            (is_member && !stat.is_zombie).then_some((pid, pidfd))
        })
        .collect()
}

fn kill(pid: Pid, pidfd: &OwnedFd) -> Result<(), String> {
    let named = |problem: &dyn fmt::Display| format!("process {pid}: {problem}");
    match process::pidfd_send_signal(pidfd, Signal::KILL) {
        Ok(()) | Err(Errno::SRCH) => {}
        Err(error) => return Err(named(&io::Error::from(error))),
    }
    let mut ended = [PollFd::new(pidfd, PollFlags::IN)];
    let time = Timespec::try_from(DEATH_TIMEOUT).ok();
    match poll(&mut ended, time.as_ref()) {
        Ok(0) => Err(named(&"does not end")),
        Ok(_) => Ok(()),
        Err(error) => Err(named(&io::Error::from(error))),
    }
}

fn is_empty(directory: &OwnedFd) -> io::Result<bool> {
    for entry in Dir::read_from(directory)? {
        if !matches!(entry?.file_name().to_bytes(), b"." | b"..") {
            return Ok(false);
        }
    }
    Ok(true)
}
