//! The files of a living sandbox.
//!
//! All operations run on threads with the mounts and the user account of programs, see [`pool::Pool`]: the kernel decides
//! about each access as about one of a program. Nothing that this module does follows a link as another user, waits for a
//! FIFO or device, or needs memory for the size of a file or directory.

mod accounts;
mod attributes;
mod credit;
mod directory;
mod entry;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
mod listing;
mod path;
mod pool;
mod reading;
mod refusal;
mod removal;
mod rpc;
mod streams;
mod temporary;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod transfer_tests;
mod watch;
mod writing;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustix::fs::{chmod, rename, Mode};
use tokio::sync::Semaphore;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::execution::WorkingDirectory;
use crate::invalid::Invalid;
use crate::wire::sandbox::v1::{
    FileEntry, ListFilesRequest, ListFilesResponse, MakeDirectoryRequest, MakeDirectoryResponse,
    MoveRequest, RemoveRequest, SetAttributesRequest,
};
use accounts::Accounts;
use attributes::{permissions, Changes, Subject};
use listing::Listing;
use path::FilePath;
use pool::{Pool, Wanted};
pub use rpc::FileRpc;

/// The limit of the wire contract for content in a message.
const PART_BYTES_MAX: usize = 64 << 10;
/// A write ends when no byte has come for this time.
const PROGRESS: Duration = Duration::from_secs(60);
const WATCHES_MAX: usize = 32;
/// Each has up to 384 KiB of a file in memory.
const READS_MAX: usize = 32;
const USUAL_DIRECTORY: Mode = Mode::from_bits_retain(0o755);

/// A stream of responses. The work for it ends when it is dropped.
pub type Responses<T> = ReceiverStream<Result<T, Status>>;

/// Operations on the files that programs see.
#[derive(Clone)]
pub struct Files {
    pool: Pool,
    home: Arc<str>,
    accounts: Arc<OnceLock<Accounts>>,
    watches: Arc<Semaphore>,
    reads: Arc<Semaphore>,
    progress: Duration,
}

impl Files {
    pub fn new(working_directory: &WorkingDirectory) -> Self {
        Self {
            pool: Pool::new(working_directory.namespaces.clone()),
            home: working_directory.directory.to_string_lossy().into(),
            accounts: Arc::default(),
            watches: Arc::new(Semaphore::new(WATCHES_MAX)),
            reads: Arc::new(Semaphore::new(READS_MAX)),
            progress: PROGRESS,
        }
    }

    /// Runs an operation that needs the names of accounts, which are those that its thread sees.
    async fn run<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Accounts, Wanted<'_>) -> Result<T, Status> + Send + 'static,
    ) -> Result<T, Status> {
        let accounts = self.accounts.clone();
        let run = move |wanted: Wanted<'_>| operation(accounts.get_or_init(Accounts::read), wanted);
        self.pool.run(run).await
    }

    fn path(&self, field: &str, path: &str) -> Result<FilePath, Invalid> {
        FilePath::checked(field, path, &self.home)
    }

    pub async fn stat(&self, path: &str) -> Result<FileEntry, Status> {
        let path = self.path("path", path)?;
        self.run(move |accounts, _| described(&path, accounts))
            .await
    }

    pub async fn list(&self, request: ListFilesRequest) -> Result<ListFilesResponse, Status> {
        let listing = Listing::checked(
            self.path("path", &request.path)?,
            request.depth,
            request.page_size,
            &request.page_token,
        )?;
        self.run(move |accounts, wanted| listing.page(accounts, wanted))
            .await
    }

    pub async fn make_directory(
        &self,
        request: MakeDirectoryRequest,
    ) -> Result<MakeDirectoryResponse, Status> {
        let path = self.path("path", &request.path)?;
        let mode = given(request.permissions, "permissions")?.unwrap_or(USUAL_DIRECTORY);
        self.run(move |accounts, _| {
            let created = directory::make(&path, mode)?;
            Ok(MakeDirectoryResponse {
                entry: Some(described(&path, accounts)?),
                created,
            })
        })
        .await
    }

    /// Renames a file or directory. Between file systems this fails, and nothing is copied.
    pub async fn rename(&self, request: MoveRequest) -> Result<FileEntry, Status> {
        let source = self.path("source", &request.source)?;
        let destination = self.path("destination", &request.destination)?;
        self.run(move |accounts, _| {
            rename(source.with_slash(), destination.with_slash()).map_err(|error| {
                // Errors about the destination are rarer than those about the source.
                let exists = rustix::fs::lstat(source.as_str()).is_ok();
                let subject = if exists { &destination } else { &source };
                subject.refused(error)
            })?;
            described(&destination, accounts)
        })
        .await
    }

    pub async fn remove(&self, request: RemoveRequest) -> Result<(), Status> {
        let path = self.path("path", &request.path)?;
        self.pool
            .run(move |wanted| removal::remove(&path, request.recursive, wanted))
            .await
    }

    /// Changes attributes, of its target if the path is a symbolic link. Permissions change last.
    pub async fn set_attributes(&self, request: SetAttributesRequest) -> Result<FileEntry, Status> {
        let path = self.path("path", &request.path)?;
        let bits = request
            .permissions
            .map(|bits| permissions("permissions", bits));
        let bits = bits.transpose()?;
        let changes = Changes::checked(request.xattrs, request.removed_xattrs)?;
        self.run(move |accounts, _| {
            let refused = |error| path.refused(error);
            changes.apply(Subject::Path(&path.c())).map_err(refused)?;
            if let Some(bits) = bits {
                chmod(path.as_str(), bits).map_err(refused)?;
            }
            described(&path, accounts)
        })
        .await
    }
}

/// Returns permission bits, of which 0 means that none are given.
fn given(bits: u32, field: &str) -> Result<Option<Mode>, Invalid> {
    match bits {
        0 => Ok(None),
        bits => permissions(field, bits).map(Some),
    }
}

fn described(path: &FilePath, accounts: &Accounts) -> Result<FileEntry, Status> {
    entry::at(&path.c(), path.as_str().as_bytes(), accounts).map_err(|error| path.refused(error))
}
