//! `neurovisor.guest.GuestFileService`.

use tonic::{Request, Response, Status, Streaming};

use super::{Files, Responses};
use crate::lifecycle::Lifecycle;
use crate::wire::guest::guest_file_service_server::GuestFileService;
use crate::wire::guest::{GuestReadRequest, GuestWatchFilesRequest};
use crate::wire::sandbox::v1::{
    ListFilesRequest, ListFilesResponse, MakeDirectoryRequest, MakeDirectoryResponse, MoveRequest,
    MoveResponse, ReadResponse, RemoveRequest, RemoveResponse, SetAttributesRequest,
    SetAttributesResponse, StatRequest, StatResponse, WatchFilesResponse, WriteRequest,
    WriteResponse,
};

pub struct FileRpc {
    lifecycle: Lifecycle,
    files: Files,
}

impl FileRpc {
    pub fn new(lifecycle: Lifecycle, files: Files) -> Self {
        Self { lifecycle, files }
    }

    /// Returns the files of a living sandbox. Other guests have none.
    fn files(&self) -> Result<&Files, Status> {
        self.lifecycle
            .require_adopted()
            .map_err(Status::failed_precondition)?;
        Ok(&self.files)
    }
}

#[tonic::async_trait]
impl GuestFileService for FileRpc {
    type ReadStream = Responses<ReadResponse>;
    type WatchFilesStream = Responses<WatchFilesResponse>;

    async fn read(
        &self,
        request: Request<Streaming<GuestReadRequest>>,
    ) -> Result<Response<Self::ReadStream>, Status> {
        let responses = self.files()?.read(request.into_inner()).await?;
        Ok(Response::new(responses))
    }

    async fn write(
        &self,
        request: Request<Streaming<WriteRequest>>,
    ) -> Result<Response<WriteResponse>, Status> {
        // Dropped when the host cancels or the connection ends, which undoes the write.
        let entry = self.files()?.write(request.into_inner()).await?;
        Ok(Response::new(WriteResponse { entry: Some(entry) }))
    }

    async fn stat(&self, request: Request<StatRequest>) -> Result<Response<StatResponse>, Status> {
        let entry = self.files()?.stat(&request.into_inner().path).await?;
        Ok(Response::new(StatResponse { entry: Some(entry) }))
    }

    async fn list_files(
        &self,
        request: Request<ListFilesRequest>,
    ) -> Result<Response<ListFilesResponse>, Status> {
        let page = self.files()?.list(request.into_inner()).await?;
        Ok(Response::new(page))
    }

    async fn make_directory(
        &self,
        request: Request<MakeDirectoryRequest>,
    ) -> Result<Response<MakeDirectoryResponse>, Status> {
        let made = self.files()?.make_directory(request.into_inner()).await?;
        Ok(Response::new(made))
    }

    async fn r#move(
        &self,
        request: Request<MoveRequest>,
    ) -> Result<Response<MoveResponse>, Status> {
        let entry = self.files()?.rename(request.into_inner()).await?;
        Ok(Response::new(MoveResponse { entry: Some(entry) }))
    }

    async fn remove(
        &self,
        request: Request<RemoveRequest>,
    ) -> Result<Response<RemoveResponse>, Status> {
        self.files()?.remove(request.into_inner()).await?;
        Ok(Response::new(RemoveResponse {}))
    }

    async fn set_attributes(
        &self,
        request: Request<SetAttributesRequest>,
    ) -> Result<Response<SetAttributesResponse>, Status> {
        let entry = self.files()?.set_attributes(request.into_inner()).await?;
        Ok(Response::new(SetAttributesResponse { entry: Some(entry) }))
    }

    async fn watch_files(
        &self,
        request: Request<Streaming<GuestWatchFilesRequest>>,
    ) -> Result<Response<Self::WatchFilesStream>, Status> {
        let responses = self.files()?.watch(request.into_inner()).await?;
        Ok(Response::new(responses))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::WorkingDirectory;
    use crate::lifecycle::Step;

    #[tokio::test]
    async fn serves_files_of_a_living_sandbox_only() {
        let home = tempfile::tempdir().unwrap();
        let lifecycle = Lifecycle::booted();
        let files = Files::new(&WorkingDirectory::in_test(home.path()));
        let rpc = FileRpc::new(lifecycle.clone(), files);
        let stat = || {
            rpc.stat(Request::new(StatRequest {
                path: ".".to_owned(),
                ..Default::default()
            }))
        };
        let status = stat().await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::FailedPrecondition);
        lifecycle.refresh_in_test();
        assert!(stat().await.is_err());
        lifecycle.take(Step::Adopt).unwrap();
        let entry = stat().await.unwrap().into_inner().entry.unwrap();
        assert_eq!(entry.path, home.path().to_str().unwrap());
    }
}
