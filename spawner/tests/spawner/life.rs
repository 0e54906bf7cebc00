//! The life of a VM as the host sees it: started or rejected, then exited.

use crate::common;

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::process::{prlimit, Pid, Resource, Rlimit};

use common::{
    is_gone, pidfd, start, status, until, Event, Fifo, Host, MeasureTsc, Request, StartVmm,
};

#[test]
fn reports_exit_code_and_output() {
    let mut host = Host::new();
    host.start_shell("vm-1", "echo out; echo err >&2; exit 42");
    let exited = host.exited("vm-1");
    assert_eq!((exited.exit_code, exited.signal), (42, 0));
    assert_eq!(exited.output_tail, "out\nerr\n");
    host.leave();
}

#[test]
fn removes_a_killed_vmm_before_it_reports_the_exit() {
    let mut host = Host::new();
    let vmm = pidfd(host.start("vm", "/bin/sleep", &["1000"]));
    let directory = host.runtime_dir().join("vm");
    assert_eq!(
        directory.metadata().unwrap().permissions().mode() & 0o777,
        0o700
    );
    assert!(!is_gone(&vmm));
    host.kill("unknown");
    host.kill("vm");
    assert_eq!(host.exited("vm").signal, 9);
    assert!(is_gone(&vmm));
    host.kill("vm");
    host.leave();
}

/// A simulated VMM writes the time as often as it can. The times are compared, because what it has written is read later.
#[test]
fn a_vmm_whose_kill_is_reported_executes_nothing_more() {
    let mut host = Host::new();
    let fifo = Fifo::new(host.temporary.path());
    let beats = format!(
        "while :; do echo $EPOCHREALTIME; done >{}",
        fifo.path.display()
    );
    for id in (0..10).map(|index| format!("vm-{index}")) {
        host.start(&id, "/bin/bash", &["-c", &beats]);
        assert!(fifo.line().parse::<f64>().is_ok());
        host.kill(&id);
        host.killed(&id);
        let reported = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        assert_eq!(host.exited(&id).signal, 9);
        std::fs::write(&fifo.path, "end\n").unwrap();
        let mut line = fifo.line();
        while let Ok(beat) = line.parse::<f64>() {
            assert!(beat <= reported.as_secs_f64(), "{beat} {reported:?}");
            line = fifo.line();
        }
        assert_eq!(line, "end");
    }
    host.leave();
}

#[test]
fn retries_an_unreadable_list_of_processes() {
    let mut host = Host::with(|command| {
        command.stderr(Stdio::piped());
    });
    let mut log = BufReader::new(host.spawner.stderr.take().unwrap()).lines();
    let vmm = pidfd(host.start("vm", "/bin/sleep", &["1000"]));
    let spawner = Pid::from_child(&host.spawner);
    // Prevents opening another file.
    limit_descriptors(spawner, lowest_free_descriptor(spawner));
    host.kill("vm");
    assert!(log.any(|line| line.unwrap().contains("cannot list its processes")));
    limit_descriptors(spawner, MOST_DESCRIPTORS);
    assert_eq!(host.exited("vm").signal, 9);
    assert!(is_gone(&vmm));
    host.start("vm", "/bin/true", &[]);
    host.exited("vm");
    host.leave();
}

const MOST_DESCRIPTORS: u64 = 1024;

fn limit_descriptors(process: Pid, current: u64) {
    let limit = Rlimit {
        current: Some(current),
        maximum: Some(MOST_DESCRIPTORS),
    };
    prlimit(Some(process), Resource::Nofile, limit).unwrap();
}

