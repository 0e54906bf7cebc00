//! `neurovisor.guest.GuestInterpreterService`.

use tokio_stream::StreamExt;
use tonic::{Request, Response, Status, Streaming};

use super::contexts::Contexts;
use super::request;
use super::stream::{Credits, EventStream};
use crate::invalid::Invalid;
use crate::lifecycle::Lifecycle;
use crate::wire::guest::guest_interpreter_service_server::GuestInterpreterService;
use crate::wire::guest::{
    guest_attach_cell_request, guest_execute_cell_request, Credit, GuestAttachCellRequest,
    GuestExecuteCellRequest,
};
use crate::wire::sandbox::v1::{
    CreateContextRequest, CreateContextResponse, InspectContextRequest, InspectContextResponse,
    InterruptCellRequest, InterruptCellResponse, ListContextsRequest, ListContextsResponse,
    RemoveContextRequest, RemoveContextResponse, RestartContextRequest, RestartContextResponse,
    SendCellInputRequest, SendCellInputResponse,
};

pub struct InterpreterRpc {
    lifecycle: Lifecycle,
    contexts: Contexts,
}

impl InterpreterRpc {
    pub fn new(lifecycle: Lifecycle, contexts: Contexts) -> Self {
        Self {
            lifecycle,
            contexts,
        }
    }

    fn contexts(&self) -> Result<&Contexts, Status> {
        self.lifecycle
            .require_adopted()
            .map_err(Status::failed_precondition)?;
        Ok(&self.contexts)
    }
}

fn not_a_credit() -> Status {
    Invalid::new("credit", "is not in a message after the first").into()
}

#[tonic::async_trait]
impl GuestInterpreterService for InterpreterRpc {
    type ExecuteCellStream = EventStream;
    type AttachCellStream = EventStream;

    async fn create_context(
        &self,
        request: Request<CreateContextRequest>,
    ) -> Result<Response<CreateContextResponse>, Status> {
        let spec = request::spec(request.into_inner())?;
        let context = self.contexts()?.create(spec).await?;
        Ok(Response::new(CreateContextResponse {
            context: Some(context),
        }))
    }

    async fn list_contexts(
        &self,
        _: Request<ListContextsRequest>,
    ) -> Result<Response<ListContextsResponse>, Status> {
        let contexts = self.contexts()?;
        Ok(Response::new(ListContextsResponse {
            contexts: contexts.list(),
            languages: contexts.languages(),
        }))
    }

    async fn restart_context(
        &self,
        request: Request<RestartContextRequest>,
    ) -> Result<Response<RestartContextResponse>, Status> {
        let id = request.into_inner().context_id;
        let context = self.contexts()?.restart(&id).await?;
        Ok(Response::new(RestartContextResponse {
            context: Some(context),
        }))
    }

    async fn remove_context(
        &self,
        request: Request<RemoveContextRequest>,
    ) -> Result<Response<RemoveContextResponse>, Status> {
        self.contexts()?.remove(&request.into_inner().context_id)?;
        Ok(Response::new(RemoveContextResponse {}))
    }

    async fn inspect_context(
        &self,
        request: Request<InspectContextRequest>,
    ) -> Result<Response<InspectContextResponse>, Status> {
        let id = request.into_inner().context_id;
        self.contexts()?.inspect(&id).await.map(Response::new)
    }

    async fn execute_cell(
        &self,
        request: Request<Streaming<GuestExecuteCellRequest>>,
    ) -> Result<Response<EventStream>, Status> {
        let mut parts = request.into_inner();
        let part = parts.message().await?.and_then(|first| first.part);
        let Some(guest_execute_cell_request::Part::Execute(start)) = part else {
            return Err(Invalid::new("execute", "is not in the first message").into());
        };
        let contexts = self.contexts()?;
        let (id, cell) = request::cell(start)?;
        contexts.require_tables(&id, cell.tables).await?;
        let credits: Credits = Box::pin(parts.map(|part| match part?.part {
            Some(guest_execute_cell_request::Part::Credit(Credit { bytes })) => Ok(bytes),
            _ => Err(not_a_credit()),
        }));
        contexts.execute(&id, cell, credits).map(Response::new)
    }

    async fn attach_cell(
        &self,
        request: Request<Streaming<GuestAttachCellRequest>>,
    ) -> Result<Response<EventStream>, Status> {
        let mut parts = request.into_inner();
        let part = parts.message().await?.and_then(|first| first.part);
        let Some(guest_attach_cell_request::Part::Attach(attach)) = part else {
            return Err(Invalid::new("attach", "is not in the first message").into());
        };
        let contexts = self.contexts()?;
        let credits: Credits = Box::pin(parts.map(|part| match part?.part {
            Some(guest_attach_cell_request::Part::Credit(Credit { bytes })) => Ok(bytes),
            _ => Err(not_a_credit()),
        }));
        let events =
            contexts.attach(&attach.context_id, attach.cell, attach.from_event, credits)?;
        Ok(Response::new(events))
    }

    async fn send_cell_input(
        &self,
        request: Request<SendCellInputRequest>,
    ) -> Result<Response<SendCellInputResponse>, Status> {
        let SendCellInputRequest {
            context_id,
            cell,
            text,
            end,
            ..
        } = request.into_inner();
        request::input(&text)?;
        self.contexts()?.send_input(&context_id, cell, &text, end)?;
        Ok(Response::new(SendCellInputResponse {}))
    }

    async fn interrupt_cell(
        &self,
        request: Request<InterruptCellRequest>,
    ) -> Result<Response<InterruptCellResponse>, Status> {
        let InterruptCellRequest {
            context_id, cell, ..
        } = request.into_inner();
        self.contexts()?.interrupt(&context_id, cell)?;
        Ok(Response::new(InterruptCellResponse {}))
    }
}
