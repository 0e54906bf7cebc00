//! A request to start a VMM, checked before anything is done about it.

mod chroot;
mod handed_file;
mod jail;
mod paths;

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::cgroup::Limits;
use crate::ebpf::Watch;
use crate::vm_id::VmId;
use crate::wire::{handed_file::Access, StartVmm};

pub use chroot::Chroot;
pub use handed_file::HandedFile;
pub use jail::Jail;
use paths::check_executable;

pub const MAX_FILES: usize = 16;
pub const MAX_SOCKETS: usize = 16;

/// Leaves room for the host's own path to a socket in the 108 bytes of its address.
const MAX_NAME_LENGTH: usize = 32;

/// How a VMM is confined.
#[derive(Debug)]
pub enum Confinement {
    Jail(Jail),
    Chroot(Chroot),
}

#[derive(Debug)]
pub struct Launch {
    pub id: VmId,
    /// The command line, starting with the executable.
    pub arguments: Vec<CString>,
    /// Plain file names without duplicates.
    pub sockets: Vec<String>,
    pub files: Vec<HandedFile>,
    pub confinement: Confinement,
    pub limits: Option<Limits>,
    pub watch: Option<Watch>,
}

impl Launch {
    pub fn executable(&self) -> &Path {
        Path::new(OsStr::from_bytes(self.arguments[0].as_bytes()))
    }

    /// The names of the files in a chroot that the VMM may only read.
    pub fn read_only_names(&self) -> Vec<&str> {
        let files = self.files.iter();
        files
            .filter(|file| file.access == Access::Read)
            .map(|file| file.name.as_str())
            .collect()
    }
}

impl TryFrom<StartVmm> for Launch {
    type Error = String;

    fn try_from(request: StartVmm) -> Result<Self, String> {
        let id = VmId::parse(&request.vm_id)?;
        check_sockets(&request.sockets)?;
        if request.files.len() > MAX_FILES {
            return Err(format!(
                "{} files, allowed are {MAX_FILES}",
                request.files.len()
            ));
        }
        let files = request.files.into_iter().map(HandedFile::try_from);
        let files = files.collect::<Result<Vec<_>, _>>()?;
        let states = files.iter().filter(|file| file.access == Access::State);
        if states.count() > 1 {
            return Err("more STATE files than one".into());
        }
        let confinement = match (request.jail, request.chroot) {
            (Some(jail), None) => {
                check_jail(&files)?;
                Confinement::Jail(Jail::try_from(jail)?)
            }
            (None, Some(chroot)) => {
                check_chroot(&request.sockets, &files)?;
                Confinement::Chroot(Chroot::try_from(chroot)?)
            }
            (None, None) => return Err("no jail".into()),
            (Some(_), Some(_)) => return Err("a jail and a chroot".into()),
        };
        check_executable(Path::new(&request.executable))?;
        let executable = c_string(request.executable, "executable")?;
        let mut arguments = vec![executable];
        for argument in request.arguments {
            arguments.push(c_string(argument, "argument")?);
        }
        Ok(Self {
            id,
            arguments,
            sockets: request.sockets,
            files,
            confinement,
            limits: request.limits.map(Limits::try_from).transpose()?,
            watch: request.watch.map(Watch::try_from).transpose()?,
        })
    }
}

/// A VMM in a jail finds its files by their descriptors. A name would have the file made in a chroot.
fn check_jail(files: &[HandedFile]) -> Result<(), String> {
    match files.iter().find(|file| file.is_made_in_chroot()) {
        Some(file) => Err(format!("a STATE file named {} in a jail", file.name)),
        None => Ok(()),
    }
}

/// Firecracker's jailer closes all descriptors that it inherits, so files must be linked by name.
fn check_chroot(sockets: &[String], files: &[HandedFile]) -> Result<(), String> {
    if !sockets.is_empty() {
        return Err("sockets, which no VMM in a chroot inherits".into());
    }
    for (index, file) in files.iter().enumerate() {
        check_name("file", index, &file.name)?;
        if files[..index].iter().any(|other| other.name == file.name) {
            return Err(format!("file {} is named twice", file.name));
        }
    }
    Ok(())
}

fn check_sockets(names: &[String]) -> Result<(), String> {
    if names.len() > MAX_SOCKETS {
        return Err(format!(
            "{} sockets, allowed are {MAX_SOCKETS}",
            names.len()
        ));
    }
    for (index, name) in names.iter().enumerate() {
        check_name("socket", index, name)?;
        if names[..index].contains(name) {
            return Err(format!("socket {name} is named twice"));
        }
    }
    Ok(())
}

