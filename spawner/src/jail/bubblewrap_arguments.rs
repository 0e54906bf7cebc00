//! The command line of bubblewrap: what a VMM sees and may do.

use std::ffi::CString;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::launch::Jail;

const DEVICES: [&[u8]; 2] = [b"/dev/kvm", b"/dev/urandom"];

/// Returns the command line for a VMM that sees the paths of `jail`.
///
/// No path of the host is writable, and there are no devices, no /sys and no /tmp.
pub fn for_jail(
    bwrap: &CString,
    jail: &Jail,
    seccomp: RawFd,
    info: RawFd,
    command: &[CString],
) -> Vec<CString> {
    let mut arguments = confining(bwrap);
    let mut add = |words: &[&[u8]]| push(&mut arguments, words);
    for path in &jail.visible {
        let path = path.as_os_str().as_bytes();
        add(&[b"--ro-bind", path, path]);
    }
    add(&[
        b"--proc",
        b"/proc",
        b"--remount-ro",
        b"/proc",
        b"--remount-ro",
        b"/",
        b"--chdir",
        b"/",
    ]);
    add(&[
        b"--seccomp",
        seccomp.to_string().as_bytes(),
        b"--info-fd",
        info.to_string().as_bytes(),
    ]);
    add(&[b"--"]);
    arguments.extend(command.iter().cloned());
    arguments
}

/// Returns the command line for a VMM whose root is a separate, writable directory. The root additionally
/// contains its program and two devices, for KVM and for random numbers.
///
/// The VMM may only read the files named by `read_only`. File modes alone would not prevent writing, because the files
/// belong to the VMM's own user.
pub fn for_root(
    bwrap: &CString,
    root: &Path,
    read_only: &[&str],
    info: RawFd,
    command: &[CString],
) -> Vec<CString> {
    let executable = command[0].as_bytes();
    let name = executable.rsplit(|byte| *byte == b'/').next();
    let program = [b"/", name.unwrap_or(b"vmm")].concat();
    let mut arguments = confining(bwrap);
    let mut add = |words: &[&[u8]]| push(&mut arguments, words);
    add(&[b"--bind", root.as_os_str().as_bytes(), b"/"]);
    for name in read_only {
        let source = root.join(name);
        let target = Path::new("/").join(name);
        add(&[
            b"--ro-bind",
            source.as_os_str().as_bytes(),
            target.as_os_str().as_bytes(),
        ]);
    }
    add(&[b"--ro-bind", executable, &program]);
    for device in DEVICES {
        add(&[b"--dev-bind", device, device]);
    }
    add(&[b"--chdir", b"/", b"--info-fd", info.to_string().as_bytes()]);
    add(&[b"--", &program]);
    arguments.extend(command[1..].iter().cloned());
    arguments
}

/// The arguments for every VMM: namespaces, no capabilities and an empty environment.
fn confining(bwrap: &CString) -> Vec<CString> {
    let mut arguments = vec![bwrap.clone()];
    // Seven namespaces, counting the mount namespace, which bubblewrap always makes.
    push(
        &mut arguments,
        &[
            b"--unshare-user",
            b"--unshare-pid",
            b"--unshare-net",
            b"--unshare-ipc",
            b"--unshare-uts",
            b"--unshare-cgroup",
            b"--die-with-parent",
            b"--as-pid-1",
            b"--cap-drop",
            b"ALL",
            b"--clearenv",
        ],
    );
    arguments
}

fn push(arguments: &mut Vec<CString>, words: &[&[u8]]) {
    // INVARIANT: no word contains a NUL, because all are numbers, constants or checked paths.
    arguments.extend(words.iter().filter_map(|word| CString::new(*word).ok()));
}

/// Parses the id of the process in the jail from bubblewrap's report, a JSON object in several writes. Returns `None`
/// until the report is complete: bubblewrap would be killed by SIGPIPE if the pipe were closed earlier.
pub fn child_pid(info: &str) -> Option<i32> {
    let info = info.trim_end().strip_suffix('}')?;
    let (_, after) = info.split_once("\"child-pid\"")?;
    let number = after.trim_start().strip_prefix(':')?.trim_start();
    let end = number.find(|digit: char| !digit.is_ascii_digit())?;
    number[..end].parse().ok().filter(|pid| *pid > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(arguments: &[CString]) -> String {
        let words: Vec<&str> = arguments
            .iter()
            .map(|word| word.to_str().unwrap())
            .collect();
        words.join(" ")
    }

    #[test]
    fn keeps_the_arguments_of_the_vmm_from_bubblewrap() {
        let jail = Jail {
            visible: vec!["/--share-net".into()],
            seccomp_filter: vec![0; 8],
            max_file_bytes: 0,
        };
        let command = [c"/bin/vmm", c"--share-net"].map(CString::from);
        let arguments = for_jail(&c"/usr/bin/bwrap".into(), &jail, 7, 8, &command);
        let end = arguments
            .iter()
            .position(|argument| argument == c"--")
            .unwrap();
        assert_eq!(arguments[end + 1..], command);
        assert!(arguments[..end]
            .iter()
            .all(|argument| argument != c"--share-net"));
    }

    #[test]
    fn mounts_read_only_files_of_a_root_read_only() {
        let command = [c"/opt/vmm", c"--api-sock", c"/a"].map(CString::from);
        let root = Path::new("/jails/vm/root");
        let arguments = for_root(&c"/usr/bin/bwrap".into(), root, &["rootfs"], 8, &command);
        let text = text(&arguments);
        assert!(text.contains("--bind /jails/vm/root / --ro-bind /jails/vm/root/rootfs /rootfs --ro-bind /opt/vmm /vmm"));
        assert!(text.ends_with(" -- /vmm --api-sock /a"));
    }

    #[test]
    fn parses_the_child_of_a_complete_report() {
        let report = "{\n    \"child-pid\": 4711,\n    \"cgroup-namespace\": 4026532516\n}\n";
        assert_eq!(child_pid(report), Some(4711));
        for none in [
            "",
            "{}",
            "{\"child-pid\": }",
            "{\"child-pid\": -1, }",
            "{\"child-pid\": 0, }",
            "{\"child-pid\": 47, ",
        ] {
            assert_eq!(child_pid(none), None, "{none}");
        }
    }
}
