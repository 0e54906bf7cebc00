//! All processes of a sandbox.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use tokio::sync::{mpsc, Notify, OwnedSemaphorePermit};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::answers::{check_attached, ended, find, get, refusal, running};
use super::attachment::{Attachment, Credits};
use super::input::Input;
use super::input_call::InputCall;
use super::kept_output::Start;
use super::known_process::KnownProcess;
use super::launch::{self, launch, Launched};
use super::listing::{list, Description, Line};
use super::pump::pump;
use super::request::{Spec, TerminalSize};
use super::state::{Shared, State, Times, INPUT_STREAMS_MAX};
use super::supervision::{supervise, Supervised};
use super::table::{Key, Selector};
use super::terminal;
use crate::execution::{Processes, WorkingDirectory};
use crate::invalid::Invalid;
use crate::lifecycle::Lifecycle;
use crate::reaper::Reaper;
use crate::sandbox::Sandbox;
use crate::wire::sandbox::v1::{ProcessEvent, ProcessInfo, ProcessStream};

/// Events that wait for HTTP/2. Each may be large, and there may be many clients.
const EVENTS_IN_FLIGHT: usize = 1;

pub type EventStream = ReceiverStream<Result<ProcessEvent, Status>>;

/// Starts processes, and finds those that it has started.
#[derive(Clone)]
pub struct SandboxProcesses {
    sandbox: Sandbox,
    lifecycle: Lifecycle,
    working_directory: WorkingDirectory,
    reaper: Reaper,
    shared: Arc<Shared>,
}

impl SandboxProcesses {
    pub fn new(
        sandbox: Sandbox,
        lifecycle: Lifecycle,
        working_directory: WorkingDirectory,
        reaper: Reaper,
        times: Times,
    ) -> Self {
        Self {
            sandbox,
            lifecycle,
            working_directory,
            reaper,
            shared: Arc::new(Shared::new(times)),
        }
    }

    /// Starts a process and attaches the client to it.
    pub fn start(&self, spec: Spec, credits: Credits) -> Result<EventStream, Status> {
        let mut state = self.shared.lock();
        state.processes.admit(&spec.tag).map_err(refusal)?;
        check_attached(&state)?;
        let key = state.processes.next_key();
        let settings = self.sandbox.settings();
        let started = (Instant::now(), SystemTime::now());
        let launched = launch(&spec, settings, &self.working_directory, &self.reaper, key)?;
        let directory = launch::directory(&spec, settings, &self.working_directory.directory);
        let description = Description::of(&spec, directory.to_string_lossy().into_owned());
        let group = self.record(&mut state, key, &spec, launched, description, started);
        let ends_with_stream = spec.ends_with_stream.then_some(group);
        self.attach_to(&mut state, key, &Start::Kept, credits, ends_with_stream)
    }

    /// Adds a started process, and starts the tasks that serve it.
    fn record(
        &self,
        state: &mut State,
        key: Key,
        spec: &Spec,
        launched: Launched,
        description: Description,
        started: (Instant, SystemTime),
    ) -> Arc<Processes> {
        let group = Arc::new(launched.group);
        let has_terminal = launched.terminal.is_some();
        let sandbox_room = &self.shared.input_room;
        state.output.add(key, launched.outputs.len());
        let pumps: Vec<_> = launched
            .outputs
            .iter()
            .enumerate()
            .map(|(index, source)| {
                tokio::spawn(pump(self.shared.clone(), key, index, source.clone()))
            })
            .collect();
        let process = KnownProcess {
            pid: launched.pid,
            description,
            started: started.1,
            group: group.clone(),
            handle: launched.handle,
            input: launched
                .input
                .map(|target| Input::start(target, has_terminal, sandbox_room.clone())),
            terminal: launched.terminal,
            changed: Arc::new(Notify::new()),
            ended: None,
            pumps: pumps.iter().map(|pump| pump.abort_handle()).collect(),
        };
        let tag = spec.tag.clone();
        state.processes.insert(key, launched.pid, tag, process);
        let supervised = Supervised {
            key,
            group: group.clone(),
            end: launched.end,
            outputs: launched.outputs,
            pumps,
            started: started.0,
            timeout: spec.timeout,
        };
        tokio::spawn(supervise(self.shared.clone(), supervised));
        group
    }

