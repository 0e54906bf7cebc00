//! Whatever ends, nothing is left.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use common::{
    is_gone, pidfd, read_event, status, until, wait_for_end, wire, Event, Fifo, Host, Request,
};
use prost::Message;
use rustix::event::{poll, PollFd, PollFlags};
use rustix::process::{kill_process, Pid, Signal};
use rustix::time::Timespec;

#[test]
fn descendants_in_sessions_of_their_own_are_gone_when_exited_comes() {
    let mut host = Host::new();
    let fifo = Fifo::new(host.temporary.path());
    let report = format!("echo \\$\\$ > {}; exec sleep 1000", fifo.path.display());
    // A child, and a grandchild below a living child, each in another session.
    let script =
        format!("setsid sh -c \"{report}\" & (setsid sh -c \"{report}\"; :) & exec sleep 1000");
    host.start_shell("vm", &script);
    let descendants = [pidfd(fifo.pid()), pidfd(fifo.pid())];
    assert!(!descendants.iter().any(is_gone));
    host.kill("vm");
    host.exited("vm");
    assert!(descendants.iter().all(is_gone));
    host.leave();
}

#[test]
fn a_daemon_whose_parent_is_gone_does_not_survive_its_vm() {
    let mut host = Host::new();
    let fifo = Fifo::new(host.temporary.path());
    // Tells its number while its parent, which waits at the gate, still lives.
    let gate = host.temporary.path().join("gate");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &gate, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let (told, gate_path) = (fifo.path.display(), gate.display());
    host.start_shell(
        "vm",
        &format!("setsid sh -c 'sleep 1000 & echo $! > {told}; read line < {gate_path}' & exec sleep 1000"),
    );
    let daemon_pid = fifo.pid();
    let daemon = pidfd(daemon_pid);
    assert!(!is_gone(&daemon));
    std::fs::write(&gate, "\n").unwrap();
    let spawner = host.spawner.id().to_string();
    until("the spawner inherits it", || {
        status(daemon_pid, "PPid") == spawner
    });
    host.kill("vm");
    host.exited("vm");
    assert!(is_gone(&daemon));
    host.leave();
}

#[test]
fn what_a_vmm_leaves_behind_is_gone_when_it_exits_by_itself() {
    let mut host = Host::new();
    let fifo = Fifo::new(host.temporary.path());
    let told = fifo.path.display();
    // Many generations, each of which leaves a child to us; the last ones hold the output open.
    let script = format!(
        "n() {{ if [ $1 -gt 0 ]; then n $(($1-1)) & fi; sleep 1000; }}; \
         setsid sh -c 'echo $$ > {told}; exec sleep 1000' & n 20 & read line < gate; exit 7"
    );
    let vmm = host.start_shell("vm", &format!("mkfifo gate; echo ready > {told}; {script}"));
    assert_eq!(fifo.line(), "ready");
    let descendant = pidfd(fifo.pid());
    std::fs::write(host.runtime_dir().join("vm/gate"), "\n").unwrap();
    assert_eq!(host.exited("vm").exit_code, 7);
    assert!(is_gone(&descendant));
    // Not by rustix, which does not take the 0 of a kernel thread.
    let session_of = |pid| nix::unistd::getsid(Some(pid)).ok();
    let processes = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|e| e.unwrap().file_name().to_str()?.parse().ok());
    let session = nix::unistd::Pid::from_raw(vmm.as_raw_nonzero().get());
    let mut of_the_vm =
        processes.filter(|pid| session_of(nix::unistd::Pid::from_raw(*pid)) == Some(session));
    assert_eq!(of_the_vm.next(), None);
    host.leave();
}

#[test]
fn one_vms_orphans_do_not_touch_another_vm() {
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
fn a_link_out_of_the_vm_directory_is_not_followed() {
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

    // Also when the VMM has put a link in the place of its own directory.
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
fn the_end_of_stdin_ends_everything() {
    let mut host = Host::new();
    let vmms = ["a", "b", "c"].map(|id| pidfd(host.start_shell(id, "touch file; exec sleep 1000")));
    host.leave();
    assert!(vmms.iter().all(is_gone));
}

#[test]
fn a_signal_ends_everything_and_the_host_is_told() {
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
fn a_broken_stream_ends_everything_with_an_error() {
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
        let mut told = String::new();
        BufReader::new(host.spawner.stderr.take().unwrap())
            .read_line(&mut told)
            .unwrap();
        assert!(told.starts_with("neurovisor-spawner: closing: "), "{told}");
    }
}

#[test]
fn a_closed_stdout_ends_everything() {
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
fn a_host_that_does_not_read_stops_neither_cleaning_up_nor_leaving() {
    let (mut host, stdout) = Host::that_does_not_read(|_| {});
    host.ask_start("vm", "/bin/sleep", &["1000"]);
    let mut stdout = BufReader::with_capacity(1, stdout);
    let vmm = match read_event(&mut stdout) {
        Some(Event::Started(started)) => Pid::from_raw(started.pid).unwrap(),
        other => panic!("{other:?}"),
    };
    // Rejected requests until the spawner takes no more.
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
fn a_host_killed_with_sigkill_takes_everything_along() {
    let temporary = tempfile::tempdir().unwrap();
    let runtime_dir = temporary.path().join("run");
    let mut host = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "host_that_will_be_killed",
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
    let told = lines
        .find_map(|line| Some(line.split_once("PIDS ")?.1.to_owned()))
        .unwrap();
    let processes: Vec<_> = told
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
#[ignore = "is a process of the test above"]
fn host_that_will_be_killed() {
    let Ok(runtime_dir) = std::env::var("RUNTIME_DIR_OF_KILLED_HOST") else {
        return;
    };
    let mut host = Host::with(|command| {
        let mut other = Command::new(command.get_program());
        other
            .arg("--runtime-dir")
            .arg(&runtime_dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        *command = other;
    });
    let vmm = host.start("vm", "/bin/sleep", &["1000"]);
    println!("PIDS {} {vmm}", host.spawner.id());
    // Ends with the one who will kill us, should that fail to.
    std::io::stdin().lines().for_each(drop);
}

#[test]
fn a_vmm_does_not_outlive_a_killed_spawner() {
    let mut host = Host::new();
    let vmm = pidfd(host.start("vm", "/bin/sleep", &["1000"]));
    host.spawner.kill().unwrap();
    wait_for_end(&vmm);
}

#[test]
fn a_vmm_that_leaves_very_many_files_does_not_keep_the_others_waiting() {
    let mut host = Host::new();
    let fifo = Fifo::new(host.temporary.path());
    let told = fifo.path.display();
    let make =
        "mkdir -p a/b/c; for d in . a a/b/c; do (cd $d; seq 1500 | xargs touch); done; chmod 0 a/b";
    host.start_shell("vm", &format!("{make}; echo > {told}; exec sleep 1000"));
    fifo.line();
    host.kill("vm");
    host.start("quick", "/bin/true", &[]);
    let mut ended = vec![];
    while ended.len() < 2 {
        match host.event() {
            Event::Exited(exited) => ended.push(exited.vm_id),
            other => panic!("{other:?}"),
        }
    }
    assert!(!host.runtime_dir().join("vm").exists());
    host.leave();
}
