//! The gRPC services of the agent.

mod execution_service;
#[cfg(test)]
mod file_tests;
mod guest_service;
#[cfg(test)]
mod interpreter_tests;
#[cfg(test)]
mod sandbox_tests;
mod statistics;
#[cfg(test)]
mod tests;
mod until_frozen;

use tonic::service::Routes;
use tonic::transport::server::{Router, Server};

use crate::execution::{Executions, WorkingDirectory};
use crate::file::{FileRpc, Files};
use crate::interpreter::{self, Contexts, Drivers, InterpreterRpc};
use crate::lifecycle::Lifecycle;
use crate::process::{ProcessRpc, SandboxProcesses, Times};
use crate::reaper::Reaper;
use crate::sandbox::Sandbox;
use crate::wire::execution::execution_service_server::ExecutionServiceServer;
use crate::wire::guest::guest_file_service_server::GuestFileServiceServer;
use crate::wire::guest::guest_interpreter_service_server::GuestInterpreterServiceServer;
use crate::wire::guest::guest_process_service_server::GuestProcessServiceServer;
use crate::wire::guest::guest_service_server::GuestServiceServer;
use execution_service::ExecutionRpc;
use guest_service::{GuestRpc, Standstill};
#[cfg(any(fuzzing, test))]
pub use statistics::uptime;
use until_frozen::UntilFrozen;

/// 64 MiB of files, 8 MiB of code, and room for the rest.
const INBOUND_BYTES_MAX: usize = 80 << 20;
/// 128 KiB of arguments, 128 KiB of variables, and room for the rest.
const PROCESS_INBOUND_BYTES_MAX: usize = 320 << 10;
/// 64 KiB of content, and the names and attributes of a file.
const FILE_INBOUND_BYTES_MAX: usize = 128 << 10;
/// 8 MiB of code, 128 KiB of variables, and room for the rest.
const CELL_INBOUND_BYTES_MAX: usize = 9 << 20;
/// The attached streams of a sandbox, its watches, and a few other calls.
const CONCURRENT_STREAMS_MAX: u32 = 256;
const HEADER_BYTES_MAX: u32 = 16 << 10;
/// Of each call: large enough to receive 64 MiB of files without a round trip per 64 KiB.
const STREAM_WINDOW_BYTES: u32 = 512 << 10;
/// Of all calls: enough for others while all streams of input wait for processes that do not read.
const CONNECTION_WINDOW_BYTES: u32 = 8 << 20;

/// All services with the shared state of this VM.
#[derive(Clone)]
pub struct Services {
    lifecycle: Lifecycle,
    executions: Executions,
    files: Files,
    sandbox: Sandbox,
    standstill: Standstill,
    processes: SandboxProcesses,
    contexts: Contexts,
}

impl Services {
    pub fn new(lifecycle: Lifecycle, working_directory: WorkingDirectory, reaper: Reaper) -> Self {
        let sandbox = Sandbox::default();
        Self {
            files: Files::new(&working_directory),
            executions: Executions::new(working_directory.clone(), reaper.clone()),
            contexts: Contexts::new(
                sandbox.clone(),
                lifecycle.clone(),
                working_directory.clone(),
                reaper.clone(),
                Drivers::of_image(),
                interpreter::Times::default(),
            ),
            processes: SandboxProcesses::new(
                sandbox.clone(),
                lifecycle.clone(),
                working_directory,
                reaper,
                Times::default(),
            ),
            lifecycle,
            sandbox,
            standstill: Standstill::default(),
        }
    }

    pub fn router(&self) -> Router {
        Server::builder()
            .max_concurrent_streams(CONCURRENT_STREAMS_MAX)
            .http2_max_header_list_size(HEADER_BYTES_MAX)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .add_routes(self.routes())
    }

    fn routes(&self) -> Routes {
        let executions = ExecutionRpc::new(
            self.lifecycle.clone(),
            self.executions.clone(),
            self.contexts.clone(),
        );
        let guest = GuestRpc::new(
            self.lifecycle.clone(),
            self.executions.clone(),
            self.sandbox.clone(),
            self.contexts.clone(),
            self.standstill.clone(),
        );
        let processes = ProcessRpc::new(self.lifecycle.clone(), self.processes.clone());
        let files = FileRpc::new(self.lifecycle.clone(), self.files.clone());
        let interpreter = InterpreterRpc::new(self.lifecycle.clone(), self.contexts.clone());
        Routes::new(
            ExecutionServiceServer::new(executions).max_decoding_message_size(INBOUND_BYTES_MAX),
        )
        .add_service(GuestServiceServer::new(guest).max_decoding_message_size(INBOUND_BYTES_MAX))
        .add_service(UntilFrozen::new(
            GuestProcessServiceServer::new(processes)
                .max_decoding_message_size(PROCESS_INBOUND_BYTES_MAX),
            self.lifecycle.clone(),
        ))
        .add_service(UntilFrozen::new(
            GuestFileServiceServer::new(files).max_decoding_message_size(FILE_INBOUND_BYTES_MAX),
            self.lifecycle.clone(),
        ))
        .add_service(UntilFrozen::new(
            GuestInterpreterServiceServer::new(interpreter)
                .max_decoding_message_size(CELL_INBOUND_BYTES_MAX),
            self.lifecycle.clone(),
        ))
    }
}
