//! A driver that has been started in a template, and waits for the first context.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use super::driver::launch::{Driver, Spec};
use crate::execution::environments_agree;

/// Each waiting driver takes memory, and that of Python is the one that clients use most.
pub const LANGUAGE: &str = "python";

/// Where it waits. Its directory must not be in use while the writable ones are replaced by empty ones.
pub const DIRECTORY: &str = "/";

/// The directory in which Python looks for packages of the user when it starts.
const PACKAGES_OF_USER: &str = ".local";

/// While it waits, it is killed before all other programs if memory runs out, and afterwards like all others.
const KILLED_FIRST: &str = "1000";
const KILLED_LIKE_OTHERS: &str = "0";

struct Started {
    driver: Driver,
    environment: BTreeMap<String, String>,
}

/// The waiting driver, if there is one.
#[derive(Clone, Default)]
pub struct Waiting(Arc<Mutex<Option<Started>>>);

impl Waiting {
    /// Waits until a driver is ready, and keeps it.
    pub async fn add(
        &self,
        driver: Driver,
        environment: BTreeMap<String, String>,
        limit: Duration,
    ) -> io::Result<()> {
        // Its session reads this first frame.
        let ready = timeout(limit, driver.socket.readable()).await.is_ok();
        let preferred = prefer(&driver, KILLED_FIRST);
        *self.lock() = Some(Started {
            driver,
            environment,
        });
        match preferred {
            Ok(()) if ready => Ok(()),
            failed => {
                self.end().await;
                failed.and(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }

    /// Takes the driver, if it lives and a context cannot notice that it was started earlier, in another directory and with other
    /// variables.
    pub fn take(
        &self,
        spec: &Spec,
        environment: &BTreeMap<String, String>,
        directory: &Path,
        home: &Path,
    ) -> Option<Driver> {
        let mut waiting = self.lock();
        let fits = |started: &&Started| {
            spec.language == LANGUAGE
                && directory == home
                && environments_agree(environment, &started.environment)
        };
        waiting.as_ref().filter(fits)?;
        if fs::symlink_metadata(home.join(PACKAGES_OF_USER)).is_ok() {
            return None;
        }
        let mut driver = waiting.take()?.driver;
        let lives = driver.end.try_recv().is_err();
        if lives && prefer(&driver, KILLED_LIKE_OTHERS).is_ok() {
            return Some(driver);
        }
        driver.control.group.kill();
        tokio::spawn(async move { driver.control.group.wait_and_remove().await });
        None
    }

    /// Ends the driver, and returns when its memory is free.
    pub async fn end(&self) {
        let started = self.lock().take();
        if let Some(Started { driver, .. }) = started {
            let group = &driver.control.group;
            let deadline = group.kill();
            group.wait_until_gone(deadline).await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Started>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets how soon a driver is killed if memory runs out.
fn prefer(driver: &Driver, adjustment: &str) -> io::Result<()> {
    let process = driver.control.group.leader.as_raw_nonzero();
    fs::write(format!("/proc/{process}/oom_score_adj"), adjustment)
}
