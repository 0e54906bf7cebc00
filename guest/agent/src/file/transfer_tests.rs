//! Reading and writing.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::sleep;
use tokio_stream::StreamExt;
use tonic::{Code, Status};

use super::tests::{has_xattrs, messages, mode, Fixture, Sender};
use super::{Responses, READS_MAX};
use crate::wire::guest::{guest_read_request::Part, Credit, GuestReadRequest};
use crate::wire::sandbox::v1::{
    FileEntry, ReadRequest, ReadResponse, WriteMode, WriteRequest, WriteTarget,
};

const PLENTY: u32 = u32::MAX;

fn grant(messages: &Sender<GuestReadRequest>, bytes: u32) {
    let part = Some(Part::Credit(Credit { bytes }));
    messages.send(Ok(GuestReadRequest { part })).unwrap();
}

impl Fixture {
    async fn open(
        &self,
        path: &str,
        offset: u64,
        length: u64,
    ) -> Result<(Sender<GuestReadRequest>, FileEntry, Responses<ReadResponse>), Status> {
        let (sender, receiver) = messages();
        let request = ReadRequest {
            path: path.to_owned(),
            offset,
            length,
            ..Default::default()
        };
        let part = Some(Part::Read(request));
        sender.send(Ok(GuestReadRequest { part })).unwrap();
        let mut responses = self.files.read(receiver).await?;
        let first = responses.next().await.unwrap()?;
        assert!(first.data.is_empty());
        Ok((sender, first.entry.unwrap(), responses))
    }

    async fn read(&self, path: &str, offset: u64, length: u64) -> Result<Vec<u8>, Status> {
        let (messages, _, responses) = self.open(path, offset, length).await?;
        grant(&messages, PLENTY);
        rest(responses).await
    }

    async fn write_all(&self, target: WriteTarget, parts: &[&[u8]]) -> Result<FileEntry, Status> {
        let first = WriteRequest {
            target: Some(target),
            data: Bytes::new(),
        };
        let parts = parts.iter().map(|part| WriteRequest {
            target: None,
            data: Bytes::copy_from_slice(part),
        });
        let parts: Vec<_> = [first].into_iter().chain(parts).map(Ok).collect();
        self.files.write(tokio_stream::iter(parts)).await
    }

