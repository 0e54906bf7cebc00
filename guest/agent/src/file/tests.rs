//! Operations on files that need neither a VM nor privileges.

use std::fs;
use std::os::unix::fs::{symlink, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use rustix::fs::{mkdirat, mknodat, FileType as Kind, OFlags, CWD};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::Code;

use super::*;
use crate::boot::{GROUP_ID, USER_ID};
use crate::opening::openat;
use crate::wire::sandbox::v1::FileType;

/// Sends messages of the host.
pub type Sender<M> = mpsc::UnboundedSender<Result<M, Status>>;

/// A home with the operations on it.
pub struct Fixture {
    directory: TempDir,
    pub files: Files,
}

impl Fixture {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let files = Files::new(&WorkingDirectory::in_test(directory.path()));
        Self { directory, files }
    }

    /// The operations are those of an ordinary user, who owns the home. Only root can become one.
    pub fn as_user() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            return None;
        }
        let mut fixture = Self::new();
        std::os::unix::fs::chown(fixture.path("."), Some(USER_ID), Some(GROUP_ID)).unwrap();
        fixture.files.pool = Pool::as_user();
        Some(fixture)
    }

    pub fn with_progress(progress: Duration) -> Self {
        let mut fixture = Self::new();
        fixture.files.progress = progress;
        fixture
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), content).unwrap();
    }

    pub fn content(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub fn fifo(&self, path: &str) {
        mknodat(CWD, self.path(path), Kind::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    }

    pub fn names(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(path)).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    async fn list(&self, path: &str, depth: u32) -> ListFilesResponse {
        self.page(path, depth, 0, "").await.unwrap()
    }

    async fn page(
        &self,
        path: &str,
        depth: u32,
        page_size: u32,
        token: &str,
    ) -> Result<ListFilesResponse, Status> {
        let request = ListFilesRequest {
            path: path.to_owned(),
            depth,
            page_size,
            page_token: token.to_owned(),
            ..Default::default()
        };
        self.files.list(request).await
    }

    async fn remove(&self, path: &str, recursive: bool) -> Result<(), Status> {
        let request = RemoveRequest {
            path: path.to_owned(),
            recursive,
            ..Default::default()
        };
        self.files.remove(request).await
    }

    async fn rename(&self, source: &str, destination: &str) -> Result<FileEntry, Status> {
        let request = MoveRequest {
            source: source.to_owned(),
            destination: destination.to_owned(),
            ..Default::default()
        };
        self.files.rename(request).await
    }

    async fn make(&self, path: &str, permissions: u32) -> Result<(FileEntry, bool), Status> {
        let request = MakeDirectoryRequest {
            path: path.to_owned(),
            permissions,
            ..Default::default()
        };
        let made = self.files.make_directory(request).await?;
        Ok((made.entry.unwrap(), made.created))
    }
}

/// Messages of the host, which go on until the sender is dropped.
pub fn messages<M: Send + 'static>() -> (Sender<M>, UnboundedReceiverStream<Result<M, Status>>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (sender, receiver.into())
}

pub fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

/// The tests may run on a file system without extended attributes.
pub fn has_xattrs(path: &Path) -> bool {
    let set = rustix::fs::setxattr(path, "user.probe", b"x", rustix::fs::XattrFlags::empty());
    set.is_ok() && rustix::fs::removexattr(path, "user.probe").is_ok()
}

fn paths(page: &ListFilesResponse, fixture: &Fixture) -> Vec<String> {
    let home = format!("{}/", fixture.directory.path().display());
    let entries = page.entries.iter();
    entries
        .map(|entry| entry.path.strip_prefix(&home).unwrap().to_owned())
        .collect()
}

fn attributes(pairs: &[(&str, &str)]) -> std::collections::HashMap<String, Bytes> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| (name.to_string(), Bytes::copy_from_slice(value.as_bytes())))
        .collect()
}

