//! Tests with a child process that maps a file privately, as a VMM maps its template.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::libc;
use rustix::fs::MemfdFlags;
use rustix::process::{pidfd_open, Pid, PidfdFlags};
use tempfile::TempDir;

use super::pages::PAGE_BYTES;
use super::*;

const PAGES: usize = 1000;
const TEMPLATE: &str = "MEMORY_TEST_TEMPLATE";
const UNLIMITED: u64 = u64::MAX;

/// Is the child: maps the template, changes the pages that are named in lines of its input, and answers each line.
#[test]
#[ignore = "the child of other tests"]
fn child() {
    let file = File::open(std::env::var_os(TEMPLATE).unwrap()).unwrap();
    let length = file.metadata().unwrap().len() as usize;
    // SAFETY: a new mapping of a file that nothing truncates.
    let memory = unsafe {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let descriptor = std::os::fd::AsRawFd::as_raw_fd(&file);
        let address = libc::mmap(
            std::ptr::null_mut(),
            length,
            access,
            libc::MAP_PRIVATE,
            descriptor,
            0,
        );
        assert_ne!(address, libc::MAP_FAILED);
        std::slice::from_raw_parts_mut(address.cast::<u8>(), length)
    };
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let mut words = line.split(' ');
        let page: usize = words.next().unwrap().parse().unwrap();
        let bytes = &mut memory[page * PAGE_BYTES..][..PAGE_BYTES];
        match words.next().unwrap() {
            "read" => {
                let digest: u64 = bytes.iter().map(|byte| u64::from(*byte)).sum();
                println!("{digest}");
            }
            value => {
                bytes.fill(value.parse().unwrap());
                println!("done");
            }
        }
    }
}

/// A process with a private mapping of a template.
struct Clone {
    child: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Clone {
    fn of(template: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "memory::tests::child",
                "--ignored",
                "--nocapture",
            ])
            .env(TEMPLATE, template)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.ends_with("ready\n") {
            line.clear();
            assert_ne!(answers.read_line(&mut line).unwrap(), 0);
        }
        Self { child, answers }
    }

    fn ask(&mut self, question: &str) -> String {
        writeln!(self.child.stdin.as_mut().unwrap(), "{question}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim().into()
    }

    fn fill(&mut self, page: usize, value: u8) {
        assert_eq!(self.ask(&format!("{page} {value}")), "done");
    }

    fn sum(&mut self, page: usize) -> u64 {
        self.ask(&format!("{page} read")).parse().unwrap()
    }

    fn memory(&self, template: &Path) -> VmmMemory {
        let metadata = template.metadata().unwrap();
        let template = Template {
            path: template.into(),
            device: metadata.dev(),
            inode: metadata.ino(),
        };
        let pid = Pid::from_child(&self.child);
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).unwrap();
        VmmMemory::open(pid, pidfd.as_fd(), &template).unwrap()
    }
}

impl Drop for Clone {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A template of which each page has one byte in all places, and directories for checkpoints.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        let bytes: Vec<u8> = (0..PAGES)
            .flat_map(|page| [byte(page); PAGE_BYTES])
            .collect();
        fs::write(files.template(), bytes).unwrap();
        files
    }

    fn template(&self) -> PathBuf {
        self.0.path().join("memory")
    }

    fn directory(&self, name: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        path
    }

    fn save(&self, clone: &Clone, name: &str, max_bytes: u64) -> Result<(PathBuf, u64), String> {
        let directory = self.directory(name);
        let memory = clone.memory(&self.template());
        let mut save = Save::begin(
            memory,
            Some(&state(b"devices")),
            &directory,
            max_bytes,
            None,
        )?;
        loop {
            if let Progress::Done(bytes) = save.step()? {
                return Ok((directory, bytes));
            }
        }
    }

    fn load(&self, clone: &Clone, directory: &Path) -> Result<(), String> {
        let mut load = Load::begin(clone.memory(&self.template()), directory)?;
        while load.step()? == Progress::More {}
        Ok(())
    }
}

fn byte(page: usize) -> u8 {
    (page % 200 + 1) as u8
}

