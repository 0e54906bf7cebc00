//! Nothing is left, whichever process ends.

use crate::common;

use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{symlink, PermissionsExt};
use std::process::{Command, Stdio};

use common::{
    in_jail_of, is_gone, pidfd, read_event, serving, status, until, wait_for_end, wire, Event,
    Fifo, Host, Request,
};
use prost::Message;
use rustix::event::{poll, PollFd, PollFlags};
use rustix::process::{kill_process, Pid, Signal};
use rustix::time::Timespec;

/// Starts a VMM with descendants in other sessions, with and without a living parent, and waits for all of them.
fn start_family(host: &mut Host, id: &str) -> Vec<OwnedFd> {
    let fifo = Fifo::new(host.temporary.path());
    let report = format!("echo ready > {}; exec sleep 1000", fifo.path.display());
    let script = format!(
        "setsid sh -c \"{report}\" & (setsid sh -c \"{report}\"; :) & (setsid sh -c \"{report}\" &) & exec sleep 1000"
    );
    // bash also runs background processes in a jail without /dev/null.
    let vmm = host.start(id, "/bin/bash", &["-c", &script]);
    (0..3).for_each(|_| assert_eq!(fifo.line(), "ready"));
    std::fs::remove_file(&fifo.path).unwrap();
    let family = in_jail_of(vmm);
    // Intermediate shells may be about to end.
    assert!(family.iter().filter(|process| !is_gone(process)).count() >= 4);
    family
}

#[test]
fn removes_the_whole_jail_before_it_reports_the_exit() {
    let mut host = Host::new();
    let family = start_family(&mut host, "vm");
    host.kill("vm");
    host.exited("vm");
    assert!(family.iter().all(is_gone));
    host.leave();
}

#[test]
fn kills_processes_that_a_vmm_leaves() {
    let mut host = Host::new();
    let fifo = Fifo::new(host.temporary.path());
    let printed = fifo.path.display();
    let gate = host.temporary.path().join("gate");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &gate, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    std::fs::set_permissions(&gate, std::fs::Permissions::from_mode(0o644)).unwrap();
    // Many generations. The last ones keep the output open.
    let script = format!(
        "n() {{ if [ $1 -gt 0 ]; then n $(($1-1)) & fi; sleep 1000; }}; n 20 & \
         setsid sh -c 'echo ready > {printed}; exec sleep 1000' & read line < {}; exit 7",
        gate.display()
    );
    let vmm = host.start("vm", "/bin/bash", &["-c", &script]);
    assert_eq!(fifo.line(), "ready");
    let family = in_jail_of(vmm);
    std::fs::write(&gate, "\n").unwrap();
    assert_eq!(host.exited("vm").exit_code, 7);
    assert!(family.iter().all(is_gone));
    host.leave();
}

#[test]
fn kills_a_vmm_with_its_bubblewrap() {
    let mut host = Host::new();
    let vmm = host.start("vm", "/bin/sleep", &["1000"]);
    let jailed = pidfd(vmm);
    let bubblewrap = status(vmm, "PPid").parse().unwrap();
    kill_process(Pid::from_raw(bubblewrap).unwrap(), Signal::KILL).unwrap();
    assert_eq!(host.exited("vm").signal, 9);
    assert!(is_gone(&jailed));
    host.leave();
}

#[test]
fn keeps_other_vms_when_it_kills_orphans() {
    let mut host = Host::new();
    let other = pidfd(host.start_shell("other", "sleep 1000 & exec sleep 1000"));
    host.start_shell("vm", "setsid sleep 1000 & exit 0");
    host.exited("vm");
    assert!(!is_gone(&other));
    host.kill("other");
    host.exited("other");
    host.leave();
}

