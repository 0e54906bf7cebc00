//! A client of the guest agent, over the VM's channel.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint, Uri};
use tower::service_fn;

use crate::arguments::Arguments;
use crate::sandbox::Sandbox;
use crate::steps::Steps;
use crate::wire::execution::execute_chunk::Content;
use crate::wire::execution::execution_service_client::ExecutionServiceClient;
use crate::wire::execution::{ExecuteMetadata, ExecuteRequest, InputFile, Limits};
use crate::wire::guest::guest_service_client::GuestServiceClient;
use crate::wire::guest::{
    AdoptRequest, FreezeRequest, HelloRequest, HelloResponse, PrimeRequest, RefreshRequest,
    StatsRequest, ThawRequest, WarmRequest,
};
use crate::Failure;

/// Large enough for all output of one test.
const WINDOW_BYTES: u32 = 4 << 20;

pub struct Guest {
    channel: Channel,
}

impl Guest {
    pub async fn connect(socket: &Path) -> Result<Self, Failure> {
        let socket = PathBuf::from(socket);
        Self::over(move || UnixStream::connect(socket.clone())).await
    }

    /// Connects over the vsock of a Firecracker.
    pub async fn connect_vsock(socket: &Path) -> Result<Self, Failure> {
        let socket = PathBuf::from(socket);
        Self::over(move || dial(socket.clone())).await
    }

    async fn over<D>(dial: impl Fn() -> D + Send + 'static) -> Result<Self, Failure>
    where
        D: Future<Output = io::Result<UnixStream>> + Send + 'static,
    {
        let connector = service_fn(move |_: Uri| {
            let stream = dial();
            async move { stream.await.map(TokioIo::new) }
        });
        let channel = Endpoint::from_static("http://guest")
            .initial_stream_window_size(WINDOW_BYTES)
            .initial_connection_window_size(WINDOW_BYTES)
            .connect_with_connector(connector)
            .await?;
        Ok(Self { channel })
    }

    pub async fn hello(&self) -> Result<HelloResponse, Failure> {
        Ok(GuestServiceClient::new(self.channel.clone())
            .hello(HelloRequest {})
            .await?
            .into_inner())
    }

    /// Gives the clone its own identity.
    pub async fn refresh(&self) -> Result<(), Failure> {
        let random = std::fs::read_to_string("/proc/sys/kernel/random/uuid")?;
        let uuid = random.trim();
        self.refreshed(RefreshRequest {
            hostname: format!("vm-{}", &uuid[..8]),
            machine_id: uuid.replace('-', ""),
            boot_id: uuid.to_owned(),
            ..Default::default()
        })
        .await
    }

    async fn refreshed(&self, names: RefreshRequest) -> Result<(), Failure> {
        let mut entropy = vec![0; 64];
        std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut entropy)?;
        let unix_nanos = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
        let request = RefreshRequest {
            entropy,
            unix_nanos: unix_nanos.try_into()?,
            ..names
        };
        GuestServiceClient::new(self.channel.clone())
            .refresh(request)
            .await?;
        Ok(())
    }

    /// Stops the programs of a living sandbox.
    pub async fn freeze(&self) -> Result<(), Failure> {
        GuestServiceClient::new(self.channel.clone())
            .freeze(FreezeRequest {})
            .await?;
        Ok(())
    }

    /// Lets the programs of a saved sandbox go on under the same names.
    pub async fn go_on(&self) -> Result<(), Failure> {
        self.refreshed(RefreshRequest::default()).await?;
        self.thaw().await
    }

    pub async fn thaw(&self) -> Result<(), Failure> {
        GuestServiceClient::new(self.channel.clone())
            .thaw(ThawRequest {})
            .await?;
        Ok(())
    }

    pub async fn prime(&self, language: &str, code: &str) -> Result<(), Failure> {
        let program = ExecuteRequest {
            language: language.to_owned(),
            code: code.to_owned(),
            timeout_secs: 600,
            ..Default::default()
        };
        let request = PrimeRequest {
            program: Some(program),
        };
        let primed = GuestServiceClient::new(self.channel.clone())
            .prime(request)
            .await?
            .into_inner();
        if primed.exit_code != 0 {
            return Err(format!("a primer failed: {primed:?}").into());
        }
        Ok(())
    }

