//! Processes that became ours because their own parent died.
//!
//! As child subreaper we inherit whatever a VMM left behind, however it daemonised. Once it is ours, the kernel no longer
//! tells whose it was; so each sweep kills every orphan, also one whose VM still lives. Nothing tells us of an adoption:
//! an orphan dies at the latest when its VM ends, perhaps earlier, and no VMM may count on a daemon of its own.

use std::fs;
use std::io;

use rustix::process::{self, Pid, Signal, WaitId, WaitIdOptions};

use crate::process_stat::{parse_pid, ProcessStat};

/// How often one sweep lists again. Only something that forks faster than we kill needs more.
const LISTINGS: usize = 100;

/// Kills and reaps all children of ours that are not in `known`. Returns whether some were still there: their deaths
/// come as SIGCHLD, and may hand us the next generation.
pub fn sweep(known: impl Fn(Pid) -> bool) -> io::Result<bool> {
    for _ in 0..LISTINGS {
        let strangers: Vec<Pid> = children()?.into_iter().filter(|pid| !known(*pid)).collect();
        if strangers.is_empty() {
            return Ok(false);
        }
        let mut all_reaped = true;
        for pid in strangers {
            // A child's number is not given away before we reap it, and nobody else does.
            let _ = process::kill_process(pid, Signal::KILL);
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
            all_reaped &= !matches!(process::waitid(WaitId::Pid(pid), options), Ok(None));
        }
        if !all_reaped {
            return Ok(true);
        }
        // The reaped ones may have left us their children after we had listed ours.
    }
    Ok(true)
}

/// All processes below one, parents before their children. By the time that they are used some may have ended.
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

fn pids(list: &str) -> Vec<Pid> {
    list.split_ascii_whitespace()
        .filter_map(parse_pid)
        .collect()
}

fn children() -> io::Result<Vec<Pid>> {
    match fs::read_to_string("/proc/thread-self/children") {
        Ok(list) => Ok(pids(&list)),
        // A kernel without CONFIG_PROC_CHILDREN.
        Err(error) if error.kind() == io::ErrorKind::NotFound => children_by_parent(),
        Err(error) => Err(error),
    }
}

/// The children of another process, as they are at the moment.
pub fn children_of(parent: Pid) -> io::Result<Vec<Pid>> {
    match fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")) {
        Ok(list) => Ok(pids(&list)),
        Err(_) => children_by_parent_of(parent),
    }
}

fn children_by_parent() -> io::Result<Vec<Pid>> {
    children_by_parent_of(process::getpid())
}

fn children_by_parent_of(us: Pid) -> io::Result<Vec<Pid>> {
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(parse_pid) else {
            continue;
        };
        let parent = ProcessStat::of(pid).and_then(|stat| stat.parent);
        if parent == Some(us) {
            children.push(pid);
        }
    }
    Ok(children)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_find_a_child() {
        let mut child = std::process::Command::new("/bin/sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let pid = Pid::from_child(&child);
        // Other tests of this process have children too, so only ours is looked for.
        assert!(children().unwrap().contains(&pid));
        assert!(children_by_parent().unwrap().contains(&pid));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
