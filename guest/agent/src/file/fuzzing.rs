//! The fuzz targets of files.

use prost::Message;

use super::accounts;
use super::attributes::{permissions, Changes};
use super::listing::{names_of, Listing};
use super::path::FilePath;
use super::temporary::draft;
pub use super::watch::fuzzing::changes;
use crate::wire::sandbox::v1::{ListFilesRequest, SetAttributesRequest, WriteRequest};

/// Requests about files, and the lines of /etc/passwd.
pub fn requests(bytes: &[u8]) {
    if let Ok(request) = ListFilesRequest::decode(bytes) {
        list(request);
    }
    if let Ok(request) = SetAttributesRequest::decode(bytes) {
        let _ = Changes::checked(request.xattrs, request.removed_xattrs);
        if let Ok(mode) = permissions("permissions", request.permissions.unwrap_or(0)) {
            assert!(mode.bits() <= 0o7777);
        }
    }
    if let Ok(WriteRequest {
        target: Some(target),
        ..
    }) = WriteRequest::decode(bytes)
    {
        path(&target.path);
        let _ = Changes::checked(target.xattrs, Vec::new());
    }
    let _ = draft(bytes);
    let names = accounts::names(&String::from_utf8_lossy(bytes));
    assert!(names
        .values()
        .all(|name| !name.contains([':', '\n']) && !name.is_empty()));
}

fn list(request: ListFilesRequest) {
    if let Some(names) = names_of(&request.page_token) {
        assert!(names.iter().all(|name| {
            let name = name.to_bytes();
            (1..=255).contains(&name.len()) && !name.contains(&b'/') && name != b".."
        }));
        let bytes: usize = names.iter().map(|name| name.count_bytes() + 1).sum();
        assert_eq!(bytes.saturating_sub(1) * 2, request.page_token.len());
    }
    if let Some(path) = path(&request.path) {
        let _ = Listing::checked(path, request.depth, request.page_size, &request.page_token);
    }
}

fn path(text: &str) -> Option<FilePath> {
    let path = FilePath::checked("path", text, "/home/user").ok()?;
    let shown = path.as_str();
    assert!(shown.starts_with('/') && !shown.contains('\0') && !shown.contains("//"));
    assert!(shown.split('/').all(|part| part != "."));
    let again = FilePath::checked("path", shown, "/elsewhere");
    assert!(shown.len() > 4096 || again.is_ok_and(|again| again.as_str() == shown));
    Some(path)
}
