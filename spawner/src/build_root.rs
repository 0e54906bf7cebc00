//! Runs a program as root of a user namespace whose ids belong to no user of this machine. Package scripts, which
//! expect to be root, therefore have no access to files of the host.
//!
//! The program keeps this process's id, streams and signals. It sees one directory of the host at [`MOUNT_POINT`], even
//! if the directories above it are not accessible, and otherwise has the rights of an unknown user.

use std::convert::Infallible;
use std::ffi::CString;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::ops::RangeInclusive;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::PathBuf;

use nix::libc;
use nix::sys::wait::waitpid;
use nix::unistd::{execvp, fork, ForkResult};
use rustix::fs::{mkdir, Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{mount, mount_bind, mount_change, MountFlags, MountPropagationFlags};
use rustix::pipe::{pipe_with, PipeFlags};
use rustix::process::{self, Gid, Pid, Signal, Uid};
use rustix::thread::{self, unshare_unsafe, UnshareFlags};

use crate::opening;

/// A directory of root that no other user can enter. In the namespace another file system is mounted over it.
const DIRECTORY: &str = "/run/neurovisor";
const MOUNT_POINT: &str = "/run/neurovisor/build";

/// A program, and the namespace in which it runs.
#[derive(Debug, PartialEq, Eq)]
pub struct BuildRoot {
    /// The ids on the host of the users and groups in the namespace, where they start at 0.
    pub ids: RangeInclusive<u32>,
    /// Absolute path of the directory that the program sees at [`MOUNT_POINT`].
    pub directory: PathBuf,
    pub command: Vec<CString>,
}

/// Replaces this process by the program. Returns only if the program could not be executed.
pub fn become_program(wanted: &BuildRoot) -> Result<Infallible, String> {
    if !process::geteuid().is_root() {
        return Err("--build-root is for root; other users have newuidmap(1)".into());
    }
    let parent = process::getppid();
    show_directory(wanted)?;
    enter_user_namespace(&wanted.ids)?;
    let step = |name: &'static str| move |error: Errno| format!("cannot {name}: {error}");
    thread::set_thread_groups(&[]).map_err(step("leave all groups"))?;
    thread::set_thread_res_gid(Gid::ROOT, Gid::ROOT, Gid::ROOT)
        .map_err(step("become the namespace's root"))?;
    thread::set_thread_res_uid(Uid::ROOT, Uid::ROOT, Uid::ROOT)
        .map_err(step("become the namespace's root"))?;
    tie_to(parent)?;
    process::chdir(MOUNT_POINT).map_err(step("enter its directory"))?;
    execvp(&wanted.command[0], &wanted.command)
        .map_err(|error| format!("{}: {error}", wanted.command[0].to_string_lossy()))
}

/// Mounts the directory in a new mount namespace.
fn show_directory(wanted: &BuildRoot) -> Result<(), String> {
    let step = |name: &'static str| move |error: Errno| format!("cannot {name}: {error}");
    // SAFETY: this process has one thread and keeps its table of descriptors.
    unsafe { unshare_unsafe(UnshareFlags::NEWNS) }
        .map_err(step("make a namespace of mounts for a build"))?;
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", private).map_err(step("make the mounts of a build private"))?;
    // Opened before the mount below, which might hide it.
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let directory = opening::open(&wanted.directory, flags, Mode::empty())
        .map_err(|error| format!("cannot open {}: {error}", wanted.directory.display()))?;
    make_directory(DIRECTORY)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    mount(
        "tmpfs",
        DIRECTORY,
        "tmpfs",
        flags,
        Some(c"mode=0755,size=64k"),
    )
    .map_err(step("mount a file system for a build"))?;
    make_directory(MOUNT_POINT)?;
    let source = format!("/proc/self/fd/{}", directory.as_raw_fd());
    mount_bind(source, MOUNT_POINT).map_err(step("show a build its directory"))
}

fn make_directory(path: &str) -> Result<(), String> {
    match mkdir(path, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(error) => Err(format!("cannot make {path}: {error}")),
    }
}

/// Enters a user namespace with the given ids. A child process outside of the namespace writes the maps: from within,
/// only the own id may be mapped, and for root newuidmap(1) maps only the ids that /etc/subuid grants to root.
fn enter_user_namespace(ids: &RangeInclusive<u32>) -> Result<(), String> {
    let namespace = |error: &dyn Display| {
        format!("cannot make the user namespace in which scripts of packages run: {error}")
    };
    let (ready, entered) = pipe_with(PipeFlags::CLOEXEC).map_err(|error| namespace(&error))?;
    let (answer, answer_writer) =
        pipe_with(PipeFlags::CLOEXEC).map_err(|error| namespace(&error))?;
    let own = process::getpid();
    // SAFETY: this process has one thread, so the child may allocate and open files.
    match unsafe { fork() }.map_err(|error| namespace(&error))? {
        ForkResult::Child => {
            drop((entered, answer));
            write_maps_when(ready, answer_writer, own, ids)
        }
        ForkResult::Parent { child } => {
            drop((ready, answer_writer));
            // SAFETY: as above.
            let made = unsafe { unshare_unsafe(UnshareFlags::NEWUSER) };
            let reason = made
                .map_err(|error| namespace(&error))
                .and_then(|()| request_maps(entered, answer));
            let _ = waitpid(child, None);
            reason
        }
    }
}

/// Requests the maps and returns when they are written.
fn request_maps(entered: OwnedFd, answer: OwnedFd) -> Result<(), String> {
    let failed = |error: &dyn Display| format!("cannot have user ids mapped for a build: {error}");
    rustix::io::write(&entered, &[1]).map_err(|error| failed(&error))?;
    let mut reason = String::new();
    File::from(answer)
        .read_to_string(&mut reason)
        .map_err(|error| failed(&error))?;
    match reason.strip_prefix('+') {
        Some("") => Ok(()),
        // Includes the case that the other process ended before it had written a complete answer.
        _ => Err(failed(&reason.trim_start_matches('+'))),
    }
}

/// Writes the maps on request. Answers `+`, or the reason why it failed.
fn write_maps_when(ready: OwnedFd, answer: OwnedFd, process: Pid, ids: &RangeInclusive<u32>) -> ! {
    // A closed pipe means that there is no namespace.
    if rustix::io::read(ready.as_fd(), &mut [0; 1]) == Ok(1) {
        let text = write_maps(process, ids).map_or_else(|reason| reason, |()| "+".into());
        let _ = File::from(answer).write_all(text.as_bytes());
    }
    // SAFETY: exits immediately. exit() would run exit handlers of the parent.
    unsafe { libc::_exit(0) }
}

fn write_maps(process: Pid, ids: &RangeInclusive<u32>) -> Result<(), String> {
    let map = format!("0 {} {}", ids.start(), ids.end() - ids.start() + 1);
    for file in ["uid_map", "gid_map"] {
        let path = format!("/proc/{process}/{file}");
        fs::write(path, &map).map_err(|error| {
            format!(
                "{file}: {}-{} cannot be mapped on this machine: {error}",
                ids.start(),
                ids.end()
            )
        })?;
    }
    Ok(())
}

/// Sets the parent-death signal again, which a change of uid has reset.
fn tie_to(parent: Option<Pid>) -> Result<(), String> {
    process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| format!("cannot tie the build to its parent: {error}"))?;
    if process::getppid() == parent {
        Ok(())
    } else {
        Err("the process that started the build is gone".into())
    }
}
