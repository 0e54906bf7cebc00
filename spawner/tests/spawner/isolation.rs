//! The process environment of a VMM, read from the running process.

use crate::common;

use std::os::fd::AsRawFd;

use common::wire::TellConfinement;
use common::{read, status, Event, Fifo, Host, Request};
use rustix::process::Pid;

/// Starts a VMM and waits until it executes its program.
fn settled(host: &mut Host, script: &str) -> Pid {
    let fifo = Fifo::new(host.temporary.path());
    let vmm = host.start_shell(
        "vm",
        &format!("{script}; echo > {}; exec sleep 1000", fifo.path.display()),
    );
    fifo.line();
    let program = || read(format!("/proc/{vmm}/comm"));
    common::until("sleep", || program() == "sleep\n");
    // Earlier it may have files open that it loads.
    common::until("sleeping", || status(vmm, "State").starts_with('S'));
    vmm
}

#[test]
fn passes_no_environment_of_the_host() {
    let mut host = Host::with(|command| {
        command
            .env("OPENAI_API_KEY", "secret")
            .env("LD_PRELOAD_NOT", "x")
            .env("LANG", "de_DE.UTF-8");
    });
    let vmm = settled(&mut host, ":");
    let environment = read(format!("/proc/{vmm}/environ"));
    let names: Vec<_> = environment
        .split_terminator('\0')
        .filter(|entry| *entry != "PWD=/")
        .collect();
    assert!(names.is_empty(), "{names:?}");
    host.leave();
}

