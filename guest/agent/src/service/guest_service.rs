//! `neurovisor.guest.GuestService`.

use std::sync::Arc;
use std::thread;

use rustix::system::uname;
use tokio::sync::Mutex;
use tonic::{Request, Response, Status};

use super::statistics::{self, Disk};
use crate::connection::ConnectionNumber;
use crate::execution::{Executions, Program};
use crate::interpreter::Contexts;
use crate::kernel_log;
use crate::lifecycle::{Lifecycle, Step};
use crate::memory::Memory;
use crate::refresh::{self, Refresh};
use crate::sandbox::{Sandbox, Settings};
use crate::wire::guest::guest_service_server::GuestService;
use crate::wire::guest::{
    AdoptRequest, AdoptResponse, FreezeRequest, FreezeResponse, HelloRequest, HelloResponse,
    PrimeRequest, PrimeResponse, RefreshRequest, RefreshResponse, SetClockRequest,
    SetClockResponse, StatsRequest, StatsResponse, ThawRequest, ThawResponse, WarmRequest,
    WarmResponse,
};

/// In a sandbox, of all programs together.
const PROCESSES_MAX: u32 = 1024;

pub struct GuestRpc {
    lifecycle: Lifecycle,
    executions: Executions,
    sandbox: Sandbox,
    contexts: Contexts,
    standstill: Standstill,
}

/// Held while programs are frozen, refreshed or thawed. Otherwise a freeze that fails late, and lets the programs run on, could do
/// that after the next freeze.
pub type Standstill = Arc<Mutex<()>>;

impl GuestRpc {
    pub fn new(
        lifecycle: Lifecycle,
        executions: Executions,
        sandbox: Sandbox,
        contexts: Contexts,
        standstill: Standstill,
    ) -> Self {
        Self {
            lifecycle,
            executions,
            sandbox,
            contexts,
            standstill,
        }
    }
}

/// The version of guest.proto.
const PROTOCOL: u32 = 1;

/// Returns the connection of a call.
fn connection<T>(request: &Request<T>) -> Result<ConnectionNumber, Status> {
    let number = request.extensions().get().copied();
    number.ok_or_else(|| Status::internal("the connection of this call has no number"))
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
            protocol: PROTOCOL,
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
        let contexts = self.contexts.clone();
        let warmed = tokio::spawn(async move {
            let languages = executions.warm().await?;
            // Without it a context is started when it is asked for.
            if let Err(failure) = contexts.warm(&Settings::default()).await {
                kernel_log::error(format_args!("no driver waits: {}", failure.message()));
            }
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
        let step = Step::Refresh(connection(&request)?);
        let _standstill = self.standstill.lock().await;
        self.lifecycle
            .check(step)
            .map_err(Status::failed_precondition)?;
        let refresh = Refresh::from_request(request.into_inner(), self.lifecycle.is_frozen())?;
        // Nothing is awaited in between, so no other call sees a partly refreshed VM.
        refresh.apply().map_err(Status::internal)?;
        // Before programs run on, and after the kernel has got randomness.
        self.contexts.refresh();
        self.lifecycle
            .take(step)
            .map_err(Status::failed_precondition)?;
        Ok(Response::new(RefreshResponse {}))
    }

    async fn stats(&self, _: Request<StatsRequest>) -> Result<Response<StatsResponse>, Status> {
        statistics::current()
            .map(Response::new)
            .map_err(|error| Status::internal(error.to_string()))
    }

    async fn adopt(
        &self,
        request: Request<AdoptRequest>,
    ) -> Result<Response<AdoptResponse>, Status> {
        self.lifecycle
            .check(Step::Adopt)
            .map_err(Status::failed_precondition)?;
        let settings = Settings::from_request(request.into_inner())?;
        // Taken first, so that no execution starts meanwhile. A VM whose adoption fails is unusable.
        self.lifecycle
            .take(Step::Adopt)
            .map_err(Status::failed_precondition)?;
        self.sandbox.set(settings);
        self.executions
            .give_way(PROCESSES_MAX)
            .await
            .map_err(|error| Status::internal(format!("cannot adopt this VM: {error}")))?;
        Ok(Response::new(AdoptResponse {
            disk_bytes: Disk::current().total_bytes,
        }))
    }

    async fn set_clock(
        &self,
        request: Request<SetClockRequest>,
    ) -> Result<Response<SetClockResponse>, Status> {
        self.lifecycle
            .require_adopted()
            .map_err(Status::failed_precondition)?;
        refresh::adjust_clock(request.into_inner().unix_nanos)?;
        Ok(Response::new(SetClockResponse {}))
    }

    async fn freeze(
        &self,
        request: Request<FreezeRequest>,
    ) -> Result<Response<FreezeResponse>, Status> {
        let connection = connection(&request)?;
        let standstill = self.standstill.clone().lock_owned().await;
        // Taken first, so that no process starts meanwhile and all streams end.
        self.lifecycle
            .take(Step::Freeze(connection))
            .map_err(Status::failed_precondition)?;
        let lifecycle = self.lifecycle.clone();
        let executions = self.executions.clone();
        // In a separate task, so that a host that hangs up does not leave programs half frozen.
        let frozen = tokio::spawn(async move {
            let _standstill = standstill;
            let Err(error) = executions.freeze().await else {
                return Ok(());
            };
            thaw(&lifecycle, &executions, connection)?;
            Err(Status::failed_precondition(format!(
                "the programs of this sandbox do not stand still: {error}"
            )))
        });
        frozen
            .await
            .map_err(|error| Status::internal(error.to_string()))??;
        Ok(Response::new(FreezeResponse {}))
    }

    async fn thaw(&self, request: Request<ThawRequest>) -> Result<Response<ThawResponse>, Status> {
        let connection = connection(&request)?;
        let _standstill = self.standstill.lock().await;
        thaw(&self.lifecycle, &self.executions, connection)?;
        Ok(Response::new(ThawResponse {}))
    }
}

/// Lets the programs run on. If that fails, the sandbox stays frozen.
fn thaw(
    lifecycle: &Lifecycle,
    executions: &Executions,
    connection: ConnectionNumber,
) -> Result<(), Status> {
    let step = Step::Thaw(connection);
    lifecycle.check(step).map_err(Status::failed_precondition)?;
    executions
        .thaw()
        .map_err(|error| Status::internal(format!("cannot thaw the programs: {error}")))?;
    lifecycle.take(step).map_err(Status::failed_precondition)
}
