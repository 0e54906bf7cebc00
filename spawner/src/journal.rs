//! What of this process would outlive its sudden end, written down before it is made.
//!
//! The file is read by whoever sweeps once nobody holds the lock of its directory. It is not flushed to a disk: what a
//! process has written stays in the kernel however the process ends, and when the machine itself goes down, processes
//! and control groups go with it, while directories are found again by the stores that they lie in.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::Pid;

use crate::process_stat::{boot_id, parse_pid, ProcessStat};

/// No VM can have this name.
pub const FILE: &str = ".journal";
const NEW_FILE: &str = ".journal.new";

/// A journal that has grown by this much is written anew with what still holds.
const COMPACT_BYTES: usize = 64 << 10;

/// More is not read: ours stays far below.
const MAX_BYTES: u64 = 4 << 20;

/// Something that the death of a process does not remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    Process { pid: Pid, start: u64 },
    Cgroup(PathBuf),
    Scratch(PathBuf),
}

impl Entry {
    /// `None` when the process has been reaped by somebody else.
    pub fn process(pid: Pid) -> Option<Self> {
        let start = ProcessStat::of(pid)?.start;
        Some(Self::Process { pid, start })
    }

    pub(crate) fn write(&self, sign: char, line: &mut String) {
        let _ = match self {
            Self::Process { pid, start } => writeln!(line, "{sign} process {pid} {start}"),
            Self::Cgroup(path) => writeln!(line, "{sign} cgroup {}", Escaped(path)),
            Self::Scratch(path) => writeln!(line, "{sign} scratch {}", Escaped(path)),
        };
    }

    fn parse(line: &[u8]) -> Option<(u8, Self)> {
        let mut words = line.split(|byte| *byte == b' ');
        let &[sign @ (b'+' | b'-')] = words.next()? else {
            return None;
        };
        let kind = words.next()?;
        let mut number = || std::str::from_utf8(words.next()?).ok();
        let entry = match kind {
            b"process" => Self::Process {
                pid: parse_pid(number()?)?,
                start: number()?.parse().ok()?,
            },
            b"cgroup" => Self::Cgroup(unescape(words.next()?)?),
            b"scratch" => Self::Scratch(unescape(words.next()?)?),
            _ => return None,
        };
        Some((sign, entry))
    }
}

/// A path as one word of a line.
pub struct Escaped<'a>(pub &'a Path);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for byte in self.0.as_os_str().as_bytes() {
            match byte {
                b'%' | 0x7f.. | ..=b' ' => write!(formatter, "%{byte:02x}")?,
                plain => formatter.write_char(char::from(*plain))?,
            }
        }
        Ok(())
    }
}

fn unescape(word: &[u8]) -> Option<PathBuf> {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        bytes.push(if *first == b'%' {
            let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
            rest = &rest[2..];
            u8::from_str_radix(digits, 16).ok()?
        } else {
            *first
        });
    }
    Some(std::ffi::OsString::from_vec(bytes).into())
}

/// What a journal says that has not ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Whether it was written since the machine was started: else neither its processes nor its control groups exist.
    pub this_boot: bool,
    pub entries: Vec<Entry>,
}

impl Recorded {
    /// `None` when the directory has no journal, or one that is not a file of ours alone.
    pub fn read(directory: BorrowedFd<'_>) -> io::Result<Option<Self>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match fs::openat(directory, FILE, flags, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NOENT | Errno::LOOP) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let metadata = fs::fstat(&file)?;
        let ours = metadata.st_uid == rustix::process::geteuid().as_raw()
            && metadata.st_nlink == 1
            && metadata.st_mode & 0o022 == 0;
        if !ours || FileType::from_raw_mode(metadata.st_mode) != FileType::RegularFile {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        File::from(file).take(MAX_BYTES).read_to_end(&mut bytes)?;
        Ok(Some(Self::parse(&bytes)))
    }

    /// A last line without its end was cut off by the death of its writer, who then has made nothing.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let mut recorded = Self::default();
        let boot = boot_id().map(|id| format!("boot {id}"));
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let _cut_off = lines.next_back();
        for line in lines {
            recorded.this_boot |= boot.as_ref().is_some_and(|boot| boot.as_bytes() == line);
            match Entry::parse(line) {
                Some((b'+', entry)) => recorded.entries.push(entry),
                Some((_, ended)) => recorded.entries.retain(|entry| *entry != ended),
                None => {}
            }
        }
        recorded
    }
}

