//! The filter of programs, tested by real system calls.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use neurovisor_seccomp::X32_SYSCALL_BIT;
use nix::libc::{self, c_long};

use super::system_calls::{filter, REFUSED};

const NO_ARGUMENTS: [i64; 6] = [0; 6];

/// Makes calls in a child with the filter. Returns 0 or the error number of each.
fn errors(calls: &[(c_long, [i64; 6])]) -> Vec<i32> {
    let (mut reader, writer) = io::pipe().unwrap();
    let calls = calls.to_vec();
    let filter = filter();
    let mut command = Command::new("/bin/true");
    let report = writer.try_clone().unwrap();
    // SAFETY: only system calls are made between fork and exec.
    unsafe {
        command.pre_exec(move || {
            rustix::thread::set_no_new_privs(true)?;
            filter.install()?;
            for &(call, [a, b, c, d, e, f]) in &calls {
                let error = match libc::syscall(call, a, b, c, d, e, f) {
                    -1 => *libc::__errno_location(),
                    _ => 0,
                };
                rustix::io::write(&report, &error.to_ne_bytes())?;
            }
            Ok(())
        });
    }
    let mut child = command.spawn().unwrap();
    drop((command, writer));
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut reader, &mut bytes).unwrap();
    assert!(child.wait().unwrap().success(), "a program still starts");
    bytes
        .chunks(4)
        .map(|error| i32::from_ne_bytes(error.try_into().unwrap()))
        .collect()
}

#[test]
fn refuses_every_listed_call() {
    let calls: Vec<_> = REFUSED
        .iter()
        .flat_map(|(_, calls)| calls.iter().map(|call| (*call, NO_ARGUMENTS)))
        .collect();
    let numbers: BTreeSet<_> = calls.iter().map(|(call, _)| *call).collect();
    assert_eq!(numbers.len(), calls.len(), "a call is listed twice");
    assert_eq!(errors(&calls), vec![libc::EPERM; calls.len()]);
    assert_eq!(
        errors(&[
            (libc::SYS_clone3, NO_ARGUMENTS),
            (c_long::from(X32_SYSCALL_BIT), NO_ARGUMENTS)
        ]),
        [libc::ENOSYS; 2]
    );
}

#[test]
fn refuses_namespaces_for_new_processes() {
    for flag in [
        libc::CLONE_NEWUSER,
        libc::CLONE_NEWNS,
        libc::CLONE_NEWCGROUP,
    ] {
        let flags = i64::from(flag | libc::SIGCHLD);
        assert_eq!(
            errors(&[(libc::SYS_clone, [flags, 0, 0, 0, 0, 0])]),
            [libc::EPERM]
        );
    }
}

#[test]
fn allows_local_sockets_only() {
    let socket = |family: i32, kind: i32, protocol: i32| {
        let arguments = [family, kind, protocol, 0, 0, 0].map(i64::from);
        errors(&[(libc::SYS_socket, arguments)])[0]
    };
    let (stream, datagram) = (libc::SOCK_STREAM, libc::SOCK_DGRAM);
    assert_eq!(socket(libc::AF_UNIX, stream, 0), 0);
    assert_eq!(socket(libc::AF_INET, stream, 0), 0);
    assert_eq!(socket(libc::AF_NETLINK, datagram, libc::NETLINK_ROUTE), 0);
    for family in [libc::AF_VSOCK, libc::AF_PACKET, libc::AF_ALG, libc::AF_KEY] {
        assert_eq!(socket(family, stream, 0), libc::EAFNOSUPPORT, "{family}");
    }
    for protocol in [
        libc::NETLINK_NETFILTER,
        libc::NETLINK_XFRM,
        libc::NETLINK_AUDIT,
    ] {
        assert_eq!(
            socket(libc::AF_NETLINK, datagram, protocol),
            libc::EPROTONOSUPPORT
        );
    }
}
