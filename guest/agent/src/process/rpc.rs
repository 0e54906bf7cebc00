//! `neurovisor.guest.GuestProcessService`.

use tokio_stream::StreamExt;
use tonic::{Request, Response, Status, Streaming};

use super::attachment::Credits;
use super::input_call::InputCall;
use super::kept_output::Start;
use super::request::{self, Spec, TerminalSize};
use super::sandbox_processes::{EventStream, SandboxProcesses};
use crate::invalid::Invalid;
use crate::lifecycle::Lifecycle;
use crate::wire::guest::guest_process_service_server::GuestProcessService;
use crate::wire::guest::{
    guest_attach_request, guest_start_request, Credit, GuestAttachRequest, GuestStartRequest,
};
use crate::wire::sandbox::v1::{
    AttachRequest, CloseInputRequest, CloseInputResponse, ListProcessesRequest,
    ListProcessesResponse, ProcessSelector, ProcessStream, ResizeRequest, ResizeResponse,
    SendInputRequest, SendInputResponse, SignalRequest, SignalResponse, StreamInputRequest,
    StreamInputResponse,
};

pub struct ProcessRpc {
    lifecycle: Lifecycle,
    processes: SandboxProcesses,
}

impl ProcessRpc {
    pub fn new(lifecycle: Lifecycle, processes: SandboxProcesses) -> Self {
        Self {
            lifecycle,
            processes,
        }
    }

    fn processes(&self) -> Result<&SandboxProcesses, Status> {
        self.lifecycle
            .require_adopted()
            .map_err(Status::failed_precondition)?;
        Ok(&self.processes)
    }

    fn input(&self, process: Option<ProcessSelector>) -> Result<InputCall, Status> {
        self.processes()?.input(&request::selector(process)?)
    }
}

#[tonic::async_trait]
impl GuestProcessService for ProcessRpc {
    type StartStream = EventStream;
    type AttachStream = EventStream;

    async fn start(
        &self,
        request: Request<Streaming<GuestStartRequest>>,
    ) -> Result<Response<EventStream>, Status> {
        let mut parts = request.into_inner();
        let part = parts.message().await?.and_then(|first| first.part);
        let Some(guest_start_request::Part::Start(start)) = part else {
            return Err(Invalid::new("start", "is not in the first message").into());
        };
        let processes = self.processes()?;
        let credits = parts.map(|part| match part?.part {
            Some(guest_start_request::Part::Credit(Credit { bytes })) => Ok(bytes),
            _ => Err(Invalid::new("credit", "is not in a message after the first").into()),
        });
        let credits: Credits = Box::pin(credits);
        let events = processes.start(Spec::from_request(start)?, credits)?;
        Ok(Response::new(events))
    }

    async fn attach(
        &self,
        request: Request<Streaming<GuestAttachRequest>>,
    ) -> Result<Response<EventStream>, Status> {
        let mut parts = request.into_inner();
        let part = parts.message().await?.and_then(|first| first.part);
        let Some(guest_attach_request::Part::Attach(attach)) = part else {
            return Err(Invalid::new("attach", "is not in the first message").into());
        };
        let processes = self.processes()?;
        let credits = parts.map(|part| match part?.part {
            Some(guest_attach_request::Part::Credit(Credit { bytes })) => Ok(bytes),
            _ => Err(Invalid::new("credit", "is not in a message after the first").into()),
        });
        let credits: Credits = Box::pin(credits);
        let selector = request::selector(attach.process.clone())?;
        let events = processes.attach(&selector, |streams| start_at(&attach, streams), credits)?;
        Ok(Response::new(events))
    }

    async fn list_processes(
        &self,
        _: Request<ListProcessesRequest>,
    ) -> Result<Response<ListProcessesResponse>, Status> {
        let processes = self.processes()?.list();
        Ok(Response::new(ListProcessesResponse { processes }))
    }

    async fn send_input(
        &self,
        request: Request<SendInputRequest>,
    ) -> Result<Response<SendInputResponse>, Status> {
        let request = request.into_inner();
        let data = request::input(request.data)?;
        self.input(request.process)?.send(data).await?;
        Ok(Response::new(SendInputResponse {}))
    }

    async fn stream_input(
        &self,
        request: Request<Streaming<StreamInputRequest>>,
    ) -> Result<Response<StreamInputResponse>, Status> {
        let mut parts = request.into_inner();
        let Some(first) = parts.message().await? else {
            return Err(Invalid::new("process", "is not in the first message").into());
        };
        let input = self.input(first.process)?;
        let _admitted = self.processes()?.admit_input_stream()?;
        input.send_patiently(request::input(first.data)?).await?;
        input.stream(parts).await?;
        Ok(Response::new(StreamInputResponse {}))
    }

    async fn close_input(
        &self,
        request: Request<CloseInputRequest>,
    ) -> Result<Response<CloseInputResponse>, Status> {
        self.input(request.into_inner().process)?.close()?;
        Ok(Response::new(CloseInputResponse {}))
    }

    async fn signal(
        &self,
        request: Request<SignalRequest>,
    ) -> Result<Response<SignalResponse>, Status> {
        let request = request.into_inner();
        let signal = request::signal(request.signal)?;
        let selector = request::selector(request.process)?;
        self.processes()?
            .signal(&selector, signal, request.whole_group)?;
        Ok(Response::new(SignalResponse {}))
    }

    async fn resize(
        &self,
        request: Request<ResizeRequest>,
    ) -> Result<Response<ResizeResponse>, Status> {
        let request = request.into_inner();
        let size = request
            .size
            .ok_or_else(|| Invalid::new("size", "is missing"))?;
        let size = TerminalSize::checked("size", size)?;
        let selector = request::selector(request.process)?;
        self.processes()?.resize(&selector, size)?;
        Ok(Response::new(ResizeResponse {}))
    }
}

/// Returns where a client begins to read the streams of a process.
fn start_at(attach: &AttachRequest, streams: &[ProcessStream]) -> Start {
    match &attach.offsets {
        _ if attach.from_now => Start::Now,
        None => Start::Kept,
        Some(offsets) => {
            let of = |stream: &ProcessStream| match stream {
                ProcessStream::Stdout => offsets.stdout,
                ProcessStream::Stderr => offsets.stderr,
                ProcessStream::Pty => offsets.pty,
                ProcessStream::Unspecified => 0,
            };
            Start::Offsets(streams.iter().map(of).collect())
        }
    }
}
