//! Removes what other host processes left because their spawner was killed.
//!
//! A runtime directory whose lock nobody holds has no living spawner. What its journal names is believed as far as it
//! can be checked: processes by pid, start and boot, control groups and scratch directories by where they lie and whose
//! they are. Whatever else a journal says has no effect.

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

use crate::cgroup;
use crate::journal::{self, Entry, Escaped, Recorded};
use crate::process_stat::{parse_pid, ProcessStat};
use crate::removal::{self, Progress};
use crate::runtime_directory;
use crate::scratch;

/// How long a killed process may take to be gone before its control group is tried.
const DIES_WITHIN: Duration = Duration::from_secs(2);

/// How much later than bubblewrap its VMM may have been started, in clock ticks (USER_HZ, 100 a second).
const JAILED_WITHIN_TICKS: u64 = 1000;

/// One thing that was removed, or would be.
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

/// What a sweep tells while it works.
pub trait Report {
    fn swept(&mut self, thing: &Swept);
    /// Something stays, and with it its directory, for the next sweep.
    fn problem(&mut self, reason: &dyn fmt::Display);
}

/// Looks at the runtime directories in `base`; with `dry_run` it removes nothing.
pub fn sweep(base: &Path, dry_run: bool, report: &mut impl Report) -> io::Result<()> {
    let Some(directory) = open_base(base)? else {
        return Ok(());
    };
    for entry in Dir::read_from(&directory)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().to_str() else {
            continue;
        };
        if let Some(dead) = Dead::find(directory.as_fd(), base, name)? {
            dead.sweep(directory.as_fd(), dry_run, report);
        }
    }
    Ok(())
}

/// `None` when there is none, or one in which others could have placed a directory for us to find.
fn open_base(base: &Path) -> io::Result<Option<OwnedFd>> {
    match fs::open(base, runtime_directory::OPEN, Mode::empty()) {
        Ok(directory) => {
            Ok(runtime_directory::is_private(&fs::fstat(&directory)?).then_some(directory))
        }
        Err(Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A runtime directory without a spawner. Locked, so that of two sweeps only one finds it.
struct Dead<'a> {
    path: PathBuf,
    name: &'a str,
    directory: OwnedFd,
    recorded: Recorded,
}

impl<'a> Dead<'a> {
    fn find(base: BorrowedFd<'_>, path: &Path, name: &'a str) -> io::Result<Option<Self>> {
        let Ok(directory) = fs::openat(base, name, runtime_directory::OPEN, Mode::empty()) else {
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
            // Its spawner died before it had written anything, or after it had removed all but the directory.
            None if runtime_directory::has_our_name(name) && is_empty(&directory)? => {
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
        let mut whole = true;
        for entry in &self.recorded.entries {
            match self.sweep_entry(entry, dry_run) {
                Ok(things) => things.iter().for_each(|thing| report.swept(thing)),
                Err(problem) => {
                    report.problem(&problem);
                    whole = false;
                }
            }
        }
        if !whole {
            return;
        }
        match if dry_run { Ok(()) } else { self.remove(base) } {
            Ok(()) => report.swept(&Swept::Directory(self.path)),
            Err(error) => report.problem(&format_args!("{}: {error}", self.path.display())),
        }
    }

    /// What there was of it.
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
                    cgroup::remove_left(path)
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

    /// The journal last, so that what is interrupted is found again.
    fn remove(&self, base: BorrowedFd<'_>) -> io::Result<()> {
        for entry in Dir::read_from(&self.directory)? {
            let entry = entry?;
            let name = entry.file_name().to_str().map_err(io::Error::other)?;
            if name != "." && name != ".." && !journal::is_ours(OsStr::from_bytes(name.as_bytes()))
            {
                while removal::remove_some(self.directory.as_fd(), name)? == Progress::More {}
            }
        }
        while removal::remove_some(base, self.name)? == Progress::More {}
        Ok(())
    }
}

/// The processes of the session that the journal means by its leader: bubblewrap, and the VMM in its jail. Normally the one
/// dies with the other, but the leader may have been killed before the VMM was tied to it.
///
/// By descriptors nobody else is met, however soon a number is given away. The kernel gives a leader's number away only
/// when nobody is left in the session; and a later session of that number would have to begin at once to be taken for it.
fn session(leader: Pid, start: u64) -> Vec<(Pid, OwnedFd)> {
    let born = start..=start + JAILED_WITHIN_TICKS;
    let is_other = |stat: ProcessStat| stat.start != start || stat.session != Some(leader);
    if leader == Pid::INIT || ProcessStat::of(leader).is_some_and(is_other) {
        return vec![];
    }
    let numbers = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    numbers
        .filter_map(|entry| parse_pid(entry.file_name().to_str()?))
        .filter_map(|pid| {
            let pidfd = process::pidfd_open(pid, PidfdFlags::empty()).ok()?;
            // After it was opened: what is compared is then what it stands for, or the number is free.
            let stat = ProcessStat::of(pid)?;
            let is_ours = stat.session == Some(leader) && born.contains(&stat.start);
            (is_ours && !stat.is_zombie).then_some((pid, pidfd))
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
    let time = Timespec::try_from(DIES_WITHIN).ok();
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
