//! `neurovisor.execution.ExecutionService`, of which a guest serves `ExecuteStream` only.

use std::pin::Pin;

use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

use crate::execution::{Content, Event, Executions, Outcome, Program, Report, Skipped, StreamName};
use crate::interpreter::Contexts;
use crate::lifecycle::{Lifecycle, Step};
use crate::wire::execution as wire;
use crate::wire::execution::execute_chunk::Content as WireContent;
use crate::wire::execution::execution_service_server::ExecutionService;

const TRACE_ID: &str = "x-trace-id";
const TRACE_ID_CHARACTERS_MAX: usize = 128;

pub struct ExecutionRpc {
    lifecycle: Lifecycle,
    executions: Executions,
    contexts: Contexts,
}

impl ExecutionRpc {
    pub fn new(lifecycle: Lifecycle, executions: Executions, contexts: Contexts) -> Self {
        Self {
            lifecycle,
            executions,
            contexts,
        }
    }

    /// Starts the only execution of this VM. The VM is still unused after an invalid request.
    async fn start(
        &self,
        request: wire::ExecuteRequest,
        trace_id: &str,
    ) -> Result<ReceiverStream<Event>, Status> {
        self.lifecycle
            .check(Step::Execute)
            .map_err(Status::failed_precondition)?;
        let program = Program::from_request(request, trace_id)?;
        self.lifecycle
            .take(Step::Execute)
            .map_err(Status::failed_precondition)?;
        // Its memory is for the program.
        self.contexts.end_waiting().await;
        Ok(ReceiverStream::new(self.executions.start(program).await?))
    }
}

#[tonic::async_trait]
impl ExecutionService for ExecutionRpc {
    type ExecuteStreamStream =
        Pin<Box<dyn Stream<Item = Result<wire::ExecuteChunk, Status>> + Send>>;

    async fn execute_stream(
        &self,
        request: Request<wire::ExecuteRequest>,
    ) -> Result<Response<Self::ExecuteStreamStream>, Status> {
        let trace_id = trace_id(request.metadata());
        let events = self.start(request.into_inner(), &trace_id).await?;
        // Dropped when the host cancels or the connection ends, which ends the execution.
        let chunks = events.map(move |event| Ok(chunk(event, &trace_id)));
        Ok(Response::new(Box::pin(chunks)))
    }
}

/// Returns the trace id of the host. An invalid value is ignored, because it is only a label.
fn trace_id(metadata: &MetadataMap) -> String {
    metadata
        .get(TRACE_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|value| value.len() <= TRACE_ID_CHARACTERS_MAX)
        .unwrap_or_default()
        .to_owned()
}

fn chunk(event: Event, trace_id: &str) -> wire::ExecuteChunk {
    match event {
        Event::Output(stream, content) => wire::ExecuteChunk {
            content: Some(match (stream, content) {
                (StreamName::Stdout, Content::Text(text)) => WireContent::StdoutChunk(text),
                (StreamName::Stderr, Content::Text(text)) => WireContent::StderrChunk(text),
                (StreamName::Stdout, Content::Bytes(bytes)) => WireContent::StdoutBytes(bytes),
                (StreamName::Stderr, Content::Bytes(bytes)) => WireContent::StderrBytes(bytes),
            }),
            is_final: false,
            metadata: None,
        },
        Event::File(part) => wire::ExecuteChunk {
            content: Some(WireContent::File(wire::OutputFilePart {
                path: part.path,
                content: part.content,
                last: part.last,
            })),
            is_final: false,
            metadata: None,
        },
        Event::Ended(report) => wire::ExecuteChunk {
            content: None,
            is_final: true,
            metadata: Some(metadata(report, trace_id)),
        },
    }
}

fn metadata(report: Report, trace_id: &str) -> wire::ExecuteMetadata {
    wire::ExecuteMetadata {
        exit_code: report.exit_code,
        duration_ms: report.duration.as_secs_f64() * 1000.0,
        timed_out: report.outcome == Outcome::TimedOut,
        outcome: report.outcome.into(),
        signal: report.signal,
        stdout_truncated: report.stdout_truncated,
        stderr_truncated: report.stderr_truncated,
        trace_id: trace_id.to_owned(),
        killed_process: report.killed_process,
        background_processes: report.background_processes,
        skipped_total: report.skipped.total,
        skipped_files: skipped_files(report.skipped),
        warm_interpreter: report.warm_interpreter,
        // Set by the host.
        host: None,
    }
}

fn skipped_files(skipped: Skipped) -> Vec<wire::SkippedFile> {
    let named = skipped.named.into_iter();
    named
        .map(|(path, reason)| wire::SkippedFile {
            path,
            reason: reason.to_owned(),
        })
        .collect()
}
