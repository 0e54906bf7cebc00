//! Starts drivers.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use nix::libc;
use rustix::io::read;
use rustix::net::{socketpair, AddressFamily, SocketFlags, SocketType};
use rustix::pipe::{pipe_with, PipeFlags};
use rustix::process::{kill_process_group, pidfd_open, PidfdFlags, Signal, WaitStatus};
use tokio::sync::oneshot;
use tonic::Status;

use super::language::Drivers;
use crate::execution::{
    default_environment, new_pipe, start_command, Cgroup, Confinement, Processes, WorkingDirectory,
};
use crate::invalid::{shown, Invalid};
use crate::process::{read_once, Descriptor, Read, READ_BYTES};
use crate::reaper::Reaper;
use crate::sandbox::Settings;

/// How a context was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spec {
    pub language: String,
    pub environment: BTreeMap<String, String>,
    /// `None` means that of the sandbox.
    pub directory: Option<PathBuf>,
    /// Whether it is the one context of its language that clients find by the language.
    pub shared: bool,
}

/// A started driver with the agent's ends of its socket and pipes.
pub struct Driver {
    pub control: Arc<Control>,
    pub end: oneshot::Receiver<WaitStatus>,
    pub socket: Descriptor,
    pub stdout: Descriptor,
    pub stderr: Descriptor,
}

/// Signals to a driver and to the processes that its cells have started.
pub struct Control {
    pub group: Processes,
    handle: OwnedFd,
}

impl Control {
    /// Sends a signal to the driver alone. Returns false once it has ended.
    pub fn signal(&self, signal: i32) -> bool {
        let no_information: *const libc::siginfo_t = std::ptr::null();
        // SAFETY: the kernel accepts that there is no information, and reads nothing else.
        let sent = unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.handle.as_raw_fd(),
                signal,
                no_information,
                0,
            )
        };
        sent == 0
    }

    /// Interrupts the driver and the programs that its cell waits for, as Ctrl-C does in a terminal.
    pub fn interrupt(&self) {
        // INVARIANT: nothing is awaited in between, so the group still is that of the driver.
        if self.signal(0) {
            let _ = kill_process_group(self.group.leader, Signal::INT);
        }
    }

    /// Returns the resident memory of the driver.
    pub fn memory_bytes(&self) -> u64 {
        let leader = self.group.leader.as_raw_nonzero();
        let status = fs::read_to_string(format!("/proc/{leader}/status")).unwrap_or_default();
        resident_bytes(&status).unwrap_or(0)
    }
}

/// Parses `VmRSS` (proc_pid_status(5)).
fn resident_bytes(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// Returns the directory in which a driver starts. A relative path begins at the home.
pub fn directory(spec: &Spec, settings: &Settings, home: &Path) -> PathBuf {
    let chosen = spec.directory.as_ref().or(settings.directory.as_ref());
    chosen.map_or(home.to_owned(), |path| home.join(path))
}

/// Starts a driver in a separate control group, as processes of the sandbox are started. Its standard input is the socket.
pub fn launch(
    drivers: &Drivers,
    spec: &Spec,
    settings: &Settings,
    working_directory: &WorkingDirectory,
    reaper: &Reaper,
    group_name: &str,
) -> Result<Driver, Status> {
    let internal = |error: io::Error| {
        let language = &spec.language;
        Status::internal(format!("cannot start the driver of {language}: {error}"))
    };
    let Some(mut command) = drivers.command(&spec.language) else {
        return Err(unsupported(&spec.language, drivers));
    };
    command.env_clear().envs(environment(spec, settings));
    let confined = working_directory.confined();
    let [socket, stdout, stderr] = connect(&mut command, confined).map_err(internal)?;
    let cgroup = match confined {
        true => Some(Cgroup::create(group_name).map_err(internal)?),
        false => None,
    };
    let directory = directory(spec, settings, &working_directory.directory);
    let (failed, failed_writer) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)
        .map_err(|error| internal(error.into()))?;
    let confinement = Confinement::new(working_directory, cgroup.as_ref())
        .and_then(|confinement| confinement.in_directory(&directory, failed_writer))
        .map_err(internal)?;
    let started = start_command(command, confinement, working_directory, cgroup, reaper);
    let (group, end) = started.map_err(|error| match read(&failed, &mut [0; 1]) {
        Ok(1) => not_a_directory(&directory),
        _ => internal(error),
    })?;
    // INVARIANT: nothing has been awaited since the start, so the process has not been reaped.
    let handle =
        pidfd_open(group.leader, PidfdFlags::empty()).map_err(|error| internal(error.into()))?;
    Ok(Driver {
        control: Arc::new(Control { group, handle }),
        end,
        socket,
        stdout,
        stderr,
    })
}

/// Merges the variables: those of the context win, then those of the sandbox.
pub fn environment(spec: &Spec, settings: &Settings) -> BTreeMap<String, String> {
    let mut environment = default_environment();
    environment.extend(settings.environment.clone());
    environment.extend(spec.environment.clone());
    environment
}

/// Connects a command with a socket at its standard input, and with pipes. Returns the agent's ends.
fn connect(command: &mut Command, confined: bool) -> io::Result<[Descriptor; 3]> {
    let flags = SocketFlags::CLOEXEC;
    let (socket, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    let (stdout, their_stdout) = new_pipe(confined)?;
    let (stderr, their_stderr) = new_pipe(confined)?;
    command
        .stdin(theirs)
        .stdout(their_stdout)
        .stderr(their_stderr);
    Ok([
        Descriptor::new(socket)?,
        Descriptor::new(stdout)?,
        Descriptor::new(stderr)?,
    ])
}

fn unsupported(language: &str, drivers: &Drivers) -> Status {
    let languages = drivers.languages();
    let names = match languages.is_empty() {
        true => "none".to_owned(),
        false => languages.join(", "),
    };
    Status::unimplemented(format!(
        "LANGUAGE_UNSUPPORTED: the image has no driver for {}: it has {names}",
        shown(language)
    ))
}

fn not_a_directory(directory: &Path) -> Status {
    let path = shown(&directory.to_string_lossy());
    Invalid::new("cwd", format!("cannot be {path}")).into()
}

/// Reads what a driver has written, when there is something. Returns nothing at the end.
pub async fn read_some(source: &Descriptor) -> Vec<u8> {
    loop {
        let Ok(mut ready) = source.readable().await else {
            return Vec::new();
        };
        let mut buffer = vec![0; READ_BYTES];
        match read_once(&mut ready, &mut buffer) {
            Read::NotNow => {}
            Read::End => return Vec::new(),
            Read::Bytes(count) => {
                buffer.truncate(count);
                return buffer;
            }
        }
    }
}
