//! The gRPC services of the agent.

mod execution_service;
mod guest_service;
mod statistics;
#[cfg(test)]
mod tests;

use tonic::service::Routes;
use tonic::transport::server::{Router, Server};

use crate::execution::Executions;
use crate::lifecycle::Lifecycle;
use crate::wire::execution::execution_service_server::ExecutionServiceServer;
use crate::wire::guest::guest_service_server::GuestServiceServer;
use execution_service::ExecutionRpc;
use guest_service::GuestRpc;
#[cfg(any(fuzzing, test))]
pub use statistics::uptime;

/// 64 MiB of files, 8 MiB of code, and room for the rest.
const INBOUND_BYTES_MAX: usize = 80 << 20;
/// The host runs one execution and at most a few other calls.
const CONCURRENT_STREAMS_MAX: u32 = 8;
const HEADER_BYTES_MAX: u32 = 16 << 10;
/// Large enough to receive 64 MiB of files without a round trip per 64 KiB.
const WINDOW_BYTES: u32 = 1 << 20;

/// Both services with the shared state of this VM.
#[derive(Clone)]
pub struct Services {
    lifecycle: Lifecycle,
    executions: Executions,
}

impl Services {
    pub fn new(lifecycle: Lifecycle, executions: Executions) -> Self {
        Self {
            lifecycle,
            executions,
        }
    }

    pub fn router(&self) -> Router {
        Server::builder()
            .max_concurrent_streams(CONCURRENT_STREAMS_MAX)
            .http2_max_header_list_size(HEADER_BYTES_MAX)
            .initial_stream_window_size(WINDOW_BYTES)
            .initial_connection_window_size(WINDOW_BYTES)
            .add_routes(self.routes())
    }

    fn routes(&self) -> Routes {
        let executions = ExecutionRpc::new(self.lifecycle.clone(), self.executions.clone());
        let guest = GuestRpc::new(self.lifecycle.clone(), self.executions.clone());
        Routes::new(
            ExecutionServiceServer::new(executions).max_decoding_message_size(INBOUND_BYTES_MAX),
        )
        .add_service(GuestServiceServer::new(guest).max_decoding_message_size(INBOUND_BYTES_MAX))
    }
}
