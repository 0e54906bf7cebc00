//! Starts a checked program.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use bytes::Bytes;
use rustix::fs::{fchown, Gid, Uid};
use rustix::io::Errno;
use rustix::pipe::{pipe_with, PipeFlags};
use rustix::process::{Pid, WaitStatus};
use tokio::net::unix::pipe;
use tokio::sync::oneshot;
use tonic::Status;

use super::confinement::Confinement;
use super::language::Language;
use super::processes::cgroup::Cgroup;
use super::processes::Processes;
use super::program::Program;
use super::working_directory::WorkingDirectory;
use crate::boot::{GROUP_ID, USER_ID};
use crate::reaper::Reaper;

/// The smallest shell of Debian, which every image has.
const SHELL: &str = "/bin/sh";

/// A running program with the agent's ends of its pipes.
pub struct Running {
    pub processes: Processes,
    pub started: Instant,
    pub end: oneshot::Receiver<WaitStatus>,
    pub stdout: pipe::Receiver,
    pub stderr: pipe::Receiver,
    /// `None` if the input is empty. The program then immediately reads the end of the stream.
    pub stdin: Option<(pipe::Sender, Bytes)>,
    /// Whether a waiting interpreter runs the program.
    pub warm: bool,
}

/// How an interpreter is started.
pub struct Invocation<'a> {
    pub interpreter: &'a Path,
    pub language: &'a Language,
    pub arguments: &'a [String],
    pub environment: &'a BTreeMap<String, String>,
}

/// A started interpreter with the agent's ends of its pipes.
pub struct Process {
    pub processes: Processes,
    pub end: oneshot::Receiver<WaitStatus>,
    pub stdin: pipe::Sender,
    pub stdout: pipe::Receiver,
    pub stderr: pipe::Receiver,
}

impl Process {
    /// Turns the interpreter into a running program, and takes its input.
    pub fn running(self, program: &mut Program, started: Instant, warm: bool) -> Running {
        let input = std::mem::take(&mut program.stdin);
        Running {
            processes: self.processes,
            started,
            end: self.end,
            stdout: self.stdout,
            stderr: self.stderr,
            stdin: (!input.is_empty()).then_some((self.stdin, input)),
            warm,
        }
    }
}

/// Starts the interpreter of a program whose files have been written.
pub fn launch(
    program: &mut Program,
    group_name: &str,
    working_directory: &WorkingDirectory,
    reaper: &Reaper,
) -> Result<Running, Status> {
    let cgroup = match working_directory.confined() {
        true => Some(limited(group_name, program).map_err(|error| {
            Status::internal(format!("cannot create the execution's cgroup: {error}"))
        })?),
        false => None,
    };
    let invocation = Invocation {
        interpreter: &program.interpreter,
        language: program.language,
        arguments: &program.arguments,
        environment: &program.environment,
    };
    let started = Instant::now();
    let process = spawn(&invocation, working_directory, cgroup, reaper)
        .map_err(|error| status(&error, &program.interpreter))?;
    Ok(process.running(program, started, false))
}

fn limited(group_name: &str, program: &Program) -> io::Result<Cgroup> {
    let cgroup = Cgroup::create(group_name)?;
    cgroup.limit(program.limits.processes)?;
    Ok(cgroup)
}

/// Starts an interpreter with the user account, control group and directory of programs.
pub fn spawn(
    invocation: &Invocation<'_>,
    working_directory: &WorkingDirectory,
    cgroup: Option<Cgroup>,
    reaper: &Reaper,
) -> io::Result<Process> {
    let confinement = Confinement::new(working_directory, cgroup.as_ref())?;
    let pipes = Pipes::create(working_directory.confined())?;
    let command = command(invocation, pipes.child);
    let (processes, end) = start(command, confinement, working_directory, cgroup, reaper)?;
    Ok(Process {
        processes,
        end,
        stdin: pipes.stdin,
        stdout: pipes.stdout,
        stderr: pipes.stderr,
    })
}

