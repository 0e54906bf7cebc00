//! Starts a VMM in its jail.
//!
//! [`new_process`] is what all VMMs have in common: fork, journal, control group, session and streams. After it,
//! [`bubblewrap`] or [`firecracker_jailer`] confines the process.

mod bubblewrap;
mod bubblewrap_arguments;
mod firecracker_jailer;
mod handed_files;
mod inherited;
pub mod init;
mod io_uring_filter;
mod new_process;
mod resource_limits;
mod root_directory;
mod sockets;

use std::ffi::CString;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::process::{self, Pid};

use crate::launch::{Confinement, Launch};

pub use handed_files::HandedFiles;
use new_process::StartContext;
pub use new_process::{Allow, Resource, Running, StartError};

/// Starts VMMs, each in its jail.
pub struct Jailer {
    /// The path of bubblewrap.
    pub bwrap: CString,
}

/// A started VMM and the files that it was started with.
pub struct Child {
    pub running: Running,
    pub files: HandedFiles,
}

impl Jailer {
    /// Starts a VMM in its jail. When this returns, either a process runs in the jail or none is left.
    ///
    /// Calls `journal` with the id of the new process before that process owns anything that could outlive the spawner.
    pub fn start(
        &self,
        launch: &Launch,
        directory: BorrowedFd<'_>,
        cgroup_procs: Option<OwnedFd>,
        uid: Option<u32>,
        allow: &mut Allow<'_>,
        journal: impl FnOnce(Pid) -> Result<(), String>,
    ) -> Result<Child, StartError> {
        new_process::determine_oom_score();
        let mut files = HandedFiles::open(&launch.files, uid)?;
        let context = StartContext {
            launch,
            directory,
            cgroup_procs,
            uid,
            spawner: process::getpid(),
        };
        let opened = files.take_open();
        let allowed = opened
            .iter()
            .try_for_each(|file| allow(Resource::File(file)));
        let started = allowed
            .map_err(StartError::from)
            .and_then(|()| match &launch.confinement {
                Confinement::Jail(jail) => {
                    bubblewrap::start(&self.bwrap, jail, &context, opened, journal)
                        .map(|running| (running, None))
                }
                Confinement::Chroot(chroot) => match uid {
                    Some(uid) => {
                        firecracker_jailer::start(chroot, &context, uid, opened, allow, journal)
                    }
                    None => {
                        bubblewrap::start_in_root(&self.bwrap, chroot, &context, opened, journal)
                    }
                },
            });
        match started {
            Ok((running, state)) => {
                state.into_iter().for_each(|file| files.keep_state(file));
                Ok(Child { running, files })
            }
            Err(error) => {
                handed_files::remove_created(&launch.files);
                Err(error)
            }
        }
    }
}