#[test]
fn does_not_follow_links_out_of_the_vm_directory() {
    let mut host = Host::new();
    let outside = host.temporary.path().join("outside");
    std::fs::create_dir_all(outside.join("deep")).unwrap();
    std::fs::write(outside.join("deep/kept"), "x").unwrap();
    host.start("vm", "/bin/sleep", &["1000"]);
    let directory = host.runtime_dir().join("vm");
    symlink(&outside, directory.join("link")).unwrap();
    std::fs::create_dir(directory.join("sub")).unwrap();
    symlink("../../../outside", directory.join("sub/link")).unwrap();
    host.kill("vm");
    host.exited("vm");

    // The VMM may also have replaced its own directory by a link.
    host.start("vm", "/bin/sleep", &["1000"]);
    std::fs::remove_dir(&directory).unwrap();
    symlink(&outside, &directory).unwrap();
    host.kill("vm");
    host.exited("vm");
    assert!(directory.symlink_metadata().is_err());
    assert!(outside.join("deep/kept").exists());
    host.leave();
}

#[test]
fn ends_everything_at_the_end_of_stdin() {
    let mut host = Host::new();
    let families = ["a", "b", "c"].map(|id| start_family(&mut host, id));
    host.leave();
    assert!(families.iter().flatten().all(is_gone));
}

#[test]
fn ends_everything_on_a_signal_and_reports_it() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut host = Host::new();
        let vmm = pidfd(host.start("vm", "/bin/sleep", &["1000"]));
        kill_process(Pid::from_child(&host.spawner), signal).unwrap();
        assert_eq!(host.exited("vm").signal, 9);
        assert_eq!(host.wait().code(), Some(0));
        assert!(is_gone(&vmm) && !host.runtime_dir().exists());
        assert!(host.no_more_events());
    }
}

#[test]
fn ends_everything_on_a_broken_stream() {
    let mut too_long = Vec::new();
    prost::encode_length_delimiter(2_000_000, &mut too_long).unwrap();
    for nonsense in [vec![0xff; 5], vec![2, 0xff, 0xff], too_long, vec![0]] {
        let mut host = Host::with(|command| {
            command.stderr(Stdio::piped());
        });
        let vmm = pidfd(host.start("vm", "/bin/sleep", &["1000"]));
        host.stdin.as_mut().unwrap().write_all(&nonsense).unwrap();
        assert_eq!(host.wait().code(), Some(1), "{nonsense:?}");
        assert!(is_gone(&vmm) && !host.runtime_dir().exists());
        let mut printed = String::new();
        BufReader::new(host.spawner.stderr.take().unwrap())
            .read_line(&mut printed)
            .unwrap();
        assert!(
            printed.starts_with("neurovisor-spawner: closing: "),
            "{printed}"
        );
    }
}

#[test]
fn ends_everything_when_stdout_is_closed() {
    let (mut host, stdout) = Host::that_does_not_read(|_| {});
    host.ask_start("vm", "/bin/sleep", &["1000"]);
    let mut stdout = BufReader::new(stdout);
    let vmm = match read_event(&mut stdout) {
        Some(Event::Started(started)) => pidfd(Pid::from_raw(started.pid).unwrap()),
        other => panic!("{other:?}"),
    };
    drop(stdout);
    assert_eq!(host.wait().code(), Some(0));
    assert!(is_gone(&vmm) && !host.runtime_dir().exists());
}

#[test]
fn cleans_up_and_ends_while_the_host_does_not_read() {
    let (mut host, stdout) = Host::that_does_not_read(|_| {});
    host.ask_start("vm", "/bin/sleep", &["1000"]);
    let mut stdout = BufReader::with_capacity(1, stdout);
    let vmm = match read_event(&mut stdout) {
        Some(Event::Started(started)) => Pid::from_raw(started.pid).unwrap(),
        other => panic!("{other:?}"),
    };
    // Sends rejected requests until the spawner reads no more.
    let start = wire::StartVmm {
        vm_id: "X".repeat(5000),
        ..Default::default()
    };
    let bytes = wire::Request {
        request: Some(Request::Start(start)),
    }
    .encode_length_delimited_to_vec();
    let mut stdin = host.stdin.take().unwrap();
    rustix::io::ioctl_fionbio(&stdin, true).unwrap();
    let takes_more = |stdin: &std::process::ChildStdin| {
        let patience = Timespec {
            tv_sec: 0,
            tv_nsec: 300_000_000,
        };
        poll(&mut [PollFd::new(stdin, PollFlags::OUT)], Some(&patience)).unwrap() > 0
    };
    let mut sent = 0;
    let mut rest: &[u8] = &bytes;
    while takes_more(&stdin) {
        sent += stdin
            .write(rest)
            .inspect(|count| rest = &rest[*count..])
            .unwrap_or(0);
        if rest.is_empty() {
            rest = &bytes;
        }
        assert!(sent < 64 << 20, "the queue has no bound");
    }

    kill_process(vmm, Signal::KILL).unwrap();
    until("the directory is removed", || {
        !host.runtime_dir().join("vm").exists()
    });
    drop(stdin);
    assert_eq!(host.wait().code(), Some(0));
    assert!(!host.runtime_dir().exists());
    drop(stdout);
}

