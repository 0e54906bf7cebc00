//! The services, called by gRPC over a byte stream.

use std::path::Path;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use tempfile::TempDir;
use tokio::io::{duplex, DuplexStream};
use tokio::time::{sleep, timeout};
use tokio_stream::StreamExt;
use tonic::transport::{Channel, Endpoint, Uri};
use tonic::{Code, Request};
use tower::service_fn;

use super::Services;
use crate::connection::Connection;
use crate::execution::WorkingDirectory;
use crate::lifecycle::{Lifecycle, Step};
use crate::reaper::Reaper;
use crate::wire::execution::execute_chunk::Content;
use crate::wire::execution::execution_service_client::ExecutionServiceClient;
use crate::wire::execution::{ExecuteMetadata, ExecuteRequest, Outcome};
use crate::wire::guest::guest_file_service_client::GuestFileServiceClient;
use crate::wire::guest::guest_process_service_client::GuestProcessServiceClient;
use crate::wire::guest::guest_service_client::GuestServiceClient;
use crate::wire::guest::{HelloRequest, PrimeRequest, RefreshRequest, StatsRequest};

pub struct Fixture {
    pub directory: TempDir,
    pub lifecycle: Lifecycle,
    pub services: Services,
    pub executions: ExecutionServiceClient<Channel>,
    pub guest: GuestServiceClient<Channel>,
    pub processes: GuestProcessServiceClient<Channel>,
    pub files: GuestFileServiceClient<Channel>,
}

pub fn services(directory: &Path) -> (Lifecycle, Services) {
    let lifecycle = Lifecycle::booted();
    let services = Services::new(
        lifecycle.clone(),
        WorkingDirectory::in_test(directory),
        Reaper::start().unwrap(),
    );
    (lifecycle, services)
}

pub fn serve(services: &Services, server: DuplexStream) {
    let connection = Ok::<_, std::io::Error>(Connection::new(server));
    let connections = tokio_stream::iter([connection]).chain(tokio_stream::pending());
    tokio::spawn(services.router().serve_with_incoming(connections));
}

pub async fn connect(client: DuplexStream) -> Channel {
    let mut client = Some(TokioIo::new(client));
    Endpoint::from_static("http://guest")
        .connect_with_connector(service_fn(move |_: Uri| {
            let client = client.take().ok_or(std::io::ErrorKind::NotConnected);
            async move { client.map_err(std::io::Error::from) }
        }))
        .await
        .unwrap()
}

pub async fn fixture() -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    let (lifecycle, services) = services(directory.path());
    let (client, server) = duplex(64 << 10);
    serve(&services, server);
    let channel = connect(client).await;
    Fixture {
        directory,
        lifecycle,
        services,
        executions: ExecutionServiceClient::new(channel.clone()),
        processes: GuestProcessServiceClient::new(channel.clone()),
        files: GuestFileServiceClient::new(channel.clone()),
        guest: GuestServiceClient::new(channel),
    }
}

pub fn bash(code: &str) -> ExecuteRequest {
    ExecuteRequest {
        language: "bash".to_owned(),
        code: code.to_owned(),
        ..Default::default()
    }
}

async fn refused(fixture: &mut Fixture, code: &str) -> Code {
    let response = fixture.executions.execute_stream(bash(code)).await;
    response.unwrap_err().code()
}

/// Runs a program and returns its stdout and its metadata.
async fn run(fixture: &mut Fixture, request: Request<ExecuteRequest>) -> (String, ExecuteMetadata) {
    let response = fixture.executions.execute_stream(request).await.unwrap();
    let mut chunks = response.into_inner();
    let mut stdout = String::new();
    while let Some(chunk) = chunks.message().await.unwrap() {
        if let Some(Content::StdoutChunk(text)) = chunk.content {
            stdout.push_str(&text);
        }
        if let Some(metadata) = chunk.metadata {
            return (stdout, metadata);
        }
    }
    panic!("no metadata");
}

