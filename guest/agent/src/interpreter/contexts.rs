//! All contexts of a sandbox.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Semaphore;
use tokio::time::timeout_at;
use tonic::Status;

use super::admission::{admit, require_arrow};
use super::answers;
use super::cell_request::CellRequest;
use super::context::Context;
use super::description::{describe, new_id};
use super::driver::language::Drivers;
use super::driver::launch::Spec;
use super::limits::{Times, ATTACHED_MAX};
use super::machine::{Event, Phase};
use super::starter::Starter;
use super::stream::{CellReader, Credits, EventStream};
use crate::execution::WorkingDirectory;
use crate::lifecycle::Lifecycle;
use crate::reaper::Reaper;
use crate::sandbox::{Sandbox, Settings};
use crate::wire::sandbox::v1::{InspectContextResponse, InterpreterContext, TableFormat};

/// Creates contexts, and finds those that it has created.
#[derive(Clone)]
pub struct Contexts {
    starter: Starter,
    lifecycle: Lifecycle,
    times: Times,
    streams: Arc<Semaphore>,
    all: Arc<Mutex<Vec<Arc<Context>>>>,
}

impl Contexts {
    pub fn new(
        sandbox: Sandbox,
        lifecycle: Lifecycle,
        working_directory: WorkingDirectory,
        reaper: Reaper,
        drivers: Drivers,
        times: Times,
    ) -> Self {
        Self {
            starter: Starter::new(
                sandbox,
                lifecycle.clone(),
                working_directory,
                reaper,
                drivers,
                times,
            ),
            lifecycle,
            times,
            streams: Arc::new(Semaphore::new(ATTACHED_MAX)),
            all: Arc::default(),
        }
    }

    pub fn languages(&self) -> Vec<String> {
        self.starter.languages()
    }

    /// Starts the driver of the first context, which the machines of a template then share.
    pub async fn warm(&self, settings: &Settings) -> Result<(), Status> {
        self.starter.warm(settings).await
    }

    /// Frees the memory of the driver of the first context.
    pub async fn end_waiting(&self) {
        self.starter.end_waiting().await;
    }

    /// Starts a context, and returns when it can run cells. Nothing is left of one that cannot. A shared context that exists is
    /// returned as it is.
    pub async fn create(&self, spec: Spec) -> Result<InterpreterContext, Status> {
        let (context, exists) = self.find_or_start(spec)?;
        let mut unfinished = Unfinished {
            contexts: self,
            // A call that ends early leaves no context that no client knows.
            context: (!context.spec.shared).then_some(&context),
        };
        let ready = self.starter.until_ready(&context).await;
        let dead = matches!(context.lock().machine.phase, Phase::Dead | Phase::Broken);
        unfinished.context = (ready.is_err() && !exists).then_some(&context);
        match ready {
            Err(failure) if !(exists && dead) => Err(failure),
            _ => Ok(describe(&context)),
        }
    }

    /// Returns also whether it existed.
    fn find_or_start(&self, spec: Spec) -> Result<(Arc<Context>, bool), Status> {
        let mut all = self.lock();
        let found = all.iter().find(|one| spec.shared && one.spec == spec);
        if let Some(context) = found {
            return Ok((context.clone(), true));
        }
        admit(&all)?;
        let directory = self.starter.directory(&spec);
        let context = Arc::new(Context::new(new_id()?, spec, directory));
        self.starter.start(&context)?;
        all.push(context.clone());
        Ok((context, false))
    }

    pub fn list(&self) -> Vec<InterpreterContext> {
        self.lock()
            .iter()
            .map(|context| describe(context))
            .collect()
    }

    pub async fn restart(&self, id: &str) -> Result<InterpreterContext, Status> {
        let context = self.find(id)?;
        context.lock().replace(answers::RESTARTED);
        context.notify();
        let started = self.starter.start(&context);
        if let Err(failure) = started {
            // Reported by the next cell.
            let _ = context.on(Event::DriverEnded(Default::default()));
            return Err(failure);
        }
        self.starter.until_ready(&context).await?;
        Ok(describe(&context))
    }

    pub fn remove(&self, id: &str) -> Result<(), Status> {
        let context = self.find(id)?;
        self.discard(&context);
        Ok(())
    }

    fn discard(&self, context: &Arc<Context>) {
        self.lock().retain(|one| !Arc::ptr_eq(one, context));
        context.lock().replace(answers::REMOVED);
        context.notify();
    }

