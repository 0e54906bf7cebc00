//! A context: its state, which its session and the calls of clients share.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{oneshot, Notify};

use super::cell_request::CellRequest;
use super::driver::language::{requests, Requests};
use super::driver::launch::{Control, Spec};
use super::driver::message::Abilities;
use super::driver::to_driver::ToDriver;
use super::event_log::EventLog;
use super::machine::{Cell, End, Event, Machine, Refusal, Step};
use crate::wire::sandbox::v1::cell_event;
use crate::wire::sandbox::v1::{
    CellEnded, CellOutcome, CellStarted, CellVariables, InspectContextResponse,
};

/// What the session of a context has to do.
pub enum Action {
    Send(Vec<u8>),
    /// The cell has been sent: what follows counts for it.
    Begin(u64, Option<Duration>),
    Interrupt(u64),
    AwaitGrace(u64),
    Kill,
}

pub struct Running {
    pub cell: u64,
    pub started: Instant,
    pub has_input: bool,
    pub awaits_input: bool,
}

/// What the driver has reported about the cell that ends.
#[derive(Clone, Copy, Default)]
pub struct Final {
    pub count: u64,
    pub truncated: bool,
}

pub struct Context {
    pub id: String,
    pub spec: Spec,
    /// In which drivers of this context start.
    pub directory: String,
    pub created: SystemTime,
    /// Notified of events and of changes of the phase.
    pub changed: Notify,
    /// Notified when a client has taken an event or is gone.
    pub room: Notify,
    /// Notified of actions.
    pub work: Notify,
    inner: Mutex<Inner>,
}

pub struct Inner {
    pub machine: Machine,
    pub log: EventLog,
    pub actions: VecDeque<Action>,
    pub running: Option<Running>,
    pub last: Final,
    pub inspections: HashMap<u64, oneshot::Sender<InspectContextResponse>>,
    pub control: Option<Arc<Control>>,
    /// The number of the driver. Sessions of earlier drivers change nothing.
    pub epoch: u64,
    /// How often the driver has been asked to refresh.
    pub refreshes: u64,
    /// What the driver has said of itself when it was ready.
    pub abilities: Abilities,
    /// How the driver reads requests.
    pub requests: Requests,
    cells: BTreeMap<u64, CellRequest>,
    next_cell: u64,
    next_inspection: u64,
}

impl Context {
    pub fn new(id: String, spec: Spec, directory: String) -> Self {
        let requests = requests(&spec.language);
        Self {
            id,
            spec,
            directory,
            created: SystemTime::now(),
            changed: Notify::new(),
            room: Notify::new(),
            work: Notify::new(),
            inner: Mutex::new(Inner {
                machine: Machine::new(),
                log: EventLog::new(),
                actions: VecDeque::new(),
                running: None,
                last: Final::default(),
                inspections: HashMap::new(),
                control: None,
                epoch: 0,
                refreshes: 0,
                abilities: Abilities::default(),
                requests,
                cells: BTreeMap::new(),
                next_cell: 0,
                next_inspection: 0,
            }),
        }
    }

    /// Locks the state. It is never locked while something is awaited.
    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets an event take effect.
    pub fn on(&self, event: Event) -> Result<(), Refusal> {
        let done = self.lock().on(event);
        self.notify();
        done
    }

    /// Queues a cell. Returns its number.
    pub fn submit(&self, request: CellRequest) -> Result<u64, Refusal> {
        let submitted = self.lock().submit(request);
        self.notify();
        submitted
    }

    /// Wakes the session and the clients.
    pub fn notify(&self) {
        self.work.notify_waiters();
        self.changed.notify_waiters();
    }
}

impl Inner {
    pub fn on(&mut self, event: Event) -> Result<(), Refusal> {
        let steps = self.machine.on(event)?;
        let now = Instant::now();
        for step in steps {
            self.take(step, now);
        }
        Ok(())
    }

    fn submit(&mut self, request: CellRequest) -> Result<u64, Refusal> {
        let number = self.next_cell + 1;
        let cell = Cell {
            number,
            code_bytes: request.code.len(),
            stop_on_error: request.stop_on_error,
            attached: !request.detach,
        };
        // Added first, because it may begin now.
        self.cells.insert(number, request);
        self.log.add(number);
        match self.on(Event::Submit(cell)) {
            Ok(()) => {
                self.next_cell = number;
                Ok(number)
            }
            Err(refusal) => {
                self.cells.remove(&number);
                Err(refusal)
            }
        }
    }

