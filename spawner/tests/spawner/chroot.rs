//! VMMs in a chroot. A script simulates Firecracker's jailer and is started with the same arguments. FirecrackerVmmIT
//! tests the jailer itself.

use crate::common;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use common::wire::handed_file::Access;
use common::wire::{Chroot, HandedFile, TellOutput};
use common::{
    in_groups, is_gone, is_root, open_jail, pidfd, read, start, status, temporary, until,
    wait_for_end, Event, Host, Request, StartVmm,
};
use rustix::process::Pid;
use tempfile::TempDir;

/// Enters the directory that the jailer would enter, and runs a script in a shell.
const ENTER: &str = r#"#!/bin/sh
while [ "$1" != -- ]; do
    case $1 in --chroot-base-dir) base=$2 ;; --id) id=$2 ;; --exec-file) exec=$2 ;; --uid) uid=$2 ;; esac
    shift
done
cd "$base/${exec##*/}/$id/root" || exit 99
"#;

struct Place {
    temporary: TempDir,
}

impl Place {
    fn new() -> Self {
        let temporary = temporary();
        fs::create_dir(temporary.path().join("jails")).unwrap();
        fs::set_permissions(
            temporary.path().join("jails"),
            PermissionsExt::from_mode(0o700),
        )
        .unwrap();
        Self { temporary }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.temporary.path().join(name)
    }

    fn jails(&self) -> usize {
        self.at("jails").read_dir().unwrap().count()
    }

    fn request(&self, vm_id: &str, script: &str, files: Vec<HandedFile>) -> StartVmm {
        let jailer = self.at(&format!("jailer-{vm_id}"));
        fs::write(&jailer, format!("{ENTER}{script}\n")).unwrap();
        fs::set_permissions(&jailer, PermissionsExt::from_mode(0o755)).unwrap();
        StartVmm {
            jail: None,
            files,
            chroot: Some(Chroot {
                jailer: jailer.to_str().unwrap().into(),
                directory: self.at("jails").to_str().unwrap().into(),
                max_file_bytes: 1 << 20,
            }),
            ..start(vm_id, "/bin/sleep", &["1000"])
        }
    }

    fn file(&self, name: &str, access: Access) -> HandedFile {
        HandedFile {
            path: self.at(name).to_str().unwrap().into(),
            access: access.into(),
            name: name.into(),
        }
    }
}

fn sleeping(host: &mut Host, place: &Place, vm_id: &str, files: Vec<HandedFile>) -> Pid {
    host.send(Request::Start(place.request(
        vm_id,
        "exec sleep 1000",
        files,
    )));
    let vmm = host.started(vm_id);
    until("sleep", || read(format!("/proc/{vmm}/comm")) == "sleep\n");
    vmm
}

#[test]
fn gets_namespaces_and_files_and_is_removed_completely() {
    if !is_root() {
        return;
    }
    let (mut host, place) = (Host::with(in_groups), Place::new());
    fs::write(place.at("kernel"), "a kernel").unwrap();
    let files = vec![
        place.file("kernel", Access::Read),
        place.file("memory", Access::Create),
    ];
    let vmm = sleeping(&mut host, &place, "vm", files);
    for namespace in ["pid", "net", "ipc", "uts", "cgroup"] {
        let of = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/{namespace}")).unwrap();
        assert_ne!(of(&vmm.to_string()), of("self"), "{namespace}");
    }
    assert_eq!(status(vmm, "NoNewPrivs"), "1");
    assert_eq!(
        status(vmm, "CapBnd"),
        "00000000082400cb",
        "the jailer's eight"
    );
    assert_eq!(status(vmm, "CapInh"), "0000000000000000");
    assert_eq!(status(vmm, "Groups"), "");
    assert_eq!(status(vmm, "Seccomp_filters"), "1", "no rings");
    let environment = read(format!("/proc/{vmm}/environ"));
    let of_shell = |word: &str| word.is_empty() || word.contains("PWD=/");
    assert!(environment.split('\0').all(of_shell), "{environment}");
    let root = host.runtime_dir().join("vm/root");
    assert_eq!(fs::read_to_string(root.join("kernel")).unwrap(), "a kernel");
    assert_eq!(
        root.join("kernel").metadata().unwrap().ino(),
        place.at("kernel").metadata().unwrap().ino()
    );
    assert!(root.join("memory").metadata().unwrap().uid() >= 2_000_001_000);
    fs::write(root.join("memory"), "saved").unwrap();
    host.kill("vm");
    assert_eq!(host.exited("vm").signal, 9);
    let memory = place.at("memory").metadata().unwrap();
    assert_eq!((memory.uid(), memory.mode() & 0o777), (0, 0o444));
    assert_eq!(fs::read_to_string(place.at("memory")).unwrap(), "saved");
    assert_eq!(place.jails(), 0);
    assert!(place.at("kernel").exists());
    host.leave();
}

#[test]
fn has_a_file_for_its_device_state_that_ends_with_it() {
    if !is_root() {
        return;
    }
    let (mut host, place) = (Host::new(), Place::new());
    let state = HandedFile {
        access: Access::State.into(),
        name: "checkpoint".into(),
        ..Default::default()
    };
    sleeping(&mut host, &place, "vm", vec![state]);
    let made = host.runtime_dir().join("vm/root/checkpoint");
    let metadata = made.metadata().unwrap();
    assert!(metadata.uid() >= 2_000_001_000, "{}", metadata.uid());
    assert_eq!((metadata.mode() & 0o777, metadata.len()), (0o600, 0));
    host.kill("vm");
    host.exited("vm");
    assert_eq!(place.jails(), 0);
    host.leave();
}