    pub async fn inspect(&self, id: &str) -> Result<InspectContextResponse, Status> {
        let context = self.find(id)?;
        let (number, answer) = {
            let mut inner = context.lock();
            match inner.machine.phase {
                Phase::Idle => inner.inspect(),
                Phase::Dead | Phase::Broken => return Err(answers::context_dead(id)),
                Phase::Starting | Phase::Running(..) => {
                    return Err(answers::context_busy(
                        id,
                        "runs a cell: wait for its end, or interrupt it",
                    ));
                }
            }
        };
        context.notify();
        let deadline = Instant::now() + self.times.inspection;
        let answer = timeout_at(deadline.into(), answer).await;
        context.lock().inspections.remove(&number);
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(answers::context_dead(id)),
            Err(_) => Err(answers::context_busy(
                id,
                "does not answer: a task of a cell holds it up",
            )),
        }
    }

    /// Fails unless a context can make the tables that a cell asks for, which is known once it is ready.
    pub async fn require_tables(&self, id: &str, tables: TableFormat) -> Result<(), Status> {
        match tables {
            TableFormat::Arrow => require_arrow(&self.starter, &*self.find(id)?).await,
            TableFormat::Unspecified | TableFormat::Json => Ok(()),
        }
    }

    /// Queues a cell and attaches the client to it.
    pub fn execute(
        &self,
        id: &str,
        request: CellRequest,
        credits: Credits,
    ) -> Result<EventStream, Status> {
        let context = self.find(id)?;
        let admitted = self
            .streams
            .clone()
            .try_acquire_owned()
            .map_err(|_| answers::streams_full())?;
        let owns_cell = !request.detach;
        let cell = context
            .submit(request)
            .map_err(|refusal| answers::refused(refusal, id, 0))?;
        Ok(self.attach_to(context, cell, 0, owns_cell, admitted, credits))
    }

    /// Attaches a client to a cell that it may not have started.
    pub fn attach(
        &self,
        id: &str,
        cell: u64,
        from: u64,
        credits: Credits,
    ) -> Result<EventStream, Status> {
        let context = self.find(id)?;
        let admitted = self
            .streams
            .clone()
            .try_acquire_owned()
            .map_err(|_| answers::streams_full())?;
        if !context.lock().log.knows(cell) {
            return Err(answers::cell_unknown(cell));
        }
        Ok(self.attach_to(context, cell, from, false, admitted, credits))
    }

    fn attach_to(
        &self,
        context: Arc<Context>,
        cell: u64,
        from: u64,
        owns_cell: bool,
        admitted: tokio::sync::OwnedSemaphorePermit,
        credits: Credits,
    ) -> EventStream {
        let reader = context.lock().log.attach(cell, from, Instant::now());
        let reader = CellReader {
            context,
            cell,
            reader,
            times: self.times,
            freezes: self.lifecycle.freezes(),
            lifecycle: self.lifecycle.clone(),
            owns_cell,
            _admitted: admitted,
        };
        reader.start(credits)
    }

    pub fn send_input(&self, id: &str, cell: u64, text: &str, end: bool) -> Result<(), Status> {
        let context = self.find(id)?;
        let answered = context.lock().answer(cell, text, end);
        context.notify();
        match answered {
            true => Ok(()),
            false => Err(answers::context_busy(
                id,
                &format!("has no cell {cell} that waits for input"),
            )),
        }
    }

    pub fn interrupt(&self, id: &str, cell: u64) -> Result<(), Status> {
        let context = self.find(id)?;
        let interrupted = context.on(Event::Interrupt(cell));
        interrupted.map_err(|refusal| answers::refused(refusal, id, cell))
    }

    /// Asks all drivers to renew what clones of them would repeat. To be called before programs are thawed.
    pub fn refresh(&self) {
        for context in self.lock().iter() {
            context.lock().refresh();
            context.notify();
        }
    }

    fn find(&self, id: &str) -> Result<Arc<Context>, Status> {
        let found = self.lock().iter().find(|context| context.id == id).cloned();
        found.ok_or_else(|| answers::context_unknown(id))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Context>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes a context that has not become ready.
struct Unfinished<'a> {
    contexts: &'a Contexts,
    context: Option<&'a Arc<Context>>,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(context) = self.context {
            self.contexts.discard(context);
        }
    }
}
