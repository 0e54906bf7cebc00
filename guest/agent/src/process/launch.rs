//! Starts a process.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustix::io::{read, Errno};
use rustix::pipe::{pipe_with, PipeFlags};
use rustix::process::{pidfd_open, PidfdFlags, WaitStatus};
use tokio::sync::oneshot;
use tonic::Status;

use super::descriptor::Descriptor;
use super::request::Spec;
use super::table::Key;
use super::terminal;
use crate::execution::{
    default_environment, new_pipe, start_command, Cgroup, Confinement, Processes, WorkingDirectory,
};
use crate::invalid::{shown, Invalid};
use crate::reaper::Reaper;
use crate::sandbox::Settings;

/// The kind of terminal that clients have.
const TERM: (&str, &str) = ("TERM", "xterm-256color");

/// A started process with the agent's ends of its streams.
pub struct Launched {
    /// As programs see it.
    pub pid: u32,
    pub group: Processes,
    pub handle: OwnedFd,
    pub end: oneshot::Receiver<WaitStatus>,
    /// In the order of [`super::known_process::KnownProcess::streams`].
    pub outputs: Vec<Arc<Descriptor>>,
    pub input: Option<Arc<Descriptor>>,
    pub terminal: Option<Arc<Descriptor>>,
}

/// The agent's ends of the streams of a process, which has not been started yet.
#[derive(Default)]
struct Streams {
    outputs: Vec<Arc<Descriptor>>,
    input: Option<Arc<Descriptor>>,
    terminal: Option<Arc<Descriptor>>,
}

/// Returns the directory in which a process starts. A relative path begins at the home.
pub fn directory(spec: &Spec, settings: &Settings, home: &Path) -> PathBuf {
    let chosen = spec.directory.as_ref().or(settings.directory.as_ref());
    chosen.map_or(home.to_owned(), |path| home.join(path))
}

/// Starts a process in a control group of its own. All that it starts stays in that group.
pub fn launch(
    spec: &Spec,
    settings: &Settings,
    working_directory: &WorkingDirectory,
    reaper: &Reaper,
    key: Key,
) -> Result<Launched, Status> {
    let internal = |error: io::Error| {
        Status::internal(format!("cannot start {}: {error}", shown(&spec.command)))
    };
    let directory = directory(spec, settings, &working_directory.directory);
    let mut command = Command::new(&spec.command);
    command
        .args(&spec.arguments)
        .env_clear()
        .envs(environment(spec, settings));
    let streams = connect(&mut command, spec, working_directory).map_err(internal)?;
    let cgroup = match working_directory.confined() {
        true => Some(Cgroup::create(&format!("process-{}", key.0)).map_err(internal)?),
        false => None,
    };
    let (failed, failed_writer) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)
        .map_err(|error| internal(error.into()))?;
    let confinement = Confinement::new(working_directory, cgroup.as_ref())
        .and_then(|confinement| confinement.in_directory(&directory, failed_writer))
        .map(|confinement| match spec.terminal {
            Some(_) => confinement.on_terminal(),
            None => confinement,
        })
        .map_err(internal)?;
    // Finds the command as the user, in the mounts and by the PATH of programs.
    let started = start_command(command, confinement, working_directory, cgroup, reaper);
    let (group, end) = started.map_err(|error| {
        let in_directory = read(&failed, &mut [0; 1]) == Ok(1);
        let path = in_directory.then_some(directory.as_path());
        refusal(&error, &spec.command, path)
    })?;
    // INVARIANT: nothing has been awaited since the start, so the process has not been reaped.
    let handle =
        pidfd_open(group.leader, PidfdFlags::empty()).map_err(|error| internal(error.into()))?;
    Ok(Launched {
        pid: pid_of(&group),
        group,
        handle,
        end,
        outputs: streams.outputs,
        input: streams.input,
        terminal: streams.terminal,
    })
}

/// Merges the variables: those of the process win, then those of the sandbox.
fn environment(spec: &Spec, settings: &Settings) -> BTreeMap<String, String> {
    let mut environment = default_environment();
    if spec.terminal.is_some() {
        environment.insert(TERM.0.to_owned(), TERM.1.to_owned());
    }
    environment.extend(settings.environment.clone());
    environment.extend(spec.environment.clone());
    environment
}

/// Connects a command with a terminal or with pipes. The command owns the ends of the process.
fn connect(
    command: &mut Command,
    spec: &Spec,
    working_directory: &WorkingDirectory,
) -> io::Result<Streams> {
    if let Some(size) = spec.terminal {
        let (controller, process) = terminal::make(working_directory, size)?;
        command
            .stdin(process.try_clone()?)
            .stdout(process.try_clone()?)
            .stderr(process);
        let terminal = Arc::new(Descriptor::new(controller)?);
        return Ok(Streams {
            outputs: vec![terminal.clone()],
            input: Some(terminal.clone()),
            terminal: Some(terminal),
        });
    }
    let mut streams = Streams::default();
    let confined = working_directory.confined();
    if spec.has_input {
        let (process, agent) = new_pipe(confined)?;
        command.stdin(process);
        streams.input = Some(Arc::new(Descriptor::new(agent)?));
    } else {
        command.stdin(Stdio::null());
    }
    let (stdout, process_stdout) = new_pipe(confined)?;
    let (stderr, process_stderr) = new_pipe(confined)?;
    command.stdout(process_stdout).stderr(process_stderr);
    for output in [stdout, stderr] {
        streams.outputs.push(Arc::new(Descriptor::new(output)?));
    }
    Ok(streams)
}

