//! Starts the drivers of contexts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Instant;

use tokio::time::timeout_at;
use tonic::Status;

use super::context::Context;
use super::driver::launch::{self, launch, Drivers, Spec};
use super::limits::Times;
use super::machine::Phase;
use super::session::Session;
use crate::execution::WorkingDirectory;
use crate::lifecycle::Lifecycle;
use crate::reaper::Reaper;
use crate::sandbox::Sandbox;

/// What each driver of a sandbox is started with.
#[derive(Clone)]
pub struct Starter {
    sandbox: Sandbox,
    lifecycle: Lifecycle,
    working_directory: WorkingDirectory,
    reaper: Reaper,
    drivers: Drivers,
    times: Times,
    /// Names control groups.
    started: Arc<AtomicU64>,
}

impl Starter {
    pub fn new(
        sandbox: Sandbox,
        lifecycle: Lifecycle,
        working_directory: WorkingDirectory,
        reaper: Reaper,
        drivers: Drivers,
        times: Times,
    ) -> Self {
        Self {
            sandbox,
            lifecycle,
            working_directory,
            reaper,
            drivers,
            times,
            started: Arc::default(),
        }
    }

    pub fn languages(&self) -> Vec<String> {
        self.drivers.languages()
    }

    /// Returns the directory in which drivers of a context start.
    pub fn directory(&self, spec: &Spec) -> String {
        let home = &self.working_directory.directory;
        let directory = launch::directory(spec, self.sandbox.settings(), home);
        directory.to_string_lossy().into_owned()
    }

    /// Starts the driver of a context, and its session.
    pub fn start(&self, context: &Arc<Context>) -> Result<(), Status> {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let driver = launch(
            &self.drivers,
            &context.spec,
            self.sandbox.settings(),
            &self.working_directory,
            &self.reaper,
            &format!("context-{number}"),
        )?;
        let mut inner = context.lock();
        inner.control = Some(driver.control.clone());
        let session = Session::new(
            context.clone(),
            inner.epoch,
            driver,
            self.times,
            self.lifecycle.clone(),
        );
        tokio::spawn(session.run());
        Ok(())
    }

    /// Returns when the driver can run cells.
    pub async fn until_ready(&self, context: &Context) -> Result<(), Status> {
        let deadline = Instant::now() + self.times.start;
        loop {
            let changed = context.changed.notified();
            match context.lock().machine.phase {
                Phase::Idle | Phase::Running(..) => return Ok(()),
                Phase::Dead | Phase::Broken => {
                    return Err(Status::internal("the driver has ended before it was ready"));
                }
                Phase::Starting => {}
            }
            if timeout_at(deadline.into(), changed).await.is_err() {
                return Err(Status::deadline_exceeded(
                    "the driver has not become ready in time",
                ));
            }
        }
    }
}
