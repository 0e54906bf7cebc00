//! All contexts of a sandbox.

use std::fs::File;
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Semaphore;
use tokio::time::timeout_at;
use tonic::Status;

use super::answers;
use super::context::{CellRequest, Context};
use super::launch::{self, launch, Drivers, Spec};
use super::limits::{Times, ATTACHED_MAX, CONTEXTS_MAX, CONTEXT_MEMORY_BYTES};
use super::machine::{Event, Phase};
use super::session::Session;
use super::stream::{CellReader, Credits, EventStream};
use crate::execution::WorkingDirectory;
use crate::lifecycle::Lifecycle;
use crate::memory::Memory;
use crate::reaper::Reaper;
use crate::sandbox::Sandbox;
use crate::wire::guest::{ContextState, InspectContextResponse, InterpreterContext};

/// Creates contexts, and finds those that it has created.
#[derive(Clone)]
pub struct Contexts {
    sandbox: Sandbox,
    lifecycle: Lifecycle,
    working_directory: WorkingDirectory,
    reaper: Reaper,
    drivers: Drivers,
    times: Times,
    streams: Arc<Semaphore>,
    all: Arc<Mutex<Vec<Arc<Context>>>>,
    /// Names control groups.
    started: Arc<AtomicU64>,
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
            sandbox,
            lifecycle,
            working_directory,
            reaper,
            drivers,
            times,
            streams: Arc::new(Semaphore::new(ATTACHED_MAX)),
            all: Arc::default(),
            started: Arc::default(),
        }
    }

    pub fn languages(&self) -> Vec<String> {
        self.drivers.languages()
    }

    /// Starts a context, and returns when it can run cells. Nothing is left of one that cannot.
    pub async fn create(&self, spec: Spec) -> Result<InterpreterContext, Status> {
        let directory = launch::directory(
            &spec,
            self.sandbox.settings(),
            &self.working_directory.directory,
        );
        let directory = directory.to_string_lossy().into_owned();
        let context = Arc::new(Context::new(new_id()?, spec, directory));
        {
            let mut all = self.lock();
            self.admit(&all)?;
            self.start(&context)?;
            all.push(context.clone());
        }
        // A call that ends early leaves no context that no client knows.
        let mut unfinished = Unfinished {
            contexts: self,
            context: Some(&context),
        };
        self.until_ready(&context).await?;
        unfinished.context = None;
        Ok(describe(&context))
    }

    fn admit(&self, all: &[Arc<Context>]) -> Result<(), Status> {
        let memory = || {
            all.iter()
                .map(|one| (one.id.clone(), memory_bytes(one)))
                .collect::<Vec<_>>()
        };
        if all.len() >= CONTEXTS_MAX {
            return Err(answers::context_limit(
                &answers::too_many_contexts(),
                &memory(),
            ));
        }
        let available = Memory::current().map(|memory| memory.available_bytes);
        match available {
            Ok(available) if available < CONTEXT_MEMORY_BYTES => {
                let reason = format!(
                    "{} MiB of memory are available, which is not enough",
                    available >> 20
                );
                Err(answers::context_limit(&reason, &memory()))
            }
            _ => Ok(()),
        }
    }

    /// Starts a driver and its session.
    fn start(&self, context: &Arc<Context>) -> Result<(), Status> {
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

    async fn until_ready(&self, context: &Context) -> Result<(), Status> {
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
        let started = self.start(&context);
        if let Err(failure) = started {
            // Reported by the next cell.
            let _ = context.on(Event::DriverEnded(Default::default()));
            return Err(failure);
        }
        self.until_ready(&context).await?;
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

/// Returns an id that no clone of this sandbox gives again.
fn new_id() -> Result<String, Status> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .map_err(|error| Status::internal(format!("no randomness: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn memory_bytes(context: &Context) -> u64 {
    let inner = context.lock();
    inner
        .control
        .as_ref()
        .map_or(0, |control| control.memory_bytes())
}

fn describe(context: &Context) -> InterpreterContext {
    let memory_bytes = memory_bytes(context);
    let inner = context.lock();
    let state = match inner.machine.phase {
        Phase::Starting => ContextState::Starting,
        Phase::Idle => ContextState::Idle,
        Phase::Running(..) => ContextState::Busy,
        Phase::Broken | Phase::Dead => ContextState::Dead,
    };
    InterpreterContext {
        id: context.id.clone(),
        language: context.spec.language.clone(),
        cwd: context.directory.clone(),
        state: state.into(),
        created: Some(context.created.into()),
        running_cell: inner.machine.running().map_or(0, |cell| cell.number),
        queued_cells: inner.machine.queued().try_into().unwrap_or(u32::MAX),
        memory_bytes,
        next_event: inner.log.next(),
    }
}
