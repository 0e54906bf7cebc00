//! The jail of a VMM, inspected and tested by the running process.

use crate::common;

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use common::wire::handed_file::Access;
use common::wire::HandedFile;
use common::{
    in_groups, is_root, open_jail, read, start, status, until, Host, Jail, Request, StartVmm,
    ALLOW, GROUPS,
};
use rustix::process::Pid;

const NAMESPACES: [&str; 7] = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"];

fn settled(host: &mut Host, id: &str) -> Pid {
    let vmm = host.start(id, "/bin/sleep", &["1000"]);
    until("sleep", || read(format!("/proc/{vmm}/comm")) == "sleep\n");
    vmm
}

#[test]
fn confines_by_capabilities_filter_and_namespaces() {
    let mut host = Host::new();
    let vmm = settled(&mut host, "vm");
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(status(vmm, set), "0000000000000000", "{set}");
    }
    assert_eq!(status(vmm, "NoNewPrivs"), "1");
    assert_eq!(status(vmm, "Seccomp"), "2");
    assert_eq!(status(vmm, "Seccomp_filters"), "1");
    for namespace in NAMESPACES {
        let of = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/{namespace}")).unwrap();
        assert_ne!(of(&vmm.to_string()), of("self"), "{namespace}");
    }
    host.leave();
}

#[test]
fn runs_as_a_separate_user_under_root() {
    let mut host = Host::with(in_groups);
    let uids: Vec<u32> = ["a", "b", "c"]
        .iter()
        .map(|id| {
            fs::metadata(format!("/proc/{}", settled(&mut host, id)))
                .unwrap()
                .uid()
        })
        .collect();
    let different: HashSet<_> = uids.iter().collect();
    let own = rustix::process::geteuid().as_raw();
    if is_root() {
        assert!(
            different.len() == 3
                && uids
                    .iter()
                    .all(|uid| (2_000_001_000..2_000_002_000).contains(uid))
        );
    } else {
        assert!(uids.iter().all(|uid| *uid == own));
    }
    host.kill("b");
    host.exited("b");
    let next = settled(&mut host, "d");
    if is_root() {
        let uid = fs::metadata(format!("/proc/{next}")).unwrap().uid();
        assert!(uid != uids[0] && uid != uids[2]);
        assert_eq!(status(Pid::from_child(&host.spawner), "Groups"), GROUPS);
        assert_eq!(status(next, "Groups"), "");
    }
    host.leave();
}

#[test]
fn shows_visible_paths_read_only() {
    let mut host = Host::new();
    // The jail has no program to list a directory, so patterns of the shell do.
    let script = "echo /* /etc/*; echo hi > /x; echo hi > /usr/x; echo hi > /proc/sys/kernel/hostname; cat /etc/passwd; echo end";
    let jail = Jail {
        visible: vec!["/usr".into(), "/lib".into(), "/lib64".into()],
        ..open_jail()
    };
    host.send(Request::Start(StartVmm {
        jail: Some(jail),
        ..start("vm", "/usr/bin/dash", &["-c", script])
    }));
    host.started("vm");
    let output = host.exited("vm").output_tail;
    assert!(
        output.starts_with("/lib /lib64 /proc /usr /etc/*\n") && output.ends_with("end\n"),
        "{output}"
    );
    assert_eq!(output.matches("cannot create").count(), 3, "{output}");
    assert!(!output.contains("root:"), "{output}");
    host.leave();
}

#[test]
fn ends_a_vmm_by_sigsys_when_its_filter_kills() {
    // Loads the number, kills the process if it is that of uname, and allows others.
    let (uname, kill) = (63, 0x8000_0000_u32);
    let mut filter = vec![
        0x20, 0, 0, 0, 0, 0, 0, 0, 0x15, 0, 0, 1, uname, 0, 0, 0, 0x06, 0, 0, 0,
    ];
    filter.extend(kill.to_le_bytes());
    filter.extend(ALLOW);
    let mut host = Host::new();
    let jail = Jail {
        seccomp_filter: filter,
        ..open_jail()
    };
    host.send(Request::Start(StartVmm {
        jail: Some(jail),
        ..start("vm", "/bin/uname", &[])
    }));
    host.started("vm");
    let exited = host.exited("vm");
    assert_eq!((exited.exit_code, exited.signal), (0, 31), "{exited:?}");
    host.leave();
}