#[test]
fn reports_exit_status_and_output() {
    if !is_root() {
        return;
    }
    let (mut host, place) = (Host::new(), Place::new());
    // More than 128 plus a signal of a shell: the exit code of Firecracker when a call is filtered.
    host.send(Request::Start(place.request(
        "a",
        "echo filtered; exit 148",
        vec![],
    )));
    host.started("a");
    let exited = host.exited("a");
    assert_eq!((exited.exit_code, exited.signal), (148, 0));
    assert_eq!(exited.output_tail, "filtered\n");
    host.send(Request::Start(place.request("b", "kill -11 $$", vec![])));
    host.started("b");
    assert_eq!(host.exited("b").signal, 11);

    host.send(Request::Start(place.request(
        "c",
        "echo booting; touch printed; exec sleep 1000",
        vec![],
    )));
    host.started("c");
    until("its word", || {
        host.runtime_dir().join("c/root/printed").exists()
    });
    // The output is in the pipe, and the event loop reads it before it answers.
    host.send(Request::TellOutput(TellOutput { vm_id: "c".into() }));
    assert!(matches!(host.event(), Event::Output(output) if output.tail == "booting\n"));
    host.send(Request::TellOutput(TellOutput {
        vm_id: "none".into(),
    }));
    assert!(matches!(host.event(), Event::Output(output) if output.tail.is_empty()));
    host.leave();
    assert_eq!(place.jails(), 0);
}

#[test]
fn dies_with_its_spawner_and_a_sweep_removes_its_chroot() {
    if !is_root() {
        return;
    }
    let (mut host, place) = (Host::new(), Place::new());
    let vmm = pidfd(sleeping(&mut host, &place, "vm", vec![]));
    host.spawner.kill().unwrap();
    host.spawner.wait().unwrap();
    wait_for_end(&vmm);
    assert!(is_gone(&vmm));
    assert_eq!(place.jails(), 1);
    let swept = std::process::Command::new(env!("CARGO_BIN_EXE_neurovisor-spawner"))
        .arg("--sweep")
        .arg(host.temporary.path())
        .output()
        .unwrap();
    let output = String::from_utf8(swept.stdout).unwrap();
    assert!(output.contains("~chroot"), "{output}");
    assert_eq!(place.jails(), 0);
}

/// Uses a program without libraries, because its root contains none.
#[test]
fn uses_bubblewrap_without_root_privileges() {
    if is_root() || !Path::new("/dev/kvm").exists() {
        return;
    }
    let (mut host, place) = (Host::new(), Place::new());
    fs::write(place.at("kernel"), "a kernel").unwrap();
    let mut static_program = place.request(
        "vm",
        "exit 99",
        vec![
            place.file("kernel", Access::Read),
            place.file("memory", Access::Create),
        ],
    );
    static_program.executable = env!("CARGO_BIN_EXE_neurovisor-spawner").into();
    static_program.arguments = vec!["--help".into()];
    host.send(Request::Start(static_program));
    host.started("vm");
    let end = host.exited("vm");
    assert_eq!((end.exit_code, end.signal), (0, 0), "{end:?}");
    assert!(end.output_tail.contains("usage: neurovisor-spawner"));
    assert_eq!(place.jails(), 0);
    assert_eq!(fs::read_to_string(place.at("kernel")).unwrap(), "a kernel");
    assert!(place.at("memory").exists());
    host.leave();
}

#[test]
fn rejects_a_vmm_without_its_chroot_and_leaves_nothing() {
    let (mut host, place) = (Host::new(), Place::new());
    let refused = |host: &mut Host, start: StartVmm, words: &str| {
        host.send(Request::Start(start));
        let reason = host.rejected("vm");
        assert!(reason.contains(words), "{reason}");
    };
    let good = || place.request("vm", "exit 0", vec![]);
    let mut both = good();
    both.jail = Some(open_jail());
    refused(&mut host, both, "a jail and a chroot");
    let mut sockets = good();
    sockets.sockets = vec!["a".into()];
    refused(&mut host, sockets, "sockets");
    let mut unnamed = good();
    unnamed.files = vec![HandedFile {
        path: "/bin/sh".into(),
        ..Default::default()
    }];
    refused(&mut host, unnamed, "file 0 must be named");
    if !is_root() {
        host.leave();
        return;
    }
    let created = place.file("memory", Access::Create);
    let elsewhere = HandedFile {
        path: "/proc/version".into(),
        name: "version".into(),
        ..Default::default()
    };
    let mut other_system = good();
    other_system.files = vec![created, elsewhere];
    refused(&mut host, other_system, "another file system");
    assert!(!place.at("memory").exists() && place.jails() == 0);
    fs::set_permissions(place.at("jails"), PermissionsExt::from_mode(0o777)).unwrap();
    refused(&mut host, good(), "writable by no other user");
    fs::set_permissions(place.at("jails"), PermissionsExt::from_mode(0o700)).unwrap();
    let stale = place.at("jails").join(".vm~chroot");
    fs::create_dir(&stale).unwrap();
    refused(&mut host, good(), "exists");
    assert_eq!(host.vm_directories(), 0);
    host.leave();
    assert!(Path::new("/bin/sh").exists());
}
