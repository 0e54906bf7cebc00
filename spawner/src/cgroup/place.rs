//! Where on this machine VMs can have groups.

use std::collections::HashSet;
use std::fs as files;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{self, accessat, Access, AtFlags, Mode, OFlags, CWD};
use rustix::io::Errno;
use rustix::process::{self, Pid};

use super::group::Group;
use super::limits::Limits;
use super::mount::Mount;
use super::{write, HOST, OURS, VM_PREFIX};
use crate::launch::VmId;
use crate::orphans;
use crate::process_stat::parse_pid;

const CONTROLLERS: [&str; 3] = ["cpu", "memory", "pids"];

/// Processes that are started while we move the others are met by the next listing.
const LISTINGS: usize = 20;

/// Another spawner may remove the empty directory at the moment in which we are about to use it.
const TRIES: usize = 10;

/// A group whose children can be limited.
#[derive(Debug)]
pub struct Place {
    parent: PathBuf,
}

impl Place {
    /// The root of what is mounted, else the group above ours where that was delegated, else the group that we are in
    /// ourselves. Enables the controllers there. The error says why no VM can be limited.
    pub fn find() -> Result<Self, String> {
        let mount = Mount::find(&read("/proc/self/mountinfo")?)
            .ok_or("no file system of control groups (cgroup v2) is mounted")?;
        let own = mount.own_group(&read("/proc/self/cgroup")?);
        let mut parents = vec![mount.point.clone()];
        if let Some(own) = own.as_ref().filter(|own| **own != mount.point) {
            let above = own.parent().filter(|above| *above != mount.point);
            parents.extend(
                above
                    .filter(|above| is_delegated(above))
                    .map(Path::to_owned),
            );
            parents.push(own.clone());
        }
        let mut problems = Vec::new();
        for parent in parents {
            let place = Self { parent };
            match place.prepare(own.as_ref()) {
                Ok(()) => return Ok(place),
                Err(problem) => problems.push(problem),
            }
        }
        Err(problems.join("; "))
    }

    /// Where the group of a VM lies, or will.
    pub fn path_of(&self, id: &VmId) -> PathBuf {
        let id = id.as_str();
        let name = id.strip_prefix(VM_PREFIX).unwrap_or(id);
        self.ours().join(format!("{VM_PREFIX}{name}"))
    }