fn sum_of(value: u8) -> u64 {
    u64::from(value) * PAGE_BYTES as u64
}

fn state(bytes: &[u8]) -> OwnedFd {
    let file = rustix::fs::memfd_create("state", MemfdFlags::CLOEXEC).unwrap();
    rustix::io::write(&file, bytes).unwrap();
    file
}

fn names(directory: &Path) -> usize {
    directory.read_dir().unwrap().count()
}

#[test]
fn a_clone_continues_with_the_pages_of_another() {
    let files = Files::new();
    let mut source = Clone::of(&files.template());
    let changed: Vec<usize> = (0..PAGES)
        .filter(|page| page % 7 == 0 || *page > 600)
        .collect();
    changed.iter().for_each(|page| source.fill(*page, 251));
    // Of these there is nothing in the file but the run.
    (100..140).for_each(|page| source.fill(page, 0));
    let (directory, bytes) = files.save(&source, "first", UNLIMITED).unwrap();
    assert_eq!(fs::read(directory.join("state")).unwrap(), b"devices");
    assert_eq!(directory.join("pages").metadata().unwrap().len(), bytes);
    let data = changed
        .iter()
        .filter(|page| !(100..140).contains(*page))
        .count();
    assert!(
        (bytes as usize) < (data + 3) * PAGE_BYTES,
        "{bytes} for {data} pages"
    );

    let mut clone = Clone::of(&files.template());
    clone.fill(500, 9);
    files.load(&clone, &directory).unwrap();
    for page in 0..PAGES {
        let expected = match page {
            100..140 => 0,
            500 => 9,
            _ if page % 7 == 0 || page > 600 => 251,
            _ => byte(page),
        };
        assert_eq!(clone.sum(page), sum_of(expected), "page {page}");
    }
    // A checkpoint of the clone is one step above the template again, and has all that the first had.
    clone.fill(501, 8);
    drop(source);
    let (second, _) = files.save(&clone, "second", UNLIMITED).unwrap();
    let mut third = Clone::of(&files.template());
    files.load(&third, &second).unwrap();
    for (page, expected) in [(120, 0), (500, 9), (501, 8), (700, 251), (1, byte(1))] {
        assert_eq!(third.sum(page), sum_of(expected), "page {page}");
    }
    assert_eq!(
        fs::read(files.template()).unwrap()[501 * PAGE_BYTES],
        byte(501)
    );
}

#[test]
fn an_unchanged_clone_has_no_pages() {
    let files = Files::new();
    let mut clone = Clone::of(&files.template());
    // Read, and so present, but not its own.
    assert_eq!(clone.sum(3), sum_of(byte(3)));
    let (directory, bytes) = files.save(&clone, "empty", UNLIMITED).unwrap();
    assert_eq!(bytes, PAGE_BYTES as u64);
    files.load(&clone, &directory).unwrap();
}

#[test]
fn a_save_that_is_too_large_leaves_nothing() {
    let files = Files::new();
    let mut clone = Clone::of(&files.template());
    (0..20).for_each(|page| clone.fill(page, 251));
    let problem = files
        .save(&clone, "small", 20 * PAGE_BYTES as u64)
        .unwrap_err();
    assert!(problem.contains("more of its memory"), "{problem}");
    assert_eq!(names(&files.0.path().join("small")), 0);
    files
        .save(&clone, "enough", 22 * PAGE_BYTES as u64)
        .unwrap();
}

/// A file system of 1 MiB, which only root can mount.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(directory: PathBuf) -> Self {
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs"])
            .arg(&directory)
            .status();
        assert!(mount.unwrap().success());
        Self(directory)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmount = Command::new("umount").arg(&self.0).status();
        assert!(unmount.unwrap().success());
    }
}

