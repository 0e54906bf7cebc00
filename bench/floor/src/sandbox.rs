//! A client of an adopted guest's processes and files, over the VM's channel.

use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::wire::guest::guest_file_service_client::GuestFileServiceClient;
use crate::wire::guest::guest_process_service_client::GuestProcessServiceClient;
use crate::wire::guest::{
    guest_read_request, guest_start_request, Credit, GuestReadRequest, GuestStartRequest,
};
use crate::wire::sandbox::v1::process_event::Event;
use crate::wire::sandbox::v1::{
    ReadRequest, RemoveRequest, StartRequest, WriteRequest, WriteTarget,
};
use crate::Failure;

/// More than any stream of a measurement has, so that no further credit is sent.
const CREDIT: Credit = Credit { bytes: u32::MAX };
const MESSAGE_BYTES_MAX: usize = 64 << 10;

pub struct Sandbox {
    channel: Channel,
}

impl Sandbox {
    pub fn new(channel: Channel) -> Self {
        Self { channel }
    }

    /// Starts a process without arguments and returns when it has ended successfully.
    pub async fn run(&self, command: &str) -> Result<(), Failure> {
        let start = StartRequest {
            command: command.to_owned(),
            ..Default::default()
        };
        let parts = [
            guest_start_request::Part::Start(start),
            guest_start_request::Part::Credit(CREDIT),
        ]
        .map(|part| GuestStartRequest { part: Some(part) });
        let mut events = GuestProcessServiceClient::new(self.channel.clone())
            .start(tokio_stream::iter(parts))
            .await?
            .into_inner();
        while let Some(event) = events.message().await? {
            if let Some(Event::Ended(ended)) = event.event {
                return match ended.exit_code {
                    0 => Ok(()),
                    _ => Err(format!("{command} failed: {ended:?}").into()),
                };
            }
        }
        Err("a process has no end".into())
    }

    /// Replaces a file.
    pub async fn write(&self, path: &str, content: Vec<u8>) -> Result<(), Failure> {
        let size = content.len() as u64;
        let target = WriteTarget {
            path: path.to_owned(),
            ..Default::default()
        };
        let first = WriteRequest {
            target: Some(target),
            data: Vec::new(),
        };
        let parts = (0..content.len())
            .step_by(MESSAGE_BYTES_MAX)
            .map(move |from| WriteRequest {
                target: None,
                data: content[from..content.len().min(from + MESSAGE_BYTES_MAX)].to_vec(),
            });
        let entry = GuestFileServiceClient::new(self.channel.clone())
            .write(tokio_stream::iter(std::iter::once(first).chain(parts)))
            .await?
            .into_inner()
            .entry
            .ok_or("a written file has no entry")?;
        expect(entry.size, size)
    }

    pub async fn read(&self, path: &str) -> Result<(), Failure> {
        let read = ReadRequest {
            path: path.to_owned(),
            ..Default::default()
        };
        let parts = [
            guest_read_request::Part::Read(read),
            guest_read_request::Part::Credit(CREDIT),
        ]
        .map(|part| GuestReadRequest { part: Some(part) });
        let mut chunks = GuestFileServiceClient::new(self.channel.clone())
            .read(tokio_stream::iter(parts))
            .await?
            .into_inner();
        let (mut size, mut bytes) = (0, 0);
        while let Some(chunk) = chunks.message().await? {
            if let Some(entry) = chunk.entry {
                size = entry.size;
            }
            bytes += chunk.data.len() as u64;
        }
        expect(bytes, size)
    }

    /// Removes a file, or a directory with its content, if there is one.
    pub async fn remove(&self, path: &str) -> Result<(), Failure> {
        let request = RemoveRequest {
            path: path.to_owned(),
            recursive: true,
            ..Default::default()
        };
        GuestFileServiceClient::new(self.channel.clone())
            .remove(request)
            .await
            .map(drop)
            .or_else(missing)
    }
}

fn missing(status: Status) -> Result<(), Failure> {
    match status.code() {
        Code::NotFound => Ok(()),
        _ => Err(status.into()),
    }
}

fn expect(bytes: u64, expected: u64) -> Result<(), Failure> {
    match bytes == expected {
        true => Ok(()),
        false => Err(format!("{bytes} bytes of {expected}").into()),
    }
}
