//! Starts the drivers of contexts.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Instant;

use tokio::time::timeout_at;
use tonic::Status;

use super::context::Context;
use super::driver::language::Drivers;
use super::driver::launch::{self, launch, Driver, Spec};
use super::limits::Times;
use super::machine::Phase;
use super::session::Session;
use super::waiting::{self, Waiting};
use crate::execution::WorkingDirectory;
use crate::lifecycle::Lifecycle;
use crate::reaper::Reaper;
use crate::sandbox::{Sandbox, Settings};

/// What each driver of a sandbox is started with.
#[derive(Clone)]
pub struct Starter {
    sandbox: Sandbox,
    lifecycle: Lifecycle,
    working_directory: WorkingDirectory,
    reaper: Reaper,
    drivers: Drivers,
    times: Times,
    waiting: Waiting,
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
            waiting: Waiting::default(),
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

    /// Starts a driver that the first context takes, and returns when it is ready. Does nothing for an image without it.
    pub async fn warm(&self, settings: &Settings) -> Result<(), Status> {
        let spec = Spec {
            language: waiting::LANGUAGE.to_owned(),
            directory: Some(waiting::DIRECTORY.into()),
            ..Default::default()
        };
        if !self.languages().contains(&spec.language) {
            return Ok(());
        }
        let driver = self.launch(&spec, settings)?;
        let environment = launch::environment(&spec, settings);
        let added = self.waiting.add(driver, environment, self.times.start);
        added.await.map_err(|error| {
            Status::internal(format!("the driver that was to wait is not ready: {error}"))
        })
    }

    /// Ends the driver that waits, and returns when its memory is free.
    pub async fn end_waiting(&self) {
        self.waiting.end().await;
    }

    fn launch(&self, spec: &Spec, settings: &Settings) -> Result<Driver, Status> {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        launch(
            &self.drivers,
            spec,
            settings,
            &self.working_directory,
            &self.reaper,
            &format!("context-{number}"),
        )
    }

    /// Starts the driver of a context, or takes the one that waits, and starts its session.
    pub fn start(&self, context: &Arc<Context>) -> Result<(), Status> {
        let settings = self.sandbox.settings();
        let environment = launch::environment(&context.spec, settings);
        let directory = Path::new(&context.directory);
        let home = &self.working_directory.directory;
        let taken = self
            .waiting
            .take(&context.spec, &environment, directory, home);
        let has_waited = taken.is_some();
        let driver = match taken {
            Some(driver) => driver,
            None => self.launch(&context.spec, settings)?,
        };
        let mut inner = context.lock();
        inner.control = Some(driver.control.clone());
        if has_waited {
            inner.adopt(&environment, &context.directory);
        }
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
                // Not DEADLINE_EXCEEDED, which would say that this agent is silent.
                return Err(Status::internal(format!(
                    "the interpreter of {} has not become ready within {:?}",
                    context.spec.language, self.times.start
                )));
            }
        }
    }
}
