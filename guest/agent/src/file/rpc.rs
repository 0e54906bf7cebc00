//! `neurovisor.guest.GuestFileService`.

use std::pin::Pin;

use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

use crate::execution::WorkingDirectory;
use crate::lifecycle::Lifecycle;
use crate::wire::guest::guest_file_service_server::GuestFileService;
use crate::wire::guest::{GuestReadRequest, GuestWatchFilesRequest};
use crate::wire::sandbox::v1::{
    ListFilesRequest, ListFilesResponse, MakeDirectoryRequest, MakeDirectoryResponse, MoveRequest,
    MoveResponse, ReadResponse, RemoveRequest, RemoveResponse, SetAttributesRequest,
    SetAttributesResponse, StatRequest, StatResponse, WatchFilesResponse, WriteRequest,
    WriteResponse,
};

const NOT_YET: &str = "this agent does not serve files yet";

pub struct FileRpc {
    lifecycle: Lifecycle,
    /// The home, and the namespaces with the mounts of programs.
    #[allow(dead_code)]
    working_directory: WorkingDirectory,
}

impl FileRpc {
    pub fn new(lifecycle: Lifecycle, working_directory: WorkingDirectory) -> Self {
        Self {
            lifecycle,
            working_directory,
        }
    }

    fn refuse<T>(&self) -> Result<T, Status> {
        self.lifecycle
            .require_adopted()
            .map_err(Status::failed_precondition)?;
        Err(Status::unimplemented(NOT_YET))
    }
}

#[tonic::async_trait]
impl GuestFileService for FileRpc {
    type ReadStream = Pin<Box<dyn Stream<Item = Result<ReadResponse, Status>> + Send>>;
    type WatchFilesStream = Pin<Box<dyn Stream<Item = Result<WatchFilesResponse, Status>> + Send>>;

    async fn read(
        &self,
        _: Request<Streaming<GuestReadRequest>>,
    ) -> Result<Response<Self::ReadStream>, Status> {
        self.refuse()
    }

    async fn write(
        &self,
        _: Request<Streaming<WriteRequest>>,
    ) -> Result<Response<WriteResponse>, Status> {
        self.refuse()
    }

    async fn stat(&self, _: Request<StatRequest>) -> Result<Response<StatResponse>, Status> {
        self.refuse()
    }

    async fn list_files(
        &self,
        _: Request<ListFilesRequest>,
    ) -> Result<Response<ListFilesResponse>, Status> {
        self.refuse()
    }

    async fn make_directory(
        &self,
        _: Request<MakeDirectoryRequest>,
    ) -> Result<Response<MakeDirectoryResponse>, Status> {
        self.refuse()
    }

    async fn r#move(&self, _: Request<MoveRequest>) -> Result<Response<MoveResponse>, Status> {
        self.refuse()
    }

    async fn remove(&self, _: Request<RemoveRequest>) -> Result<Response<RemoveResponse>, Status> {
        self.refuse()
    }

    async fn set_attributes(
        &self,
        _: Request<SetAttributesRequest>,
    ) -> Result<Response<SetAttributesResponse>, Status> {
        self.refuse()
    }

    async fn watch_files(
        &self,
        _: Request<Streaming<GuestWatchFilesRequest>>,
    ) -> Result<Response<Self::WatchFilesStream>, Status> {
        self.refuse()
    }
}