    pub fn make(&self, id: &VmId, limits: &Limits) -> Result<Group, String> {
        let path = self.path_of(id);
        let named = |error: Errno| format!("{}: {}", path.display(), io::Error::from(error));
        let mut tries = TRIES;
        loop {
            match fs::mkdir(&path, Mode::RWXU) {
                Ok(()) => break,
                Err(Errno::NOENT) if tries > 0 => {
                    tries -= 1;
                    self.make_ours()?;
                }
                Err(error) => return Err(named(error)),
            }
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = fs::open(&path, flags, Mode::empty()).map_err(named)?;
        Group::limited(path, directory, limits)
    }

    /// Takes away what holds the groups when no spawner has any.
    pub fn remove_if_empty(&self) {
        let _ = fs::unlinkat(CWD, self.ours(), AtFlags::REMOVEDIR);
    }

    fn ours(&self) -> PathBuf {
        self.parent.join(OURS)
    }

    fn prepare(&self, own: Option<&PathBuf>) -> Result<(), String> {
        let parent = self.parent.display();
        let has = words(&self.parent.join("cgroup.controllers"))?;
        let missing: Vec<_> = CONTROLLERS
            .into_iter()
            .filter(|name| !has.contains(*name))
            .collect();
        if !missing.is_empty() {
            return Err(format!(
                "{parent} lacks the controllers {}",
                missing.join(", ")
            ));
        }
        for needed in [&self.parent, &self.parent.join("cgroup.procs")] {
            accessat(CWD, needed, Access::WRITE_OK, AtFlags::EACCESS)
                .map_err(|error| format!("{parent} is not ours: {}", io::Error::from(error)))?;
        }
        make_directory(&self.ours())?;
        let prepared = self.enable_below(own);
        if prepared.is_err() {
            self.remove_if_empty();
        }
        prepared
    }

    fn enable_below(&self, own: Option<&PathBuf>) -> Result<(), String> {
        // By it a group ends at once, whatever is in it.
        if !self.ours().join("cgroup.kill").exists() {
            return Err("this kernel has no cgroup.kill, which came with Linux 5.14".into());
        }
        match enable(&self.parent) {
            Err(error) if is_busy(&error) && own == Some(&self.parent) => {
                self.move_host()?;
                enable(&self.parent)
            }
            result => result,
        }
        .map_err(|error| not_enabled(&self.parent, &error))?;
        self.make_ours()
    }

    fn make_ours(&self) -> Result<(), String> {
        make_directory(&self.ours())?;
        match enable(&self.ours()) {
            // The other spawner again.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result.map_err(|error| not_enabled(&self.ours(), &error)),
        }
    }

    /// Moves the host process with all below it, us included, out of the group that is to be divided. Moves nobody else.
    fn move_host(&self) -> Result<(), String> {
        let host = self.ours().join(HOST);
        make_directory(&host)?;
        for _ in 0..LISTINGS {
            let members = read(self.parent.join("cgroup.procs"))?;
            if members.is_empty() {
                break;
            }
            let family = family();
            let strangers = |line: &&str| !parse_pid(line).is_some_and(|pid| family.contains(&pid));
            // Listed before we looked for the family: one of ours may have ended since, and is not listed again.
            if let Some(stranger) = members.lines().find(strangers).filter(|pid| is_alive(pid)) {
                return Err(format!(
                    "process {stranger} is in {} beside this NeuroVisor, which needs a group of its own",
                    self.parent.display()
                ));
            }
            for member in members.lines() {
                match move_to(&host, member) {
                    Err(error) if error.raw_os_error() != Some(Errno::SRCH.raw_os_error()) => {
                        return Err(format!("cannot move to {}: {error}", host.display()));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

fn family() -> HashSet<Pid> {
    let mut family = HashSet::from([process::getpid()]);
    if let Some(host) = process::getppid() {
        family.insert(host);
        family.extend(orphans::descendants(host));
    }
    family
}

/// Whether systemd has left this group to who is in it. A service of its may be in one below (`DelegateSubgroup=`), for which
/// no controller is enabled: that is up to us.
fn is_delegated(group: &Path) -> bool {
    ["user.delegate", "trusted.delegate"].iter().any(|mark| {
        let mut value = [0; 2];
        matches!(fs::getxattr(group, *mark, &mut value[..]), Ok(1)) && value[0] == b'1'
    })
}

/// A process of a namespace that we do not see is listed as 0.
fn is_alive(pid: &str) -> bool {
    pid == "0" || Path::new("/proc").join(pid).exists()
}

fn move_to(group: &Path, member: &str) -> io::Result<()> {
    write_at(group, "cgroup.procs", member)
}

fn enable(group: &Path) -> io::Result<()> {
    let enabled = files::read_to_string(group.join("cgroup.subtree_control"))?;
    let wanted: Vec<_> = CONTROLLERS
        .into_iter()
        .filter(|name| !enabled.split_ascii_whitespace().any(|has| has == *name))
        .map(|name| format!("+{name}"))
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    write_at(group, "cgroup.subtree_control", &wanted.join(" "))
}

fn write_at(group: &Path, file: &str, value: &str) -> io::Result<()> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    write(fs::open(group, flags, Mode::empty())?, file, value)
}

fn not_enabled(group: &Path, error: &io::Error) -> String {
    format!(
        "cannot enable {} in {}: {error}",
        CONTROLLERS.join(", "),
        group.display()
    )
}

fn is_busy(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::BUSY.raw_os_error())
}

fn make_directory(path: &Path) -> Result<(), String> {
    match fs::mkdir(path, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(error) => Err(format!(
            "cannot make {}: {}",
            path.display(),
            io::Error::from(error)
        )),
    }
}

fn words(path: &Path) -> Result<HashSet<String>, String> {
    Ok(read(path)?
        .split_ascii_whitespace()
        .map(str::to_owned)
        .collect())
}

fn read(path: impl AsRef<Path>) -> Result<String, String> {
    let path = path.as_ref();
    files::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
