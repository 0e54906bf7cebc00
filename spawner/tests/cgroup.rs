//! Control groups (cgroup v2) of VMMs. `CgroupIT` boots a machine in which this program is the only one.

mod common;

use std::fs;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{chown, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Once;

use common::{is_gone, pidfd, status, until, wait_for_end, wire, Event, Fifo, Host, Request};
use rustix::fs::{setxattr, XattrFlags};
use rustix::mount::{
    mount, mount_bind, mount_move, mount_remount, unmount, MountFlags, UnmountFlags,
};
use rustix::process::{chdir, chroot, getpid, kill_process, waitpid, Pid, Signal, WaitOptions};
use rustix::thread::{unshare_unsafe, UnshareFlags};

const ROOT: &str = "/sys/fs/cgroup";
const USER: u32 = 1000;

/// Mounts what the tests need.
fn machine() {
    static MOUNTED: Once = Once::new();
    MOUNTED.call_once(|| {
        if !getpid().is_init() {
            return;
        }
        leave_the_first_root();
        for (target, file_system) in [
            ("/dev", "devtmpfs"),
            ("/proc", "proc"),
            ("/sys", "sysfs"),
            (ROOT, "cgroup2"),
        ] {
            fs::create_dir_all(target).unwrap();
            mount(file_system, target, file_system, MountFlags::empty(), None).unwrap();
        }
        fs::create_dir_all("/run").unwrap();
        fs::create_dir_all("/tmp").unwrap();
        fs::set_permissions("/tmp", PermissionsExt::from_mode(0o1777)).unwrap();
    });
}

/// Leaves the first root file system, in which no jail can be made.
fn leave_the_first_root() {
    fs::create_dir("/newroot").unwrap();
    mount_bind("/", "/newroot").unwrap();
    chdir("/newroot").unwrap();
    mount_move(".", "/").unwrap();
    chroot(".").unwrap();
}

fn limits() -> wire::Limits {
    wire::Limits {
        memory_max_bytes: 64 << 20,
        cpu_per_mille: 1000,
        pids_max: 64,
    }
}

fn ask(host: &mut Host, vm_id: &str, script: &str, limits: wire::Limits) {
    host.send(Request::Start(wire::StartVmm {
        limits: Some(limits),
        ..common::start(vm_id, "/bin/sh", &["-c", script])
    }));
}

fn started(host: &Host) -> wire::Started {
    match host.event() {
        Event::Started(started) => started,
        other => panic!("expected Started, got {other:?}"),
    }
}

/// Starts a VMM and returns the directory of its group.
fn start(host: &mut Host, script: &str, limits: wire::Limits) -> PathBuf {
    ask(host, "vm", script, limits);
    let started = started(host);
    assert_eq!(started.cgroup_problem, "");
    started.cgroup.into()
}

fn value(group: &Path, file: &str) -> String {
    fs::read_to_string(group.join(file))
        .unwrap_or_else(|error| panic!("{file}: {error}"))
        .trim()
        .to_owned()
}

fn counter(group: &Path, file: &str, name: &str) -> u64 {
    let counters = value(group, file);
    let named = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok();
    counters.lines().find_map(named).unwrap()
}

/// All processes in a group. In their own namespaces they may have other ids.
fn members(group: &Path) -> Vec<OwnedFd> {
    let pid = |line: &str| Pid::from_raw(line.parse().unwrap()).unwrap();
    let members = value(group, "cgroup.procs");
    members.lines().map(|line| pidfd(pid(line))).collect()
}

fn nothing_is_left() {
    assert!(!Path::new(ROOT).join("neurovisor").exists());
}

#[test]
#[ignore = "needs a separate machine: CgroupIT"]
fn sets_the_requested_limits() {
    machine();
    let mut host = Host::new();
    ask(&mut host, "vm-1", "exec sleep 1000", limits());
    let started = started(&host);
    let group = Path::new(&started.cgroup);
    assert_eq!(group, Path::new(ROOT).join("neurovisor/vm-1"));
    for (file, expected) in [
        ("memory.max", "67108864"),
        ("memory.oom.group", "1"),
        ("cpu.max", "100000 100000"),
        ("pids.max", "64"),
    ] {
        assert_eq!(value(group, file), expected, "{file}");
    }
    let members = value(group, "cgroup.procs");
    assert!(members.lines().any(|pid| pid == started.pid.to_string()));
    if group.join("memory.swap.max").exists() {
        assert_eq!(value(group, "memory.swap.max"), "0");
    }
    host.kill("vm-1");
    assert!(!host.exited("vm-1").oom_killed && !group.exists());
    host.leave();
    nothing_is_left();
}

#[test]
#[ignore = "needs a separate machine: CgroupIT"]
fn kills_a_vm_as_a_whole_when_memory_runs_out() {
    machine();
    let mut host = Host::new();
    let fifo = Fifo::new(host.temporary.path());
    let ready = fifo.path.display();
    let gate = host.temporary.path().join("gate");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &gate, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    fs::set_permissions(&gate, PermissionsExt::from_mode(0o644)).unwrap();
    let script = format!(
        "setsid --fork sh -c 'echo ready > {ready}; exec sleep 1000'; read line < {}; \
         x=0123456789abcdef; while :; do x=$x$x; done",
        gate.display()
    );
    let group = start(&mut host, &script, limits());
    assert_eq!(fifo.line(), "ready");
    let all = members(&group);
    assert!(all.len() >= 2);
    fs::write(gate, "\n").unwrap();
    let exited = host.exited("vm");
    assert!(exited.oom_killed && exited.signal == 9, "{exited:?}");
    assert!(all.iter().all(is_gone) && !group.exists());
    host.leave();
    nothing_is_left();
}

#[test]
#[ignore = "needs a separate machine: CgroupIT"]
fn stops_a_fork_bomb() {
    machine();
    let mut host = Host::new();
    let fifo = Fifo::new(host.temporary.path());
    let script = format!(
        "(while setsid --fork sleep 1000; do :; done); echo full > {}; exec sleep 1000",
        fifo.path.display()
    );
    let pids_max = 16;
    let group = start(
        &mut host,
        &script,
        wire::Limits {
            pids_max,
            ..limits()
        },
    );
    assert_eq!(fifo.line(), "full");
    assert!(counter(&group, "pids.events", "max") > 0);
    let processes = value(&group, "cgroup.procs").lines().count();
    assert!((2..=pids_max as usize).contains(&processes), "{processes}");
    host.kill("vm");
    assert!(!host.exited("vm").oom_killed && !group.exists());
    host.leave();
    nothing_is_left();
}

#[test]
#[ignore = "needs a separate machine: CgroupIT"]
fn throttles_the_processor() {
    machine();
    let mut host = Host::new();
    let cpu_per_mille = 100;
    let group = start(
        &mut host,
        "while :; do :; done",
        wire::Limits {
            cpu_per_mille,
            ..limits()
        },
    );
    assert_eq!(value(&group, "cpu.max"), "10000 100000");
    until("it is throttled again and again", || {
        counter(&group, "cpu.stat", "nr_throttled") > 2
    });
    host.kill("vm");
    host.exited("vm");
    host.leave();
    nothing_is_left();
}

#[test]
#[ignore = "needs a separate machine: CgroupIT"]
fn kills_daemons_and_removes_the_group() {
    machine();
    let mut host = Host::new();
    let fifo = Fifo::new(host.temporary.path());
    let report = format!("echo ready > {}; exec sleep 1000", fifo.path.display());
    let script = format!("setsid --fork sh -c '{report}'; exec sleep 1000");
    let group = start(&mut host, &script, limits());
    assert_eq!(fifo.line(), "ready");
    let all = members(&group);
    assert!(all.len() >= 3);
    host.kill("vm");
    host.exited("vm");
    assert!(all.iter().all(is_gone) && !group.exists());
    host.leave();
    nothing_is_left();
}

#[test]
#[ignore = "needs a separate machine: CgroupIT"]
fn journals_a_group_before_it_is_made() {
    machine();
    let mut host = Host::new();
    let path = Path::new(ROOT).join("neurovisor/vm-taken");
    until("the spawner is there", || path.parent().unwrap().exists());
    fs::create_dir(&path).unwrap();
    // Making it fails, but the journal already names it.
    ask(&mut host, "vm-taken", "exec sleep 1000", limits());
    assert!(host.rejected("vm-taken").contains("File exists"));
    let path_text = path.display();
    let journal = || fs::read_to_string(host.runtime_dir().join(".journal")).unwrap();
    let lines = format!("+ cgroup {path_text}\n- cgroup {path_text}\n");
    assert!(journal().ends_with(&lines), "{}", journal());
    assert!(path.exists() && host.vm_directories() == 0);
    fs::remove_dir(path).unwrap();

    let group = start(&mut host, "exec sleep 1000", limits());
    let journal = fs::read_to_string(host.runtime_dir().join(".journal")).unwrap();
    let named = journal.find(&format!("+ cgroup {}\n", group.display()));
    assert!(
        named.is_some() && named < journal.find("+ process"),
        "{journal}"
    );
    host.kill("vm");
    host.exited("vm");
    host.leave();
    nothing_is_left();
}

#[test]
#[ignore = "needs a separate machine: CgroupIT"]
fn leaves_no_group_of_a_vmm_that_cannot_be_started() {
    machine();
    let mut host = Host::new();
    host.send(Request::Start(wire::StartVmm {
        limits: Some(limits()),
        files: vec![wire::HandedFile {
            path: "/no/such/file".into(),
            ..Default::default()
        }],
        ..common::start("vm", "/bin/sh", &[])
    }));
    assert!(host.rejected("vm").contains("/no/such/file"));
    assert!(!Path::new(ROOT).join("neurovisor/vm-vm").exists());
    host.leave();
    nothing_is_left();
}

#[test]
#[ignore = "needs a separate machine: CgroupIT"]
fn sweeps_the_group_of_a_killed_spawner() {
    machine();
    let mut host = Host::new();
    let fifo = Fifo::new(host.temporary.path());
    let survives = format!("echo ready > {}; exec sleep 1000", fifo.path.display());
    let script = format!("exec setpriv --pdeathsig clear sh -c '{survives}'");
    ask(&mut host, "vm", &script, limits());
    let started = started(&host);
    assert_eq!(fifo.line(), "ready");
    let vmm = Pid::from_raw(started.pid).unwrap();
    let survivor = pidfd(vmm);
    let bubblewrap = Pid::from_raw(status(vmm, "PPid").parse().unwrap()).unwrap();
    let ended = pidfd(bubblewrap);
    kill_process(Pid::from_child(&host.spawner), Signal::KILL).unwrap();
    host.wait();
    wait_for_end(&ended);
    // Reaped here, because this is the machine's first process.
    let _ = waitpid(Some(bubblewrap), WaitOptions::empty());
    // It can be found only by its group.
    assert!(!is_gone(&survivor) && Path::new(&started.cgroup).exists());

    let sweep = || {
        let output = Command::new(env!("CARGO_BIN_EXE_neurovisor-spawner"))
            .arg("--sweep")
            .arg(host.temporary.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let expected = format!(
        "cgroup {}\ndirectory {}\n",
        started.cgroup,
        host.runtime_dir().display()
    );
    assert_eq!(sweep(), expected);
    assert!(is_gone(&survivor));
    nothing_is_left();
    assert_eq!(sweep(), "");
}

/// A group delegated to a user, as by `systemd-run --user --scope -p Delegate=yes`.
struct Delegated {
    path: PathBuf,
    /// The group in it that processes enter.
    entrance: PathBuf,
}

impl Delegated {
    fn new() -> Self {
        let path = Path::new(ROOT).join("user");
        fs::write(
            Path::new(ROOT).join("cgroup.subtree_control"),
            "+cpu +memory +pids",
        )
        .unwrap();
        fs::create_dir(&path).unwrap();
        for owned in ["", "cgroup.procs", "cgroup.subtree_control"] {
            chown(path.join(owned), Some(USER), Some(USER)).unwrap();
        }
        Self {
            entrance: path.clone(),
            path,
        }
    }

    /// A group delegated by systemd to a service with `DelegateSubgroup=daemon`.
    fn to_a_service() -> Self {
        let mut delegated = Self::new();
        setxattr(&delegated.path, "user.delegate", b"1", XattrFlags::CREATE).unwrap();
        delegated.entrance = delegated.path.join("daemon");
        fs::create_dir(&delegated.entrance).unwrap();
        for owned in ["", "cgroup.procs"] {
            chown(delegated.entrance.join(owned), Some(USER), Some(USER)).unwrap();
        }
        delegated
    }

    /// Runs a command in the group as the user.
    fn enter(&self, command: &mut Command) {
        let mut procs = fs::File::options()
            .write(true)
            .open(self.entrance.join("cgroup.procs"))
            .unwrap();
        command.uid(USER).gid(USER);
        // SAFETY: only writes to an open descriptor.
        unsafe { command.pre_exec(move || procs.write_all(b"0")) };
    }
}

impl Drop for Delegated {
    fn drop(&mut self) {
        for group in ["neurovisor/host", "neurovisor", "daemon", ""] {
            let _ = fs::remove_dir(self.path.join(group));
        }
        assert!(!self.path.exists());
    }
}

/// The command line of a spawner of the user, with a shell as its host process.
fn users(command: &Command) -> Command {
    let arguments: Vec<_> = command.get_args().collect();
    // The parent of the runtime directory.
    let base = Path::new(arguments[1]).parent().unwrap();
    chown(base, Some(USER), Some(USER)).unwrap();
    let uids = arguments.iter().position(|argument| *argument == "--uids");
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", "\"$@\"; exit", "sh"])
        .arg(command.get_program())
        .args(&arguments[..uids.unwrap_or(arguments.len())])
        .uid(USER)
        .gid(USER)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    shell
}

fn host_in(delegated: &Delegated) -> Host {
    Host::with(|command| {
        *command = users(command);
        delegated.enter(command);
    })
}

#[test]
#[ignore = "needs a separate machine: CgroupIT"]
fn makes_groups_in_a_group_delegated_to_a_user() {
    machine();
    let delegated = Delegated::new();
    let mut host = host_in(&delegated);
    let group = start(&mut host, "exec sleep 1000", limits());
    assert_eq!(group, delegated.path.join("neurovisor/vm-vm"));
    assert_eq!(value(&group, "pids.max"), "64");
    let hosts = value(&delegated.path, "neurovisor/host/cgroup.procs");
    assert_eq!(hosts.lines().count(), 2, "{hosts}");
    host.kill("vm");
    host.exited("vm");
    assert!(!group.exists());
    host.leave();
}

#[test]
#[ignore = "needs a separate machine: CgroupIT"]
fn makes_groups_next_to_the_subgroup_of_a_service() {
    machine();
    let delegated = Delegated::to_a_service();
    let mut host = host_in(&delegated);
    let group = start(&mut host, "exec sleep 1000", limits());
    assert_eq!(group, delegated.path.join("neurovisor/vm-vm"));
    let service = value(&delegated.entrance, "cgroup.procs");
    assert_eq!(service.lines().count(), 2, "{service}");
    host.kill("vm");
    host.exited("vm");
    host.leave();
}

#[test]
#[ignore = "needs a separate machine: CgroupIT"]
fn explains_why_there_are_no_groups() {
    machine();
    let problem_of = |host: &mut Host| {
        ask(host, "vm", "exec sleep 1000", limits());
        let started = started(host);
        assert_eq!(started.cgroup, "");
        host.kill("vm");
        host.exited("vm");
        started.cgroup_problem
    };
    let mut host = Host::with(|command| *command = users(command));
    let problem = problem_of(&mut host);
    assert!(
        problem.contains("/sys/fs/cgroup is not writable"),
        "{problem}"
    );
    host.leave();

    // Other processes of the group are not moved.
    let delegated = Delegated::new();
    let mut sleep = Command::new("/bin/sleep");
    delegated.enter(sleep.arg("1000"));
    let mut stranger: Child = sleep.spawn().unwrap();
    let mut host = host_in(&delegated);
    let problem = problem_of(&mut host);
    let expected = format!(
        "process {} is in {}",
        stranger.id(),
        delegated.path.display()
    );
    assert!(problem.contains(&expected), "{problem}");
    host.leave();
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

/// The group of a container, which is the root in its namespace.
struct Container {
    path: PathBuf,
}

impl Container {
    fn new() -> Self {
        let path = Path::new(ROOT).join("container");
        let control = Path::new(ROOT).join("cgroup.subtree_control");
        fs::write(control, "+cpu +memory +pids").unwrap();
        fs::create_dir(&path).unwrap();
        Self { path }
    }

    /// A spawner whose host process is the first program of the container.
    fn host(&self, control_groups: MountFlags) -> Host {
        let mut entrance = fs::File::options()
            .write(true)
            .open(self.path.join("cgroup.procs"))
            .unwrap();
        Host::with(|command| {
            let mut shell = Command::new("/bin/sh");
            shell
                .args(["-c", "\"$@\"; exit", "sh"])
                .arg(command.get_program())
                .args(command.get_args())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped());
            let enter = move || {
                entrance.write_all(b"0")?;
                // SAFETY: this process has no other thread.
                unsafe { unshare_unsafe(UnshareFlags::NEWCGROUP | UnshareFlags::NEWNS) }?;
                unmount(ROOT, UnmountFlags::DETACH)?;
                mount("cgroup2", ROOT, "cgroup2", MountFlags::empty(), None)?;
                Ok(mount_remount(ROOT, control_groups | MountFlags::BIND, c"")?)
            };
            // SAFETY: only makes system calls.
            unsafe { shell.pre_exec(enter) };
            *command = shell;
        })
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        for group in ["neurovisor/host", "neurovisor", ""] {
            let _ = fs::remove_dir(self.path.join(group));
        }
        assert!(!self.path.exists());
    }
}

#[test]
#[ignore = "needs a separate machine: CgroupIT"]
fn makes_groups_in_a_container_with_writable_groups() {
    machine();
    let container = Container::new();
    let mut host = container.host(MountFlags::empty());
    let group = start(&mut host, "exec sleep 1000", limits());
    assert_eq!(group, Path::new(ROOT).join("neurovisor/vm-vm"));
    let outside = container.path.join("neurovisor/vm-vm");
    assert_eq!(value(&outside, "pids.max"), "64");
    assert!(!members(&outside).is_empty());
    let hosts = value(&container.path, "neurovisor/host/cgroup.procs");
    assert_eq!(hosts.lines().count(), 2, "{hosts}");
    host.kill("vm");
    host.exited("vm");
    assert!(!outside.exists());
    host.leave();
}

#[test]
#[ignore = "needs a separate machine: CgroupIT"]
fn explains_why_a_container_with_read_only_groups_has_none() {
    machine();
    let container = Container::new();
    let mut host = container.host(MountFlags::RDONLY);
    ask(&mut host, "vm", "exec sleep 1000", limits());
    let started = started(&host);
    assert_eq!(started.cgroup, "");
    let expected = "/sys/fs/cgroup is not writable: Read-only file system";
    assert!(
        started.cgroup_problem.contains(expected),
        "{}",
        started.cgroup_problem
    );
    host.kill("vm");
    host.exited("vm");
    host.leave();
}
