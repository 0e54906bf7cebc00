//! Watches on real directories.

use std::fs;
use std::os::unix::fs::{symlink, PermissionsExt};
use std::time::Duration;

use tokio::time::timeout;
use tokio_stream::StreamExt;
use tonic::Code;

use super::*;
use crate::file::tests::{messages, Fixture, Sender};
use crate::file::Responses;
use crate::wire::guest::{guest_watch_files_request::Part, Credit, GuestWatchFilesRequest};
use crate::wire::sandbox::v1::{
    FileEvent, FileEventKind, WatchFilesRequest, WriteMode, WriteRequest, WriteTarget,
};

struct Watching {
    messages: Sender<GuestWatchFilesRequest>,
    responses: Responses<WatchFilesResponse>,
}

async fn begin(fixture: &Fixture, path: &str, recursive: bool) -> Result<Watching, Status> {
    let (messages, receiver) = messages();
    let request = WatchFilesRequest {
        path: path.to_owned(),
        recursive,
        ..Default::default()
    };
    let part = Some(Part::Watch(request));
    messages.send(Ok(GuestWatchFilesRequest { part })).unwrap();
    let mut responses = fixture.files.watch(receiver).await?;
    let first = responses.next().await.unwrap()?;
    assert!(first.events.is_empty());
    Ok(Watching {
        messages,
        responses,
    })
}

/// Starts a watch whose credit does not end.
async fn watch(fixture: &Fixture, path: &str, recursive: bool) -> Watching {
    let watching = begin(fixture, path, recursive).await.unwrap();
    watching.grant(u32::MAX);
    watching
}

impl Watching {
    fn grant(&self, bytes: u32) {
        let part = Some(Part::Credit(Credit { bytes }));
        self.messages
            .send(Ok(GuestWatchFilesRequest { part }))
            .unwrap();
    }

    /// Returns the events up to one with the path.
    async fn until(&mut self, last: &str) -> Vec<String> {
        let mut events = Vec::new();
        let found = timeout(Duration::from_secs(60), async {
            while let Some(response) = self.responses.next().await {
                events.extend(response.unwrap().events.iter().map(shown));
                if events
                    .iter()
                    .any(|event| event.ends_with(&format!(" {last}")))
                {
                    return;
                }
            }
        });
        let found = found.await.is_ok();
        assert!(found, "{events:?}");
        events
    }
}

fn shown(event: &FileEvent) -> String {
    let kind = event
        .kind()
        .as_str_name()
        .trim_start_matches("FILE_EVENT_KIND_");
    match event.to.as_str() {
        "" => format!("{kind} {}", event.path),
        to => format!("{kind} {} -> {to}", event.path),
    }
}

