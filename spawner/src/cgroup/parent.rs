//! The group in which VMs can have theirs.

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
use super::{write, ALL_VMS, HOST, VM_PREFIX};
use crate::opening;
use crate::process::children::descendants;
use crate::process::parse_pid;
use crate::vm_id::VmId;

const CONTROLLERS: [&str; 3] = ["cpu", "memory", "pids"];

/// How often processes are listed to be moved. A later listing finds processes that were started during an earlier one.
const LISTINGS: usize = 20;

/// Another spawner may remove the empty directory just before it is used.
const TRIES: usize = 10;

/// A group whose children can be limited.
#[derive(Debug)]
pub struct ParentGroup {
    parent: PathBuf,
}

impl ParentGroup {
    /// Finds a parent and enables the controllers in it. Tries the root of the mounted hierarchy, then the group above
    /// this process's own if it was delegated, then the own group. The error explains why VMs cannot be limited.
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

    /// Returns the path of a VM's group, which need not exist.
    pub fn path_of(&self, id: &VmId) -> PathBuf {
        let id = id.as_str();
        let name = id.strip_prefix(VM_PREFIX).unwrap_or(id);
        self.all_vms().join(format!("{VM_PREFIX}{name}"))
    }

    /// Makes the group of a VM and sets its limits.
    pub fn make(&self, id: &VmId, limits: &Limits) -> Result<Group, String> {
        let path = self.path_of(id);
        let named = |error: Errno| format!("{}: {}", path.display(), io::Error::from(error));
        let mut tries = TRIES;
        loop {
            match fs::mkdir(&path, Mode::RWXU) {
                Ok(()) => break,
                Err(Errno::NOENT) if tries > 0 => {
                    tries -= 1;
                    self.make_all_vms()?;
                }
                Err(error) => return Err(named(error)),
            }
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        let directory = opening::open(&path, flags, Mode::empty()).map_err(named)?;
        Group::limited(path, directory, limits)
    }

    /// Removes the group of all VMs if no spawner uses it.
    pub fn remove_if_empty(&self) {
        let _ = fs::unlinkat(CWD, self.all_vms(), AtFlags::REMOVEDIR);
    }

    fn all_vms(&self) -> PathBuf {
        self.parent.join(ALL_VMS)
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
                .map_err(|error| format!("{parent} is not writable: {}", io::Error::from(error)))?;
        }
        make_directory(&self.all_vms())?;
        let prepared = self.enable_below(own);
        if prepared.is_err() {
            self.remove_if_empty();
        }
        prepared
    }

    fn enable_below(&self, own: Option<&PathBuf>) -> Result<(), String> {
        // Kills all processes of a group atomically.
        if !self.all_vms().join("cgroup.kill").exists() {
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
        self.make_all_vms()
    }

    fn make_all_vms(&self) -> Result<(), String> {
        make_directory(&self.all_vms())?;
        match enable(&self.all_vms()) {
            // Another spawner has just removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result.map_err(|error| not_enabled(&self.all_vms(), &error)),
        }
    }

    /// Moves the host process and its descendants, including this process, out of the group that is to be divided.
    /// Fails if the group contains any other process.
    fn move_host(&self) -> Result<(), String> {
        let host = self.all_vms().join(HOST);
        make_directory(&host)?;
        for _ in 0..LISTINGS {
            let members = read(self.parent.join("cgroup.procs"))?;
            if members.is_empty() {
                break;
            }
            let family = family();
            let is_stranger =
                |line: &&str| !parse_pid(line).is_some_and(|pid| family.contains(&pid));
            // The group was listed before the family, so a listed process may have ended since.
            if let Some(stranger) = members
                .lines()
                .find(is_stranger)
                .filter(|pid| is_alive(pid))
            {
                return Err(format!(
                    "process {stranger} is in {}, which NeuroVisor cannot share: start it in a separate group",
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

/// Returns this process, the host process and all descendants of the host process.
fn family() -> HashSet<Pid> {
    let mut family = HashSet::from([process::getpid()]);
    if let Some(host) = process::getppid() {
        family.insert(host);
        family.extend(descendants(host));
    }
    family
}

/// Whether systemd has delegated this group to the service in it. The service may run in a subgroup
/// (`DelegateSubgroup=`), for which systemd enables no controllers.
fn is_delegated(group: &Path) -> bool {
    ["user.delegate", "trusted.delegate"].iter().any(|mark| {
        let mut value = [0; 2];
        matches!(fs::getxattr(group, *mark, &mut value[..]), Ok(1)) && value[0] == b'1'
    })
}

/// Whether a listed process is alive. A process of an invisible namespace is listed as 0.
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
    let flags = OFlags::PATH | OFlags::DIRECTORY;
    write(opening::open(group, flags, Mode::empty())?, file, value)
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
