//! From a checked program to a running one.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
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
use super::outputs::Outputs;
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
    pub stdin: Option<(pipe::Sender, Bytes)>,
    pub outputs: Outputs,
}

/// Returns when the interpreter runs, or could not be started.
pub fn launch(
    mut program: Program,
    workplace: &Workplace,
    orphans: &Orphans,
) -> Result<Running, Status> {
    let failed = |what: &'static str| {
        move |error: io::Error| Status::internal(format!("cannot {what}: {error}"))
    };
    let outputs = Outputs::before(&program.files, workplace);
    place(&mut program, workplace).map_err(failed("write the program's files"))?;
    let cgroup = match workplace.confined {
        true => Some(
            Cgroup::create(program.limits.processes)
                .map_err(failed("create the execution's cgroup"))?,
        ),
        false => None,
    };
    let entrance = cgroup
        .as_ref()
        .map(Cgroup::entrance)
        .transpose()
        .map_err(failed("open the execution's cgroup"))?;
    let pipes = Pipes::create(!program.stdin.is_empty(), workplace.confined)
        .map_err(failed("create the program's pipes"))?;

    let mut command = command(&program, workplace, pipes.childs);
    let confinement = Confinement { entrance };
    // SAFETY: `enter` keeps to what is allowed between fork and exec, as its own comment demands.
    unsafe { command.pre_exec(move || confinement.enter()) };
    let started = Instant::now();
    let child = command.spawn().map_err(|error| refusal(&error, &program))?;
    // INVARIANT: nothing is awaited since the start, so that the child has not been collected yet.
    let leader = i32::try_from(child.id())
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| Status::internal("the program has no process id"))?;
    let end = orphans.end_of(leader);
    // Closes our copies of the pipes' other ends, without which their end of file would never come.
    drop(command);
    Ok(Running {
        group: Group { leader, cgroup },
        started,
        end,
        stdout: pipes.stdout,
        stderr: pipes.stderr,
        stdin: pipes.stdin.map(|sender| (sender, program.stdin)),
        outputs,
    })
}

/// Writes the program's code and files, and lets go of what came over the channel: it may be a third of a small guest's
/// memory, and what is free when the cgroup is made is what the program gets.
fn place(program: &mut Program, workplace: &Workplace) -> io::Result<()> {
    let files = std::mem::take(&mut program.files);
    let code = std::mem::take(&mut program.code);
    workplace.place(program.language.main_file, &code, &files)?;
    if !files.is_empty() {
        // It is a view into the same message.
        program.stdin = Bytes::copy_from_slice(&program.stdin);
    }
    Ok(())
}

fn command(program: &Program, workplace: &Workplace, ends: ChildsEnds) -> Command {
    let mut command = match program.language.build_script {
        None => {
            let mut command = Command::new(&program.interpreter);
            command
                .args(program.language.arguments)
                .arg(program.language.main_file);
            command
        }
        Some(script) => {
            let mut command = Command::new(SHELL);
            command.args(["-c", script]).arg(&program.interpreter);
            command
        }
    };
    command
        .args(&program.arguments)
        .env_clear()
        .envs(&program.environment)
        .current_dir(&workplace.directory)
        .stdin(ends.stdin)
        .stdout(ends.stdout)
        .stderr(ends.stderr);
    command
}

fn refusal(error: &io::Error, program: &Program) -> Status {
    if Errno::from_io_error(error) == Some(Errno::TOOBIG) {
        return Status::invalid_argument("env, args: are too long to be passed to a program");
    }
    Status::internal(format!(
        "cannot start {}: {error}",
        program.interpreter.display()
    ))
}

struct Pipes {
    stdout: pipe::Receiver,
    stderr: pipe::Receiver,
    stdin: Option<pipe::Sender>,
    childs: ChildsEnds,
}

struct ChildsEnds {
    stdin: Stdio,
    stdout: OwnedFd,
    stderr: OwnedFd,
}

impl Pipes {
    fn create(with_stdin: bool, confined: bool) -> io::Result<Self> {
        let (stdout, stdout_childs) = new_pipe(confined)?;
        let (stderr, stderr_childs) = new_pipe(confined)?;
        let (stdin_childs, stdin) = if with_stdin {
            let (childs, ours) = new_pipe(confined)?;
            (childs.into(), Some(pipe::Sender::from_owned_fd(ours)?))
        } else {
            (Stdio::null(), None)
        };
        Ok(Self {
            stdout: pipe::Receiver::from_owned_fd(stdout)?,
            stderr: pipe::Receiver::from_owned_fd(stderr)?,
            stdin,
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