#[tokio::test]
async fn reports_each_kind_of_change() {
    let fixture = Fixture::new();
    fixture.write("old", "");
    let mut watching = watch(&fixture, ".", false).await;
    fixture.write("new", "text");
    fs::set_permissions(fixture.path("new"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::rename(fixture.path("new"), fixture.path("newer")).unwrap();
    fs::remove_file(fixture.path("old")).unwrap();
    fs::create_dir(fixture.path("end")).unwrap();
    assert_eq!(
        watching.until("end").await,
        [
            "CREATED new",
            "WRITTEN new",
            "ATTRIBUTES new",
            "RENAMED new -> newer",
            "REMOVED old",
            "CREATED end"
        ]
    );
    // Not recursive.
    fixture.write("end/inside", "x");
    fixture.write("last", "");
    assert_eq!(watching.until("last").await, ["CREATED last"]);
}

#[tokio::test]
async fn watches_directories_that_appear() {
    let fixture = Fixture::new();
    fixture.write("a/b/file", "");
    let mut watching = watch(&fixture, ".", true).await;
    fixture.write("a/b/file", "changed");
    assert_eq!(watching.until("a/b/file").await, ["WRITTEN a/b/file"]);

    // Faster than a watch can be put on the first one.
    fixture.write("x/y/z/file", "");
    let mut events = watching.until("x/y/z/file").await;
    events.sort();
    events.dedup();
    assert_eq!(
        events,
        [
            "CREATED x",
            "CREATED x/y",
            "CREATED x/y/z",
            "CREATED x/y/z/file"
        ]
    );
    fixture.write("x/y/z/file", "changed");
    assert_eq!(watching.until("x/y/z/file").await, ["WRITTEN x/y/z/file"]);
}

#[tokio::test]
async fn reports_no_entry_of_a_new_directory_twice() {
    let fixture = Fixture::new();
    let mut watching = watch(&fixture, ".", true).await;
    let mut expected = Vec::new();
    for number in 0..200 {
        fixture.write(&format!("d{number}/e/f"), "");
        for path in ["", "/e", "/e/f"] {
            expected.push(format!("CREATED d{number}{path}"));
        }
    }
    fs::create_dir(fixture.path("end")).unwrap();
    let mut events = watching.until("end").await;
    expected.push("CREATED end".to_owned());
    events.sort();
    expected.sort();
    assert_eq!(events, expected);
}

#[tokio::test]
async fn follows_renamed_directories() {
    let fixture = Fixture::new();
    fixture.write("tree/a/b/file", "");
    fs::create_dir(fixture.path("outside")).unwrap();
    let mut watching = watch(&fixture, "tree", true).await;
    fs::rename(fixture.path("tree/a"), fixture.path("tree/c")).unwrap();
    fixture.write("tree/c/b/file", "1");
    assert_eq!(
        watching.until("c/b/file").await,
        ["RENAMED a -> c", "WRITTEN c/b/file"]
    );
    // Out of the tree.
    fs::rename(fixture.path("tree/c"), fixture.path("outside/c")).unwrap();
    assert_eq!(watching.until("c").await, ["REMOVED c"]);
    fixture.write("outside/c/b/file", "unseen");
    // Into the tree.
    fs::rename(fixture.path("outside/c"), fixture.path("tree/d")).unwrap();
    let events = watching.until("d/b/file").await;
    assert_eq!(events, ["CREATED d", "CREATED d/b", "CREATED d/b/file"]);
    fixture.write("tree/d/b/file", "2");
    assert_eq!(watching.until("d/b/file").await, ["WRITTEN d/b/file"]);
}

#[tokio::test]
async fn does_not_follow_links() {
    let fixture = Fixture::new();
    fixture.write("outside/file", "");
    fs::create_dir(fixture.path("tree")).unwrap();
    symlink("../outside", fixture.path("tree/link")).unwrap();
    let mut watching = watch(&fixture, "tree", true).await;
    fixture.write("outside/file", "unseen");
    symlink("/", fixture.path("tree/root")).unwrap();
    fixture.write("tree/end", "");
    assert_eq!(watching.until("end").await, ["CREATED root", "CREATED end"]);
}

#[tokio::test]
async fn shows_a_write_as_a_write_of_its_target() {
    let fixture = Fixture::new();
    fixture.write("old", "");
    let mut watching = watch(&fixture, ".", false).await;
    for (path, mode) in [
        ("old", WriteMode::Replace),
        ("new", WriteMode::Replace),
        ("newer", WriteMode::CreateNew),
    ] {
        let request = WriteRequest {
            target: Some(WriteTarget {
                path: path.to_owned(),
                write_mode: mode.into(),
                ..Default::default()
            }),
            data: bytes::Bytes::from_static(b"x"),
        };
        fixture
            .files
            .write(tokio_stream::iter([Ok(request)]))
            .await
            .unwrap();
    }
    fixture.write("end", "");
    assert_eq!(
        watching.until("end").await,
        [
            "WRITTEN old",
            "CREATED new",
            "WRITTEN new",
            "CREATED newer",
            "WRITTEN newer",
            "CREATED end"
        ]
    );
}

#[tokio::test]
async fn ends_when_its_directory_is_removed() {
    for recursive in [false, true] {
        let fixture = Fixture::new();
        fixture.write("tree/a/file", "");
        let mut watching = watch(&fixture, "tree", recursive).await;
        fs::remove_dir_all(fixture.path("tree")).unwrap();
        let mut events = Vec::new();
        let end = timeout(Duration::from_secs(60), async {
            while let Some(response) = watching.responses.next().await {
                events.extend(response.unwrap().events.iter().map(shown));
            }
        });
        end.await.expect("the watch must end");
        assert_eq!(events.last().unwrap(), "REMOVED a");
    }
}

#[tokio::test]
async fn sends_events_as_credit_is_granted() {
    let fixture = Fixture::new();
    let mut watching = begin(&fixture, ".", false).await.unwrap();
    fixture.write("abc", "");
    fixture.write("de", "");
    for (bytes, expected) in [
        (66, None),
        (1, Some("CREATED abc")),
        (65, None),
        (1, Some("CREATED de")),
    ] {
        watching.grant(bytes);
        let wait = match expected {
            None => Duration::from_millis(50),
            Some(_) => Duration::from_secs(60),
        };
        let response = timeout(wait, watching.responses.next()).await;
        let event = response
            .ok()
            .map(|response| shown(&response.unwrap().unwrap().events[0]));
        assert_eq!(event.as_deref(), expected);
    }
}

#[tokio::test]
async fn reports_lost_events() {
    let fixture = Fixture::new();
    let mut watching = begin(&fixture, ".", false).await.unwrap();
    for number in 0..EVENTS_MAX + 500 {
        fixture.write(&format!("f{number:04}"), "");
    }
    // All events are taken from the kernel before credit is granted. The watch runs on this thread, so turns count, not time.
    for _ in 0..10_000 {
        tokio::task::yield_now().await;
    }
    watching.grant(u32::MAX);
    let mut events = watching.until("").await;
    assert_eq!(events.pop().as_deref(), Some("OVERFLOW "));
    assert_eq!(events.len(), EVENTS_MAX);
    fixture.write("again", "");
    assert_eq!(watching.until("again").await, ["CREATED again"]);
}

#[tokio::test]
async fn limits_directories() {
    let fixture = Fixture::new();
    for number in 0..DIRECTORIES_MAX {
        fs::create_dir(fixture.path(&number.to_string())).unwrap();
    }
    let status = begin(&fixture, ".", true).await.err().unwrap();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.message().starts_with("WATCH_LIMIT: "), "{status:?}");
    fs::remove_dir(fixture.path("0")).unwrap();
    let mut watching = watch(&fixture, ".", true).await;
    fs::create_dir(fixture.path("more")).unwrap();
    let events = watching.until("").await;
    assert_eq!(events, ["CREATED more", "OVERFLOW "]);
}

#[tokio::test]
async fn limits_watches() {
    let fixture = Fixture::new();
    let mut watches = Vec::new();
    for _ in 0..32 {
        watches.push(watch(&fixture, ".", false).await);
    }
    let status = begin(&fixture, ".", false).await.err().unwrap();
    assert_eq!(status.code(), Code::ResourceExhausted);
    watches.pop();
    let again = async {
        while begin(&fixture, ".", false).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(60), again)
        .await
        .expect("a watch that has ended makes room");
}

#[tokio::test]
async fn refuses_what_is_not_a_directory() {
    let fixture = Fixture::new();
    fixture.write("file", "");
    fixture.fifo("fifo");
    for (path, code) in [
        ("none", Code::NotFound),
        ("file", Code::FailedPrecondition),
        ("fifo", Code::FailedPrecondition),
        ("/dev/null", Code::FailedPrecondition),
        ("a\0", Code::InvalidArgument),
    ] {
        let status = begin(&fixture, path, true).await.err().unwrap();
        assert_eq!(status.code(), code, "{path} {status:?}");
    }
}

#[tokio::test]
async fn watches_what_it_may_read() {
    let Some(fixture) = Fixture::as_user() else {
        return;
    };
    fixture.write("tree/closed/file", "");
    let private = fs::Permissions::from_mode(0o700);
    fs::set_permissions(fixture.path("tree/closed"), private).unwrap();
    let status = begin(&fixture, "tree/closed", false).await.err().unwrap();
    assert_eq!(status.code(), Code::PermissionDenied);
    let mut watching = watch(&fixture, "tree", true).await;
    fixture.write("tree/closed/file", "unseen");
    fixture.write("tree/end", "");
    assert_eq!(watching.until("end").await, ["CREATED end"]);
}

#[tokio::test]
async fn ends_with_its_call() {
    let fixture = Fixture::new();
    let mut watching = watch(&fixture, ".", false).await;
    drop(watching.messages);
    let status = watching.responses.next().await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::Cancelled);
    assert!(watching.responses.next().await.is_none());
}

