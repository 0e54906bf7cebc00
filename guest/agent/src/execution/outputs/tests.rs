//! Output directories that a hostile program can leave.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{symlink, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{ffi::OsStr, iter};

use bytes::Bytes;
use rustix::fs::{mkdirat, mknodat, FileType, Mode, OFlags, CWD};
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::*;
use crate::opening::openat;

/// A working directory with an output directory.
struct Fixture {
    directory: TempDir,
    inputs: Vec<files::File>,
}

struct Sent {
    /// In the order of their arrival.
    paths: Vec<String>,
    contents: BTreeMap<String, Vec<u8>>,
    skipped: Skipped,
}

impl Sent {
    fn skipped(&self) -> Vec<(&str, &str)> {
        let named = self.skipped.named.iter();
        named
            .map(|(path, reason)| (path.as_str(), *reason))
            .collect()
    }
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("out")).unwrap();
        Self {
            directory,
            inputs: Vec::new(),
        }
    }

    fn out(&self) -> std::path::PathBuf {
        self.directory.path().join("out")
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.out().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn add_input(&mut self, path: &str, content: &'static [u8]) {
        self.inputs.push(files::File {
            path: path.into(),
            content: Bytes::from_static(content),
            executable: false,
        });
        let path = self.directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn outputs(&self) -> Outputs {
        let working_directory = WorkingDirectory {
            directory: self.directory.path().to_owned(),
            namespaces: None,
        };
        Outputs::before(&self.inputs, &working_directory)
    }

    async fn sent(&self) -> Sent {
        let (sender, mut events) = mpsc::channel(4);
        let outputs = self.outputs();
        let sending = tokio::spawn(async move { outputs.send(&sender).await });
        let mut paths = Vec::new();
        let mut contents: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut open: Option<String> = None;
        while let Some(event) = events.recv().await {
            let Event::File(part) = event else {
                panic!("{event:?}");
            };
            assert!(part.content.len() <= 64 << 10);
            match &open {
                None => paths.push(part.path.clone()),
                Some(path) => assert_eq!(*path, part.path, "files are not mixed"),
            }
            contents
                .entry(part.path.clone())
                .or_default()
                .extend_from_slice(&part.content);
            open = (!part.last).then_some(part.path);
        }
        assert_eq!(open, None, "every file has an end");
        Sent {
            paths,
            contents,
            skipped: sending.await.unwrap(),
        }
    }
}

#[tokio::test]
async fn sends_nothing_without_the_directory() {
    let fixture = Fixture::new();
    fs::remove_dir(fixture.out()).unwrap();
    let sent = fixture.sent().await;
    assert!(sent.paths.is_empty());
    assert_eq!(sent.skipped.total, 0);
}

#[tokio::test]
async fn sends_complete_files_in_order() {
    let fixture = Fixture::new();
    let large: Vec<u8> = (0..200_000u32).map(|number| number as u8).collect();
    fixture.write("z", "last");
    fixture.write("b/two", &large);
    fixture.write("b/one", vec![7; 128 << 10]);
    fixture.write("empty", "");
    fixture.write("b.txt", "ü");
    fs::create_dir(fixture.out().join("no files")).unwrap();
    let sent = fixture.sent().await;
    assert_eq!(sent.paths, ["b/one", "b/two", "b.txt", "empty", "z"]);
    assert_eq!(sent.contents["b/two"], large);
    assert_eq!(sent.contents["b/one"], vec![7; 128 << 10]);
    assert_eq!(sent.contents["empty"], b"");
    assert_eq!(sent.contents["b.txt"], "ü".as_bytes());
    assert_eq!(sent.skipped.total, 0);
}

#[tokio::test]
async fn sends_changed_input_files_only() {
    let mut fixture = Fixture::new();
    fixture.add_input("out/same", b"as it was");
    fixture.add_input("out/deep/longer", b"a");
    fixture.add_input("out/other", b"abc");
    fixture.add_input("out/rewritten", b"once more");
    fixture.add_input("elsewhere", b"x");
    // Removed by the program.
    fixture.add_input("out/removed", b"x");
    let outputs = fixture.outputs();
    fixture.write("deep/longer", "ab");
    fixture.write("other", "abd");
    fixture.write("rewritten", "once more");
    fixture.write("new", "x");
    fs::remove_file(fixture.out().join("removed")).unwrap();
    drop(outputs);
    let sent = fixture.sent().await;
    assert_eq!(sent.paths, ["deep/longer", "new", "other"]);
    assert_eq!(sent.contents["other"], b"abd");
    assert_eq!(sent.skipped.total, 0);
}

#[tokio::test]
async fn recognizes_a_large_input_file() {
    let mut fixture = Fixture::new();
    let content: &'static [u8] = vec![5; 150_000].leak();
    fixture.add_input("out/large", content);
    assert!(fixture.sent().await.paths.is_empty());
    let mut file = File::options()
        .write(true)
        .open(fixture.out().join("large"))
        .unwrap();
    file.seek(SeekFrom::Start(149_999)).unwrap();
    file.write_all(&[6]).unwrap();
    assert_eq!(fixture.sent().await.contents["large"].len(), 150_000);
}

#[tokio::test]
async fn skips_special_files() {
    let fixture = Fixture::new();
    symlink("/etc/passwd", fixture.out().join("a link")).unwrap();
    symlink("/", fixture.out().join("b root")).unwrap();
    symlink("missing", fixture.out().join("c dangling")).unwrap();
    let _listener = UnixListener::bind(fixture.out().join("d socket")).unwrap();
    mknodat(
        CWD,
        fixture.out().join("e pipe"),
        FileType::Fifo,
        Mode::RUSR,
        0,
    )
    .unwrap();
    fixture.write("f file", "x");
    let sent = fixture.sent().await;
    assert_eq!(sent.paths, ["f file"]);
    assert_eq!(
        sent.skipped(),
        [
            ("a link", "is a symbolic link"),
            ("b root", "is a symbolic link"),
            ("c dangling", "is a symbolic link"),
            ("d socket", "is a socket"),
            ("e pipe", "is a named pipe"),
        ]
    );
}

#[tokio::test]
async fn rejects_a_link_in_place_of_the_directory() {
    let fixture = Fixture::new();
    fs::remove_dir(fixture.out()).unwrap();
    symlink("/etc", fixture.out()).unwrap();
    let sent = fixture.sent().await;
    assert!(sent.paths.is_empty());
    assert_eq!(sent.skipped(), [("", "is a symbolic link")]);

    fs::remove_file(fixture.out()).unwrap();
    fs::write(fixture.out(), "x").unwrap();
    assert_eq!(fixture.sent().await.skipped(), [("", "is not a directory")]);
}

#[tokio::test]
async fn ignores_an_input_file_in_place_of_the_directory() {
    let mut fixture = Fixture::new();
    fs::remove_dir(fixture.out()).unwrap();
    fixture.add_input("out", b"x");
    assert_eq!(fixture.sent().await.skipped.total, 0);
}

#[tokio::test]
async fn skips_unsafe_names() {
    let fixture = Fixture::new();
    for name in [b"a\nb".as_slice(), b"c\x1b[2J", b"d\xff", b"e\xc2\x85"] {
        fs::write(fixture.out().join(OsStr::from_bytes(name)), "x").unwrap();
    }
    fixture.write("fine", "x");
    let sent = fixture.sent().await;
    assert_eq!(sent.paths, ["fine"]);
    assert_eq!(
        sent.skipped(),
        [
            ("a\\nb", "has a control character"),
            ("c\\u{1b}[2J", "has a control character"),
            ("d\\xff", "is not Unicode text"),
            ("e\\u{85}", "has a control character"),
        ]
    );
}

#[tokio::test]
async fn limits_nesting() {
    let fixture = Fixture::new();
    let mut directory = openat(CWD, fixture.out(), OFlags::PATH, Mode::empty()).unwrap();
    for level in 0..10_000 {
        if level == 50 {
            let file = openat(
                &directory,
                "file",
                OFlags::CREATE | OFlags::WRONLY,
                Mode::RUSR,
            );
            drop(file.unwrap());
        }
        mkdirat(&directory, "d", Mode::RWXU).unwrap();
        directory = openat(&directory, "d", OFlags::PATH, Mode::empty()).unwrap();
    }
    let sent = fixture.sent().await;
    assert_eq!(sent.paths, [format!("{}file", "d/".repeat(50))]);
    assert_eq!(sent.skipped.total, 1);
    assert_eq!(sent.skipped.named[0].1, "lies too deep");
    assert!(sent.skipped.named[0].0.len() <= 210);
}

#[tokio::test]
async fn skips_long_paths() {
    let fixture = Fixture::new();
    let name = "n".repeat(250);
    let mut directory = openat(CWD, fixture.out(), OFlags::PATH, Mode::empty()).unwrap();
    for _ in 0..20 {
        mkdirat(&directory, &name, Mode::RWXU).unwrap();
        directory = openat(&directory, &name, OFlags::PATH, Mode::empty()).unwrap();
    }
    let sent = fixture.sent().await;
    assert_eq!(sent.skipped.total, 1);
    assert_eq!(sent.skipped.named[0].1, "is too long");
}

#[tokio::test]
async fn sends_at_most_a_thousand_files() {
    let fixture = Fixture::new();
    for number in 0..1003 {
        fixture.write(&format!("{number:04}"), [1]);
    }
    let sent = fixture.sent().await;
    assert_eq!(sent.paths.len(), 1000);
    assert_eq!(sent.paths[999], "0999");
    assert_eq!(
        sent.skipped(),
        [
            ("1000", "exceeds the limit of 1000 returned files"),
            ("1001", "exceeds the limit of 1000 returned files"),
            ("1002", "exceeds the limit of 1000 returned files")
        ]
    );
}

#[tokio::test]
async fn skips_files_that_exceed_the_size_limit() {
    let fixture = Fixture::new();
    let sparse = |name: &str, bytes| {
        File::create(fixture.out().join(name))
            .unwrap()
            .set_len(bytes)
            .unwrap();
    };
    sparse("a huge", 1 << 40);
    sparse("b most", (64 << 20) - 10);
    sparse("c too much", 11);
    sparse("d rest", 10);
    sparse("e", 1);
    sparse("f empty", 0);
    let sent = fixture.sent().await;
    assert_eq!(sent.paths, ["b most", "d rest", "f empty"]);
    assert_eq!(sent.contents["b most"].len(), (64 << 20) - 10);
    let reason = "exceeds the limit of 64 MiB of returned files";
    assert_eq!(
        sent.skipped(),
        [("a huge", reason), ("c too much", reason), ("e", reason)]
    );
}

#[tokio::test]
async fn sends_hard_links_as_separate_files() {
    let fixture = Fixture::new();
    fixture.write("one", "x");
    fs::hard_link(fixture.out().join("one"), fixture.out().join("two")).unwrap();
    assert_eq!(fixture.sent().await.paths, ["one", "two"]);
}

#[tokio::test]
async fn visits_the_first_of_too_many_entries() {
    let fixture = Fixture::new();
    fixture.write("crowd/0 file", "x");
    for number in 0..10_050 {
        let link = fixture.out().join(format!("crowd/{number:05}"));
        symlink("x", link).unwrap();
    }
    fixture.write("later", "x");
    let sent = fixture.sent().await;
    // "crowd", "later" and the first 9998 of the crowd.
    assert_eq!(sent.paths, ["crowd/0 file", "later"]);
    assert_eq!(sent.skipped.total, 10_050);
    assert_eq!(sent.skipped.named.len(), 16);
    assert_eq!(
        sent.skipped()[..2],
        [
            ("crowd", "has more entries than are examined"),
            ("crowd/00000", "is a symbolic link")
        ]
    );
}

#[tokio::test]
async fn counts_entries_that_were_not_reached() {
    let fixture = Fixture::new();
    fixture.write("a/1", "x");
    fixture.write("b", "x");
    fixture.write("c", "x");
    let mut walk = Walk::of(fixture.directory.path(), geteuid().as_raw())
        .unwrap()
        .unwrap();
    // The root, the directory and its file.
    assert!(matches!(walk.next(), Some(Found::Directory)));
    assert!(matches!(walk.next(), Some(Found::Directory)));
    assert!(matches!(walk.next(), Some(Found::File(_))));
    walk.abandon();
    assert!(matches!(
        walk.next(),
        Some(Found::Skipped(path, Reason::NotReached, 2)) if path == b"b"
    ));
    assert!(walk.next().is_none());
}

#[tokio::test]
async fn skips_files_of_other_users() {
    let fixture = Fixture::new();
    fixture.write("file", "x");
    let (sender, _events) = mpsc::channel(4);
    let mut outputs = fixture.outputs();
    outputs.owner += 1;
    let skipped = outputs.send(&sender).await;
    assert_eq!(
        skipped.named,
        [("file".to_owned(), "belongs to another user")]
    );
}

#[tokio::test]
async fn continues_after_unreadable_files() {
    let fixture = Fixture::new();
    fixture.write("a file", "x");
    fixture.write("b directory/file", "x");
    fixture.write("c", "x");
    let set = |path: &str, mode| {
        fs::set_permissions(fixture.out().join(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    set("a file", 0);
    set("b directory", 0);
    let sent = fixture.sent().await;
    set("b directory", 0o700);
    if geteuid().is_root() {
        // As in a guest: the agent may, and the program is the owner.
        assert_eq!(sent.paths, ["a file", "b directory/file", "c"]);
    } else {
        assert_eq!(sent.paths, ["c"]);
        assert_eq!(
            sent.skipped(),
            [
                ("a file", "cannot be read"),
                ("b directory", "cannot be read")
            ]
        );
    }
}

#[tokio::test]
async fn ends_a_file_that_shrinks() {
    let fixture = Fixture::new();
    fixture.write("file", vec![1; 100_000]);
    let (sender, mut events) = mpsc::channel(1);
    let outputs = fixture.outputs();
    let sending = tokio::spawn(async move { outputs.send(&sender).await });
    let parts = iter::repeat_with(|| ()).take(10);
    let mut sizes = Vec::new();
    for () in parts {
        let Some(Event::File(part)) = events.recv().await else {
            break;
        };
        if sizes.is_empty() {
            shrink(&fixture.out().join("file"), 70_000);
        }
        sizes.push((part.content.len(), part.last));
    }
    // The second part may have been read before the file became shorter.
    assert_eq!(sizes[0], (65_536, false));
    assert!(sizes[1] == (4_464, true) || sizes[1] == (34_464, true));
    assert_eq!(sizes.len(), 2);
    assert_eq!(sending.await.unwrap().total, 0);
}

fn shrink(path: &Path, bytes: u64) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_len(bytes).unwrap();
}

#[tokio::test]
async fn stops_when_the_receiver_is_dropped() {
    let fixture = Fixture::new();
    for number in 0..10 {
        fixture.write(&number.to_string(), "x");
    }
    let (sender, mut events) = mpsc::channel(1);
    let outputs = fixture.outputs();
    let sending = tokio::spawn(async move { outputs.send(&sender).await });
    assert!(events.recv().await.is_some());
    drop(events);
    let begun = Instant::now();
    assert_eq!(sending.await.unwrap().total, 0);
    assert!(begun.elapsed() < Duration::from_secs(30));
}
