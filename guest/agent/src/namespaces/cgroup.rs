//! The part of the control group hierarchy that programs see.

use std::fs;
use std::io;
use std::path::Path;

const ROOT: &str = "/sys/fs/cgroup";

/// The group that contains the groups of executions. In the namespaces of programs it is the root.
pub const PROGRAMS: &str = "/sys/fs/cgroup/programs";
const CONTROLLERS: &str = "+cpu +memory +pids";

/// Enables limits for the groups of executions, and runs `unshare` to make a namespace whose root is the group of
/// programs. This process itself stays in the root group, which has no limits.
pub fn enclose(unshare: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let (root, programs) = (Path::new(ROOT), Path::new(PROGRAMS));
    fs::write(root.join("cgroup.subtree_control"), CONTROLLERS)?;
    fs::create_dir(programs)?;
    // The root of a new namespace is the group of the process that makes it.
    fs::write(programs.join("cgroup.procs"), "0")?;
    unshare()?;
    fs::write(root.join("cgroup.procs"), "0")?;
    // Only a group without processes can enable controllers for its children.
    fs::write(programs.join("cgroup.subtree_control"), CONTROLLERS)
}
