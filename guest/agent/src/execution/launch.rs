//! From a checked program to a running one.

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

use super::cgroup::Cgroup;
use super::confinement::Confinement;
use super::group::Group;
use super::language::Language;
use super::program::Program;
use super::workplace::Workplace;
use crate::boot::{GROUP_ID, USER_ID};
use crate::orphans::Orphans;

/// Debian's smallest, and there in every image.
const SHELL: &str = "/bin/sh";

pub struct Running {
    pub group: Group,
    pub started: Instant,
    pub end: oneshot::Receiver<WaitStatus>,
    pub stdout: pipe::Receiver,
    pub stderr: pipe::Receiver,
    /// Absent when there is no input: the program finds the end of it at once.
    pub stdin: Option<(pipe::Sender, Bytes)>,
    /// An interpreter that had waited runs the program.
    pub warm: bool,
}

/// How an interpreter is started.
pub struct Invocation<'a> {
    pub interpreter: &'a Path,
    pub language: &'a Language,
    pub arguments: &'a [String],
    pub environment: &'a BTreeMap<String, String>,
}

/// A started interpreter with our ends of its pipes.
pub struct Process {
    pub group: Group,
    pub end: oneshot::Receiver<WaitStatus>,
    pub stdin: pipe::Sender,
    pub stdout: pipe::Receiver,
    pub stderr: pipe::Receiver,
}

impl Process {
    pub fn running(self, program: &mut Program, started: Instant, warm: bool) -> Running {
        let input = std::mem::take(&mut program.stdin);
        Running {
            group: self.group,
            started,
            end: self.end,
            stdout: self.stdout,
            stderr: self.stderr,
            stdin: (!input.is_empty()).then_some((self.stdin, input)),
            warm,
        }
    }
}

/// Returns when the interpreter of a program whose files are in place runs, or could not be started.
pub fn launch(
    program: &mut Program,
    group_name: &str,
    workplace: &Workplace,
    orphans: &Orphans,
) -> Result<Running, Status> {
    let cgroup = match workplace.confined() {
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
    let process = spawn(&invocation, workplace, cgroup, orphans)
        .map_err(|error| refusal(&error, &program.interpreter))?;
    Ok(process.running(program, started, false))
}

fn limited(group_name: &str, program: &Program) -> io::Result<Cgroup> {
    let cgroup = Cgroup::create(group_name)?;
    cgroup.limit(program.limits.processes)?;
    Ok(cgroup)
}

/// Starts the interpreter under the program's account, in its group and directory.
pub fn spawn(
    invocation: &Invocation<'_>,
    workplace: &Workplace,
    cgroup: Option<Cgroup>,
    orphans: &Orphans,
) -> io::Result<Process> {
    let confinement = Confinement::new(workplace, cgroup.as_ref())?;
    let pipes = Pipes::create(workplace.confined())?;
    let mut command = command(invocation, workplace, pipes.childs);
    // SAFETY: `enter` keeps to what is allowed between fork and exec, as its own comment demands.
    unsafe { command.pre_exec(move || confinement.enter()) };
    let child = match &workplace.quarters {
        Some(quarters) => quarters.spawn(&mut command)?,
        None => command.spawn()?,
    };
    // INVARIANT: nothing is awaited since the start, so that the child has not been collected yet.
    let leader = i32::try_from(child.id())
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| io::Error::other("the program has no process id"))?;
    let end = orphans.end_of(leader);
    // Closes our copies of the pipes' other ends, without which their end of file would never come.
    drop(command);
    Ok(Process {
        group: Group { leader, cgroup },
        end,
        stdin: pipes.stdin,
        stdout: pipes.stdout,
        stderr: pipes.stderr,
    })
}

/// Writes the program's code and files, and lets go of what came over the channel: it may be a third of a small guest's
/// memory, and what is free when the cgroup is made is what the program gets.
pub fn place(program: &mut Program, workplace: &Workplace) -> io::Result<()> {
    let files = std::mem::take(&mut program.files);
    let code = std::mem::take(&mut program.code);
    workplace.place(program.language.main_file, &code, &files)?;
    if !files.is_empty() {
        // It is a view into the same message.
        program.stdin = Bytes::copy_from_slice(&program.stdin);
    }
    Ok(())
}

fn command(invocation: &Invocation<'_>, workplace: &Workplace, ends: ChildsEnds) -> Command {
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
        .current_dir(&workplace.directory)
        .stdin(ends.stdin)
        .stdout(ends.stdout)
        .stderr(ends.stderr);
    command
}

fn refusal(error: &io::Error, interpreter: &Path) -> Status {
    if Errno::from_io_error(error) == Some(Errno::TOOBIG) {
        return Status::invalid_argument("env, args: are too long to be passed to a program");
    }
    Status::internal(format!("cannot start {}: {error}", interpreter.display()))
}

struct Pipes {
    stdin: pipe::Sender,
    stdout: pipe::Receiver,
    stderr: pipe::Receiver,
    childs: ChildsEnds,
}

struct ChildsEnds {
    stdin: OwnedFd,
    stdout: OwnedFd,
    stderr: OwnedFd,
}

impl Pipes {
    fn create(confined: bool) -> io::Result<Self> {
        let (stdin_childs, stdin) = new_pipe(confined)?;
        let (stdout, stdout_childs) = new_pipe(confined)?;
        let (stderr, stderr_childs) = new_pipe(confined)?;
        Ok(Self {
            stdin: pipe::Sender::from_owned_fd(stdin)?,
            stdout: pipe::Receiver::from_owned_fd(stdout)?,
            stderr: pipe::Receiver::from_owned_fd(stderr)?,
            childs: ChildsEnds {
                stdin: stdin_childs,
                stdout: stdout_childs,
                stderr: stderr_childs,
            },
        })
    }
}

/// The reading and the writing end.
fn new_pipe(confined: bool) -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    if confined {
        // Else opening /dev/stdout or /dev/stderr, which scripts do, would be forbidden to the program.
        let (user, group) = (Uid::from_raw(USER_ID), Gid::from_raw(GROUP_ID));
        fchown(reader.as_fd(), Some(user), Some(group))?;
    }
    Ok((reader, writer))
}