    /// Waits for cleaning up, which happens after a call has ended.
    async fn eventually(&self, condition: impl Fn(&Self) -> bool) {
        for _ in 0..500 {
            if condition(self) {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("{:?}", self.names("."));
    }
}

async fn rest(mut responses: Responses<ReadResponse>) -> Result<Vec<u8>, Status> {
    let mut content = Vec::new();
    while let Some(response) = responses.next().await {
        let response = response?;
        assert!(response.entry.is_none() && (1..=65_536).contains(&response.data.len()));
        content.extend(response.data);
    }
    Ok(content)
}

fn target(path: &str, write_mode: WriteMode) -> WriteTarget {
    WriteTarget {
        path: path.to_owned(),
        write_mode: write_mode.into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn reads_ranges() {
    let fixture = Fixture::new();
    fixture.write("file", "0123456789");
    for (offset, length, expected) in [
        (0, 0, "0123456789"),
        (0, 4, "0123"),
        (4, 0, "456789"),
        (4, 2, "45"),
        (8, 100, "89"),
        (10, 0, ""),
        (10, u64::MAX, ""),
        (3, u64::MAX, "3456789"),
    ] {
        let content = fixture.read("file", offset, length).await.unwrap();
        assert_eq!(content, expected.as_bytes(), "{offset} {length}");
    }
    let status = fixture.read("file", 11, 0).await.unwrap_err();
    assert_eq!(status.message(), "offset: is 11, the file has 10 bytes");
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(
        fixture.read("file", u64::MAX, 1).await.unwrap_err().code(),
        Code::InvalidArgument
    );
}

#[tokio::test]
async fn limits_reads_at_the_same_time() {
    let fixture = Fixture::new();
    fixture.write("file", "content");
    let mut open = Vec::new();
    for _ in 0..READS_MAX {
        open.push(fixture.open("file", 0, 0).await.unwrap());
    }
    let refused = fixture.open("file", 0, 0).await.err().unwrap();
    assert_eq!(
        (refused.code(), refused.message()),
        (
            Code::ResourceExhausted,
            "READ_LIMIT: 32 files are being read: end another read first"
        )
    );
    let (messages, _, responses) = open.pop().unwrap();
    grant(&messages, PLENTY);
    assert_eq!(rest(responses).await.unwrap(), b"content");
    drop(open);
    for _ in 0..READS_MAX {
        fixture.read("file", 0, 0).await.unwrap();
    }
}

#[tokio::test]
async fn describes_the_file_that_is_read() {
    let fixture = Fixture::new();
    fixture.write("file", "abc");
    symlink("file", fixture.path("link")).unwrap();
    let (_messages, entry, _responses) = fixture.open("link", 0, 0).await.unwrap();
    assert_eq!((entry.name.as_str(), entry.size), ("link", 3));
    assert_eq!(entry.r#type(), crate::wire::sandbox::v1::FileType::File);
}

#[tokio::test]
async fn sends_as_much_as_was_granted() {
    let fixture = Fixture::new();
    let content: Vec<u8> = (0..200_000_u32).map(|number| number as u8).collect();
    fixture.write("file", &content);
    let (messages, _, mut responses) = fixture.open("file", 0, 0).await.unwrap();
    let mut received = Vec::new();
    for bytes in [1_u32, 100, 70_000, 3] {
        grant(&messages, bytes);
        let end = received.len() + bytes as usize;
        while received.len() < end {
            received.extend(responses.next().await.unwrap().unwrap().data);
        }
        assert_eq!(received.len(), end);
        let more = tokio::time::timeout(Duration::from_millis(20), responses.next()).await;
        assert!(more.is_err(), "nothing comes without credit");
    }
    grant(&messages, PLENTY);
    received.extend(rest(responses).await.unwrap());
    assert!(received == content);
}

#[tokio::test]
async fn ends_without_further_credit() {
    let fixture = Fixture::new();
    fixture.write("file", "abc");
    let (messages, _, responses) = fixture.open("file", 0, 0).await.unwrap();
    grant(&messages, 3);
    assert_eq!(rest(responses).await.unwrap(), b"abc");
    fixture.write("empty", "");
    let (_messages, entry, responses) = fixture.open("empty", 0, 0).await.unwrap();
    assert_eq!(entry.size, 0);
    assert_eq!(rest(responses).await.unwrap(), b"");
}

#[tokio::test]
async fn ends_early_when_the_file_has_become_shorter() {
    let fixture = Fixture::new();
    fixture.write("file", vec![b'x'; 300_000]);
    let (messages, _, mut responses) = fixture.open("file", 0, 0).await.unwrap();
    grant(&messages, 65_536);
    assert_eq!(responses.next().await.unwrap().unwrap().data.len(), 65_536);
    fs::write(fixture.path("file"), "short").unwrap();
    grant(&messages, PLENTY);
    assert!(
        rest(responses).await.unwrap().len() <= 200_000,
        "only what had been read before"
    );
}

#[tokio::test]
async fn does_not_send_what_is_appended_meanwhile() {
    let fixture = Fixture::new();
    fixture.write("file", "abc");
    let (messages, _, responses) = fixture.open("file", 0, 0).await.unwrap();
    fixture.write("file", "abcdef");
    grant(&messages, PLENTY);
    assert_eq!(rest(responses).await.unwrap(), b"abc");
}

#[tokio::test]
async fn reads_a_file_that_was_removed() {
    let fixture = Fixture::new();
    fixture.write("file", "abc");
    let (messages, _, responses) = fixture.open("file", 0, 0).await.unwrap();
    fs::remove_file(fixture.path("file")).unwrap();
    grant(&messages, PLENTY);
    assert_eq!(rest(responses).await.unwrap(), b"abc");
}

#[tokio::test]
async fn reads_files_of_the_kernel_without_a_size() {
    let fixture = Fixture::new();
    let status = fixture.read("/proc/self/status", 0, 0).await.unwrap();
    assert!(String::from_utf8(status).unwrap().contains("Name:"));
    // Address 0 is not mapped.
    let status = fixture.read("/proc/self/mem", 0, 0).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied, "{status:?}");
}

#[tokio::test]
async fn refuses_what_is_not_a_file() {
    let fixture = Fixture::new();
    fixture.fifo("fifo");
    let _socket = std::os::unix::net::UnixListener::bind(fixture.path("socket")).unwrap();
    symlink("/dev/zero", fixture.path("zero")).unwrap();
    fs::create_dir(fixture.path("directory")).unwrap();
    let refused = |path: &str, status: Status| {
        let (code, part) = match path {
            "directory" | "/" => (Code::FailedPrecondition, "NOT_A_DIRECTORY: "),
            _ => (Code::PermissionDenied, "is a FIFO, a socket or a device"),
        };
        assert_eq!(status.code(), code, "{path} {status:?}");
        assert!(status.message().contains(part), "{path} {status:?}");
    };
    for path in [
        "fifo",
        "socket",
        "zero",
        "/dev/zero",
        "/dev/tty",
        "directory",
        "/",
    ] {
        refused(path, fixture.read(path, 0, 0).await.unwrap_err());
        if path == "/" {
            continue;
        }
        for write_mode in [WriteMode::Replace, WriteMode::Append, WriteMode::Range] {
            let written = fixture.write_all(target(path, write_mode), &[b"x"]).await;
            refused(path, written.unwrap_err());
        }
        let new = fixture
            .write_all(target(path, WriteMode::CreateNew), &[b"x"])
            .await;
        assert_eq!(new.unwrap_err().code(), Code::AlreadyExists);
    }
    assert_eq!(fixture.names("."), ["directory", "fifo", "socket", "zero"]);
}

#[tokio::test]
async fn rejects_messages_out_of_order() {
    let fixture = Fixture::new();
    fixture.write("file", "abc");
    for part in [None, Some(Part::Credit(Credit { bytes: 1 }))] {
        let request = tokio_stream::iter([Ok(GuestReadRequest { part })]);
        let status = fixture.files.read(request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
    }
    let (messages, _, mut responses) = fixture.open("file", 0, 0).await.unwrap();
    let part = Some(Part::Read(ReadRequest::default()));
    messages.send(Ok(GuestReadRequest { part })).unwrap();
    let status = responses.next().await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(responses.next().await.is_none());
}

#[tokio::test]
async fn stops_reading_when_the_host_hangs_up() {
    let fixture = Fixture::new();
    fixture.write("file", "abc");
    let (messages, _, mut responses) = fixture.open("file", 0, 0).await.unwrap();
    drop(messages);
    assert_eq!(
        responses.next().await.unwrap().unwrap_err().code(),
        Code::Cancelled
    );
    assert!(responses.next().await.is_none());
}

#[tokio::test]
async fn replaces_a_file_in_one_step() {
    let fixture = Fixture::new();
    fixture.write("d/file", "old");
    fs::set_permissions(
        fixture.path("d/file"),
        std::os::unix::fs::PermissionsExt::from_mode(0o751),
    )
    .unwrap();
    let (sender, receiver) = messages();
    let files = fixture.files.clone();
    let write = tokio::spawn(async move { files.write(receiver).await });
    let first = WriteRequest {
        target: Some(target("d/file", WriteMode::Unspecified)),
        data: Bytes::from_static(b"new "),
    };
    sender.send(Ok(first)).unwrap();
    fixture
        .eventually(|fixture| fixture.names("d").len() == 2)
        .await;
    assert_eq!(fixture.content("d/file"), "old");
    let second = WriteRequest {
        target: None,
        data: Bytes::from_static(b"content"),
    };
    sender.send(Ok(second)).unwrap();
    drop(sender);
    let entry = write.await.unwrap().unwrap();
    assert_eq!(
        (entry.size, entry.mode, entry.name.as_str()),
        (11, 0o751, "file")
    );
    assert_eq!(fixture.content("d/file"), "new content");
    assert_eq!(fixture.names("d"), ["file"]);
}

#[tokio::test]
async fn creates_files_with_their_directories() {
    let fixture = Fixture::new();
    let entry = fixture
        .write_all(target("a/b/file", WriteMode::Replace), &[b"1", b"", b"2"])
        .await
        .unwrap();
    assert_eq!((entry.size, entry.mode), (2, 0o644));
    let with_mode = WriteTarget {
        permissions: 0o666,
        ..target("tool", WriteMode::CreateNew)
    };
    fixture.write_all(with_mode, &[]).await.unwrap();
    assert_eq!(mode(&fixture.path("tool")), 0o666);
    let appended = WriteTarget {
        permissions: 0o600,
        ..target("c/log", WriteMode::Append)
    };
    fixture.write_all(appended.clone(), &[b"1"]).await.unwrap();
    fixture.write_all(appended, &[b"2"]).await.unwrap();
    assert_eq!(fixture.content("c/log"), "12");
    assert_eq!(mode(&fixture.path("c/log")), 0o600);
}

#[tokio::test]
async fn writes_large_files() {
    let fixture = Fixture::new();
    let part = vec![b'x'; 65_536];
    let parts = vec![part.as_slice(); 100];
    let entry = fixture
        .write_all(target("large", WriteMode::Replace), &parts)
        .await
        .unwrap();
    assert_eq!(entry.size, 6_553_600);
    let content = fixture.read("large", 0, 0).await.unwrap();
    assert!(content.len() == 6_553_600 && content.iter().all(|byte| *byte == b'x'));
}

#[tokio::test]
async fn keeps_a_file_that_should_be_new() {
    let fixture = Fixture::new();
    fixture.write("file", "old");
    symlink("none", fixture.path("dangling")).unwrap();
    for path in ["file", "dangling"] {
        let status = fixture
            .write_all(target(path, WriteMode::CreateNew), &[b"x"])
            .await;
        assert_eq!(status.unwrap_err().code(), Code::AlreadyExists);
    }
    // One that appears during the write stays, too.
    let (sender, receiver) = messages();
    let files = fixture.files.clone();
    let write = tokio::spawn(async move { files.write(receiver).await });
    let first = WriteRequest {
        target: Some(target("new", WriteMode::CreateNew)),
        data: Bytes::from_static(b"mine"),
    };
    sender.send(Ok(first)).unwrap();
    fixture
        .eventually(|fixture| fixture.names(".").len() == 3)
        .await;
    fixture.write("new", "theirs");
    drop(sender);
    assert_eq!(
        write.await.unwrap().unwrap_err().code(),
        Code::AlreadyExists
    );
    assert_eq!(fixture.content("new"), "theirs");
    fixture
        .eventually(|fixture| fixture.names(".") == ["dangling", "file", "new"])
        .await;
}

#[tokio::test]
async fn replaces_the_target_of_a_link() {
    let fixture = Fixture::new();
    fixture.write("data/real", "old");
    fs::create_dir(fixture.path("links")).unwrap();
    symlink("../data/real", fixture.path("links/one")).unwrap();
    symlink(fixture.path("links/one"), fixture.path("two")).unwrap();
    fixture
        .write_all(target("two", WriteMode::Replace), &[b"new"])
        .await
        .unwrap();
    assert_eq!(fixture.content("data/real"), "new");
    assert!(fs::symlink_metadata(fixture.path("two"))
        .unwrap()
        .is_symlink());
    // As open(2) does, a link to nothing creates a file, but not its directory.
    symlink("data/missing", fixture.path("three")).unwrap();
    fixture
        .write_all(target("three", WriteMode::Append), &[b"3"])
        .await
        .unwrap();
    assert_eq!(fixture.content("data/missing"), "3");
    symlink("none/missing", fixture.path("four")).unwrap();
    let status = fixture
        .write_all(target("four", WriteMode::Replace), &[])
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    symlink("five", fixture.path("five")).unwrap();
    let status = fixture
        .write_all(target("five", WriteMode::Replace), &[])
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
}

#[tokio::test]
async fn overwrites_ranges_of_existing_files() {
    let fixture = Fixture::new();
    fixture.write("file", "0123456789");
    let range = |offset| WriteTarget {
        offset,
        ..target("file", WriteMode::Range)
    };
    fixture.write_all(range(3), &[b"ab", b"c"]).await.unwrap();
    assert_eq!(fixture.content("file"), "012abc6789");
    fixture.write_all(range(10), &[b"!"]).await.unwrap();
    assert_eq!(fixture.content("file"), "012abc6789!");
    let status = fixture.write_all(range(12), &[b"x"]).await.unwrap_err();
    assert_eq!(
        status.message(),
        "target.offset: is 12, the file has 11 bytes"
    );
    let status = fixture
        .write_all(target("none", WriteMode::Range), &[])
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn sets_attributes_of_written_files() {
    let fixture = Fixture::new();
    fixture.write("probe", "");
    if !has_xattrs(&fixture.path("probe")) {
        return;
    }
    for write_mode in [WriteMode::Replace, WriteMode::Append, WriteMode::Range] {
        let xattrs = HashMap::from([
            ("m".to_owned(), Bytes::from_static(b"v")),
            ("e".to_owned(), Bytes::new()),
        ]);
        let target = WriteTarget {
            xattrs: xattrs.clone(),
            ..target("file", write_mode)
        };
        let entry = fixture.write_all(target, &[b"x"]).await.unwrap();
        assert_eq!(entry.xattrs, xattrs);
        // A replaced file loses the attributes of the old one.
        if write_mode == WriteMode::Replace {
            let entry = fixture
                .write_all(super::transfer_tests::target("file", write_mode), &[])
                .await;
            assert!(entry.unwrap().xattrs.is_empty());
        }
    }
}

#[tokio::test]
async fn undoes_a_write_whose_call_ends() {
    let fixture = Fixture::new();
    fixture.write("file", "old");
    for (path, write_mode) in [
        ("file", WriteMode::Replace),
        ("file", WriteMode::Append),
        ("new", WriteMode::Replace),
        ("new", WriteMode::Append),
        ("new", WriteMode::CreateNew),
    ] {
        let (sender, receiver) = messages();
        let files = fixture.files.clone();
        let write = tokio::spawn(async move { files.write(receiver).await });
        let first = WriteRequest {
            target: Some(target(path, write_mode)),
            data: Bytes::from_static(b"half"),
        };
        sender.send(Ok(first)).unwrap();
        fixture
            .eventually(|fixture| {
                fixture.names(".").len() > 1 || fixture.content("file") == "oldhalf"
            })
            .await;
        write.abort();
        fixture
            .eventually(|fixture| {
                fixture.names(".") == ["file"] && fixture.content("file") == "old"
            })
            .await;
    }
}

#[tokio::test]
async fn undoes_a_write_that_fails() {
    let fixture = Fixture::new();
    fixture.write("file", "old");
    let status = |code| Status::new(code, "the host has failed");
    for write_mode in [WriteMode::Replace, WriteMode::Append] {
        for bad in [
            Err(status(Code::Unknown)),
            Ok(WriteRequest {
                target: None,
                data: Bytes::from(vec![0; 65_537]),
            }),
            Ok(WriteRequest {
                target: Some(target("other", write_mode)),
                data: Bytes::new(),
            }),
        ] {
            let first = WriteRequest {
                target: Some(target("file", write_mode)),
                data: Bytes::from_static(b"half"),
            };
            let parts = tokio_stream::iter([Ok(first), bad]);
            fixture.files.write(parts).await.unwrap_err();
            fixture
                .eventually(|fixture| {
                    fixture.names(".") == ["file"] && fixture.content("file") == "old"
                })
                .await;
        }
    }
}

/// A small file system below the home. Only root can mount one.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn at(path: std::path::PathBuf) -> Option<Self> {
        fs::create_dir(&path).unwrap();
        let flags = rustix::mount::MountFlags::NODEV;
        rustix::mount::mount("tmpfs", &path, "tmpfs", flags, c"size=256k").ok()?;
        Some(Self(path))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        rustix::mount::unmount(&self.0, rustix::mount::UnmountFlags::DETACH).unwrap();
    }
}

#[tokio::test]
async fn leaves_the_old_file_when_the_disk_is_full() {
    let fixture = Fixture::new();
    let Some(_disk) = SmallDisk::at(fixture.path("disk")) else {
        return;
    };
    fixture.write("disk/file", "old");
    let part = vec![b'x'; 65_536];
    for write_mode in [WriteMode::Replace, WriteMode::Append] {
        let written = fixture
            .write_all(target("disk/file", write_mode), &[part.as_slice(); 5])
            .await;
        let status = written.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert!(status.message().starts_with("DISK_FULL: "), "{status:?}");
        fixture
            .eventually(|fixture| {
                fixture.names("disk") == ["file"] && fixture.content("disk/file") == "old"
            })
            .await;
    }
}

#[tokio::test]
async fn ends_a_write_without_progress() {
    let fixture = Fixture::with_progress(Duration::from_millis(50));
    let (sender, receiver) = messages();
    let first = WriteRequest {
        target: Some(target("file", WriteMode::Replace)),
        data: Bytes::from_static(b"x"),
    };
    sender.send(Ok(first)).unwrap();
    // Messages without content are no progress.
    let empty = sender.clone();
    let idle = tokio::spawn(async move {
        while empty.send(Ok(WriteRequest::default())).is_ok() {
            sleep(Duration::from_millis(5)).await;
        }
    });
    let status = fixture.files.write(receiver).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    idle.await.unwrap();
    fixture
        .eventually(|fixture| fixture.names(".").is_empty())
        .await;
}

#[tokio::test]
async fn rejects_invalid_targets() {
    let fixture = Fixture::new();
    let status = fixture
        .files
        .write(tokio_stream::iter([Ok(WriteRequest::default())]))
        .await;
    assert_eq!(status.unwrap_err().message(), "target: is missing");
    let file = target("file", WriteMode::Replace);
    for (target, start) in [
        (target("", WriteMode::Replace), "target.path: has 0 bytes"),
        (
            WriteTarget {
                write_mode: 9,
                ..file.clone()
            },
            "target.write_mode: is 9",
        ),
        (
            WriteTarget {
                permissions: 0o10000,
                ..file.clone()
            },
            "target.permissions: is 010000",
        ),
        (
            WriteTarget {
                xattrs: HashMap::from([("k".to_owned(), Bytes::from(vec![0; 1025]))]),
                ..file.clone()
            },
            "xattrs[\"k\"]: has 1025 bytes",
        ),
    ] {
        let status = fixture.write_all(target, &[b"x"]).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().starts_with(start), "{status:?}");
    }
    for path in ["/", "new/", "a/b/"] {
        let written = fixture.write_all(target(path, WriteMode::Append), &[]);
        let status = written.await.unwrap_err();
        assert!(
            status.message().starts_with("NOT_A_DIRECTORY: "),
            "{status:?}"
        );
    }
    for path in ["/..", "a/.."] {
        let status = fixture
            .write_all(target(path, WriteMode::Replace), &[])
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    }
    assert_eq!(fixture.names("."), [""; 0]);
}

#[tokio::test]
async fn reads_and_writes_as_the_user_of_programs() {
    let Some(fixture) = Fixture::as_user() else {
        return;
    };
    fixture.write("theirs", "root's");
    fs::set_permissions(
        fixture.path("theirs"),
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    symlink("/etc/shadow", fixture.path("link")).unwrap();
    for path in [
        "theirs",
        "/etc/shadow",
        "link",
        "/proc/1/environ",
        "/proc/1/mem",
    ] {
        let status = fixture.read(path, 0, 0).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied, "{path} {status:?}");
        for write_mode in [WriteMode::Append, WriteMode::Range] {
            let written = fixture.write_all(target(path, write_mode), &[b"x"]).await;
            let status = written.unwrap_err();
            assert_eq!(status.code(), Code::PermissionDenied, "{path} {status:?}");
        }
    }
    for (path, write_mode) in [
        ("link", WriteMode::Replace),
        ("/etc/neurovisor-test", WriteMode::Replace),
        ("/etc/neurovisor-test", WriteMode::Append),
        ("/etc/neurovisor-test", WriteMode::CreateNew),
        ("/neurovisor-test/file", WriteMode::Replace),
    ] {
        let written = fixture.write_all(target(path, write_mode), &[b"x"]).await;
        assert_eq!(written.unwrap_err().code(), Code::PermissionDenied);
    }
    // As in a shell, the owner of a directory may replace the files of others in it.
    fixture
        .write_all(target("theirs", WriteMode::Replace), &[b"mine"])
        .await
        .unwrap();
    assert_eq!(fixture.content("theirs"), "mine");
    assert_eq!(mode(&fixture.path("theirs")), 0o600);
}