#[test]
fn passes_no_descriptors_of_the_host() {
    let leaked = std::fs::File::open("/etc/passwd").unwrap();
    rustix::io::fcntl_setfd(&leaked, rustix::io::FdFlags::empty()).unwrap();
    let mut host = Host::new();
    let spawner = Pid::from_child(&host.spawner);
    let vmm = settled(&mut host, ":");
    let mut descriptors: Vec<_> = std::fs::read_dir(format!("/proc/{vmm}/fd"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    descriptors.sort();
    let targets: Vec<_> = descriptors
        .iter()
        .map(|path| path.read_link().unwrap())
        .collect();
    assert_eq!(targets.len(), 3, "{targets:?}");
    assert_eq!(targets[0].to_str(), Some("/dev/null"));
    assert!(targets[1].to_str().unwrap().starts_with("pipe:") && targets[1] == targets[2]);
    assert!(leaked.as_raw_fd() > 2 && spawner != vmm);
    host.leave();
}

#[test]
fn confines_the_process_from_its_first_instruction() {
    let mut host = Host::new();
    let vmm = settled(&mut host, ":");
    assert_eq!(status(vmm, "NoNewPrivs"), "1");
    assert_eq!(status(vmm, "Umask"), "0077");
    for mask in ["SigBlk", "SigIgn", "SigCgt"] {
        assert_eq!(status(vmm, mask), "0000000000000000", "{mask}");
    }
    let limits = read(format!("/proc/{vmm}/limits"));
    let limit = |name: &str| -> Vec<String> {
        let line = limits
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap_or_else(|| panic!("no {name}"));
        line.split_ascii_whitespace()
            .take(2)
            .map(String::from)
            .collect()
    };
    assert_eq!(limit("Max core file size"), ["0", "0"]);
    assert_eq!(limit("Max open files"), ["1024", "1024"]);
    for limit_of_none in ["Max file size", "Max locked memory", "Max msgqueue size"] {
        assert_eq!(limit(limit_of_none), ["0", "0"], "{limit_of_none}");
    }
    let directory = std::fs::read_link(format!("/proc/{vmm}/cwd")).unwrap();
    assert_eq!(directory.to_str(), Some("/"));
    host.leave();
}

#[test]
fn starts_a_vmm_in_a_separate_session() {
    let mut host = Host::new();
    let vmm = settled(&mut host, ":");
    let bubblewrap: i32 = status(vmm, "PPid").parse().unwrap();
    let bubblewrap = Pid::from_raw(bubblewrap).unwrap();
    assert_eq!(rustix::process::getsid(Some(vmm)).unwrap(), bubblewrap);
    assert_eq!(rustix::process::getpgid(Some(vmm)).unwrap(), bubblewrap);
    let score = |pid: &str| -> i32 {
        read(format!("/proc/{pid}/oom_score_adj"))
            .trim()
            .parse()
            .unwrap()
    };
    assert_eq!(score(&vmm.to_string()), (score("self") + 500).min(1000));
    host.leave();
}

#[test]
fn confines_the_spawner_itself() {
    let mut host = Host::new();
    let vmm = settled(&mut host, ":");
    let spawner = Pid::from_child(&host.spawner);
    assert_ne!(vmm, spawner);
    assert_eq!(rustix::process::getsid(Some(spawner)).unwrap(), spawner);
    assert_eq!(status(spawner, "NoNewPrivs"), "1");
    // Not dumpable: root owns its files in /proc, whichever user runs it.
    use std::os::unix::fs::MetadataExt;
    assert_eq!(
        std::fs::metadata(format!("/proc/{spawner}/environ"))
            .unwrap()
            .uid(),
        0
    );
    host.leave();
}

#[test]
fn resets_signals_that_the_host_ignores() {
    // The children of a shell inherit the signals that it ignores.
    let mut host = Host::with(|command| {
        let mut shell = std::process::Command::new("/bin/sh");
        shell.args(["-c", "trap '' HUP CHLD USR1 QUIT; exec \"$0\" \"$@\""]);
        shell.arg(command.get_program()).args(command.get_args());
        shell
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped());
        *command = shell;
    });
    let vmm = settled(&mut host, ":");
    assert_eq!(status(vmm, "SigIgn"), "0000000000000000");
    host.kill("vm");
    assert_eq!(host.exited("vm").signal, 9);
    host.leave();
}

#[test]
fn reports_namespaces_that_are_not_those_of_the_host() {
    let mut host = Host::new();
    let vmm = settled(&mut host, ":");
    host.send(Request::TellConfinement(TellConfinement {
        vm_id: "vm".into(),
    }));
    let Event::ConfinementTold(answer) = host.event() else {
        panic!("another answer");
    };
    assert_eq!(answer.namespaces.len(), 7);
    for (kind, name) in &answer.namespaces {
        let read = std::fs::read_link(format!("/proc/{vmm}/ns/{kind}")).unwrap();
        let ours = std::fs::read_link(format!("/proc/self/ns/{kind}")).unwrap();
        assert_eq!(read.to_str(), Some(name.as_str()));
        assert_ne!(read, ours, "{kind}");
    }
    host.send(Request::TellConfinement(TellConfinement {
        vm_id: "none".into(),
    }));
    assert!(matches!(host.event(), Event::ConfinementTold(answer) if answer.namespaces.is_empty()));
    host.leave();
}

/// Without loaded eBPF programs nothing is reported as watched, and a VM that must be watched is not started.
#[test]
fn watches_nothing_without_programs() {
    let mut host = Host::new();
    host.send(Request::TellEbpf(common::wire::TellEbpf {}));
    let Event::Ebpf(answer) = host.event() else {
        panic!("no state of the programs");
    };
    assert_eq!(answer.problem, "not asked for");
    let mut watched = common::start("watched", "/bin/sleep", &["60"]);
    watched.watch = Some(Default::default());
    host.send(Request::Start(watched));
    let Event::Rejected(rejected) = host.event() else {
        panic!("it was started");
    };
    assert_eq!(rejected.reason, "it cannot be watched: not asked for");
    host.send(Request::Seal(common::wire::SealVmm {
        vm_id: "../watched".into(),
    }));
    let Event::Sealed(sealed) = host.event() else {
        panic!("no answer");
    };
    assert_eq!(sealed.problem, "it has ended");
    host.leave();
}

/// As root it keeps the capabilities for jails, groups, BPF and changes of users, also for programs that it executes.
#[test]
fn keeps_only_required_capabilities() {
    let mut host = Host::new();
    settled(&mut host, ":");
    let spawner = Pid::from_child(&host.spawner);
    let held = |name: &str| u64::from_str_radix(&status(spawner, name), 16).unwrap();
    let bits = [0, 1, 3, 5, 6, 7, 8, 18, 19, 21, 27, 39];
    let kept: u64 = bits.iter().map(|bit| 1 << bit).sum();
    if common::is_root() {
        assert_ne!(held("CapEff"), 0);
        for set in ["CapPrm", "CapEff", "CapBnd"] {
            assert_eq!(held(set) & !kept, 0, "{set}");
        }
    } else {
        assert_eq!(held("CapPrm"), 0);
    }
    for set in ["CapInh", "CapAmb"] {
        assert_eq!(held(set), 0, "{set}");
    }
    host.leave();
}
