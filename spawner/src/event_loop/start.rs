//! Starts a VMM, and undoes every step if it fails.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::EventLoop;
use crate::cgroup::Group;
use crate::cleanup::journal::Entry;
use crate::ebpf::Ebpf;
use crate::jail::{Child, Resource, StartError};
use crate::launch::{Confinement, Launch};
use crate::log;
use crate::vm::uids::Uids;
use crate::vm::Vm;
use crate::wire::{event::Event, Rejected, StartVmm, Started};

impl EventLoop {
    pub(super) fn start(&mut self, request: StartVmm) {
        let vm_id = request.vm_id.clone();
        let event = match self.try_start(request) {
            Ok(started) => Event::Started(started),
            Err(error) => Event::Rejected(Rejected {
                vm_id,
                reason: error.reason,
                no_jail: error.no_jail,
            }),
        };
        self.queue.push(event);
    }

    fn try_start(&mut self, request: StartVmm) -> Result<Started, StartError> {
        let launch = Launch::try_from(request)?;
        self.programs.check(&launch)?;
        if self.vms.iter().any(|vm| vm.id == launch.id) {
            return Err(format!("a VM named {} is still alive", launch.id).into());
        }
        let uid = self.uids.as_mut().map(Uids::take).transpose()?;
        self.start_jailed(launch, uid)
            .inspect_err(|_| self.return_uid(uid))
    }

    fn start_jailed(&mut self, launch: Launch, uid: Option<u32>) -> Result<Started, StartError> {
        let directory = self.directory.create(&launch.id)?;
        let mut journalled = vec![];
        match self.start_limited(&launch, directory.as_fd(), uid, &mut journalled) {
            Ok((child, group)) => {
                let started = self.started(&launch, &child, group.as_ref());
                let chroot = chroot_of(&launch);
                self.vms
                    .push(Vm::new(launch.id, child, uid, group, chroot, journalled));
                Ok(started)
            }
            Err(reason) => {
                journalled
                    .iter()
                    .for_each(|entry| self.journal.remove(entry));
                // bubblewrap may have started processes, which have been adopted by now.
                self.orphans_left = true;
                // It holds at most the sockets of the VM, because no program has run in it.
                if let Err(error) = self.directory.remove_some(&launch.id) {
                    log::line(format_args!(
                        "{}: cannot remove its directory: {error}",
                        launch.id
                    ));
                }
                Err(reason)
            }
        }
    }

    fn started(&self, launch: &Launch, child: &Child, group: Option<&Group>) -> Started {
        let unlimited = launch.limits.is_some() && group.is_none();
        let problem = self.cgroups.as_ref().err().filter(|_| unlimited);
        Started {
            vm_id: launch.id.to_string(),
            pid: child.running.vmm.as_raw_nonzero().get(),
            cgroup: group.map_or_else(String::new, |group| group.path().display().to_string()),
            cgroup_problem: problem.cloned().unwrap_or_default(),
        }
    }

    /// Starts a VMM in a separate control group, if it has limits and this machine supports them. Adds its journal
    /// entries to `journalled`.
    fn start_limited(
        &mut self,
        launch: &Launch,
        directory: BorrowedFd<'_>,
        uid: Option<u32>,
        journalled: &mut Vec<Entry>,
    ) -> Result<(Child, Option<Group>), StartError> {
        let mut add = |entry: Entry| {
            self.journal
                .add(entry.clone())
                .map_err(|error| format!("cannot write the journal: {error}"))?;
            journalled.push(entry);
            Ok(())
        };
        if let Some(path) = chroot_of(launch) {
            add(Entry::Scratch(path))?;
        }
        let group = match (&self.cgroups, &launch.limits) {
            (Ok(parent), Some(limits)) => {
                add(Entry::Cgroup(parent.path_of(&launch.id)))?;
                Some(parent.make(&launch.id, limits)?)
            }
            (Err(_), _) | (Ok(_), None) => None,
        };
        let ebpf = &mut self.ebpf;
        let bwrap = Path::new(OsStr::from_bytes(self.jailer.bwrap.as_bytes()));
        let watched = watch(ebpf, launch, group.as_ref(), bwrap);
        let mut allow = |resource: Resource<'_>| match (ebpf.as_mut(), &launch.watch) {
            (Ok(ebpf), Some(_)) => match resource {
                Resource::File(file) => ebpf.allow_file(&launch.id, file),
                Resource::Directory(path) => ebpf.allow_in_launch(&launch.id, path),
            },
            _ => Ok(()),
        };
        let cgroup_procs = watched.and_then(|()| group.as_ref().map(Group::open_procs).transpose());
        let started = cgroup_procs
            .map_err(StartError::from)
            .and_then(|cgroup_procs| {
                self.jailer
                    .start(launch, directory, cgroup_procs, uid, &mut allow, |pid| {
                        add(Entry::process(pid).ok_or("it has no number")?)
                    })
            });
        match started {
            Ok(child) => Ok((child, group)),
            Err(reason) => {
                self.ebpf.iter_mut().for_each(|ebpf| ebpf.end(&launch.id));
                // It contains no process. A group that cannot be removed stays in the journal.
                if group.is_some_and(|group| !group.remove().is_ok_and(|gone| gone)) {
                    journalled.retain(|entry| !matches!(entry, Entry::Cgroup(_)));
                }
                Err(reason)
            }
        }
    }
}

/// Has the eBPF programs watch a VM. To be called before its group contains a process.
fn watch(
    ebpf: &mut Result<Ebpf, String>,
    launch: &Launch,
    group: Option<&Group>,
    bwrap: &Path,
) -> Result<(), String> {
    let Some(watch) = launch.watch else {
        return Ok(());
    };
    let ebpf = ebpf
        .as_mut()
        .map_err(|problem| format!("it cannot be watched: {problem}"))?;
    let group = group.ok_or("it cannot be watched without a control group")?;
    ebpf.begin(&launch.id, group, watch)?;
    let first = match &launch.confinement {
        Confinement::Jail(_) => bwrap,
        Confinement::Chroot(chroot) => &chroot.jailer,
    };
    [first, launch.executable()]
        .into_iter()
        .try_for_each(|program| ebpf.allow_program(&launch.id, program))
}

/// Returns the chroot directory of a VM, if it has one.
fn chroot_of(launch: &Launch) -> Option<PathBuf> {
    match &launch.confinement {
        Confinement::Jail(_) => None,
        Confinement::Chroot(chroot) => Some(chroot.path(&launch.id)),
    }
}
