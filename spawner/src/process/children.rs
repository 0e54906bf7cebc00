//! The children and descendants of a process.

use std::fs;
use std::io;

use rustix::process::{self, Pid};

use super::{parse_pid, ProcessStat};

/// Returns all processes below one, parents before their children. Some may have ended by the time they are used.
pub fn descendants(root: Pid) -> Vec<Pid> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(parent) = found.get(next) {
        let tasks = fs::read_dir(format!("/proc/{parent}/task"));
        let lists = tasks
            .into_iter()
            .flatten()
            .flatten()
            .map(|task| task.path().join("children"));
        let children: Vec<Pid> = lists
            .filter_map(|list| fs::read_to_string(list).ok())
            .flat_map(|list| pids(&list))
            .collect();
        found.extend(children);
        next += 1;
    }
    found.split_off(1)
}

/// Returns the current children of this process.
pub fn own_children() -> io::Result<Vec<Pid>> {
    match fs::read_to_string("/proc/thread-self/children") {
        Ok(list) => Ok(pids(&list)),
        // A kernel without CONFIG_PROC_CHILDREN.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            children_by_parent(process::getpid())
        }
        Err(error) => Err(error),
    }
}

/// Returns the current children of another process.
pub fn children_of(parent: Pid) -> io::Result<Vec<Pid>> {
    match fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")) {
        Ok(list) => Ok(pids(&list)),
        Err(_) => children_by_parent(parent),
    }
}

/// Finds the children by the parent that each process of the machine names.
fn children_by_parent(parent: Pid) -> io::Result<Vec<Pid>> {
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(parse_pid) else {
            continue;
        };
        if ProcessStat::of(pid).and_then(|stat| stat.parent) == Some(parent) {
            children.push(pid);
        }
    }
    Ok(children)
}

fn pids(list: &str) -> Vec<Pid> {
    list.split_ascii_whitespace()
        .filter_map(parse_pid)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_child_with_and_without_kernel_support() {
        let mut child = std::process::Command::new("/bin/sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let pid = Pid::from_child(&child);
        // Other tests of this process have children too, so only this child is looked for.
        assert!(own_children().unwrap().contains(&pid));
        assert!(children_by_parent(process::getpid())
            .unwrap()
            .contains(&pid));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
