//! The journal as it is written and read.

use std::os::unix::fs::{symlink, PermissionsExt};

use super::*;

fn directory() -> (tempfile::TempDir, File) {
    let temporary = tempfile::tempdir().unwrap();
    let file = File::open(temporary.path()).unwrap();
    (temporary, file)
}

fn scratch(path: &str) -> Entry {
    Entry::Scratch(path.into())
}

#[test]
fn reads_back_entries_that_were_not_removed() {
    let (temporary, directory) = directory();
    let mut journal = Journal::begin(directory.as_fd()).unwrap();
    let entries = [
        Entry::process(rustix::process::getpid()).unwrap(),
        Entry::Cgroup("/sys/fs/cgroup/neurovisor/vm-1".into()),
        scratch("/a b/%41/\n- scratch x/ä"),
        scratch("/gone"),
    ];
    for entry in &entries {
        journal.add(entry.clone()).unwrap();
    }
    journal.remove(&entries[3]);
    let recorded = Recorded::read(directory.as_fd()).unwrap().unwrap();
    assert!(recorded.this_boot);
    assert_eq!(recorded.entries, entries[..3]);
    journal.end();
    assert!(temporary.path().join(FILE).exists());
}

#[test]
fn does_not_grow_with_removed_entries() {
    let (temporary, directory) = directory();
    let mut journal = Journal::begin(directory.as_fd()).unwrap();
    journal.add(scratch("/kept")).unwrap();
    for i in 0..10_000 {
        let entry = scratch(&format!("/{i}"));
        journal.add(entry.clone()).unwrap();
        journal.remove(&entry);
    }
    let bytes = temporary.path().join(FILE).metadata().unwrap().len();
    assert!(bytes < 2 * COMPACT_BYTES as u64, "{bytes}");
    let recorded = Recorded::read(directory.as_fd()).unwrap().unwrap();
    assert_eq!(recorded.entries, [scratch("/kept")]);
    journal.remove(&scratch("/kept"));
    journal.end();
    assert_eq!(temporary.path().read_dir().unwrap().count(), 0);
}

#[test]
fn ignores_malformed_lines() {
    let text = b"boot 0\n+ process 0 1\n+ process -4 1\n+ process 7\n+ scratch\n+ scratch /%4\n+ scratch /%zz\n\
        * scratch /x\n+ thing /x\n\xff\xfe\0\n\n+ process 99999999999 1\n+ scratch /cut-off";
    assert_eq!(Recorded::parse(text), Recorded::default());
    assert_eq!(Recorded::parse(b""), Recorded::default());
}

#[test]
fn ignores_a_journal_that_others_could_have_written() {
    let (temporary, directory) = directory();
    let read = || Recorded::read(directory.as_fd()).unwrap();
    let path = temporary.path().join(FILE);
    let other = temporary.path().join("other");
    assert_eq!(read(), None);
    std::fs::write(&other, "boot x\n").unwrap();
    symlink(&other, &path).unwrap();
    assert_eq!(read(), None);
    std::fs::remove_file(&path).unwrap();
    std::fs::hard_link(&other, &path).unwrap();
    assert_eq!(read(), None);
    std::fs::remove_file(&other).unwrap();
    assert_eq!(read(), Some(Recorded::default()));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o622)).unwrap();
    assert_eq!(read(), None);
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert_eq!(read(), None);
}