fn lowest_free_descriptor(process: Pid) -> u64 {
    let open = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let open: HashSet<u64> = open
        .map(|entry| {
            entry
                .unwrap()
                .file_name()
                .to_str()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    (0..).find(|number| !open.contains(number)).unwrap()
}

#[test]
fn kills_a_vmm_with_signal_handlers() {
    let mut host = Host::new();
    host.start_shell("vm", "trap '' TERM INT HUP; while :; do sleep 1000; done");
    host.kill("vm");
    assert_eq!(host.exited("vm").signal, 9);
    host.leave();
}

#[test]
fn reuses_an_id_only_after_the_exit() {
    let mut host = Host::new();
    host.start("vm", "/bin/sleep", &["1000"]);
    host.ask_start("vm", "/bin/sleep", &["1000"]);
    assert_eq!(host.rejected("vm"), "a VM named vm is still alive");
    host.kill("vm");
    host.exited("vm");
    host.start("vm", "/bin/true", &[]);
    host.exited("vm");
    host.leave();
}

#[test]
fn rejects_bad_requests_and_leaves_nothing() {
    let mut host = Host::new();
    for (id, executable, reason) in [
        ("../escape", "/bin/true", "vm_id must be"),
        ("a/b", "/bin/true", "vm_id must be"),
        ("", "/bin/true", "vm_id must be"),
        ("vm", "true", "not an absolute path"),
        ("vm", "/no/such/vmm", "No such file or directory"),
        ("vm", "/etc/passwd", "Permission denied"),
    ] {
        host.ask_start(id, executable, &[]);
        let reason_given = host.rejected(id);
        assert!(
            reason_given.contains(reason),
            "{executable}: {reason_given}"
        );
    }
    assert_eq!(host.vm_directories(), 0);
    assert!(!host.temporary.path().join("escape").exists());
    host.leave();
}

#[test]
fn returns_an_error_of_exec_as_output() {
    let mut host = Host::new();
    let script = host.temporary.path().join("script");
    std::fs::write(&script, "#!/no/such/interpreter\n").unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    host.start("vm", script.to_str().unwrap(), &[]);
    let exited = host.exited("vm");
    assert_eq!((exited.exit_code, exited.signal), (1, 0));
    assert!(
        exited.output_tail.contains("No such file or directory"),
        "{exited:?}"
    );
    host.leave();
}

#[test]
fn keeps_an_existing_directory() {
    let mut host = Host::new();
    host.start("first", "/bin/true", &[]);
    host.exited("first");
    let old = host.runtime_dir().join("vm");
    std::fs::create_dir(&old).unwrap();
    host.ask_start("vm", "/bin/true", &[]);
    assert!(host.rejected("vm").ends_with("/vm exists already"));
    host.stdin = None;
    assert_eq!(host.wait().code(), Some(0));
    assert!(old.exists());
}

#[test]
fn keeps_the_end_of_a_flood_in_little_memory() {
    let mut host = Host::new();
    let endless = host.start_shell("endless", "exec yes");
    let script = "yes 0123456789 | head -c 50000000; printf 'the end\\377'; exit 3";
    host.start_shell("vm", script);
    let exited = host.exited("vm");
    assert_eq!(exited.exit_code, 3);
    assert!(exited.output_tail.len() <= 8192 && exited.output_tail.len() > 8000);
    assert!(exited.output_tail.ends_with("the end\u{fffd}"));
    let spawner = rustix::process::Pid::from_child(&host.spawner);
    let kilobytes: u64 = status(spawner, "VmHWM")
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    assert!(kilobytes < 16_000, "{kilobytes} kB");
    let endless = pidfd(endless);
    host.kill("endless");
    assert_eq!(host.exited("endless").signal, 9);
    assert!(is_gone(&endless));
    host.leave();
}

#[test]
fn holds_fifty_vms() {
    let mut host = Host::new();
    let ids: Vec<String> = (0..50).map(|index| format!("vm-{index}")).collect();
    for id in &ids {
        host.ask_start(id, "/bin/sleep", &["1000"]);
    }
    let vmms: Vec<_> = ids.iter().map(|id| pidfd(host.started(id))).collect();
    assert!(vmms.iter().all(|vmm| !is_gone(vmm)));
    assert_eq!(host.vm_directories(), 50);
    for id in &ids[..25] {
        host.kill(id);
    }
    let mut ended = HashSet::new();
    while ended.len() < 25 {
        match host.event() {
            Event::Exited(exited) => assert!(ended.insert(exited.vm_id)),
            Event::Killed(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(ended, ids[..25].iter().cloned().collect());
    assert!(vmms[..25].iter().all(is_gone) && !vmms[25..].iter().any(is_gone));
    host.leave();
    assert!(vmms.iter().all(is_gone));
}

#[test]
fn accepts_connections_before_the_vmm_serves() {
    let mut host = Host::new();
    host.send(Request::Start(StartVmm {
        sockets: ["qmp", "agent"].map(String::from).into(),
        ..start("vm", "/bin/sleep", &["1000"])
    }));
    let vmm = host.started("vm");
    let directory = host.runtime_dir().join("vm");
    for name in ["qmp", "agent"] {
        let metadata = directory.join(name).metadata().unwrap();
        assert!(metadata.file_type().is_socket());
        assert_eq!(metadata.permissions().mode() & 0o077, 0);
        // The connection takes bytes although it has not been accepted.
        UnixStream::connect(directory.join(name))
            .unwrap()
            .write_all(b"hello")
            .unwrap();
    }
    // Until it has become the VMM, bubblewrap has more descriptors, and so has the VMM while it loads libraries.
    until("five descriptors", || {
        let directory = std::fs::read_dir(format!("/proc/{vmm}/fd")).unwrap();
        let mut descriptors: Vec<_> = directory.map(|e| e.unwrap().file_name()).collect();
        descriptors.sort();
        descriptors == ["0", "1", "2", "3", "4"]
    });

    // The sockets are removed with the VMM, so that no client waits for an answer.
    let mut waiting = UnixStream::connect(directory.join("qmp")).unwrap();
    host.kill("vm");
    host.exited("vm");
    assert!(matches!(waiting.read(&mut [0]), Ok(0) | Err(_)));
    host.leave();
}

#[test]
fn rejects_a_socket_named_by_a_path() {
    let mut host = Host::new();
    for name in ["../x", "/tmp/x", "", ".hidden"] {
        host.send(Request::Start(StartVmm {
            sockets: vec![name.into()],
            ..start("vm", "/bin/true", &[])
        }));
        assert!(host.rejected("vm").starts_with("socket 0 must be named"));
    }
    host.leave();
}

#[test]
fn measures_a_stable_rate_of_the_time_stamp_counter() {
    let rate = || {
        let mut host = Host::new();
        host.send(Request::MeasureTsc(MeasureTsc {}));
        // Other requests are served during the measurement.
        host.start("vm", "/bin/sleep", &["1000"]);
        let measured = match host.event() {
            Event::TscMeasured(measured) => measured.khz,
            other => panic!("{other:?}"),
        };
        host.send(Request::MeasureTsc(MeasureTsc {}));
        assert_eq!(
            host.event(),
            Event::TscMeasured(common::wire::TscMeasured { khz: measured })
        );
        host.leave();
        measured
    };
    let (first, second) = (rate(), rate());
    assert!((100_000..20_000_000).contains(&first), "{first} kHz");
    assert!(
        first.abs_diff(second) * 1000 <= first,
        "{first} and {second} kHz"
    );
}
