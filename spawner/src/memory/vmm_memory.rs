//! The memory of a VMM as the kernel shows it: the mapping of its template, and which pages it has made its own.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use nix::libc;
use rustix::process::Pid;

use super::load::Target;
use super::pages::{MAX_PAGES, PAGE_BYTES};
use crate::opening;

/// Bits of an entry of `/proc/PID/pagemap` (Documentation/admin-guide/mm/pagemap.rst of Linux).
const PRESENT: u64 = 1 << 63;
const SWAPPED: u64 = 1 << 62;
const OF_FILE: u64 = 1 << 61;
const ENTRY_BYTES: usize = 8;

/// A file that a VMM was started with: where it was and its device and inode there.
#[derive(Clone, Debug)]
pub struct Template {
    pub path: PathBuf,
    pub device: u64,
    pub inode: u64,
}

/// A file as `/proc/PID/maps` shows it, which is not always as stat(2) shows it: btrfs and overlayfs number devices
/// differently.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    device: String,
    inode: String,
}

/// A part of the template's mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Area {
    address: u64,
    /// Its first page in the template.
    first: u64,
    pages: u64,
}

/// The private mapping of a template in a VMM.
pub struct VmmMemory {
    memory: File,
    pagemap: File,
    /// Ascending, without gaps from page 0.
    areas: Vec<Area>,
}

impl VmmMemory {
    /// Finds the mapping of a template in a process that is still the one of the pidfd.
    pub fn open(pid: Pid, pidfd: BorrowedFd<'_>, template: &Template) -> Result<Self, String> {
        let shown = shown(template)?;
        let open = |name: &str, write: bool| {
            let path = format!("/proc/{}/{name}", pid.as_raw_nonzero());
            File::options()
                .read(true)
                .write(write)
                .open(&path)
                .map_err(|error| explain(&path, &error))
        };
        let maps = io::read_to_string(open("maps", false)?)
            .map_err(|error| format!("cannot read its mappings: {error}"))?;
        let opened = Self {
            memory: open("mem", true)?,
            pagemap: open("pagemap", false)?,
            areas: areas(&maps, &shown)?,
        };
        // INVARIANT: a process that can be signalled now had its number all the time, so the files above are its own.
        check_alive(pidfd).map_err(|error| format!("it has ended: {error}"))?;
        Ok(opened)
    }

    /// Returns for each of some pages whether the VMM has a copy of its own.
    pub fn private(&self, first: u64, count: u64) -> io::Result<Vec<bool>> {
        let mut private = Vec::with_capacity(count as usize);
        for (address, pages) in self.places(first, count) {
            let mut entries = vec![0; pages as usize * ENTRY_BYTES];
            let at = address / PAGE_BYTES as u64 * ENTRY_BYTES as u64;
            self.pagemap.read_exact_at(&mut entries, at)?;
            private.extend(entries.chunks_exact(ENTRY_BYTES).map(is_private));
        }
        Ok(private)
    }

    pub fn read(&self, first: u64, bytes: &mut [u8]) -> io::Result<()> {
        let mut rest = bytes;
        for (address, pages) in self.places(first, (rest.len() / PAGE_BYTES) as u64) {
            let (part, after) = rest.split_at_mut(pages as usize * PAGE_BYTES);
            self.memory.read_exact_at(part, address)?;
            rest = after;
        }
        Ok(())
    }

    /// Returns where successive pages are: addresses and numbers of pages.
    fn places(&self, first: u64, count: u64) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.areas.iter().filter_map(move |area| {
            let begin = first.max(area.first);
            let end = (first + count).min(area.first + area.pages);
            let address = area.address + begin.saturating_sub(area.first) * PAGE_BYTES as u64;
            (begin < end).then(|| (address, end - begin))
        })
    }
}