/// Starts a command, and closes the agent's copies of its standard streams, without which they would not end.
pub fn start(
    mut command: Command,
    confinement: Confinement,
    working_directory: &WorkingDirectory,
    cgroup: Option<Cgroup>,
    reaper: &Reaper,
) -> io::Result<(Processes, oneshot::Receiver<WaitStatus>)> {
    // SAFETY: `enter` keeps to what is allowed between fork and exec, as its own comment demands.
    unsafe { command.pre_exec(move || confinement.enter()) };
    let child = match &working_directory.namespaces {
        Some(namespaces) => namespaces.spawn(&mut command),
        None => command.spawn(),
    };
    let child = child.inspect_err(|_| {
        // The standard library has awaited the child, so the group is empty.
        cgroup.as_ref().map(Cgroup::remove);
    })?;
    // INVARIANT: nothing has been awaited since the start, so the child has not been reaped.
    let leader = i32::try_from(child.id())
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| io::Error::other("the program has no process id"))?;
    let end = reaper.end_of(leader);
    Ok((Processes { leader, cgroup }, end))
}

/// Writes the code and files of a program and frees the received message, which may take a third of a small guest's
/// memory. The program gets the memory that is free when its cgroup is made.
pub fn write_files(program: &mut Program, working_directory: &WorkingDirectory) -> io::Result<()> {
    let files = std::mem::take(&mut program.files);
    let code = std::mem::take(&mut program.code);
    working_directory.write_files(program.language.main_file, &code, &files)?;
    if !files.is_empty() {
        // The input is a view into the same message.
        program.stdin = Bytes::copy_from_slice(&program.stdin);
    }
    Ok(())
}

fn command(invocation: &Invocation<'_>, ends: ChildEnds) -> Command {
    let language = invocation.language;
    let mut command = match language.build_script {
        None => {
            let mut command = Command::new(invocation.interpreter);
            command.args(language.arguments).arg(language.main_file);
            command
        }
        Some(script) => {
            let mut command = Command::new(SHELL);
            command.args(["-c", script]).arg(invocation.interpreter);
            command
        }
    };
    command
        .args(invocation.arguments)
        .env_clear()
        .envs(invocation.environment)
        .stdin(ends.stdin)
        .stdout(ends.stdout)
        .stderr(ends.stderr);
    command
}

fn status(error: &io::Error, interpreter: &Path) -> Status {
    if Errno::from_io_error(error) == Some(Errno::TOOBIG) {
        return Status::invalid_argument("env, args: are too long to be passed to a program");
    }
    Status::internal(format!("cannot start {}: {error}", interpreter.display()))
}

struct Pipes {
    stdin: pipe::Sender,
    stdout: pipe::Receiver,
    stderr: pipe::Receiver,
    child: ChildEnds,
}

/// The ends of the pipes that the child gets.
struct ChildEnds {
    stdin: OwnedFd,
    stdout: OwnedFd,
    stderr: OwnedFd,
}

impl Pipes {
    fn create(confined: bool) -> io::Result<Self> {
        let (child_stdin, stdin) = new_pipe(confined)?;
        let (stdout, child_stdout) = new_pipe(confined)?;
        let (stderr, child_stderr) = new_pipe(confined)?;
        Ok(Self {
            stdin: pipe::Sender::from_owned_fd(stdin)?,
            stdout: pipe::Receiver::from_owned_fd(stdout)?,
            stderr: pipe::Receiver::from_owned_fd(stderr)?,
            child: ChildEnds {
                stdin: child_stdin,
                stdout: child_stdout,
                stderr: child_stderr,
            },
        })
    }
}

/// Returns the reading and the writing end.
pub fn new_pipe(confined: bool) -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    if confined {
        // Otherwise the program could not open /dev/stdout or /dev/stderr, which scripts do.
        let (user, group) = (Uid::from_raw(USER_ID), Gid::from_raw(GROUP_ID));
        fchown(reader.as_fd(), Some(user), Some(group))?;
    }
    Ok((reader, writer))
}