fn check_name(what: &str, index: usize, name: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let plain = (1..=MAX_NAME_LENGTH).contains(&name.len()) && name.bytes().all(allowed);
    if plain && !name.starts_with('.') {
        return Ok(());
    }
    Err(format!(
        "{what} {index} must be named by 1 to {MAX_NAME_LENGTH} of A-Z, a-z, 0-9, - _ . and not begin with ."
    ))
}

fn c_string(text: String, what: &str) -> Result<CString, String> {
    CString::new(text).map_err(|_| format!("{what} contains a NUL"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch(vm_id: &str, executable: &str, arguments: &[&str]) -> Result<Launch, String> {
        Launch::try_from(StartVmm {
            vm_id: vm_id.into(),
            executable: executable.into(),
            arguments: arguments.iter().map(|a| a.to_string()).collect(),
            jail: Some(crate::wire::Jail {
                seccomp_filter: vec![0; 8],
                ..Default::default()
            }),
            ..Default::default()
        })
    }

    #[test]
    fn rejects_request_without_jail() {
        let start = StartVmm {
            vm_id: "vm".into(),
            executable: "/bin/sh".into(),
            ..Default::default()
        };
        assert_eq!(Launch::try_from(start).unwrap_err(), "no jail");
    }

    #[test]
    fn accepts_one_state_file_with_a_name_in_a_chroot_only() {
        let state = |name: &str| crate::wire::HandedFile {
            access: Access::State.into(),
            name: name.into(),
            ..Default::default()
        };
        let start = |files: Vec<crate::wire::HandedFile>, in_chroot: bool| {
            Launch::try_from(StartVmm {
                vm_id: "vm".into(),
                executable: "/bin/sh".into(),
                files,
                jail: (!in_chroot).then(|| crate::wire::Jail {
                    seccomp_filter: vec![0; 8],
                    ..Default::default()
                }),
                chroot: in_chroot.then(|| crate::wire::Chroot {
                    jailer: "/bin/sh".into(),
                    directory: "/var/jails".into(),
                    ..Default::default()
                }),
                ..Default::default()
            })
        };
        assert!(start(vec![state("")], false).is_ok() && start(vec![state("s")], true).is_ok());
        assert!(start(vec![state("s")], false).is_err() && start(vec![state("")], true).is_err());
        assert!(start(vec![state("s"), state("t")], true).is_err());
    }

    #[test]
    fn builds_the_command_line() {
        let launch = launch("vm-0", "/bin/sh", &["-c", "", "ä"]).unwrap();
        assert_eq!(launch.id.as_str(), "vm-0");
        assert_eq!(
            launch.arguments,
            [c"/bin/sh", c"-c", c"", c"ä"].map(CString::from)
        );
    }

    #[test]
    fn rejects_unusable_executables() {
        for (path, expected) in [
            ("", "not an absolute path"),
            ("bin/sh", "not an absolute path"),
            ("/no/such/file", "No such file"),
            ("/bin", "not a regular file"),
            ("/dev/null", "not a regular file"),
            ("/etc/passwd", "Permission denied"),
            ("/bin/sh\0", ""),
        ] {
            let problem = launch("vm", path, &[]).unwrap_err();
            assert!(problem.contains(expected), "{path}: {problem}");
        }
    }

    #[test]
    fn rejects_nul_in_arguments() {
        assert_eq!(
            launch("vm", "/bin/sh", &["a\0b"]).unwrap_err(),
            "argument contains a NUL"
        );
    }

    #[test]
    fn rejects_unusable_socket_names() {
        let checked = |names: &[&str]| {
            check_sockets(&names.iter().map(|n| n.to_string()).collect::<Vec<_>>())
        };
        assert_eq!(checked(&["qmp.sock", "agent"]), Ok(()));
        for bad in [
            "",
            ".",
            "..",
            ".x",
            "a/b",
            "../a",
            "a\0",
            "ä",
            &"x".repeat(33),
        ] {
            assert!(checked(&[bad]).is_err(), "{bad:?}");
        }
        assert!(checked(&["a", "a"]).is_err());
        let many: Vec<String> = (0..=MAX_SOCKETS).map(|i| i.to_string()).collect();
        assert!(check_sockets(&many).is_err() && check_sockets(&many[1..]).is_ok());
    }
}