#[test]
fn ends_everything_when_the_host_is_killed() {
    let temporary = tempfile::tempdir().unwrap();
    let runtime_dir = temporary.path().join("run");
    let mut host = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "cleanup::host_that_will_be_killed",
            "--ignored",
            "--nocapture",
        ])
        .env("RUNTIME_DIR_OF_KILLED_HOST", &runtime_dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(host.stdout.take().unwrap())
        .lines()
        .map(|line| line.unwrap());
    let printed = lines
        .find_map(|line| Some(line.split_once("PIDS ")?.1.to_owned()))
        .unwrap();
    let processes: Vec<_> = printed
        .split(' ')
        .map(|pid| pidfd(Pid::from_raw(pid.parse().unwrap()).unwrap()))
        .collect();
    assert!(runtime_dir.join("vm").exists() && !processes.iter().any(is_gone));
    host.kill().unwrap();
    host.wait().unwrap();
    processes.iter().for_each(wait_for_end);
    assert!(!runtime_dir.exists());
}

#[test]
#[ignore = "a process of the test above"]
fn host_that_will_be_killed() {
    let Ok(runtime_dir) = std::env::var("RUNTIME_DIR_OF_KILLED_HOST") else {
        return;
    };
    let mut host = Host::with(|command| {
        let mut other = serving(runtime_dir.as_ref());
        other.stdin(Stdio::piped()).stdout(Stdio::piped());
        *command = other;
    });
    let vmm = host.start("vm", "/bin/sleep", &["1000"]);
    println!("PIDS {} {vmm}", host.spawner.id());
    // Ends with the test, in case that fails before it kills this process.
    std::io::stdin().lines().for_each(drop);
}

#[test]
fn kills_a_vmm_when_its_spawner_is_killed() {
    let mut host = Host::new();
    let family = start_family(&mut host, "vm");
    host.spawner.kill().unwrap();
    family.iter().for_each(wait_for_end);
}

/// The more files, the longer another start may take on a busy host and still be the first to be done.
#[test]
fn does_not_block_while_it_removes_many_files() {
    assert!([1500, 6000, 24000].into_iter().any(starts_while_it_removes));
}

/// Returns whether another VMM starts before three directories with so many files each are removed.
fn starts_while_it_removes(files: u32) -> bool {
    let mut host = Host::new();
    host.start("vm", "/bin/sleep", &["1000"]);
    let mut directory = host.runtime_dir().join("vm");
    for deeper in ["a", "b", "c"] {
        directory.push(deeper);
        std::fs::create_dir(&directory).unwrap();
        for file in 0..files {
            std::fs::write(directory.join(file.to_string()), "").unwrap();
        }
    }
    host.kill("vm");
    host.killed("vm");
    host.ask_start("quick", "/bin/true", &[]);
    let mut starts_first = false;
    let mut ended = vec![];
    while ended.len() < 2 {
        match host.event() {
            Event::Started(_) => starts_first = ended.is_empty(),
            Event::Exited(exited) => ended.push(exited.vm_id),
            other => panic!("{other:?}"),
        }
    }
    assert!(!host.runtime_dir().join("vm").exists());
    host.leave();
    starts_first
}
