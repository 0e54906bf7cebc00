//! The directory that becomes a Firecracker's root, and the arguments of the jailer that makes it so.

use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, Mode, OFlags, ResolveFlags, CWD};
use rustix::io::Errno;

use crate::handed_files::HandedFile;
use crate::jail::{is_plain, RootJail};
use crate::launch::{check_executable, Launch, VmId};
use crate::limits;
use crate::log;
use crate::runtime_directory::is_private;
use crate::scratch;
use crate::wire;

/// What the host finds in the VM's directory: a link to the root, because a path of its own may be too long for a socket.
const LINK: &str = "root";

#[derive(Debug)]
pub struct Chroot {
    jailer: PathBuf,
    directory: PathBuf,
    max_file_bytes: u64,
}

impl TryFrom<wire::Chroot> for Chroot {
    type Error = String;

    fn try_from(chroot: wire::Chroot) -> Result<Self, String> {
        let (jailer, directory) = (
            PathBuf::from(chroot.jailer),
            PathBuf::from(chroot.directory),
        );
        check_executable(&jailer)?;
        if !is_plain(&directory) {
            return Err(format!(
                "chroot directory {}: not an absolute path without ..",
                directory.display()
            ));
        }
        Ok(Self {
            jailer,
            directory,
            max_file_bytes: chroot.max_file_bytes,
        })
    }
}

impl Chroot {
    /// All that is made for one VM, to be journalled before and removed after.
    pub fn path(&self, id: &VmId) -> PathBuf {
        self.directory.join(scratch::chroot_name(id.as_str()))
    }

    pub fn jailer(&self) -> &Path {
        &self.jailer
    }

    /// Makes it and puts the files in, or leaves nothing. One that exists is never reused: it belongs to something that we do
    /// not know.
    pub fn make(
        &self,
        launch: &Launch,
        files: Vec<OwnedFd>,
        vm_directory: BorrowedFd<'_>,
    ) -> Result<(), String> {
        let base = self.path(&launch.id);
        let parent = open_directory(&self.directory)?;
        let metadata = fs::fstat(&parent).map_err(|error| named(&self.directory, error))?;
        if !is_private(&metadata) {
            return Err(format!(
                "{}: must be ours, and nobody else's to write to",
                self.directory.display()
            ));
        }
        let root = self.root(launch)?;
        fs::mkdir(&base, Mode::RWXU).map_err(|error| named(&base, error))?;
        self.fill(launch, &root, files, vm_directory)
            .inspect_err(|_| self.remove(&launch.id))
    }

    /// For a VM that has not been started.
    pub fn remove(&self, id: &VmId) {
        if let Err(problem) = scratch::remove(&self.path(id)) {
            log::line(format_args!("{id}: cannot remove {problem}"));
        }
    }

    fn fill(
        &self,
        launch: &Launch,
        root: &Path,
        files: Vec<OwnedFd>,
        vm_directory: BorrowedFd<'_>,
    ) -> Result<(), String> {
        std::fs::create_dir_all(root).map_err(|error| format!("{}: {error}", root.display()))?;
        let opened = open_directory(root)?;
        for (file, descriptor) in launch.files.iter().zip(&files) {
            link(file, descriptor, opened.as_fd(), &self.directory)?;
        }
        fs::symlinkat(root, vm_directory, LINK).map_err(|error| named(Path::new(LINK), error))
    }

    /// The jailer's command line, that of the VMM included.
    pub fn arguments(&self, launch: &Launch, uid: u32) -> Result<Vec<CString>, String> {
        let base = self.path(&launch.id);
        let user = uid.to_string();
        let fsize = format!("fsize={}", self.max_file_bytes);
        let open_files = format!("no-file={}", limits::OPEN_FILES);
        let words: [&[u8]; 16] = [
            self.jailer.as_os_str().as_bytes(),
            b"--id",
            launch.id.as_str().as_bytes(),
            b"--exec-file",
            launch.arguments[0].as_bytes(),
            b"--uid",
            user.as_bytes(),
            b"--gid",
            user.as_bytes(),
            b"--chroot-base-dir",
            base.as_os_str().as_bytes(),
            b"--resource-limit",
            fsize.as_bytes(),
            b"--resource-limit",
            open_files.as_bytes(),
            b"--",
        ];
        let own = words.into_iter().map(CString::new);
        own.chain(launch.arguments[1..].iter().cloned().map(Ok))
            .collect::<Result<_, _>>()
            .map_err(|_| "an argument contains a NUL".into())
    }

    /// The same as bubblewrap has it.
    pub fn jail(&self, launch: &Launch) -> Result<RootJail, String> {
        let read_only = launch.files.iter().filter(|file| file.is_read_only());
        Ok(RootJail {
            root: self.root(launch)?,
            read_only: read_only.map(|file| file.name().to_owned()).collect(),
        })
    }

    pub fn max_file_bytes(&self) -> u64 {
        self.max_file_bytes
    }

    /// Where the jailer goes, by its own rule: BASE/NAME OF THE PROGRAM/ID/root.
    fn root(&self, launch: &Launch) -> Result<PathBuf, String> {
        let program = launch.executable();
        // It resolves links before it takes the name.
        let real = program
            .canonicalize()
            .map_err(|error| format!("executable {}: {error}", program.display()))?;
        let name = real
            .file_name()
            .ok_or("the executable has no name".to_owned())?;
        Ok(self
            .path(&launch.id)
            .join(name)
            .join(launch.id.as_str())
            .join("root"))
    }
}

/// One that is no link and behind no link.
fn open_directory(path: &Path) -> Result<OwnedFd, String> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    fs::openat2(CWD, path, flags, Mode::empty(), resolve).map_err(|error| named(path, error))
}

fn named(path: &Path, error: Errno) -> String {
    format!("{}: {}", path.display(), std::io::Error::from(error))
}

/// By the descriptor that was checked, so that nothing else can be met under the file's path meanwhile.
fn link(
    file: &HandedFile,
    descriptor: &OwnedFd,
    root: BorrowedFd<'_>,
    directory: &Path,
) -> Result<(), String> {
    let opened = format!("/proc/self/fd/{}", descriptor.as_raw_fd());
    match fs::linkat(CWD, opened, root, file.name(), AtFlags::SYMLINK_FOLLOW) {
        Ok(()) => Ok(()),
        Err(Errno::XDEV) => Err(format!(
            "file {} lies in another file system than {}, so it cannot be linked there; keep both in one",
            file.path().display(),
            directory.display()
        )),
        Err(error) => Err(format!(
            "file {} cannot be linked to {}: {}",
            file.path().display(),
            file.name(),
            std::io::Error::from(error)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chroot_without_a_jailer_or_with_a_path_that_leaves_is_refused() {
        let chroot = |jailer: &str, directory: &str| {
            Chroot::try_from(wire::Chroot {
                jailer: jailer.into(),
                directory: directory.into(),
                max_file_bytes: 0,
            })
        };
        assert!(chroot("/bin/sh", "/var/jails").is_ok());
        for (jailer, directory) in [
            ("", "/x"),
            ("/no/such/jailer", "/x"),
            ("/bin", "/x"),
            ("/bin/sh", ""),
            ("/bin/sh", "x"),
            ("/bin/sh", "/x/../y"),
        ] {
            assert!(chroot(jailer, directory).is_err(), "{jailer} {directory}");
        }
    }
}
