//! Kills processes that the spawner has adopted because their own parent died.
//!
//! As child subreaper the spawner inherits every process that a VMM leaves behind, even a daemon. The kernel does not
//! record which VMM an adopted process belonged to, so each sweep kills every orphan, including those of living VMs.
//! The kernel does not report an adoption either: an orphan dies when its VM ends at the latest, and possibly earlier.
//! No VMM may therefore rely on a daemon.

use std::io;

use rustix::process::{self, Pid, Signal, WaitId, WaitIdOptions};

use crate::process::children::own_children;

/// How often one sweep lists the children. More than one listing is needed only against a process that forks faster
/// than it is killed.
const LISTINGS: usize = 100;

/// Kills and reaps all children that are not `known`. Returns whether some were still dying: SIGCHLD reports their
/// deaths, and their own children may be adopted then.
pub fn sweep(known: impl Fn(Pid) -> bool) -> io::Result<bool> {
    for _ in 0..LISTINGS {
        let orphans: Vec<Pid> = own_children()?
            .into_iter()
            .filter(|pid| !known(*pid))
            .collect();
        if orphans.is_empty() {
            return Ok(false);
        }
        let mut all_reaped = true;
        for pid in orphans {
            // The kernel does not reuse the id of a child before it is reaped, which happens only here.
            let _ = process::kill_process(pid, Signal::KILL);
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
            all_reaped &= !matches!(process::waitid(WaitId::Pid(pid), options), Ok(None));
        }
        if !all_reaped {
            return Ok(true);
        }
        // The reaped processes may have left children that were adopted after the listing.
    }
    Ok(true)
}
