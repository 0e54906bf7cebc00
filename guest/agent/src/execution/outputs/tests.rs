//! Directories as a hostile program can leave them.

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
use rustix::fs::{mkdirat, mknodat, openat, FileType, Mode, OFlags, CWD};
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::*;

struct Home {
    directory: TempDir,
    given: Vec<files::File>,
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

impl Home {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("out")).unwrap();
        Self {
            directory,
            given: Vec::new(),
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

    fn give(&mut self, path: &str, content: &'static [u8]) {
        self.given.push(files::File {
            path: path.into(),
            content: Bytes::from_static(content),
            executable: false,
        });
        let path = self.directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn outputs(&self) -> Outputs {
        let workplace = Workplace {
            directory: self.directory.path().to_owned(),
            quarters: None,
        };
        Outputs::before(&self.given, &workplace)
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
async fn without_the_directory_there_is_nothing() {
    let home = Home::new();
    fs::remove_dir(home.out()).unwrap();
    let sent = home.sent().await;
    assert!(sent.paths.is_empty());
    assert_eq!(sent.skipped.total, 0);
}

#[tokio::test]
async fn files_come_whole_and_in_order() {
    let home = Home::new();
    let large: Vec<u8> = (0..200_000u32).map(|number| number as u8).collect();
    home.write("z", "last");
    home.write("b/two", &large);
    home.write("b/one", vec![7; 128 << 10]);
    home.write("empty", "");
    home.write("b.txt", "ü");
    fs::create_dir(home.out().join("no files")).unwrap();
    let sent = home.sent().await;
    assert_eq!(sent.paths, ["b/one", "b/two", "b.txt", "empty", "z"]);
    assert_eq!(sent.contents["b/two"], large);
    assert_eq!(sent.contents["b/one"], vec![7; 128 << 10]);
    assert_eq!(sent.contents["empty"], b"");
    assert_eq!(sent.contents["b.txt"], "ü".as_bytes());
    assert_eq!(sent.skipped.total, 0);
}

#[tokio::test]
async fn what_was_given_comes_back_only_if_changed() {
    let mut home = Home::new();
    home.give("out/same", b"as it was");
    home.give("out/deep/longer", b"a");
    home.give("out/other", b"abc");
    home.give("out/rewritten", b"once more");
    home.give("elsewhere", b"x");
    // Given, but gone: no news.
    home.give("out/removed", b"x");
    let outputs = home.outputs();
    home.write("deep/longer", "ab");
    home.write("other", "abd");
    home.write("rewritten", "once more");
    home.write("new", "x");
    fs::remove_file(home.out().join("removed")).unwrap();
    drop(outputs);
    let sent = home.sent().await;
    assert_eq!(sent.paths, ["deep/longer", "new", "other"]);
    assert_eq!(sent.contents["other"], b"abd");
    assert_eq!(sent.skipped.total, 0);
}

#[tokio::test]
async fn a_large_file_that_was_given_is_recognised() {
    let mut home = Home::new();
    let content: &'static [u8] = vec![5; 150_000].leak();
    home.give("out/large", content);
    assert!(home.sent().await.paths.is_empty());
    let mut file = File::options()
        .write(true)
        .open(home.out().join("large"))
        .unwrap();
    file.seek(SeekFrom::Start(149_999)).unwrap();
    file.write_all(&[6]).unwrap();
    assert_eq!(home.sent().await.contents["large"].len(), 150_000);
}

#[tokio::test]
async fn what_is_no_plain_file_is_told_apart() {
    let home = Home::new();
    symlink("/etc/passwd", home.out().join("a link")).unwrap();
    symlink("/", home.out().join("b root")).unwrap();
    symlink("missing", home.out().join("c dangling")).unwrap();
    let _listener = UnixListener::bind(home.out().join("d socket")).unwrap();
    mknodat(
        CWD,
        home.out().join("e pipe"),
        FileType::Fifo,
        Mode::RUSR,
        0,
    )
    .unwrap();
    home.write("f file", "x");
    let sent = home.sent().await;
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
async fn the_directory_itself_can_be_a_trap() {
    let home = Home::new();
    fs::remove_dir(home.out()).unwrap();
    symlink("/etc", home.out()).unwrap();
    let sent = home.sent().await;
    assert!(sent.paths.is_empty());
    assert_eq!(sent.skipped(), [("", "is a symbolic link")]);

    fs::remove_file(home.out()).unwrap();
    fs::write(home.out(), "x").unwrap();
    assert_eq!(home.sent().await.skipped(), [("", "is not a directory")]);
}

#[tokio::test]
async fn a_file_given_in_place_of_the_directory_is_no_news() {
    let mut home = Home::new();
    fs::remove_dir(home.out()).unwrap();
    home.give("out", b"x");
    assert_eq!(home.sent().await.skipped.total, 0);
}

#[tokio::test]
async fn names_that_may_not_travel_are_skipped() {
    let home = Home::new();
    for name in [b"a\nb".as_slice(), b"c\x1b[2J", b"d\xff", b"e\xc2\x85"] {
        fs::write(home.out().join(OsStr::from_bytes(name)), "x").unwrap();
    }
    home.write("fine", "x");
    let sent = home.sent().await;
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
async fn nesting_has_an_end() {
    let home = Home::new();
    let mut directory = openat(CWD, home.out(), OFlags::PATH, Mode::empty()).unwrap();
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
    let sent = home.sent().await;
    assert_eq!(sent.paths, [format!("{}file", "d/".repeat(50))]);
    assert_eq!(sent.skipped.total, 1);
    assert_eq!(sent.skipped.named[0].1, "lies too deep");
    assert!(sent.skipped.named[0].0.len() <= 210);
}

#[tokio::test]
async fn a_path_longer_than_any_is_skipped() {
    let home = Home::new();
    let name = "n".repeat(250);
    let mut directory = openat(CWD, home.out(), OFlags::PATH, Mode::empty()).unwrap();
    for _ in 0..20 {
        mkdirat(&directory, &name, Mode::RWXU).unwrap();
        directory = openat(&directory, &name, OFlags::PATH, Mode::empty()).unwrap();
    }
    let sent = home.sent().await;
    assert_eq!(sent.skipped.total, 1);
    assert_eq!(sent.skipped.named[0].1, "is too long");
}

#[tokio::test]
async fn a_thousand_files_come_and_no_more() {
    let home = Home::new();
    for number in 0..1003 {
        home.write(&format!("{number:04}"), [1]);
    }
    let sent = home.sent().await;
    assert_eq!(sent.paths.len(), 1000);
    assert_eq!(sent.paths[999], "0999");
    assert_eq!(
        sent.skipped(),
        [
            ("1000", "is beyond the 1000 files that may come home"),
            ("1001", "is beyond the 1000 files that may come home"),
            ("1002", "is beyond the 1000 files that may come home")
        ]
    );
}

#[tokio::test]
async fn what_does_not_fit_is_skipped_and_what_follows_is_not() {
    let home = Home::new();
    let sparse = |name: &str, bytes| {
        File::create(home.out().join(name))
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
    let sent = home.sent().await;
    assert_eq!(sent.paths, ["b most", "d rest", "f empty"]);
    assert_eq!(sent.contents["b most"].len(), (64 << 20) - 10);
    let reason = "does not fit into the 64 MiB that may come home";
    assert_eq!(
        sent.skipped(),
        [("a huge", reason), ("c too much", reason), ("e", reason)]
    );
}

#[tokio::test]
async fn hard_links_are_files_of_their_own() {
    let home = Home::new();
    home.write("one", "x");
    fs::hard_link(home.out().join("one"), home.out().join("two")).unwrap();
    assert_eq!(home.sent().await.paths, ["one", "two"]);
}

#[tokio::test]
async fn of_too_many_entries_the_first_ones_are_looked_at() {
    let home = Home::new();
    home.write("crowd/0 file", "x");
    for number in 0..10_050 {
        let link = home.out().join(format!("crowd/{number:05}"));
        symlink("x", link).unwrap();
    }
    home.write("later", "x");
    let sent = home.sent().await;
    // "crowd", "later" and the first 9998 of the crowd.
    assert_eq!(sent.paths, ["crowd/0 file", "later"]);
    assert_eq!(sent.skipped.total, 10_050);
    assert_eq!(sent.skipped.named.len(), 16);
    assert_eq!(
        sent.skipped()[..2],
        [
            ("crowd", "holds more than is looked at"),
            ("crowd/00000", "is a symbolic link")
        ]
    );
}

#[tokio::test]
async fn what_is_not_reached_in_time_is_counted() {
    let home = Home::new();
    home.write("a/1", "x");
    home.write("b", "x");
    home.write("c", "x");
    let mut walk = Walk::of(home.directory.path(), geteuid().as_raw())
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
async fn what_belongs_to_another_user_stays() {
    let home = Home::new();
    home.write("file", "x");
    let (sender, _events) = mpsc::channel(4);
    let mut outputs = home.outputs();
    outputs.owner += 1;
    let skipped = outputs.send(&sender).await;
    assert_eq!(
        skipped.named,
        [("file".to_owned(), "belongs to another user")]
    );
}

#[tokio::test]
async fn what_nobody_may_read_stops_nothing() {
    let home = Home::new();
    home.write("a file", "x");
    home.write("b directory/file", "x");
    home.write("c", "x");
    let set = |path: &str, mode| {
        fs::set_permissions(home.out().join(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    set("a file", 0);
    set("b directory", 0);
    let sent = home.sent().await;
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
async fn a_file_that_shrinks_meanwhile_ends_early() {
    let home = Home::new();
    home.write("file", vec![1; 100_000]);
    let (sender, mut events) = mpsc::channel(1);
    let outputs = home.outputs();
    let sending = tokio::spawn(async move { outputs.send(&sender).await });
    let parts = iter::repeat_with(|| ()).take(10);
    let mut sizes = Vec::new();
    for () in parts {
        let Some(Event::File(part)) = events.recv().await else {
            break;
        };
        if sizes.is_empty() {
            shrink(&home.out().join("file"), 70_000);
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
async fn nothing_is_read_while_nobody_takes_it_and_nothing_sent_to_nobody() {
    let home = Home::new();
    for number in 0..10 {
        home.write(&number.to_string(), "x");
    }
    let (sender, mut events) = mpsc::channel(1);
    let outputs = home.outputs();
    let sending = tokio::spawn(async move { outputs.send(&sender).await });
    assert!(events.recv().await.is_some());
    drop(events);
    let begun = Instant::now();
    assert_eq!(sending.await.unwrap().total, 0);
    assert!(begun.elapsed() < Duration::from_secs(5));
}