#[tokio::test]
async fn answers_hello_and_stats() {
    let mut fixture = fixture().await;
    let hello = fixture
        .guest
        .hello(HelloRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(hello.agent_version, env!("CARGO_PKG_VERSION"));
    assert!(hello.vcpu_count > 0 && hello.memory_bytes > 0);
    assert_eq!(hello.protocol, 1);
    let stats = fixture
        .guest
        .stats(StatsRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(stats.memory_total_bytes, hello.memory_bytes);
    assert!(stats.uptime_seconds > 0.0);
}

#[tokio::test]
async fn runs_one_program_after_refresh() {
    let mut fixture = fixture().await;
    assert_eq!(
        refused(&mut fixture, "true").await,
        Code::FailedPrecondition
    );

    fixture.lifecycle.refresh_in_test();
    // The VM is still unused after an invalid request.
    assert_eq!(refused(&mut fixture, "").await, Code::InvalidArgument);
    let mut request = Request::new(bash("echo $NEUROVISOR_TRACE_ID"));
    request
        .metadata_mut()
        .insert("x-trace-id", "trace".parse().unwrap());
    let (stdout, metadata) = run(&mut fixture, request).await;
    assert_eq!(stdout, "trace\n");
    assert_eq!(metadata.trace_id, "trace");
    assert_eq!(metadata.outcome(), Outcome::Completed);

    assert_eq!(
        refused(&mut fixture, "true").await,
        Code::FailedPrecondition
    );
    let prime = PrimeRequest {
        program: Some(bash("true")),
    };
    let refused = fixture.guest.prime(prime).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
}

#[tokio::test]
async fn primes_without_using_the_vm() {
    let mut fixture = fixture().await;
    let prime = PrimeRequest {
        program: Some(bash("echo oops >&2; exit 3")),
    };
    let primed = fixture.guest.prime(prime).await.unwrap().into_inner();
    assert_eq!(
        (primed.exit_code, primed.stderr_tail.as_str()),
        (3, "oops\n")
    );
    fixture.lifecycle.refresh_in_test();

    let refused = fixture
        .guest
        .prime(PrimeRequest { program: None })
        .await
        .unwrap_err();
    assert_eq!(refused.message(), "program: is missing");
}

#[tokio::test]
async fn rejects_an_invalid_refresh() {
    let mut fixture = fixture().await;
    let refused = fixture
        .guest
        .refresh(RefreshRequest::default())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().starts_with("entropy: "));
    assert!(fixture.lifecycle.check(Step::Execute).is_err());
}

#[tokio::test]
async fn streams_output_while_the_program_runs() {
    let mut fixture = fixture().await;
    fixture.lifecycle.refresh_in_test();
    let code = "echo first; while [ ! -e go ]; do sleep 0.01; done; printf '\\xff'";
    let mut chunks = fixture
        .executions
        .execute_stream(bash(code))
        .await
        .unwrap()
        .into_inner();
    let first = chunks.message().await.unwrap().unwrap();
    assert_eq!(
        first.content,
        Some(Content::StdoutChunk("first\n".to_owned()))
    );
    std::fs::write(fixture.directory.path().join("go"), "").unwrap();
    let second = chunks.message().await.unwrap().unwrap();
    assert_eq!(
        second.content,
        Some(Content::StdoutBytes(vec![0xff].into()))
    );
    let last = chunks.message().await.unwrap().unwrap();
    assert!(last.is_final);
    assert_eq!(last.metadata.unwrap().outcome(), Outcome::Completed);
    assert!(chunks.message().await.unwrap().is_none());
}

#[tokio::test]
async fn ends_the_program_when_its_call_ends() {
    for connection_is_lost in [false, true] {
        let mut fixture = fixture().await;
        fixture.lifecycle.refresh_in_test();
        let code = "trap '' TERM HUP; echo $$; sleep 100";
        let mut chunks = fixture
            .executions
            .execute_stream(bash(code))
            .await
            .unwrap()
            .into_inner();
        let Some(Content::StdoutChunk(process)) = chunks.message().await.unwrap().unwrap().content
        else {
            panic!("no process id");
        };
        drop(chunks);
        if connection_is_lost {
            drop((
                fixture.executions,
                fixture.guest,
                fixture.processes,
                fixture.files,
            ));
        }
        let status = format!("/proc/{}/stat", process.trim());
        let gone = async {
            while std::fs::read_to_string(&status).is_ok_and(|state| !state.contains(") Z ")) {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(60), gone)
            .await
            .expect("the program must be gone");
    }
}

const LEAVES_FILES: &str = "mkdir out; printf abc > out/a; head -c 70000 /dev/zero > out/b; \
                            head -c 5000000 /dev/zero > out/c; mkfifo out/d; echo done";

#[tokio::test]
async fn sends_files_after_the_output() {
    let mut fixture = fixture().await;
    fixture.lifecycle.refresh_in_test();
    let mut chunks = fixture
        .executions
        .execute_stream(bash(LEAVES_FILES))
        .await
        .unwrap()
        .into_inner();
    let mut kinds = Vec::new();
    while let Some(chunk) = chunks.message().await.unwrap() {
        match chunk.content {
            Some(Content::File(part)) => {
                kinds.push(format!("{} {}", part.path, part.content.len()))
            }
            Some(_) => kinds.push("output".to_owned()),
            None => {
                let metadata = chunk.metadata.unwrap();
                assert_eq!(metadata.skipped_total, 1);
                assert_eq!(metadata.skipped_files[0].path, "d");
                assert_eq!(metadata.skipped_files[0].reason, "is a named pipe");
            }
        }
    }
    assert_eq!(kinds[..4], ["output", "a 3", "b 65536", "b 4464"]);
    assert_eq!(kinds.len(), 4 + 5_000_000_usize.div_ceil(65_536));
}