/// Returns the id of a process in the namespace of programs, or the agent's if that cannot be read.
fn pid_of(group: &Processes) -> u32 {
    let leader = group.leader.as_raw_nonzero().get();
    let status = fs::read_to_string(format!("/proc/{leader}/status")).unwrap_or_default();
    innermost_pid(&status).unwrap_or(leader.unsigned_abs())
}

/// Parses `NSpid` (proc_pid_status(5)), which has an id for each namespace, beginning with that of the reader.
pub fn innermost_pid(status: &str) -> Option<u32> {
    let ids = status
        .lines()
        .find_map(|line| line.strip_prefix("NSpid:"))?;
    ids.split_whitespace().last()?.parse().ok()
}

/// Returns the answer for a process that the kernel did not start.
fn refusal(error: &io::Error, command: &str, directory: Option<&Path>) -> Status {
    let errno = Errno::from_io_error(error);
    let error = words(error);
    if let Some(directory) = directory {
        let path = shown(&directory.to_string_lossy());
        return Invalid::new("cwd", format!("cannot be {path}: {error}")).into();
    }
    match errno {
        Some(Errno::AGAIN) => Status::resource_exhausted(format!(
            "PROCESS_LIMIT: the sandbox cannot have more processes: {error}"
        )),
        Some(Errno::NOMEM) => {
            Status::resource_exhausted(format!("cannot start {}: {error}", shown(command)))
        }
        Some(Errno::TOOBIG) => Invalid::new("env, args", "are too long to be passed on").into(),
        Some(
            Errno::NOENT
            | Errno::ACCESS
            | Errno::PERM
            | Errno::NOTDIR
            | Errno::ISDIR
            | Errno::LOOP
            | Errno::NAMETOOLONG
            | Errno::NOEXEC
            | Errno::LIBBAD
            | Errno::TXTBSY,
        ) => Invalid::new("command", format!("cannot run {}: {error}", shown(command))).into(),
        _ => Status::internal(format!("cannot start {}: {error}", shown(command))),
    }
}

/// Returns the kernel's words without the number that the standard library adds.
fn words(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error ") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sandbox::v1::{StartRequest, TerminalSize};

    #[test]
    fn names_a_command_that_does_not_exist() {
        let error = io::Error::from_raw_os_error(Errno::NOENT.raw_os_error());
        assert_eq!(
            refusal(&error, "grpe", None).message(),
            "command: cannot run \"grpe\": No such file or directory"
        );
    }

    fn settings(environment: &[(&str, &str)], directory: Option<&str>) -> Settings {
        let pairs = environment.iter();
        Settings {
            environment: pairs
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            directory: directory.map(PathBuf::from),
        }
    }

    #[test]
    fn prefers_variables_of_the_process_to_those_of_the_sandbox() {
        let pairs = [("A", "process"), ("B", "process")];
        let spec = Spec::from_request(StartRequest {
            command: "x".to_owned(),
            env: pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            pty: Some(TerminalSize { rows: 1, cols: 1 }),
            ..Default::default()
        })
        .unwrap();
        let settings = settings(&[("B", "sandbox"), ("LANG", "sandbox")], None);
        let merged = environment(&spec, &settings);
        assert_eq!(
            (merged["A"].as_str(), merged["B"].as_str()),
            ("process", "process")
        );
        assert_eq!(merged["LANG"], "sandbox");
        assert_eq!(merged["TERM"], "xterm-256color");
        assert_eq!(merged["HOME"], "/home/user");
        assert_eq!(merged["GOPROXY"], "off");
    }

    #[test]
    fn starts_in_the_nearest_directory_that_is_given() {
        let spec = |cwd: &str| {
            Spec::from_request(StartRequest {
                command: "x".to_owned(),
                cwd: cwd.to_owned(),
                ..Default::default()
            })
            .unwrap()
        };
        for (of_process, of_sandbox, expected) in [
            ("", None, "/home/user"),
            ("", Some("/srv"), "/srv"),
            ("", Some("src"), "/home/user/src"),
            ("a/b", Some("/srv"), "/home/user/a/b"),
            ("/tmp", None, "/tmp"),
        ] {
            let settings = settings(&[], of_sandbox);
            let chosen = directory(&spec(of_process), &settings, Path::new("/home/user"));
            assert_eq!(chosen, PathBuf::from(expected));
        }
    }

    #[test]
    fn reads_the_id_in_the_innermost_namespace() {
        assert_eq!(
            innermost_pid("Name:\tx\nNSpid:\t210\t3\nTgid: 1\n"),
            Some(3)
        );
        assert_eq!(innermost_pid("NSpid:\t210\n"), Some(210));
        assert_eq!(innermost_pid("NSpid:\n"), None);
    }
}
