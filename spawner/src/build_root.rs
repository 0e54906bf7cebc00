//! Runs a program as root of a user namespace whose ids belong to no user of this machine, so that scripts of packages,
//! which expect to be root, have no right to a file of the host.
//!
//! The program keeps this process's number, streams and signals. It sees one directory of the host at [`PLACE`], whatever
//! the directories above it allow, and otherwise has the rights of a stranger.

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

/// Root's own directory, which no other user can enter; the namespace has a separate file system over it.
const DIRECTORY: &str = "/run/neurovisor";
const PLACE: &str = "/run/neurovisor/build";

/// What the program is run with.
#[derive(Debug, PartialEq, Eq)]
pub struct BuildRoot {
    /// The host's numbers of the users and groups in the namespace, which are numbered from 0 there.
    pub ids: RangeInclusive<u32>,
    /// Absolute path of the directory that the program sees at [`PLACE`].
    pub directory: PathBuf,
    pub command: Vec<CString>,
}

/// Returns only when the program could not be executed.
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
    process::chdir(PLACE).map_err(step("enter its directory"))?;
    execvp(&wanted.command[0], &wanted.command)
        .map_err(|error| format!("{}: {error}", wanted.command[0].to_string_lossy()))
}

/// In a namespace of mounts that ends with the program.
fn show_directory(wanted: &BuildRoot) -> Result<(), String> {
    let step = |name: &'static str| move |error: Errno| format!("cannot {name}: {error}");
    // SAFETY: this process has one thread and keeps its table of descriptors.
    unsafe { unshare_unsafe(UnshareFlags::NEWNS) }
        .map_err(step("make a namespace of mounts for a build"))?;
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", private).map_err(step("make the mounts of a build private"))?;
    // Before a file system is mounted that might hide it.
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = rustix::fs::open(&wanted.directory, flags, Mode::empty())
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
    make_directory(PLACE)?;
    let source = format!("/proc/self/fd/{}", directory.as_raw_fd());
    mount_bind(source, PLACE).map_err(step("show a build its directory"))
}

fn make_directory(path: &str) -> Result<(), String> {
    match mkdir(path, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(error) => Err(format!("cannot make {path}: {error}")),
    }
}

/// The maps are written by a copy of this process that stays outside: from within only the caller's own id may be mapped, and
/// newuidmap(1) maps for root only what /etc/subuid gives to root.
fn enter_user_namespace(ids: &RangeInclusive<u32>) -> Result<(), String> {
    let namespace = |error: &dyn Display| {
        format!("cannot make the user namespace in which scripts of packages run: {error}")
    };
    let (ready, entered) = pipe_with(PipeFlags::CLOEXEC).map_err(|error| namespace(&error))?;
    let (answer, told) = pipe_with(PipeFlags::CLOEXEC).map_err(|error| namespace(&error))?;
    let own = process::getpid();
    // SAFETY: this process has one thread, so the child may allocate and open files.
    match unsafe { fork() }.map_err(|error| namespace(&error))? {
        ForkResult::Child => {
            drop((entered, answer));
            map_when(ready, told, own, ids)
        }
        ForkResult::Parent { child } => {
            drop((ready, told));
            // SAFETY: as above.
            let made = unsafe { unshare_unsafe(UnshareFlags::NEWUSER) };
            let reason = made
                .map_err(|error| namespace(&error))
                .and_then(|()| mapped(entered, answer));
            let _ = waitpid(child, None);
            reason
        }
    }
}

/// Has the maps written, and returns when they are.
fn mapped(entered: OwnedFd, answer: OwnedFd) -> Result<(), String> {
    let failed = |error: &dyn Display| format!("cannot have user ids mapped for a build: {error}");
    rustix::io::write(&entered, &[1]).map_err(|error| failed(&error))?;
    let mut reason = String::new();
    File::from(answer)
        .read_to_string(&mut reason)
        .map_err(|error| failed(&error))?;
    match reason.strip_prefix('+') {
        Some("") => Ok(()),
        // Also when the other process has ended before it had written all.
        _ => Err(failed(&reason.trim_start_matches('+'))),
    }
}

/// Answers `+` for maps that are written, and the reason for those that are not.
fn map_when(ready: OwnedFd, told: OwnedFd, process: Pid, ids: &RangeInclusive<u32>) -> ! {
    // Its end without a word: there is no namespace.
    if rustix::io::read(ready.as_fd(), &mut [0; 1]) == Ok(1) {
        let answer = write_maps(process, ids).map_or_else(|reason| reason, |()| "+".into());
        let _ = File::from(told).write_all(answer.as_bytes());
    }
    // SAFETY: leaves at once; exit() would run what belongs to the parent.
    unsafe { libc::_exit(0) }
}

fn write_maps(process: Pid, ids: &RangeInclusive<u32>) -> Result<(), String> {
    let map = format!("0 {} {}", ids.start(), ids.end() - ids.start() + 1);
    for file in ["uid_map", "gid_map"] {
        let path = format!("/proc/{process}/{file}");
        fs::write(path, &map).map_err(|error| {
            format!(
                "{file}: {}-{} are not this machine's to give: {error}",
                ids.start(),
                ids.end()
            )
        })?;
    }
    Ok(())
}

/// A change of uid has cut what ties this process to its parent.
fn tie_to(parent: Option<Pid>) -> Result<(), String> {
    process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| format!("cannot tie the build to its parent: {error}"))?;
    if process::getppid() == parent {
        Ok(())
    } else {
        Err("the process that wanted the build is gone".into())
    }
}