#[test]
fn a_save_on_a_full_disk_leaves_nothing() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can mount a small disk");
        return;
    }
    let files = Files::new();
    let mut clone = Clone::of(&files.template());
    (0..600).for_each(|page| clone.fill(page, 251));
    let disk = SmallDisk::mount(files.directory("disk"));
    let problem = files.save(&clone, "disk/full", UNLIMITED).unwrap_err();
    assert!(problem.contains("No space left on device"), "{problem}");
    assert_eq!(names(&disk.0.join("full")), 0);
    // What fits is saved once there is room.
    (0..600).for_each(|page| clone.fill(page, 0));
    files.save(&clone, "disk/empty", UNLIMITED).unwrap();
}

#[test]
fn a_save_replaces_no_file() {
    let files = Files::new();
    let clone = Clone::of(&files.template());
    for name in ["pages", "state"] {
        let directory = files.directory(name);
        fs::write(directory.join(name), "of another").unwrap();
        let memory = clone.memory(&files.template());
        assert!(Save::begin(memory, Some(&state(b"x")), &directory, UNLIMITED, None).is_err());
        assert_eq!(fs::read(directory.join(name)).unwrap(), b"of another");
        assert_eq!(names(&directory), 1);
    }
}

#[test]
fn a_save_without_device_state_fails() {
    let files = Files::new();
    let clone = Clone::of(&files.template());
    let directory = files.directory("stateless");
    let memory = clone.memory(&files.template());
    let problem = Save::begin(memory, Some(&state(b"")), &directory, UNLIMITED, None).err();
    assert_eq!(problem.as_deref(), Some("it has written no device state"));
    assert_eq!(names(&directory), 0);
}

#[test]
fn damage_is_found_before_anything_is_written() {
    let files = Files::new();
    let mut source = Clone::of(&files.template());
    (0..600).for_each(|page| source.fill(page, 251));
    let (directory, bytes) = files.save(&source, "good", UNLIMITED).unwrap();
    let good = fs::read(directory.join("pages")).unwrap();
    let mut clone = Clone::of(&files.template());
    // In the header, in each of its three blocks, in the table and in the checksums.
    for place in [
        20,
        5000,
        1 << 20 | 77,
        599 * PAGE_BYTES,
        bytes as usize - 20,
        bytes as usize - 1,
    ] {
        let mut damaged = good.clone();
        damaged[place] ^= 1;
        let bad = files.directory(&format!("bad-{place}"));
        fs::write(bad.join("pages"), damaged).unwrap();
        assert!(files.load(&clone, &bad).is_err(), "byte {place}");
    }
    let cut = files.directory("cut");
    fs::write(cut.join("pages"), &good[..good.len() - PAGE_BYTES]).unwrap();
    assert!(files.load(&clone, &cut).is_err());
    for page in [0, 300, 599] {
        assert_eq!(clone.sum(page), sum_of(byte(page)), "page {page}");
    }
    files.load(&clone, &directory).unwrap();
    assert_eq!(clone.sum(300), sum_of(251));
}

#[test]
fn pages_of_another_memory_are_refused() {
    let files = Files::new();
    let mut source = Clone::of(&files.template());
    source.fill(1, 2);
    let (directory, _) = files.save(&source, "one", UNLIMITED).unwrap();
    let other = Files::new();
    File::options()
        .write(true)
        .open(other.template())
        .unwrap()
        .write_all_at(&[0; PAGE_BYTES], (PAGES * PAGE_BYTES) as u64)
        .unwrap();
    let clone = Clone::of(&other.template());
    let problem = other.load(&clone, &directory).unwrap_err();
    assert!(problem.contains("1001"), "{problem}");
}

#[test]
fn only_a_private_directory_is_used() {
    let files = Files::new();
    let clone = Clone::of(&files.template());
    let open = files.directory("open");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o750)).unwrap();
    let link = files.0.path().join("link");
    std::os::unix::fs::symlink(files.directory("real"), &link).unwrap();
    for path in [
        open,
        link.clone(),
        link.join(".."),
        "relative".into(),
        files.template(),
    ] {
        let memory = clone.memory(&files.template());
        assert!(
            Save::begin(memory, None, &path, UNLIMITED, None).is_err(),
            "{path:?}"
        );
        assert!(
            Load::begin(clone.memory(&files.template()), &path).is_err(),
            "{path:?}"
        );
    }
}