    /// Turns the refreshed guest into a living sandbox.
    pub async fn adopt(&self) -> Result<(), Failure> {
        GuestServiceClient::new(self.channel.clone())
            .adopt(AdoptRequest::default())
            .await?;
        Ok(())
    }

    /// Returns the processes and files of a guest that is a living sandbox.
    pub fn sandbox(&self) -> Sandbox {
        Sandbox::new(self.channel.clone())
    }

    /// Returns the resident memory of the agent.
    pub async fn agent_resident_bytes(&self) -> Result<u64, Failure> {
        Ok(GuestServiceClient::new(self.channel.clone())
            .stats(StatsRequest {})
            .await?
            .into_inner()
            .agent_resident_bytes)
    }

    /// Starts warm interpreters and returns their languages.
    pub async fn warm(&self) -> Result<Vec<String>, Failure> {
        Ok(GuestServiceClient::new(self.channel.clone())
            .warm(WarmRequest {})
            .await?
            .into_inner()
            .languages)
    }

    /// Runs the code of the command line; marks the first byte of its output and its end.
    pub async fn execute(
        &self,
        arguments: &Arguments,
        steps: &mut Steps,
    ) -> Result<ExecuteMetadata, Failure> {
        let mut request = tonic::Request::new(ExecuteRequest {
            language: arguments.language.clone(),
            code: arguments.code.clone(),
            timeout_secs: arguments.timeout_seconds,
            stdin: arguments.stdin.clone().into_bytes(),
            files: files(arguments.files),
            limits: Some(Limits {
                output_bytes: arguments.output_bytes,
                processes: 0,
            }),
            ..Default::default()
        });
        request
            .metadata_mut()
            .insert("x-trace-id", "floor".parse()?);
        let mut chunks = ExecutionServiceClient::new(self.channel.clone())
            .execute_stream(request)
            .await?
            .into_inner();
        let mut bytes = 0;
        while let Some(chunk) = chunks.message().await? {
            if let Some(content) = chunk.content {
                if bytes == 0 {
                    steps.reached("first byte");
                }
                bytes += shown(&content, arguments.show);
            }
            if let Some(metadata) = chunk.metadata {
                if bytes == 0 {
                    steps.reached("first byte");
                }
                steps.reached("exit");
                if arguments.show {
                    println!("[{bytes} bytes of output]");
                }
                return Ok(metadata);
            }
        }
        Err("the stream ended without a final chunk".into())
    }
}

/// Connects to the agent's port (Firecracker's docs/vsock.md, host-initiated connections).
async fn dial(socket: PathBuf) -> io::Result<UnixStream> {
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(b"CONNECT 6000\n").await?;
    let mut answer = Vec::new();
    while answer.last() != Some(&b'\n') {
        answer.push(stream.read_u8().await?);
    }
    if !answer.starts_with(b"OK ") {
        return Err(io::Error::other("the VMM does not connect to the agent"));
    }
    Ok(stream)
}

fn files(count: usize) -> Vec<InputFile> {
    (0..count)
        .map(|number| InputFile {
            path: format!("data/{number}"),
            content: vec![b'x'; 1 << 20],
            executable: false,
        })
        .collect()
}

fn shown(content: &Content, show: bool) -> usize {
    let (length, text) = match content {
        Content::StdoutChunk(text) => (text.len(), text.clone()),
        Content::StderrChunk(text) => (text.len(), format!("[stderr] {text}")),
        Content::StdoutBytes(bytes) => {
            (bytes.len(), format!("{:?}", &bytes[..bytes.len().min(32)]))
        }
        Content::StderrBytes(bytes) => (bytes.len(), "[stderr bytes]".to_owned()),
        Content::File(part) => (
            part.content.len(),
            format!("[{} bytes of {:?}]", part.content.len(), part.path),
        ),
    };
    if show {
        let end = text
            .char_indices()
            .nth(2000)
            .map_or(text.len(), |(end, _)| end);
        print!("{}", &text[..end]);
    }
    length
}
