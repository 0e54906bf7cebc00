//! Scratch: things that the host process makes and that must not outlive it.
//!
//! These are half-made directories, and the file that registers the process as a user of a data directory.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path};

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, ResolveFlags, CWD};
use rustix::io::Errno;

use super::removal::{self, Progress};
use super::runtime_directory::is_host_process_name;
use crate::opening;

/// Part of the name of every half-made directory. A forged journal therefore cannot remove anything that is complete.
const MARK: &str = "~building-";

/// The end of the name of a VM's chroot directory.
const CHROOT_MARK: &str = "~chroot";

/// The directory of a data directory in which users are registered. Each is a file, named like a runtime directory.
const REGISTRATIONS: &str = "running";

/// Returns the name of a VM's chroot directory.
pub fn chroot_name(vm: &str) -> String {
    format!(".{vm}{CHROOT_MARK}")
}

/// Checks that a path may be removed, before a client is promised that it will be.
pub fn check(path: &Path) -> Result<(), String> {
    parent_and_name(path).map(drop)
}

/// Removes a path completely, if it exists. Rejects paths that another user owns or could have created.
pub fn remove(path: &Path) -> Result<(), String> {
    while remove_some(path)? == Progress::More {}
    Ok(())
}

/// Removes a part of it. To be called until it returns `Done`.
pub fn remove_some(path: &Path) -> Result<Progress, String> {
    let Some((parent, name)) = find(path)? else {
        return Ok(Progress::Done);
    };
    if is_half_made(name) {
        return removal::remove_some(parent.as_fd(), name).map_err(|error| explain(path, &error));
    }
    fs::unlinkat(&parent, name, AtFlags::empty())
        .map(|()| Progress::Done)
        .map_err(|error| explain(path, &io::Error::from(error)))
}

/// Whether [`remove`] would remove something.
pub fn exists(path: &Path) -> Result<bool, String> {
    Ok(find(path)?.is_some())
}

fn find(path: &Path) -> Result<Option<(OwnedFd, &str)>, String> {
    let (parent, name) = parent_and_name(path)?;
    let flags = OFlags::PATH | OFlags::DIRECTORY;
    // INVARIANT: no part of the path is a link, so it is the path that its creator has named.
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let parent = match opening::openat2(CWD, parent, flags, Mode::empty(), resolve) {
        Ok(parent) => parent,
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(explain(path, &io::Error::from(error))),
    };
    let user = rustix::process::geteuid().as_raw();
    let around = fs::fstat(&parent).map_err(|error| explain(path, &io::Error::from(error)))?;
    if around.st_uid != user || around.st_mode & 0o022 != 0 {
        return Err(explain(path, &"others can write to its parent"));
    }
    let kind = if is_half_made(name) {
        FileType::Directory
    } else {
        FileType::RegularFile
    };
    match fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(explain(path, &io::Error::from(error))),
        Ok(found) if FileType::from_raw_mode(found.st_mode) != kind => {
            Err(explain(path, &format_args!("not a {kind:?}")))
        }
        Ok(found) if found.st_uid != user => Err(explain(path, &"owned by another user")),
        Ok(_) => Ok(Some((parent, name))),
    }
}

fn parent_and_name(path: &Path) -> Result<(&Path, &str), String> {
    let plain =
        |component: Component<'_>| matches!(component, Component::RootDir | Component::Normal(_));
    let name = path.file_name().and_then(|name| name.to_str());
    match (path.parent(), name) {
        (Some(parent), Some(name))
            if path.is_absolute()
                && path.components().all(plain)
                && (is_half_made(name) || is_registration(parent, name)) =>
        {
            Ok((parent, name))
        }
        _ => Err(explain(path, &"not the path of scratch")),
    }
}

fn is_half_made(name: &str) -> bool {
    name.starts_with('.') && (name.contains(MARK) || name.ends_with(CHROOT_MARK))
}

fn is_registration(parent: &Path, name: &str) -> bool {
    parent.ends_with(REGISTRATIONS) && is_host_process_name(name)
}

fn explain(path: &Path, problem: &dyn std::fmt::Display) -> String {
    format!("{}: {problem}", path.display())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{symlink, PermissionsExt};

    use super::*;

    #[test]
    fn accepts_only_absolute_paths_with_a_mark() {
        assert_eq!(check(Path::new("/data/.base~building-1-x")), Ok(()));
        assert_eq!(check(Path::new("/data/running/12-a9")), Ok(()));
        assert_eq!(
            check(&Path::new("/data/jails").join(chroot_name("vm-1"))),
            Ok(())
        );
        for bad in [
            "",
            "/",
            "/etc",
            "/etc/..",
            "relative/.x~building-1",
            "/data/../.x~building-1",
            "/data/.x~building-1/..",
            "/data/x~building-1",
            "/data/vm~chroot",
            "/data/.x~building-1/deeper",
            "/data/other/12-a9",
            "/data/running/thesis",
        ] {
            assert!(check(Path::new(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn removes_a_tree_if_it_exists() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join(".x~building-1");
        std::fs::create_dir_all(path.join("deep/deeper")).unwrap();
        std::fs::write(path.join("deep/file"), "").unwrap();
        assert_eq!(exists(&path), Ok(true));
        assert_eq!(remove(&path), Ok(()));
        assert_eq!(exists(&path), Ok(false));
        assert_eq!(remove(&path), Ok(()));
        assert_eq!(remove(&path.join("no/.y~building-2")), Ok(()));
        let registration = temporary.path().join("running/12-a9");
        std::fs::create_dir(registration.parent().unwrap()).unwrap();
        std::fs::write(&registration, "").unwrap();
        assert_eq!(remove(&registration), Ok(()));
        assert!(!registration.exists());
    }

    #[test]
    fn keeps_what_is_behind_a_link_or_shared() {
        let temporary = tempfile::tempdir().unwrap();
        let at = |name: &str| temporary.path().join(name);
        std::fs::create_dir_all(at("real/.x~building-1")).unwrap();
        symlink(at("real"), at("link")).unwrap();
        symlink(at("real"), at(".y~building-1")).unwrap();
        std::fs::write(at(".file~building-1"), "").unwrap();
        std::fs::create_dir_all(at("running/1-directory")).unwrap();
        std::fs::create_dir_all(at("open/.x~building-1")).unwrap();
        std::fs::set_permissions(at("open"), std::fs::Permissions::from_mode(0o777)).unwrap();
        for name in [
            "link/.x~building-1",
            ".y~building-1",
            ".file~building-1",
            "open/.x~building-1",
            "running/1-directory",
        ] {
            assert!(remove(&at(name)).is_err(), "{name}");
        }
        for name in ["real/.x~building-1", ".y~building-1", "open/.x~building-1"] {
            assert!(at(name).exists(), "{name}");
        }
    }
}