    fn take(&mut self, step: Step, now: Instant) {
        match step {
            Step::Begin(cell) => self.begin(cell, now),
            Step::Interrupt(cell) => self.actions.push_back(Action::Interrupt(cell)),
            Step::AwaitGrace(cell) => self.actions.push_back(Action::AwaitGrace(cell)),
            Step::Kill => self.actions.push_back(Action::Kill),
            Step::End(end) => self.end(end, now),
            Step::Abandon(cell, reason) => {
                self.cells.remove(&cell);
                self.running = None;
                self.log.abandon(cell, reason);
            }
        }
    }

    fn begin(&mut self, cell: u64, now: Instant) {
        let request = self.cells.remove(&cell).unwrap_or_default();
        let frame = ToDriver::Execute {
            cell,
            request: &request,
        };
        self.running = Some(Running {
            cell,
            started: now,
            has_input: request.has_input,
            awaits_input: false,
        });
        self.last = Final::default();
        self.log.begin(cell);
        self.log
            .push(cell, cell_event::Event::Started(CellStarted {}), now);
        self.actions.push_back(Action::Begin(cell, request.timeout));
        self.actions.push_back(Action::Send(
            frame.encode(self.requests, request.code.as_bytes()),
        ));
    }

    fn end(&mut self, end: End, now: Instant) {
        self.cells.remove(&end.cell);
        let has_run = self
            .running
            .as_ref()
            .filter(|running| running.cell == end.cell);
        let duration = has_run.map_or(Duration::ZERO, |running| running.started.elapsed());
        let last = match has_run {
            Some(_) => self.last,
            None => Final::default(),
        };
        if has_run.is_some() {
            self.running = None;
        }
        let ended = CellEnded {
            outcome: end.outcome.into(),
            variables: end.variables.into(),
            exit_code: end.exit.code,
            signal: end.exit.signal,
            execution_count: last.count,
            duration_ms: duration.as_secs_f64() * 1000.0,
            text_truncated: last.truncated,
        };
        debug_assert!(
            end.outcome != CellOutcome::Unspecified && end.variables != CellVariables::Unspecified
        );
        self.log.end(end.cell, cell_event::Event::Ended(ended), now);
    }

    /// Asks the driver for its variables.
    pub fn inspect(&mut self) -> (u64, oneshot::Receiver<InspectContextResponse>) {
        self.next_inspection += 1;
        let id = self.next_inspection;
        let (sender, receiver) = oneshot::channel();
        self.inspections.insert(id, sender);
        self.actions.push_back(Action::Send(
            ToDriver::Inspect { id }.encode(self.requests, &[]),
        ));
        (id, receiver)
    }

    /// Answers the input that the running cell waits for. Returns whether it waited.
    pub fn answer(&mut self, cell: u64, text: &str, end: bool) -> bool {
        let waits = |running: &&mut Running| running.cell == cell && running.awaits_input;
        let Some(running) = self.running.as_mut().filter(waits) else {
            return false;
        };
        running.awaits_input = false;
        let frame = ToDriver::Input { cell, end }.encode(self.requests, text.as_bytes());
        self.actions.push_back(Action::Send(frame));
        true
    }

    /// Gives a driver that has waited what it would have been started with.
    pub fn adopt(&mut self, environment: &BTreeMap<String, String>, directory: &str) {
        // It is a copy of a driver in a template.
        self.refresh();
        let frame = ToDriver::Adopt {
            environment,
            directory,
        };
        self.actions
            .push_back(Action::Send(frame.encode(self.requests, &[])));
    }

    /// Asks the driver to renew what clones of it would repeat.
    pub fn refresh(&mut self) {
        if let Some(control) = &self.control {
            self.refreshes += 1;
            let count = self.refreshes;
            // Pending while the driver stands still. Takes effect also in the middle of a cell.
            control.signal(nix::libc::SIGURG);
            self.actions.push_back(Action::Send(
                ToDriver::Refresh { count }.encode(self.requests, &[]),
            ));
        }
    }

    /// Prepares for another driver, whose session has the returned number.
    pub fn replace(&mut self, reason: &'static str) -> u64 {
        // Abandoning is possible in each phase.
        let _ = self.on(Event::Abandon(reason));
        self.epoch += 1;
        self.actions.clear();
        self.inspections.clear();
        self.running = None;
        self.refreshes = 0;
        self.abilities = Abilities::default();
        if let Some(control) = self.control.take() {
            control.group.kill();
        }
        self.epoch
    }
}
