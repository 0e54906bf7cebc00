//! `neurovisor.guest.GuestProcessService`.

use std::pin::Pin;

use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

use crate::lifecycle::Lifecycle;
use crate::wire::guest::guest_process_service_server::GuestProcessService;
use crate::wire::guest::{GuestAttachRequest, GuestStartRequest};
use crate::wire::sandbox::v1::{
    CloseInputRequest, CloseInputResponse, ListProcessesRequest, ListProcessesResponse,
    ProcessEvent, ResizeRequest, ResizeResponse, SendInputRequest, SendInputResponse,
    SignalRequest, SignalResponse, StreamInputRequest, StreamInputResponse,
};

const NOT_YET: &str = "this agent does not serve processes yet";

pub struct ProcessRpc {
    lifecycle: Lifecycle,
}

impl ProcessRpc {
    pub fn new(lifecycle: Lifecycle) -> Self {
        Self { lifecycle }
    }

    fn refuse<T>(&self) -> Result<T, Status> {
        self.lifecycle
            .require_adopted()
            .map_err(Status::failed_precondition)?;
        Err(Status::unimplemented(NOT_YET))
    }
}

type Events = Pin<Box<dyn Stream<Item = Result<ProcessEvent, Status>> + Send>>;

#[tonic::async_trait]
impl GuestProcessService for ProcessRpc {
    type StartStream = Events;
    type AttachStream = Events;

    async fn start(
        &self,
        _: Request<Streaming<GuestStartRequest>>,
    ) -> Result<Response<Events>, Status> {
        self.refuse()
    }

    async fn attach(
        &self,
        _: Request<Streaming<GuestAttachRequest>>,
    ) -> Result<Response<Events>, Status> {
        self.refuse()
    }

    async fn list_processes(
        &self,
        _: Request<ListProcessesRequest>,
    ) -> Result<Response<ListProcessesResponse>, Status> {
        self.refuse()
    }

    async fn send_input(
        &self,
        _: Request<SendInputRequest>,
    ) -> Result<Response<SendInputResponse>, Status> {
        self.refuse()
    }

    async fn stream_input(
        &self,
        _: Request<Streaming<StreamInputRequest>>,
    ) -> Result<Response<StreamInputResponse>, Status> {
        self.refuse()
    }

    async fn close_input(
        &self,
        _: Request<CloseInputRequest>,
    ) -> Result<Response<CloseInputResponse>, Status> {
        self.refuse()
    }

    async fn signal(&self, _: Request<SignalRequest>) -> Result<Response<SignalResponse>, Status> {
        self.refuse()
    }

    async fn resize(&self, _: Request<ResizeRequest>) -> Result<Response<ResizeResponse>, Status> {
        self.refuse()
    }
}
