//! All processes of one execution.

use std::time::Duration;

use rustix::process::{kill_process_group, Pid, Signal};
use tokio::time::timeout;

use super::cgroup::Cgroup;
use crate::kernel_log;

const PATIENCE: Duration = Duration::from_secs(5);
/// For processes that end by themselves because the program has ended, such as one that reads from it, or Python's
/// tracker of shared memory: they were not left running.
const SETTLING: Duration = Duration::from_millis(100);

pub struct Group {
    pub leader: Pid,
    /// Absent only where there is no guest around the agent, in a test.
    pub cgroup: Option<Cgroup>,
}

impl Group {
    /// To be called when the program has ended: the number of processes that go on without it.
    pub async fn left_running(&self) -> u32 {
        let Some(cgroup) = &self.cgroup else { return 0 };
        match timeout(SETTLING, cgroup.emptied()).await {
            Ok(Ok(())) => 0,
            // As many as can be counted: all of them are killed anyway.
            Ok(Err(_)) | Err(_) => cgroup.processes().unwrap_or(0),
        }
    }

    /// Kills every process at once, so that none can start another in the meantime.
    pub fn kill(&self) {
        let killed = match &self.cgroup {
            Some(cgroup) => cgroup.kill(),
            None => Ok(()),
        };
        if let Err(error) = killed {
            kernel_log::error(format_args!("cannot kill the execution's cgroup: {error}"));
        }
        // Also without need: whatever went wrong above, the program and its process group die.
        let _ = kill_process_group(self.leader, Signal::KILL);
    }

    /// Returns when every process is gone, and removes what held them together.
    pub async fn emptied(&self) {
        let Some(cgroup) = &self.cgroup else { return };
        let emptied = match timeout(PATIENCE, cgroup.emptied()).await {
            Ok(Ok(())) => cgroup.remove().map_err(|error| error.to_string()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("processes left after {PATIENCE:?}")),
        };
        if let Err(error) = emptied {
            kernel_log::error(format_args!(
                "the execution's cgroup is not removed: {error}"
            ));
        }
    }

    /// To be asked before [`Self::emptied`].
    pub fn killed_for_memory(&mut self) -> Option<String> {
        self.cgroup.as_mut()?.killed_for_memory(self.leader)
    }
}