#[tokio::test]
async fn describes_each_type() {
    let fixture = Fixture::new();
    fixture.write("file", "abc");
    fs::set_permissions(fixture.path("file"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("no/where", fixture.path("link")).unwrap();
    fixture.fifo("fifo");
    let _socket = UnixListener::bind(fixture.path("socket")).unwrap();
    for (path, file_type, target) in [
        ("file", FileType::File, ""),
        (".", FileType::Directory, ""),
        ("link", FileType::Symlink, "no/where"),
        ("fifo", FileType::Other, ""),
        ("socket", FileType::Other, ""),
        ("/dev/null", FileType::Other, ""),
    ] {
        let entry = fixture.files.stat(path).await.unwrap();
        assert_eq!(
            (entry.r#type(), entry.symlink_target.as_str()),
            (file_type, target)
        );
    }
    let entry = fixture.files.stat("./file").await.unwrap();
    assert_eq!(entry.name, "file");
    assert_eq!(Path::new(&entry.path), fixture.path("file"));
    assert_eq!((entry.size, entry.mode), (3, 0o640));
    assert!(entry.modified.unwrap().seconds > 1_500_000_000);
    let root = fixture.files.stat("/").await.unwrap();
    assert_eq!((root.name.as_str(), root.path.as_str()), ("", "/"));
    assert_eq!((root.owner.as_str(), root.group.as_str()), ("root", "root"));
}

#[tokio::test]
async fn answers_as_the_kernel_does() {
    let fixture = Fixture::new();
    fixture.write("file", "");
    symlink("loop", fixture.path("loop")).unwrap();
    let long = format!("/{}", "a/".repeat(2048));
    for (path, code, start) in [
        ("", Code::InvalidArgument, "path: has 0 bytes"),
        ("a\0b", Code::InvalidArgument, "path: contains a NUL"),
        (
            &"a".repeat(5000),
            Code::InvalidArgument,
            "path: has 5000 bytes",
        ),
        (&"a".repeat(256), Code::InvalidArgument, "path: \""),
        (&long, Code::InvalidArgument, "path: has 4097 bytes"),
        ("missing", Code::NotFound, "\""),
        ("../../../../../../../../none", Code::NotFound, "\""),
        ("file/x", Code::FailedPrecondition, "NOT_A_DIRECTORY: \""),
        ("loop/x", Code::InvalidArgument, "path: \""),
        ("/proc/self/fd/99999", Code::NotFound, "\""),
    ] {
        let status = fixture.files.stat(path).await.unwrap_err();
        assert_eq!(status.code(), code, "{status:?}");
        assert!(status.message().starts_with(start), "{status:?}");
        assert!(status.message().len() < 300);
    }
}

#[tokio::test]
async fn lists_directories_before_their_content() {
    let fixture = Fixture::new();
    for path in ["b/2", "b/1/x", "b/1/y/z", "a", "b!", "c/d"] {
        fixture.write(path, "");
    }
    // Links are entries, and are not followed.
    symlink("..", fixture.path("b/up")).unwrap();
    symlink("b", fixture.path("l")).unwrap();
    assert_eq!(
        paths(&fixture.list(".", 0).await, &fixture),
        ["a", "b", "b!", "c", "l"]
    );
    assert_eq!(
        paths(&fixture.list(".", 2).await, &fixture),
        ["a", "b", "b/1", "b/2", "b/up", "b!", "c", "c/d", "l"]
    );
    assert_eq!(
        paths(&fixture.list("b/1", 16).await, &fixture),
        ["b/1/x", "b/1/y", "b/1/y/z"]
    );
    // As the path is given.
    assert_eq!(
        paths(&fixture.list("l", 1).await, &fixture),
        ["l/1", "l/2", "l/up"]
    );
    assert_eq!(fixture.list(".", 3).await.next_page_token, "");
}

#[tokio::test]
async fn lists_the_same_entries_in_pages_of_any_size() {
    let fixture = Fixture::new();
    for path in ["a/b/c/d", "a/b/c/e", "a/f", "g/h/i", "j", "k/l", "m"] {
        fixture.write(path, "");
    }
    let all = paths(&fixture.list(".", 4).await, &fixture);
    assert_eq!(all.len(), 13);
    for page_size in 1..=13 {
        let (mut found, mut token, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let page = fixture.page(".", 4, page_size, &token).await.unwrap();
            found.extend(paths(&page, &fixture));
            pages += 1;
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(found, all);
        assert_eq!(pages, 13_u32.div_ceil(page_size));
    }
}

#[tokio::test]
async fn goes_on_behind_entries_that_have_vanished() {
    let fixture = Fixture::new();
    for path in ["a/1", "a/2", "b/1", "c"] {
        fixture.write(path, "");
    }
    let page = fixture.page(".", 2, 2, "").await.unwrap();
    assert_eq!(paths(&page, &fixture), ["a", "a/1"]);
    fs::remove_dir_all(fixture.path("a")).unwrap();
    let page = fixture
        .page(".", 2, 2, &page.next_page_token)
        .await
        .unwrap();
    assert_eq!(paths(&page, &fixture), ["b", "b/1"]);
    fs::remove_dir_all(fixture.path("b")).unwrap();
    fixture.write("b", "a file now");
    let page = fixture
        .page(".", 2, 2, &page.next_page_token)
        .await
        .unwrap();
    assert_eq!(paths(&page, &fixture), ["c"]);
}

#[tokio::test]
async fn rejects_invalid_listings() {
    let fixture = Fixture::new();
    fixture.write("file", "");
    let long = "61".repeat(256);
    for (depth, page_size, token, start) in [
        (17, 0, "", "depth: is 17, 1 to 16"),
        (0, 1001, "", "page_size: is 1001, 1 to 1000"),
        (0, 0, "6", "page_token: "),
        (0, 0, "zz", "page_token: "),
        (0, 0, "2e2e", "page_token: "),
        (0, 0, "612f", "page_token: "),
        (0, 0, "6100", "page_token: "),
        (1, 0, "612f62", "page_token: is of a page of deeper files"),
        (0, 0, &long, "page_token: "),
    ] {
        let status = fixture
            .page(".", depth, page_size, token)
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().starts_with(start), "{status:?}");
    }
    let status = fixture.page("file", 1, 0, "").await.unwrap_err();
    assert!(
        status.message().starts_with("NOT_A_DIRECTORY: "),
        "{status:?}"
    );
    assert_eq!(
        fixture.page("none", 1, 0, "").await.unwrap_err().code(),
        Code::NotFound
    );
}

#[tokio::test]
async fn lists_a_directory_of_100000_entries_page_by_page() {
    let fixture = Fixture::new();
    let directory = openat(CWD, fixture.path("."), OFlags::PATH, Mode::empty()).unwrap();
    for number in 0..100_000 {
        mknodat(
            &directory,
            format!("{number}"),
            Kind::RegularFile,
            Mode::RUSR,
            0,
        )
        .unwrap();
    }
    let mut expected: Vec<_> = (0..100_000).map(|number| number.to_string()).collect();
    expected.sort();
    let (mut token, mut at) = (String::new(), 0);
    for _ in 0..20 {
        let page = fixture.page(".", 1, 1000, &token).await.unwrap();
        assert!(prost::Message::encoded_len(&page) < 128 << 10);
        for entry in &page.entries {
            assert_eq!(entry.name, expected[at]);
            at += 1;
        }
        token = page.next_page_token;
    }
    // Pages are limited by their size, too.
    assert!((10_000..=20_000).contains(&at), "{at}");
    fixture.remove(".", true).await.unwrap();
}

#[tokio::test]
async fn shows_names_that_are_not_unicode() {
    use std::os::unix::ffi::OsStrExt;
    let fixture = Fixture::new();
    for name in [&b"\xff"[..], b"\xfe", b"z\n"] {
        fs::write(
            fixture
                .directory
                .path()
                .join(std::ffi::OsStr::from_bytes(name)),
            "",
        )
        .unwrap();
    }
    let first = fixture.page(".", 1, 1, "").await.unwrap();
    assert_eq!(first.entries[0].name, "z\n");
    let second = fixture
        .page(".", 1, 1, &first.next_page_token)
        .await
        .unwrap();
    assert_eq!(second.entries[0].name, "\u{fffd}");
    let third = fixture
        .page(".", 1, 1, &second.next_page_token)
        .await
        .unwrap();
    assert_eq!(
        (third.entries.len(), third.next_page_token.as_str()),
        (1, "")
    );
}

#[tokio::test]
async fn makes_directories_with_those_above() {
    let fixture = Fixture::new();
    let (entry, created) = fixture.make("a/b/c", 0).await.unwrap();
    assert!(created);
    assert_eq!(
        (entry.name.as_str(), entry.mode, entry.r#type()),
        ("c", 0o755, FileType::Directory)
    );
    assert!(!fixture.make("a/b/c", 0o700).await.unwrap().1);
    assert_eq!(
        mode(&fixture.path("a/b/c")),
        0o755,
        "an existing directory is not changed"
    );
    // The umask does not apply to permissions that a request names.
    fixture.make("a/d", 0o1777).await.unwrap();
    assert_eq!(mode(&fixture.path("a/d")), 0o1777);
    assert!(!fixture.make("/", 0).await.unwrap().1);

    fixture.write("file", "");
    assert_eq!(
        fixture.make("file", 0).await.unwrap_err().code(),
        Code::AlreadyExists
    );
    let status = fixture.make("file/x/y", 0).await.unwrap_err();
    assert!(
        status.message().starts_with("NOT_A_DIRECTORY: "),
        "{status:?}"
    );
    let status = fixture.make("x", 0o10000).await.unwrap_err();
    assert_eq!(
        status.message(),
        "permissions: is 010000, 0 to 07777 are allowed"
    );
    symlink("nowhere", fixture.path("dangling")).unwrap();
    assert_eq!(
        fixture.make("dangling", 0).await.unwrap_err().code(),
        Code::AlreadyExists
    );
}

#[tokio::test]
async fn renames_files_and_directories() {
    let fixture = Fixture::new();
    fixture.write("old", "1");
    fixture.write("present", "2");
    fixture.write("d/x", "");
    let entry = fixture.rename("old", "present").await.unwrap();
    assert_eq!(entry.name, "present");
    assert_eq!(fixture.content("present"), "1");
    fixture.rename("d", "e").await.unwrap();
    assert!(fixture.path("e/x").exists());

    for (source, destination, code, named) in [
        ("gone", "x", Code::NotFound, "gone"),
        ("present", "none/x", Code::NotFound, "none/x"),
        ("e", "e/below", Code::InvalidArgument, "below"),
        ("present", "e", Code::FailedPrecondition, "e"),
        ("present", "x/", Code::FailedPrecondition, "x"),
        ("", "x", Code::InvalidArgument, "source: "),
        ("present", "", Code::InvalidArgument, "destination: "),
    ] {
        let status = fixture.rename(source, destination).await.unwrap_err();
        assert_eq!(status.code(), code, "{status:?}");
        assert!(status.message().contains(named), "{status:?}");
    }
}

#[tokio::test]
async fn does_not_copy_between_file_systems() {
    let (fixture, other) = (Fixture::new(), Path::new("/dev/shm"));
    let device = |path: &Path| rustix::fs::stat(path).map(|stat| stat.st_dev);
    if device(other).is_err() || device(other) == device(fixture.directory.path()) {
        return;
    }
    fixture.write("file", "kept");
    let target = format!("/dev/shm/neurovisor-test-{}", std::process::id());
    let status = fixture.rename("file", &target).await.unwrap_err();
    assert!(
        status.message().contains("not on the same file system"),
        "{status:?}"
    );
    assert_eq!(fixture.content("file"), "kept");
}

#[tokio::test]
async fn removes_files_links_and_trees() {
    let fixture = Fixture::new();
    fixture.write("keep/file", "kept");
    fixture.write("tree/a/b/c", "");
    fixture.write("tree/a/d", "");
    fixture.fifo("tree/fifo");
    symlink(fixture.path("keep"), fixture.path("tree/a/link")).unwrap();
    symlink("keep", fixture.path("link")).unwrap();
    fs::create_dir(fixture.path("empty")).unwrap();

    let status = fixture.remove("tree", false).await.unwrap_err();
    assert!(status.message().starts_with("NOT_EMPTY: "), "{status:?}");
    for (path, recursive) in [("tree", true), ("link", true), ("empty", false)] {
        fixture.remove(path, recursive).await.unwrap();
    }
    assert_eq!(fixture.names("."), ["keep"]);
    assert_eq!(fixture.content("keep/file"), "kept");
    assert_eq!(
        fixture.remove("tree", true).await.unwrap_err().code(),
        Code::NotFound
    );
    for path in ["/", "keep/.."] {
        let status = fixture.remove(path, true).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
    }
    assert_eq!(fixture.content("keep/file"), "kept");
}

#[tokio::test]
async fn removes_deep_and_wide_trees() {
    let fixture = Fixture::new();
    fs::create_dir(fixture.path("deep")).unwrap();
    let mut directory = openat(CWD, fixture.path("deep"), OFlags::PATH, Mode::empty()).unwrap();
    for _ in 0..2000 {
        mkdirat(&directory, "d", Mode::RWXU).unwrap();
        mknodat(&directory, "f", Kind::RegularFile, Mode::RUSR, 0).unwrap();
        directory = openat(&directory, "d", OFlags::PATH, Mode::empty()).unwrap();
    }
    drop(directory);
    fixture.remove("deep", true).await.unwrap();
    for number in 0..3000 {
        fixture.write(&format!("wide/{number}/f"), "");
    }
    fixture.remove("wide", true).await.unwrap();
    assert_eq!(fixture.names("."), [""; 0]);
}

#[tokio::test]
async fn reports_a_tree_that_is_too_deep() {
    let fixture = Fixture::new();
    fs::create_dir(fixture.path("deep")).unwrap();
    let mut directory = openat(CWD, fixture.path("deep"), OFlags::PATH, Mode::empty()).unwrap();
    for _ in 0..4200 {
        mkdirat(&directory, "d", Mode::RWXU).unwrap();
        directory = openat(&directory, "d", OFlags::PATH, Mode::empty()).unwrap();
    }
    drop(directory);
    let status = fixture.remove("deep", true).await.unwrap_err();
    assert!(
        status.message().starts_with("path: has more than 4096"),
        "{status:?}"
    );
    let shell = std::process::Command::new("rm")
        .arg("-rf")
        .arg(fixture.path("deep"))
        .status();
    assert!(shell.unwrap().success());
}

#[tokio::test]
async fn changes_permissions_and_attributes() {
    let fixture = Fixture::new();
    fixture.write("file", "");
    symlink("file", fixture.path("link")).unwrap();
    let request = SetAttributesRequest {
        path: "file".to_owned(),
        permissions: Some(0o600),
        ..Default::default()
    };
    let entry = fixture.files.set_attributes(request.clone()).await.unwrap();
    assert_eq!(entry.mode, 0o600);
    let through = SetAttributesRequest {
        path: "link".to_owned(),
        permissions: Some(0),
        ..Default::default()
    };
    let entry = fixture.files.set_attributes(through).await.unwrap();
    assert_eq!(entry.r#type(), FileType::Symlink);
    assert_eq!(mode(&fixture.path("file")), 0);
    fixture.files.set_attributes(request.clone()).await.unwrap();

    let unknown = SetAttributesRequest {
        path: "none".to_owned(),
        ..request.clone()
    };
    assert_eq!(
        fixture
            .files
            .set_attributes(unknown)
            .await
            .unwrap_err()
            .code(),
        Code::NotFound
    );
    if !has_xattrs(&fixture.path("file")) {
        return;
    }
    let set = SetAttributesRequest {
        xattrs: attributes(&[("empty", ""), ("key", "value"), ("é", "x")]),
        ..request.clone()
    };
    let entry = fixture.files.set_attributes(set).await.unwrap();
    assert_eq!(
        entry.xattrs,
        attributes(&[("empty", ""), ("key", "value"), ("é", "x")])
    );
    let removed = SetAttributesRequest {
        xattrs: attributes(&[("key", "other")]),
        removed_xattrs: vec!["empty".to_owned(), "never".to_owned()],
        ..request
    };
    fixture.files.set_attributes(removed).await.unwrap();
    let entry = fixture.files.stat("file").await.unwrap();
    assert_eq!(entry.xattrs, attributes(&[("key", "other"), ("é", "x")]));
}

#[tokio::test]
async fn leaves_out_attributes_that_exceed_the_limits() {
    let fixture = Fixture::new();
    fixture.write("file", "");
    let path = fixture.path("file");
    if !has_xattrs(&path) {
        return;
    }
    let set = |name: &str, bytes: usize| {
        let flags = rustix::fs::XattrFlags::empty();
        rustix::fs::setxattr(&path, format!("user.{name}"), &vec![b'x'; bytes], flags)
    };
    set("small", 1).unwrap();
    if set("large", 1025).is_ok() && set(&"n".repeat(200), 1).is_ok() {
        let entry = fixture.files.stat("file").await.unwrap();
        assert_eq!(entry.xattrs, attributes(&[("small", "x")]));
    }
    let count = (0..200)
        .take_while(|number| set(&number.to_string(), 1).is_ok())
        .count();
    let entry = fixture.files.stat("file").await.unwrap();
    assert_eq!(entry.xattrs.len(), (count + 1).min(64));
}

#[tokio::test]
async fn does_not_change_what_it_refuses() {
    let fixture = Fixture::new();
    fixture.fifo("fifo");
    assert!(fs::symlink_metadata(fixture.path("fifo"))
        .unwrap()
        .file_type()
        .is_fifo());
    let request = SetAttributesRequest {
        path: "fifo".to_owned(),
        permissions: Some(0o10000),
        ..Default::default()
    };
    let status = fixture.files.set_attributes(request).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(mode(&fixture.path("fifo")), 0o600);
}

#[tokio::test]
async fn leaves_access_to_the_kernel() {
    let Some(fixture) = Fixture::as_user() else {
        return;
    };
    let private = tempfile::tempdir().unwrap();
    fs::write(private.path().join("file"), "root's").unwrap();
    fs::set_permissions(private.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let (closed, file) = (
        private.path().to_str().unwrap().to_owned(),
        private.path().join("file").to_str().unwrap().to_owned(),
    );
    symlink(&closed, fixture.path("link")).unwrap();
    let below = |name: &str| format!("link/{name}");
    #[track_caller]
    fn denied(result: Result<(), Status>) {
        let status = result.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied, "{status:?}");
    }
    for path in [file.as_str(), &below("file"), "link/../link/file"] {
        denied(fixture.files.stat(path).await.map(drop));
        denied(fixture.remove(path, true).await);
        denied(fixture.rename(path, "mine").await.map(drop));
        denied(fixture.make(&format!("{path}/x"), 0).await.map(drop));
        let request = SetAttributesRequest {
            path: path.to_owned(),
            permissions: Some(0o777),
            ..Default::default()
        };
        denied(fixture.files.set_attributes(request).await.map(drop));
    }
    for path in [closed.as_str(), "link"] {
        denied(fixture.page(path, 1, 0, "").await.map(drop));
    }
    for path in ["/etc/neurovisor-test", "/neurovisor-test"] {
        denied(fixture.make(path, 0).await.map(drop));
    }
    denied(fixture.remove("/etc/passwd", false).await);
    let status = fixture.files.stat("/proc/1/environ").await;
    assert!(status.is_ok(), "its attributes are no secret");
    let passwd = fixture.files.stat("/etc/passwd").await.unwrap();
    assert_eq!(passwd.owner, "root");

    let (entry, _) = fixture.make("mine", 0).await.unwrap();
    assert_eq!(fs::metadata(fixture.path("mine")).unwrap().uid(), USER_ID);
    assert!(!entry.owner.is_empty() && entry.owner != "root");
}

#[tokio::test]
async fn lists_what_it_may_read() {
    let Some(fixture) = Fixture::as_user() else {
        return;
    };
    for (path, bits) in [("closed", 0o700), ("listed", 0o744)] {
        fixture.write(&format!("{path}/file"), "");
        fs::set_permissions(fixture.path(path), fs::Permissions::from_mode(bits)).unwrap();
    }
    let page = fixture.list(".", 2).await;
    assert_eq!(paths(&page, &fixture), ["closed", "listed"]);
    for path in ["closed", "listed"] {
        let status = fixture.page(path, 1, 0, "").await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied);
    }
}
