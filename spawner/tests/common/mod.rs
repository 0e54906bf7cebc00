//! A host process for the spawner. All its waits have deadlines.

// `cgroup.rs` uses only a part of this.
#![allow(dead_code, unused_imports)]

use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use prost::Message;
use rustix::event::{poll, PollFd, PollFlags};
use rustix::process::{pidfd_open, Pid, PidfdFlags};
use rustix::time::Timespec;
use tempfile::TempDir;

#[allow(clippy::large_enum_variant)]
pub mod wire {
    include!(concat!(env!("OUT_DIR"), "/neurovisor.spawner.rs"));
}

pub use wire::{event::Event, request::Request, Exited, Jail, KillVmm, MeasureTsc, StartVmm};

/// User ids for tests.
const UIDS: &str = "2000001000-2000001999";

/// A filter that allows all: BPF_RET | BPF_K of SECCOMP_RET_ALLOW.
pub const ALLOW: [u8; 8] = [0x06, 0, 0, 0, 0, 0, 0xff, 0x7f];

/// A jail that shows the whole machine.
pub fn open_jail() -> Jail {
    Jail {
        visible: vec!["/".into()],
        seccomp_filter: ALLOW.into(),
        max_file_bytes: 0,
    }
}

pub fn start(vm_id: &str, executable: &str, arguments: &[&str]) -> StartVmm {
    StartVmm {
        vm_id: vm_id.into(),
        executable: executable.into(),
        arguments: arguments
            .iter()
            .map(|argument| argument.to_string())
            .collect(),
        jail: Some(open_jail()),
        ..Default::default()
    }
}

