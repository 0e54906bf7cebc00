//! Requests of a compromised host process.

use crate::common;

use std::fs;
use std::os::unix::fs::{symlink, PermissionsExt};
use std::path::Path;

use common::wire::handed_file::Access;
use common::wire::{
    Chroot, HandedFile, HoldScratch, Jail, Limits, ReleaseScratch, Restrict, TellConfinement,
    TellOutput, Watch,
};
use common::{Event, Host, Request, StartVmm};

fn honest() -> StartVmm {
    common::start("vm", "/bin/sleep", &["1000"])
}

fn file(path: &Path, access: Access) -> HandedFile {
    HandedFile {
        path: path.to_str().unwrap().into(),
        access: access.into(),
        name: "file".into(),
    }
}

fn with_file(path: &Path, access: Access) -> StartVmm {
    StartVmm {
        files: vec![file(path, access)],
        ..honest()
    }
}

fn chrooted(directory: &Path) -> StartVmm {
    StartVmm {
        jail: None,
        chroot: Some(Chroot {
            jailer: "/bin/true".into(),
            directory: directory.to_str().unwrap().into(),
            max_file_bytes: 0,
        }),
        ..honest()
    }
}

#[test]
fn rejects_forged_requests_and_leaves_nothing() {
    let mut host = Host::new();
    let root = host.temporary.path().to_owned();
    let secret = root.join("secret");
    fs::write(&secret, "of its owner").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let link = root.join("link");
    symlink("/etc/shadow", &link).unwrap();
    let open = root.join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    let away = root.join("away");
    symlink(&open, &away).unwrap();

    let ids = ["", "..", "../vm", "/vm", "VM", "vm\0", &"v".repeat(65)];
    let mut forged: Vec<StartVmm> = ids
        .iter()
        .map(|id| StartVmm {
            vm_id: id.to_string(),
            ..honest()
        })
        .collect();
    for executable in [
        "",
        "sleep",
        "/bin/../bin",
        "/etc/passwd",
        "/dev/null",
        "/bin/sleep\0",
    ] {
        forged.push(StartVmm {
            executable: executable.into(),
            ..honest()
        });
    }
    for socket in ["", "../s", "a/b", ".s", "s\0", &"s".repeat(33)] {
        forged.push(StartVmm {
            sockets: vec![socket.into()],
            ..honest()
        });
    }
    forged.extend([
        with_file(&root.join("a/../b"), Access::Create),
        with_file(Path::new("relative"), Access::Create),
        // Existing files are neither replaced nor followed.
        with_file(&secret, Access::Create),
        with_file(&link, Access::Create),
        with_file(&link, Access::Read),
        with_file(&secret, Access::Device),
        with_file(&open, Access::Read),
        with_file(Path::new("/dev/null"), Access::Read),
        StartVmm {
            files: vec![file(&secret, Access::Read); 17],
            ..honest()
        },
        StartVmm {
            files: vec![HandedFile {
                access: 99,
                ..file(&secret, Access::Read)
            }],
            ..honest()
        },
        StartVmm {
            jail: None,
            ..honest()
        },
        StartVmm {
            jail: Some(Jail {
                visible: vec!["../etc".into()],
                ..common::open_jail()
            }),
            ..honest()
        },
        StartVmm {
            jail: Some(Jail {
                seccomp_filter: vec![],
                ..common::open_jail()
            }),
            ..honest()
        },
        StartVmm {
            limits: Some(Limits::default()),
            ..honest()
        },
        StartVmm {
            watch: Some(Watch {
                expected_calls: vec![0; 65],
                ..Default::default()
            }),
            ..honest()
        },
        chrooted(&open),
        chrooted(&away),
        StartVmm {
            jail: Some(common::open_jail()),
            ..chrooted(Path::new("/"))
        },
        chrooted(&root.join("../x")),
    ]);
    if common::is_root() {
        // The user of the VMM must not read it.
        forged.push(with_file(&secret, Access::Read));
    }
    let count = forged.len();
    for start in forged {
        let request = format!("{start:?}");
        host.send(Request::Start(start));
        match host.event() {
            Event::Rejected(_) => {}
            other => panic!("{request}: {other:?}"),
        }
    }
    assert!(count > 35, "{count}");
    assert_eq!(fs::read_to_string(&secret).unwrap(), "of its owner");
    assert_eq!(fs::read_dir(&open).unwrap().count(), 0);
    assert!(!root.join("b").exists());
    assert_eq!(host.vm_directories(), 0);
    host.start("vm", "/bin/sleep", &["1000"]);
    host.leave();
}