/// Finds out how this kernel shows a file in the mappings of a process, by a mapping of the spawner's own.
fn shown(template: &Template) -> Result<Shown, String> {
    let named = |problem: &dyn std::fmt::Display| format!("{}: {problem}", template.path.display());
    let file = opening::open(
        &template.path,
        rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK,
        rustix::fs::Mode::empty(),
    )
    .map_err(|error| named(&io::Error::from(error)))?;
    let metadata = rustix::fs::fstat(&file).map_err(|error| named(&io::Error::from(error)))?;
    if (metadata.st_dev, metadata.st_ino) != (template.device, template.inode) {
        return Err(named(&"has been replaced since the VM started"));
    }
    // SAFETY: a new mapping at an address that the kernel chooses; nothing reads it.
    let address = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            PAGE_BYTES,
            libc::PROT_NONE,
            libc::MAP_PRIVATE,
            file.as_raw_fd(),
            0,
        )
    };
    if address == libc::MAP_FAILED {
        return Err(named(&io::Error::last_os_error()));
    }
    let maps = fs::read_to_string("/proc/self/maps");
    // SAFETY: the mapping made above.
    unsafe { libc::munmap(address, PAGE_BYTES) };
    let begin = format!("{:x}-", address as usize);
    let maps = maps.map_err(|error| named(&error))?;
    let mut lines = maps.lines().filter(|line| line.starts_with(&begin));
    lines
        .next()
        .and_then(|line| Some(Mapping::parse(line)?.file))
        .ok_or_else(|| named(&"is not among the mappings of this process"))
}

/// A line of `/proc/PID/maps`.
struct Mapping {
    begin: u64,
    end: u64,
    private_and_writable: bool,
    offset: u64,
    file: Shown,
}

impl Target for VmmMemory {
    /// Returns the size of the mapping.
    fn page_count(&self) -> u64 {
        self.areas.last().map_or(0, |last| last.first + last.pages)
    }

    fn write(&self, first: u64, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        for (address, pages) in self.places(first, (rest.len() / PAGE_BYTES) as u64) {
            let (part, after) = rest.split_at(pages as usize * PAGE_BYTES);
            self.memory.write_all_at(part, address)?;
            rest = after;
        }
        Ok(())
    }
}

impl Mapping {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let (begin, end) = words.next()?.split_once('-')?;
        let permissions = words.next()?;
        let hexadecimal = |word| u64::from_str_radix(word, 16).ok();
        Some(Self {
            begin: hexadecimal(begin)?,
            end: hexadecimal(end)?,
            private_and_writable: permissions.starts_with("rw") && permissions.ends_with('p'),
            offset: hexadecimal(words.next()?)?,
            file: Shown {
                device: words.next()?.into(),
                inode: words.next()?.into(),
            },
        })
    }
}

/// Returns the areas of a file, which must be mapped once, privately and from its beginning.
fn areas(maps: &str, file: &Shown) -> Result<Vec<Area>, String> {
    let mappings = maps.lines().filter_map(Mapping::parse);
    let mut mappings: Vec<Mapping> = mappings.filter(|mapping| mapping.file == *file).collect();
    mappings.sort_by_key(|mapping| mapping.offset);
    let mut areas: Vec<Area> = vec![];
    let page = PAGE_BYTES as u64;
    let mut next = 0;
    for mapping in mappings {
        let bytes = mapping.end.saturating_sub(mapping.begin);
        if !mapping.private_and_writable
            || mapping.offset != next
            || bytes == 0
            || bytes % page != 0
        {
            return Err("it has mapped its template in an unexpected way".into());
        }
        areas.push(Area {
            address: mapping.begin,
            first: mapping.offset / page,
            pages: bytes / page,
        });
        next += bytes;
    }
    match next / page {
        0 => Err("it has not mapped this file".into()),
        pages if pages > MAX_PAGES => Err(format!("its memory of {pages} pages is too large")),
        _ => Ok(areas),
    }
}

fn is_private(entry: &[u8]) -> bool {
    let entry = u64::from_le_bytes(std::array::from_fn(|index| entry[index]));
    entry & SWAPPED != 0 || entry & PRESENT != 0 && entry & OF_FILE == 0
}

fn check_alive(pidfd: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: takes plain numbers and a null pointer, and sends no signal.
    let sent = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            0,
            std::ptr::null::<libc::siginfo_t>(),
            0,
        )
    };
    if sent == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

fn explain(path: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => format!(
            "{path}: {error}; kernel.yama.ptrace_scope must be at most 1, or at most 2 if NeuroVisor is started as root"
        ),
        _ => format!("{path}: {error}"),
    }
}

#[cfg(test)]
#[path = "vmm_memory_tests.rs"]
mod tests;