    /// Attaches a client to a process that it may not have started.
    pub fn attach(
        &self,
        selector: &Selector,
        start: impl FnOnce(&[ProcessStream]) -> Start,
        credits: Credits,
    ) -> Result<EventStream, Status> {
        let mut state = self.shared.lock();
        let key = find(&state, selector)?;
        check_attached(&state)?;
        let start = start(get(&state, selector)?.streams());
        self.attach_to(&mut state, key, &start, credits, None)
    }

    fn attach_to(
        &self,
        state: &mut State,
        key: Key,
        start: &Start,
        credits: Credits,
        ends_with_stream: Option<Arc<Processes>>,
    ) -> Result<EventStream, Status> {
        let gone = || Status::not_found("PROCESS_UNKNOWN: the process is gone");
        let reader = state.output.attach(key, start, Instant::now());
        let process = state.processes.get(key).ok_or_else(gone)?;
        let reader = reader.ok_or_else(gone)?.map_err(|index| {
            let stream = process.streams()[index].as_str_name();
            let field = stream.trim_start_matches("PROCESS_STREAM_").to_lowercase();
            let written = state.output.offsets(key)[index];
            Invalid::new(
                format!("offsets.{field}"),
                format!("is beyond the {written} bytes that the process has written"),
            )
        })?;
        let attachment = Attachment {
            shared: self.shared.clone(),
            key,
            reader,
            pid: process.pid,
            streams: process.streams(),
            changed: process.changed.clone(),
            ends_with_stream,
            lifecycle: self.lifecycle.clone(),
            freezes: self.lifecycle.freezes(),
        };
        state.attached += 1;
        let (sender, receiver) = mpsc::channel(EVENTS_IN_FLIGHT);
        tokio::spawn(attachment.send_events(sender, credits));
        Ok(ReceiverStream::new(receiver))
    }

    pub fn list(&self) -> Vec<ProcessInfo> {
        let state = self.shared.lock();
        let lines = state.processes.iter().map(|(key, process)| Line {
            pid: process.pid,
            description: &process.description,
            started: process.started,
            ended: process.ended.as_ref(),
            streams: process.streams(),
            offsets: state.output.offsets(key),
        });
        list(&lines.collect::<Vec<_>>())
    }

    /// Returns the input of a running process.
    pub fn input(&self, selector: &Selector) -> Result<InputCall, Status> {
        let state = self.shared.lock();
        let key = find(&state, selector)?;
        let process = running(&state, selector)?;
        let Some(input) = process.input.clone() else {
            return Err(Status::failed_precondition(format!(
                "process {} was started without input: set stdin or pty when you start it",
                process.pid
            )));
        };
        Ok(InputCall {
            shared: self.shared.clone(),
            key,
            pid: process.pid,
            input,
        })
    }

    /// Returns the right to one stream of input, which is held while the stream lasts.
    pub fn admit_input_stream(&self) -> Result<OwnedSemaphorePermit, Status> {
        let streams = self.shared.input_streams.clone();
        streams.try_acquire_owned().map_err(|_| {
            Status::resource_exhausted(format!(
                "PROCESS_LIMIT: {INPUT_STREAMS_MAX} calls of StreamInput are open in the sandbox, which is the limit: \
                 use SendInput"
            ))
        })
    }

    /// Sends a signal to a running process, or to all that it has started and that still runs.
    pub fn signal(
        &self,
        selector: &Selector,
        signal: i32,
        whole_group: bool,
    ) -> Result<(), Status> {
        let state = self.shared.lock();
        let failed = |error| Status::internal(format!("cannot send signal {signal}: {error}"));
        let process = match whole_group {
            true => get(&state, selector)?,
            false => running(&state, selector)?,
        };
        let sent = match whole_group {
            true => process.group.signal(signal),
            false => process.signal(signal),
        };
        match sent.map_err(failed)? {
            true => Ok(()),
            false => Err(ended(process)),
        }
    }

    pub fn resize(&self, selector: &Selector, size: TerminalSize) -> Result<(), Status> {
        let state = self.shared.lock();
        let process = running(&state, selector)?;
        let Some(terminal) = &process.terminal else {
            return Err(Status::failed_precondition(format!(
                "process {} has no terminal: set pty when you start it",
                process.pid
            )));
        };
        terminal::resize(terminal, size)
            .map_err(|error| Status::internal(format!("cannot resize the terminal: {error}")))
    }
}