#[test]
fn a_process_that_ends_fails_its_save() {
    let files = Files::new();
    let mut clone = Clone::of(&files.template());
    clone.fill(7, 1);
    let memory = clone.memory(&files.template());
    let directory = files.directory("ended");
    drop(clone);
    let mut save = Save::begin(memory, None, &directory, UNLIMITED, None).unwrap();
    while let Ok(progress) = save.step() {
        assert_eq!(progress, Progress::More);
    }
    drop(save);
    assert_eq!(names(&directory), 0);
}

#[test]
fn a_template_that_was_replaced_is_refused() {
    let files = Files::new();
    let clone = Clone::of(&files.template());
    let metadata = files.template().metadata().unwrap();
    let template = Template {
        path: files.template(),
        device: metadata.dev(),
        inode: metadata.ino(),
    };
    fs::rename(files.template(), files.0.path().join("old")).unwrap();
    fs::write(files.template(), [0; PAGE_BYTES]).unwrap();
    let pid = Pid::from_child(&clone.child);
    let pidfd = pidfd_open(pid, PidfdFlags::empty()).unwrap();
    let problem = VmmMemory::open(pid, pidfd.as_fd(), &template)
        .err()
        .unwrap();
    assert!(problem.contains("replaced"), "{problem}");
}

#[test]
fn a_foreign_file_is_refused() {
    let files = Files::new();
    let clone = Clone::of(&files.template());
    let directory = files.directory("foreign");
    for content in [vec![], vec![0; 100], vec![0xff; 3 * PAGE_BYTES]] {
        fs::write(directory.join("pages"), content).unwrap();
        assert!(files.load(&clone, &directory).is_err());
    }
}

#[test]
fn a_clone_of_a_flattened_memory_is_saved_for_the_template() {
    let files = Files::new();
    let mut source = Clone::of(&files.template());
    (90..110).for_each(|page| source.fill(page, 251));
    (110..115).for_each(|page| source.fill(page, 0));
    source.fill(PAGES - 1, 252);
    let (first, _) = files.save(&source, "first", UNLIMITED).unwrap();
    drop(source);
    let base = files.directory("base");
    fs::copy(files.template(), base.join("memory")).unwrap();
    let made = files.directory("made");
    let mut flatten = Flatten::begin(&base, &first, &made).unwrap();
    while flatten.step().unwrap() == Progress::More {}
    let mut copy = Clone::of(&made.join("memory"));
    [(5, 9), (100, 8), (101, 0), (112, 7)]
        .into_iter()
        .for_each(|(page, value)| copy.fill(page, value));

    let second = files.directory("second");
    let memory = copy.memory(&made.join("memory"));
    let mut save = Save::begin(memory, None, &second, UNLIMITED, Some(&first)).unwrap();
    while save.step().unwrap() == Progress::More {}
    fs::remove_dir_all(made).unwrap();

    let mut third = Clone::of(&files.template());
    files.load(&third, &second).unwrap();
    for page in 0..PAGES {
        let expected = match page {
            5 => 9,
            100 => 8,
            101 | 110 | 111 | 113 | 114 => 0,
            112 => 7,
            90..110 => 251,
            _ if page == PAGES - 1 => 252,
            _ => byte(page),
        };
        assert_eq!(third.sum(page), sum_of(expected), "page {page}");
    }
}

#[test]
fn a_save_refuses_a_damaged_checkpoint_of_a_flattened_memory() {
    let files = Files::new();
    let mut source = Clone::of(&files.template());
    source.fill(1, 2);
    let (first, _) = files.save(&source, "first", UNLIMITED).unwrap();
    let pages = first.join("pages");
    let mut content = fs::read(&pages).unwrap();
    *content.last_mut().unwrap() ^= 1;
    fs::remove_file(&pages).unwrap();
    fs::write(&pages, content).unwrap();
    let second = files.directory("second");

    let memory = source.memory(&files.template());
    let problem = Save::begin(memory, None, &second, UNLIMITED, Some(&first)).err();

    assert_eq!(problem.as_deref(), Some("header or table is damaged"));
    assert_eq!(names(&second), 0);
}