/// Held paths are removed after the end of the host, so only paths of scratch are accepted.
#[test]
fn holds_nothing_but_scratch() {
    let mut host = Host::new();
    let root = host.temporary.path().to_owned();
    let open = root.join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    for path in [
        "/".to_owned(),
        "/etc".into(),
        "".into(),
        "relative/.x~building-1".into(),
        format!("{}/..", root.display()),
        format!("{}/../.x~building-1", root.display()),
        format!("{}/secret", root.display()),
        format!("{}/running/x", root.display()),
    ] {
        host.send(Request::HoldScratch(HoldScratch { path: path.clone() }));
        match host.event() {
            Event::ScratchHeld(held) => assert!(!held.problem.is_empty(), "{path}"),
            other => panic!("{path}: {other:?}"),
        }
        host.send(Request::ReleaseScratch(ReleaseScratch { path }));
    }
    host.leave();
}

#[test]
fn reports_nothing_about_an_unknown_vm() {
    let mut host = Host::new();
    for vm_id in ["", "../../etc", "vm", "\0"] {
        host.kill(vm_id);
        host.send(Request::TellOutput(TellOutput {
            vm_id: vm_id.into(),
        }));
        assert!(matches!(host.event(), Event::Output(output) if output.tail.is_empty()));
        host.send(Request::TellConfinement(TellConfinement {
            vm_id: vm_id.into(),
        }));
        assert!(
            matches!(host.event(), Event::ConfinementTold(answer) if answer.namespaces.is_empty() && answer.policy.is_none())
        );
    }
    host.leave();
}

fn restrict(executables: &[&str], jailers: &[&str]) -> Request {
    let owned = |paths: &[&str]| paths.iter().map(|path| path.to_string()).collect();
    Request::Restrict(Restrict {
        executables: owned(executables),
        jailers: owned(jailers),
    })
}

#[test]
fn starts_no_other_program_once_restricted() {
    let mut host = Host::new();
    let jails = host.temporary.path().join("jails");
    fs::create_dir(&jails).unwrap();
    host.start("before", "/bin/sh", &["-c", "exec sleep 1000"]);
    host.send(restrict(&["/bin/sleep"], &["/bin/false"]));
    for executable in [
        "/bin/sh",
        "/bin/../bin/sleep",
        "//bin/sleep",
        "/bin/./sleep",
    ] {
        host.ask_start("vm", executable, &["1000"]);
        let reason = host.rejected("vm");
        assert!(
            reason.contains("not a program that may start VMMs"),
            "{executable}: {reason}"
        );
    }
    // As a jailer it would get the privileges of the jailer.
    host.send(Request::Start(chrooted(&jails)));
    let reason = host.rejected("vm");
    assert!(reason.starts_with("jailer /bin/true:"), "{reason}");
    host.start("vm", "/bin/sleep", &["1000"]);
    host.leave();
}

#[test]
fn never_lifts_a_restriction() {
    for second in [
        restrict(&["/bin/sleep", "/bin/sh"], &[]),
        restrict(&[], &[]),
        restrict(&["sleep"], &[]),
    ] {
        let mut host = Host::new();
        host.send(restrict(&["/bin/sleep"], &[]));
        host.start("vm", "/bin/sleep", &["1000"]);
        host.send(second);
        host.exited("vm");
        assert_eq!(host.spawner.wait().unwrap().code(), Some(1));
    }
    for first in [
        restrict(&[], &["/bin/true"]),
        restrict(&["sleep"], &[]),
        restrict(&["/bin/sleep"; 17], &[]),
    ] {
        let mut host = Host::new();
        host.send(first);
        assert_eq!(host.spawner.wait().unwrap().code(), Some(1));
    }
}
