//! The mounted cgroup v2 hierarchy.

use std::path::{Path, PathBuf};

use super::{ALL_VMS, HOST};

/// The mount point, and the group whose subtree is mounted there.
#[derive(Debug, PartialEq, Eq)]
pub struct Mount {
    root: PathBuf,
    pub point: PathBuf,
}

impl Mount {
    /// Finds the first mount, which other readers of these groups use as well.
    pub fn find(mountinfo: &str) -> Option<Self> {
        mountinfo.lines().find_map(|line| {
            let (mount, file_system) = line.split_once(" - ")?;
            let mut fields = mount.split(' ').skip(3);
            let (root, point) = (fields.next()?, fields.next()?);
            file_system.starts_with("cgroup2 ").then(|| Self {
                root: root.into(),
                point: point.into(),
            })
        })
    }

    /// Returns the directory of this process's group. If a spawner has moved the process, returns the group it was in.
    pub fn own_group(&self, cgroup: &str) -> Option<PathBuf> {
        let group = cgroup.lines().find_map(|line| line.strip_prefix("0::"))?;
        // A group outside of the mounted subtree begins with "/..".
        let below = Path::new(group).strip_prefix(&self.root).ok()?;
        if below.starts_with("..") {
            return None;
        }
        let below = match below.parent().filter(|_| below.ends_with(HOST)) {
            Some(all_vms) if all_vms.ends_with(ALL_VMS) => all_vms.parent().unwrap_or(all_vms),
            _ => below,
        };
        // Joining an empty path would append a slash.
        Some(match below.as_os_str().is_empty() {
            true => self.point.clone(),
            false => self.point.join(below),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(root: &str, point: &str) -> Mount {
        Mount {
            root: root.into(),
            point: point.into(),
        }
    }

    #[test]
    fn finds_the_cgroup2_mount() {
        let unified = "31 24 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw";
        let first = "33 32 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu";
        let within = "40 39 0:27 /a.slice /group ro - cgroup2 none rw";
        let found = |lines: &[&str]| Mount::find(&lines.join("\n"));
        assert_eq!(found(&[first, unified]), Some(mount("/", "/sys/fs/cgroup")));
        assert_eq!(found(&[within, unified]), Some(mount("/a.slice", "/group")));
        assert_eq!(found(&[first]), None);
        assert_eq!(found(&["", "1 2 - cgroup2 x y"]), None);
    }

    #[test]
    fn finds_the_own_group_below_the_mount() {
        for (root, cgroup, own) in [
            ("/", "1:cpu:/x\n0::/a/b\n", Some("/m/a/b")),
            ("/", "0::/\n", Some("/m")),
            ("/a", "0::/a/b\n", Some("/m/b")),
            ("/a", "0::/a\n", Some("/m")),
            ("/a", "0::/b\n", None),
            ("/", "0::/../b\n", None),
            ("/", "0::/a/neurovisor/host\n", Some("/m/a")),
            ("/", "0::/neurovisor/host\n", Some("/m")),
            ("/", "0::/a/host\n", Some("/m/a/host")),
            ("/", "1:cpu:/x\n", None),
        ] {
            let found = mount(root, "/m").own_group(cgroup);
            assert_eq!(found, own.map(PathBuf::from), "{root} {cgroup}");
        }
    }
}
