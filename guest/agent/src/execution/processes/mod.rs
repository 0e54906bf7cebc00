//! The processes of one execution.

pub mod cgroup;
pub mod out_of_memory;

use std::io;
use std::time::Duration;

use nix::libc;
use rustix::process::{kill_process_group, Pid, Signal};
use tokio::time::{timeout, timeout_at, Instant};

use crate::kernel_log;
use cgroup::Cgroup;

/// How long killed processes may take to end. Only processes that hang in the kernel take longer.
const DEATH_TIMEOUT: Duration = Duration::from_secs(5);
/// How long processes may take to end by themselves because the program has ended, such as a reader of its output or
/// Python's tracker of shared memory. They do not count as left running.
const SETTLING_TIME: Duration = Duration::from_millis(100);

/// The leader of an execution, and the control group with all its processes.
pub struct Processes {
    pub leader: Pid,
    /// `None` in a test, outside of a guest.
    pub cgroup: Option<Cgroup>,
}

impl Processes {
    /// Counts the processes that are still running. To be called when the program has ended.
    pub async fn left_running(&self) -> u32 {
        let Some(cgroup) = &self.cgroup else { return 0 };
        match timeout(SETTLING_TIME, cgroup.wait_until_empty()).await {
            Ok(Ok(())) => 0,
            // An approximate number suffices, because all of them are killed.
            Ok(Err(_)) | Err(_) => cgroup.processes().unwrap_or(0),
        }
    }

    /// Kills all processes atomically, so that none can start another. Returns the deadline by which they should have
    /// ended.
    pub fn kill(&self) -> Instant {
        match self.cgroup.as_ref().map(Cgroup::kill) {
            Some(Ok(())) => {}
            failed => {
                if let Some(Err(error)) = failed {
                    kernel_log::error(format_args!("cannot kill the execution's cgroup: {error}"));
                }
                // Not otherwise: the leader of a living sandbox may have ended long ago, and its number may be that of another group.
                let _ = kill_process_group(self.leader, Signal::KILL);
            }
        }
        Instant::now() + DEATH_TIMEOUT
    }

    /// Sends a signal to all processes that are left. Returns whether there were any.
    pub fn signal(&self, signal: i32) -> io::Result<bool> {
        let sent = match &self.cgroup {
            Some(cgroup) if signal == libc::SIGKILL => cgroup.kill(),
            Some(cgroup) => cgroup.signal(signal),
            // SAFETY: only sends a signal.
            None => match unsafe { libc::kill(-self.leader.as_raw_nonzero().get(), signal) } {
                0 => Ok(()),
                _ => Err(io::Error::from(io::ErrorKind::NotFound)),
            },
        };
        match sent {
            Ok(()) => Ok(true),
            // The group has been removed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Waits until all processes are gone, however long they live, and removes their control group.
    pub async fn wait_and_remove(&self) {
        let Some(cgroup) = &self.cgroup else { return };
        if let Err(error) = cgroup
            .wait_until_empty()
            .await
            .and_then(|()| cgroup.remove())
        {
            kernel_log::error(format_args!(
                "the cgroup of a process is not removed: {error}"
            ));
        }
    }

    /// Waits until all processes are gone, and removes their control group.
    pub async fn wait_until_gone(&self, deadline: Instant) {
        let Some(cgroup) = &self.cgroup else { return };
        let removed = match timeout_at(deadline, cgroup.wait_until_empty()).await {
            Ok(Ok(())) => cgroup.remove().map_err(|error| error.to_string()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("processes are left".to_owned()),
        };
        if let Err(error) = removed {
            kernel_log::error(format_args!(
                "the execution's cgroup is not removed: {error}"
            ));
        }
    }

    /// Returns the process that was killed because memory ran out. To be called before [`Self::wait_until_gone`].
    pub fn out_of_memory_victim(&self) -> Option<String> {
        self.cgroup.as_ref()?.out_of_memory_victim(self.leader)
    }
}