#[test]
fn passes_files_by_number_and_takes_them_back_read_only() {
    let mut host = Host::new();
    let (given, created) = (
        host.temporary.path().join("given"),
        host.temporary.path().join("created"),
    );
    fs::write(&given, "from the host").unwrap();
    fs::set_permissions(&given, fs::Permissions::from_mode(0o444)).unwrap();
    let file = |path: &std::path::Path, access: Access| HandedFile {
        path: path.to_str().unwrap().into(),
        access: access.into(),
        ..Default::default()
    };
    let request = |script: &str, files: Vec<HandedFile>| {
        let jail = Jail {
            visible: vec!["/usr".into(), "/lib".into(), "/lib64".into()],
            max_file_bytes: 100,
            ..open_jail()
        };
        Request::Start(StartVmm {
            sockets: vec!["socket".into()],
            files,
            jail: Some(jail),
            ..start("vm", "/usr/bin/dash", &["-c", script])
        })
    };
    let script = "cat /proc/self/fd/4; echo hi >> /proc/self/fd/4; cat /proc/self/fd/4 > /proc/self/fd/5; echo; exit 3";
    host.send(request(
        script,
        vec![file(&given, Access::Read), file(&created, Access::Create)],
    ));
    host.started("vm");
    let exited = host.exited("vm");
    assert!(
        exited.output_tail.starts_with("from the host"),
        "{exited:?}"
    );
    assert!(
        exited.exit_code == 3 && exited.output_tail.contains("cannot create"),
        "{exited:?}"
    );
    assert_eq!(fs::read_to_string(&created).unwrap(), "from the host");
    let metadata = created.metadata().unwrap();
    assert_eq!(metadata.mode() & 0o777, 0o444);
    assert_eq!(metadata.uid(), rustix::process::geteuid().as_raw());

    // A file that exceeds the limit ends it, and a missing file prevents the start.
    let long = host.temporary.path().join("long");
    host.send(request(
        "head -c 200 /usr/bin/dash > /proc/self/fd/4",
        vec![file(&long, Access::Create)],
    ));
    host.started("vm");
    assert_eq!(host.exited("vm").signal, 25);
    assert!(long.metadata().unwrap().len() <= 100);
    let unused = host.temporary.path().join("unused");
    let missing = host.temporary.path().join("missing");
    host.send(request(
        ":",
        vec![file(&unused, Access::Create), file(&missing, Access::Read)],
    ));
    assert!(host.rejected("vm").contains("missing: No such file"));
    assert!(!unused.exists());
    host.leave();
}

#[test]
fn starts_nothing_without_a_jail() {
    let mut host = Host::new();
    let without = |jail: Option<Jail>| {
        Request::Start(StartVmm {
            jail,
            ..start("vm", "/bin/true", &[])
        })
    };
    host.send(without(None));
    assert_eq!(host.rejected("vm"), "no jail");
    host.send(without(Some(Jail {
        seccomp_filter: vec![],
        ..open_jail()
    })));
    assert!(host.rejected("vm").contains("seccomp filter"));
    // Errors of bubblewrap itself are returned unchanged.
    host.send(without(Some(Jail {
        visible: vec!["/no/such/library".into()],
        ..open_jail()
    })));
    host.started("vm");
    let exited = host.exited("vm");
    assert!(
        exited.exit_code == 1 && exited.output_tail.contains("/no/such/library"),
        "{exited:?}"
    );
    assert_eq!(host.vm_directories(), 0);
    host.leave();
}

#[test]
fn quotes_the_error_of_bubblewrap() {
    let mut host = Host::with(|command| {
        let arguments: Vec<_> = command
            .get_args()
            .map(|argument| argument.to_owned())
            .collect();
        let mut other = std::process::Command::new(command.get_program());
        other.args(arguments.iter().map(|argument| match argument.to_str() {
            Some("/usr/bin/bwrap") => "/bin/cat".into(),
            _ => argument.clone(),
        }));
        other
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped());
        *command = other;
    });
    host.ask_start("vm", "/bin/true", &[]);
    let reason = host.rejected("vm");
    assert!(
        reason.starts_with("bubblewrap made no jail: /bin/cat: "),
        "{reason}"
    );
    assert_eq!(host.vm_directories(), 0);
    host.leave();
}
