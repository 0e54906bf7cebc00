//! What a VMM sees and may do, as bubblewrap's arguments.

use std::ffi::CString;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use crate::wire;

/// The most that the kernel takes (BPF_MAXINSNS), of 8 bytes each.
const MAX_FILTER_BYTES: usize = 4096 * FILTER_INSTRUCTION_BYTES;
const FILTER_INSTRUCTION_BYTES: usize = 8;

const DEVICES: [&[u8]; 2] = [b"/dev/kvm", b"/dev/urandom"];

/// Far more than the libraries of a VMM; each is a mount.
const MAX_VISIBLE: usize = 1024;

#[derive(Debug)]
pub struct Jail {
    pub visible: Vec<PathBuf>,
    pub seccomp_filter: Vec<u8>,
    pub max_file_bytes: u64,
}

impl TryFrom<wire::Jail> for Jail {
    type Error = String;

    fn try_from(jail: wire::Jail) -> Result<Self, String> {
        let bytes = jail.seccomp_filter.len();
        if bytes == 0 || bytes > MAX_FILTER_BYTES || bytes % FILTER_INSTRUCTION_BYTES != 0 {
            return Err(format!(
                "a seccomp filter of {bytes} bytes; it is an array of {FILTER_INSTRUCTION_BYTES} to {MAX_FILTER_BYTES}"
            ));
        }
        if jail.visible.len() > MAX_VISIBLE {
            return Err(format!(
                "{} visible paths, allowed are {MAX_VISIBLE}",
                jail.visible.len()
            ));
        }
        let visible: Vec<PathBuf> = jail.visible.into_iter().map(PathBuf::from).collect();
        match visible.iter().find(|path| !is_plain(path)) {
            Some(path) => Err(format!(
                "visible path {}: not an absolute path without ..",
                path.display()
            )),
            None => Ok(Self {
                visible,
                seccomp_filter: jail.seccomp_filter,
                max_file_bytes: jail.max_file_bytes,
            }),
        }
    }
}

/// Whether a path is absolute and goes straight down.
pub fn is_plain(path: &Path) -> bool {
    let down = |component| matches!(component, Component::RootDir | Component::Normal(_));
    path.is_absolute() && path.components().all(down) && !path.as_os_str().as_bytes().contains(&0)
}

/// bubblewrap's arguments, itself and the VMM's command line included.
///
/// What it does not get is what counts: nothing of the host's is writable, and there is no device, no /sys, no /tmp.
pub fn arguments(
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

/// A root directory that the VMM may write to, and all that is in it.
#[derive(Debug)]
pub struct RootJail {
    pub root: PathBuf,
    /// Names of files in it that the VMM may only read. They belong to its own user, so modes alone would not keep it.
    pub read_only: Vec<String>,
}

/// The same for a VMM whose root is a directory of its own, with its program and two devices beside what is in there: KVM,
/// and random numbers.
pub fn arguments_in_root(
    bwrap: &CString,
    jail: &RootJail,
    info: RawFd,
    command: &[CString],
) -> Vec<CString> {
    let executable = command[0].as_bytes();
    let program = [
        b"/",
        executable
            .rsplit(|byte| *byte == b'/')
            .next()
            .unwrap_or(b"vmm"),
    ]
    .concat();
    let mut arguments = confining(bwrap);
    let mut add = |words: &[&[u8]]| push(&mut arguments, words);
    add(&[b"--bind", jail.root.as_os_str().as_bytes(), b"/"]);
    for name in &jail.read_only {
        let source = jail.root.join(name);
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

/// What every VMM gets: namespaces, and nothing to keep of what the spawner has.
fn confining(bwrap: &CString) -> Vec<CString> {
    let mut arguments = vec![bwrap.clone()];
    // With the mounts', which bubblewrap always makes, seven namespaces.
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
    // INVARIANT: no word has a NUL, numbers and checked paths as they are.
    arguments.extend(words.iter().filter_map(|word| CString::new(*word).ok()));
}

/// The number of the process in the jail, from what bubblewrap tells about it (a JSON object, in several writes). `None`
/// until it has told all: it would not survive that nobody listens.
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

    fn jail(visible: &[&str], filter: usize) -> Result<Jail, String> {
        Jail::try_from(wire::Jail {
            visible: visible.iter().map(|path| path.to_string()).collect(),
            seccomp_filter: vec![0; filter],
            max_file_bytes: 0,
        })
    }

    #[test]
    fn a_jail_without_a_filter_or_with_a_path_that_leaves_is_refused() {
        assert!(jail(&["/usr/bin/true", "/usr/share"], 8).is_ok());
        for filter in [0, 7, 12, MAX_FILTER_BYTES + 8] {
            assert!(jail(&[], filter).is_err(), "{filter}");
        }
        for path in ["", "usr", "/usr/../etc", "..", "/usr\0/x"] {
            assert!(jail(&[path], 8).is_err(), "{path:?}");
        }
        assert!(jail(&["/x"; MAX_VISIBLE + 1], 8).is_err());
    }

    #[test]
    fn the_vmms_arguments_cannot_become_bubblewraps() {
        let jail = jail(&["/--share-net"], 8).unwrap();
        let command = [c"/bin/vmm", c"--share-net"].map(CString::from);
        let arguments = arguments(&c"/usr/bin/bwrap".into(), &jail, 7, 8, &command);
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
    fn what_a_vmm_in_a_root_may_only_read_is_mounted_so() {
        let jail = RootJail {
            root: "/jails/vm/root".into(),
            read_only: vec!["rootfs".into()],
        };
        let command = [c"/opt/vmm", c"--api-sock", c"/a"].map(CString::from);
        let arguments = arguments_in_root(&c"/usr/bin/bwrap".into(), &jail, 8, &command);
        let text: Vec<&str> = arguments.iter().map(|a| a.to_str().unwrap()).collect();
        let text = text.join(" ");
        assert!(text.contains("--bind /jails/vm/root / --ro-bind /jails/vm/root/rootfs /rootfs --ro-bind /opt/vmm /vmm"));
        assert!(text.ends_with(" -- /vmm --api-sock /a"));
    }

    #[test]
    fn the_child_is_found_in_what_bubblewrap_tells() {
        let told = "{\n    \"child-pid\": 4711,\n    \"cgroup-namespace\": 4026532516\n}\n";
        assert_eq!(child_pid(told), Some(4711));
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
