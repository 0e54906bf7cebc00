//! `neurovisor.guest.GuestService`.

use std::thread;

use rustix::system::uname;
use tonic::{Request, Response, Status};

use super::statistics;
use crate::execution::{Executions, Program};
use crate::lifecycle::{Lifecycle, Step};
use crate::memory::Memory;
use crate::refresh::Refresh;
use crate::wire::guest::guest_service_server::GuestService;
use crate::wire::guest::{
    AdoptRequest, AdoptResponse, HelloRequest, HelloResponse, PrimeRequest, PrimeResponse,
    RefreshRequest, RefreshResponse, SetClockRequest, SetClockResponse, StatsRequest,
    StatsResponse, WarmRequest, WarmResponse,
};

pub struct GuestRpc {
    lifecycle: Lifecycle,
    executions: Executions,
}

impl GuestRpc {
    pub fn new(lifecycle: Lifecycle, executions: Executions) -> Self {
        Self {
            lifecycle,
            executions,
        }
    }
}

#[tonic::async_trait]
impl GuestService for GuestRpc {
    async fn hello(&self, _: Request<HelloRequest>) -> Result<Response<HelloResponse>, Status> {
        let memory = Memory::current().map_err(|error| Status::internal(error.to_string()))?;
        Ok(Response::new(HelloResponse {
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            kernel_release: uname().release().to_string_lossy().into_owned(),
            vcpu_count: thread::available_parallelism()
                .ok()
                .and_then(|count| count.get().try_into().ok())
                .unwrap_or_default(),
            memory_bytes: memory.total_bytes,
        }))
    }

    async fn prime(
        &self,
        request: Request<PrimeRequest>,
    ) -> Result<Response<PrimeResponse>, Status> {
        self.lifecycle
            .check(Step::BeginPrime)
            .map_err(Status::failed_precondition)?;
        let program = request
            .into_inner()
            .program
            .ok_or_else(|| Status::invalid_argument("program: is missing"))?;
        let program = Program::from_request(program, "")?;
        self.lifecycle
            .take(Step::BeginPrime)
            .map_err(Status::failed_precondition)?;
        let lifecycle = self.lifecycle.clone();
        let executions = self.executions.clone();
        // In a separate task, so that cleanup completes even if the host hangs up.
        let primed = tokio::spawn(async move {
            let primed = executions.prime(program).await?;
            lifecycle
                .take(Step::EndPrime)
                .map_err(Status::failed_precondition)?;
            Ok::<_, Status>(primed)
        });
        let primed = primed
            .await
            .map_err(|error| Status::internal(error.to_string()))??;
        Ok(Response::new(PrimeResponse {
            exit_code: primed.exit_code,
            stderr_tail: primed.stderr_tail,
        }))
    }

    async fn warm(&self, _: Request<WarmRequest>) -> Result<Response<WarmResponse>, Status> {
        self.lifecycle
            .take(Step::BeginWarm)
            .map_err(Status::failed_precondition)?;
        let lifecycle = self.lifecycle.clone();
        let executions = self.executions.clone();
        let warmed = tokio::spawn(async move {
            let languages = executions.warm().await?;
            lifecycle
                .take(Step::EndWarm)
                .map_err(Status::failed_precondition)?;
            Ok::<_, Status>(languages)
        });
        let languages = warmed
            .await
            .map_err(|error| Status::internal(error.to_string()))??;
        Ok(Response::new(WarmResponse { languages }))
    }

    async fn refresh(
        &self,
        request: Request<RefreshRequest>,
    ) -> Result<Response<RefreshResponse>, Status> {
        self.lifecycle
            .check(Step::Refresh)
            .map_err(Status::failed_precondition)?;
        let refresh = Refresh::from_request(request.into_inner())?;
        // Nothing is awaited in between, so no other call sees a partly refreshed VM.
        refresh.apply().map_err(Status::internal)?;
        self.lifecycle
            .take(Step::Refresh)
            .map_err(Status::failed_precondition)?;
        Ok(Response::new(RefreshResponse {}))
    }

    async fn stats(&self, _: Request<StatsRequest>) -> Result<Response<StatsResponse>, Status> {
        statistics::current()
            .map(Response::new)
            .map_err(|error| Status::internal(error.to_string()))
    }

    async fn adopt(&self, _: Request<AdoptRequest>) -> Result<Response<AdoptResponse>, Status> {
        Err(Status::unimplemented("this agent does not adopt yet"))
    }

    async fn set_clock(
        &self,
        _: Request<SetClockRequest>,
    ) -> Result<Response<SetClockResponse>, Status> {
        Err(Status::unimplemented("this agent does not set clocks yet"))
    }
}