pub struct Journal {
    directory: OwnedFd,
    file: File,
    held: Vec<Entry>,
    bytes: usize,
}

impl Journal {
    /// Begins the journal of a directory that has none.
    pub fn begin(directory: BorrowedFd<'_>) -> io::Result<Self> {
        let directory = directory.try_clone_to_owned()?;
        let (file, bytes) = write_anew(directory.as_fd(), &[])?;
        Ok(Self {
            directory,
            file,
            held: Vec::new(),
            bytes,
        })
    }

    /// To be called before the thing is made, which must not be when this fails.
    pub fn add(&mut self, entry: Entry) -> io::Result<()> {
        self.append('+', &entry)?;
        self.held.push(entry);
        Ok(())
    }

    /// To be called when the thing is gone. That it is not told, for want of space for instance, does no harm: what is
    /// gone is not found.
    pub fn remove(&mut self, entry: &Entry) {
        self.held.retain(|held| held != entry);
        let _ = self.append('-', entry);
        if self.bytes >= COMPACT_BYTES {
            if let Ok((file, _)) = write_anew(self.directory.as_fd(), &self.held) {
                self.file = file;
                self.bytes = 0;
            }
        }
    }

    pub fn scratch(&self) -> Vec<PathBuf> {
        let scratch = |entry: &Entry| match entry {
            Entry::Scratch(path) => Some(path.clone()),
            Entry::Process { .. } | Entry::Cgroup(_) => None,
        };
        self.held.iter().filter_map(scratch).collect()
    }

    /// Removes the journal unless something is left that a sweep must find.
    pub fn end(self) {
        if self.held.is_empty() {
            let _ = fs::unlinkat(&self.directory, FILE, AtFlags::empty());
        }
    }

    fn append(&mut self, sign: char, entry: &Entry) -> io::Result<()> {
        let mut line = String::new();
        entry.write(sign, &mut line);
        // One write: nobody reads half a line but after our death, and then it is known by its missing end.
        match rustix::io::write(&self.file, line.as_bytes()) {
            Ok(written) if written == line.len() => {
                self.bytes += written;
                Ok(())
            }
            Ok(written) => {
                let length = self.file.metadata()?.len();
                self.file.set_len(length - written as u64)?;
                Err(io::ErrorKind::StorageFull.into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Replaces the journal at once, and returns it open for what comes.
fn write_anew(directory: BorrowedFd<'_>, entries: &[Entry]) -> io::Result<(File, usize)> {
    let mut text = format!("boot {}\n", boot_id().unwrap_or_default());
    entries.iter().for_each(|entry| entry.write('+', &mut text));
    let flags = OFlags::WRONLY
        | OFlags::CREATE
        | OFlags::TRUNC
        | OFlags::APPEND
        | OFlags::NOFOLLOW
        | OFlags::CLOEXEC;
    let mode = Mode::RUSR | Mode::WUSR;
    let mut file = File::from(fs::openat(directory, NEW_FILE, flags, mode)?);
    file.write_all(text.as_bytes())?;
    fs::renameat(directory, NEW_FILE, directory, FILE)?;
    Ok((file, text.len()))
}

/// Whether a name in a runtime directory is the journal's and not a VM's.
pub fn is_ours(name: &OsStr) -> bool {
    name == FILE || name == NEW_FILE
}

#[cfg(test)]
mod tests {
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
    fn what_was_added_and_not_removed_is_read_back() {
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
    fn it_does_not_grow_with_what_has_ended() {
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
    fn any_bytes_are_read_and_what_is_no_line_of_ours_is_nothing() {
        let text = b"boot 0\n+ process 0 1\n+ process -4 1\n+ process 7\n+ scratch\n+ scratch /%4\n+ scratch /%zz\n\
            * scratch /x\n+ thing /x\n\xff\xfe\0\n\n+ process 99999999999 1\n+ scratch /cut-off";
        assert_eq!(Recorded::parse(text), Recorded::default());
        assert_eq!(Recorded::parse(b""), Recorded::default());
    }

    #[test]
    fn a_journal_that_is_not_a_file_of_ours_alone_is_none() {
        use std::os::unix::fs::{symlink, PermissionsExt};
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
}