#[test]
fn finds_directories_again_after_lost_events() {
    use rustix::fs::inotify::ReadFlags;
    let place = |parent, name: &str, path: &str| Place {
        parent,
        name: name.into(),
        path: path.into(),
    };
    let mut changes = Changes::new(
        true,
        Tree::new(vec![(1, Place::root()), (2, place(1, "a", "a"))]),
    );
    let event = |watch, flags, name: &str| Raw {
        watch,
        flags,
        cookie: 0,
        name: name.into(),
    };
    let task = changes.take(event(-1, ReadFlags::QUEUE_OVERFLOW, ""));
    assert!(matches!(task, Some(Task::Rebuild)));
    let found = Found {
        directories: vec![(1, Place::root()), (5, place(1, "b", "b"))],
        ..Default::default()
    };
    assert_eq!(changes.replace(found), [2]);
    changes.take(event(2, ReadFlags::CREATE, "unknown"));
    let (events, _) = changes.pending.take(u64::MAX);
    assert_eq!(
        events.iter().map(|event| event.kind()).collect::<Vec<_>>(),
        [FileEventKind::Overflow]
    );
    changes.take(event(5, ReadFlags::CREATE, "x"));
    assert_eq!(shown(&changes.pending.take(u64::MAX).0[0]), "CREATED b/x");
}