/// A directory in which VMMs can read files of tests.
pub fn temporary() -> TempDir {
    let temporary = tempfile::tempdir().unwrap();
    std::fs::set_permissions(temporary.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    temporary
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The command line of a spawner that serves.
pub fn serving(runtime_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_neurovisor-spawner"));
    command.arg("--runtime-dir").arg(runtime_dir);
    command.args(["--bwrap", "/usr/bin/bwrap"]);
    if is_root() {
        command.args(["--uids", UIDS]);
    }
    command
}

/// The supplementary groups of a spawner that runs as root, as the kernel reports them.
pub const GROUPS: &str = "4711 4712";

/// Starts a spawner of root in groups, so that a process without them must have left them.
pub fn in_groups(command: &mut Command) {
    if !is_root() {
        return;
    }
    let mut member = Command::new("/usr/bin/setpriv");
    member.args(["--groups", &GROUPS.replace(' ', ",")]);
    member.arg(command.get_program()).args(command.get_args());
    member.stdin(Stdio::piped()).stdout(Stdio::piped());
    *command = member;
}

/// All processes in a VMM's jail, including the VMM.
pub fn in_jail_of(vmm: Pid) -> Vec<OwnedFd> {
    let namespace = |pid: Pid| std::fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
    let jail = namespace(vmm).expect("the VMM has ended");
    let numbers = std::fs::read_dir("/proc")
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    numbers
        .filter_map(|name| Pid::from_raw(name.to_str()?.parse().ok()?))
        .filter(|pid| namespace(*pid).as_ref() == Some(&jail))
        .map(pidfd)
        .collect()
}

/// Much longer than any step takes, because other tests run at the same time on small machines.
pub const DEADLINE: Duration = Duration::from_secs(60);

pub struct Host {
    pub spawner: Child,
    pub stdin: Option<ChildStdin>,
    pub temporary: TempDir,
    events: Receiver<Event>,
}

impl Host {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// Starts a host with a modified command line of the spawner.
    pub fn with(arrange: impl FnOnce(&mut Command)) -> Self {
        let (mut host, stdout) = Self::that_does_not_read(arrange);
        host.events = read_events(stdout);
        host
    }

    pub fn that_does_not_read(arrange: impl FnOnce(&mut Command)) -> (Self, ChildStdout) {
        let temporary = temporary();
        let mut command = serving(&temporary.path().join("run"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        arrange(&mut command);
        let mut spawner = command.spawn().unwrap();
        let stdin = spawner.stdin.take();
        let stdout = spawner.stdout.take().unwrap();
        (
            Self {
                spawner,
                stdin,
                temporary,
                events: mpsc::channel().1,
            },
            stdout,
        )
    }

    pub fn runtime_dir(&self) -> PathBuf {
        self.temporary.path().join("run")
    }

    /// Counts the directories of VMs.
    pub fn vm_directories(&self) -> usize {
        let entries = self.runtime_dir().read_dir().unwrap();
        entries
            .filter(|entry| entry.as_ref().unwrap().file_name() != ".journal")
            .count()
    }

    pub fn send(&mut self, request: Request) {
        let bytes = wire::Request {
            request: Some(request),
        }
        .encode_length_delimited_to_vec();
        self.stdin.as_mut().unwrap().write_all(&bytes).unwrap();
    }

    pub fn ask_start(&mut self, vm_id: &str, executable: &str, arguments: &[&str]) {
        self.send(Request::Start(start(vm_id, executable, arguments)));
    }

    pub fn start(&mut self, vm_id: &str, executable: &str, arguments: &[&str]) -> Pid {
        self.ask_start(vm_id, executable, arguments);
        self.started(vm_id)
    }

    pub fn start_shell(&mut self, vm_id: &str, script: &str) -> Pid {
        self.start(vm_id, "/bin/sh", &["-c", script])
    }

    pub fn kill(&mut self, vm_id: &str) {
        self.send(Request::Kill(KillVmm {
            vm_id: vm_id.into(),
        }));
    }

    pub fn event(&self) -> Event {
        self.events.recv_timeout(DEADLINE).expect("no event")
    }

    pub fn started(&self, vm_id: &str) -> Pid {
        match self.event() {
            Event::Started(started) if started.vm_id == vm_id => {
                Pid::from_raw(started.pid).unwrap()
            }
            other => panic!("expected Started of {vm_id}, got {other:?}"),
        }
    }

    pub fn rejected(&self, vm_id: &str) -> String {
        match self.event() {
            Event::Rejected(rejected) if rejected.vm_id == vm_id => rejected.reason,
            other => panic!("expected Rejected of {vm_id}, got {other:?}"),
        }
    }

    /// Waits until the spawner reports that the kernel has accepted the SIGKILL for a VM.
    pub fn killed(&self, vm_id: &str) {
        match self.event() {
            Event::Killed(killed) if killed.vm_id == vm_id => {}
            other => panic!("expected Killed of {vm_id}, got {other:?}"),
        }
    }

    /// Waits for the end of a VM, and checks that nothing of it is left.
    pub fn exited(&self, vm_id: &str) -> Exited {
        match self.event() {
            Event::Exited(exited) if exited.vm_id == vm_id => {
                assert!(
                    !self.runtime_dir().join(vm_id).exists(),
                    "the directory is still there"
                );
                exited
            }
            Event::Killed(killed) if killed.vm_id == vm_id => self.exited(vm_id),
            other => panic!("expected Exited of {vm_id}, got {other:?}"),
        }
    }

    /// Checks that the spawner has closed its stdout.
    pub fn no_more_events(&self) -> bool {
        matches!(
            self.events.recv_timeout(DEADLINE),
            Err(mpsc::RecvTimeoutError::Disconnected)
        )
    }

    pub fn wait(&mut self) -> ExitStatus {
        // It has not been reaped, so its id has not been reused.
        wait_for_end(&pidfd(Pid::from_child(&self.spawner)));
        self.spawner.wait().unwrap()
    }

    /// Ends the host and waits until the spawner has cleaned up and ended.
    pub fn leave(mut self) {
        self.stdin = None;
        assert_eq!(self.wait().code(), Some(0));
        assert!(!self.runtime_dir().exists());
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // Cleans up after a failed test too.
        self.stdin = None;
        let _ = self.spawner.wait();
    }
}

fn read_events(stdout: ChildStdout) -> Receiver<Event> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        while let Some(event) = read_event(&mut stdout) {
            if sender.send(event).is_err() {
                return;
            }
        }
    });
    receiver
}

pub fn read_event(stdout: &mut impl BufRead) -> Option<Event> {
    let mut prefix = Vec::new();
    loop {
        let mut byte = [0];
        stdout.read_exact(&mut byte).ok()?;
        prefix.push(byte[0]);
        if byte[0] & 0x80 == 0 {
            break;
        }
    }
    let mut body = vec![0; prost::decode_length_delimiter(&prefix[..]).unwrap()];
    stdout.read_exact(&mut body).ok()?;
    Some(
        wire::Event::decode(&body[..])
            .unwrap()
            .event
            .expect("an event without content"),
    )
}

/// A named pipe on which a simulated VMM reports its progress.
pub struct Fifo {
    pub path: PathBuf,
    lines: Receiver<String>,
}

impl Fifo {
    pub fn new(directory: &Path) -> Self {
        let path = directory.join("fifo");
        let (kind, mode) = (
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        );
        rustix::fs::mknodat(rustix::fs::CWD, &path, kind, mode, 0).unwrap();
        // Writable for the users of root's VMMs too.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o622)).unwrap();
        // Opened for both, so that the stream does not end between two writers.
        let file = std::fs::File::options()
            .read(true)
            .write(true)
            .open(&path)
            .unwrap();
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(file).lines() {
                if line.is_err() || sender.send(line.unwrap()).is_err() {
                    return;
                }
            }
        });
        Self { path, lines }
    }

    pub fn line(&self) -> String {
        self.lines
            .recv_timeout(DEADLINE)
            .expect("nothing was written to the fifo")
    }

    /// Not for VMMs, which see the ids of their namespace.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.line().trim().parse().unwrap()).unwrap()
    }
}

pub fn pidfd(pid: Pid) -> OwnedFd {
    pidfd_open(pid, PidfdFlags::empty()).unwrap()
}

pub fn wait_for_end(pidfd: &OwnedFd) {
    assert!(ended_within(pidfd, DEADLINE), "the process did not end");
}

pub fn ended_within(pidfd: &OwnedFd, time: Duration) -> bool {
    let mut polled = [PollFd::new(pidfd, PollFlags::IN)];
    poll(&mut polled, Some(&Timespec::try_from(time).unwrap())).unwrap() == 1
}

pub fn is_gone(pidfd: &OwnedFd) -> bool {
    ended_within(pidfd, Duration::ZERO)
}

pub fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < deadline, "did not come: {what}");
        thread::park_timeout(Duration::from_millis(1));
    }
}

/// Reads a field of `/proc/PID/status`.
pub fn status(pid: Pid, field: &str) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("no {field}"))
        .trim()
        .to_owned()
}

pub fn read(path: String) -> String {
    let mut text = String::new();
    std::fs::File::open(path)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}
