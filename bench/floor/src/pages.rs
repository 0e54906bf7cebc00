//! The pages that a VMM has made its own: copied out of its memory, and into that of another clone of the template.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::Failure;

const PAGE_BYTES: usize = 4096;
const ENTRY_BYTES: usize = 8;
/// Pages that are copied at once.
const CHUNK_PAGES: usize = 256;

/// Bits of an entry of `/proc/PID/pagemap` (Documentation/admin-guide/mm/pagemap.rst of Linux).
const PRESENT: u64 = 1 << 63;
const OF_FILE: u64 = 1 << 61;

struct Memory {
    file: File,
    pagemap: File,
    begin: u64,
    pages: usize,
}

impl Memory {
    /// Finds the private mapping of the template's memory.
    fn open(process: u32, template: &Path) -> Result<Self, Failure> {
        let path = format!("/proc/{process}/maps");
        let maps = fs::read_to_string(&path)?;
        let name = template.to_string_lossy();
        let line = maps
            .lines()
            .find(|line| line.ends_with(&*name) && line.contains(" rw-p "))
            .ok_or(format!("{path} has no mapping of {name}"))?;
        let (begin, end) = line
            .split(' ')
            .next()
            .and_then(|range| range.split_once('-'))
            .ok_or("a mapping has no range")?;
        let (begin, end) = (
            u64::from_str_radix(begin, 16)?,
            u64::from_str_radix(end, 16)?,
        );
        Ok(Self {
            file: File::options()
                .read(true)
                .write(true)
                .open(format!("/proc/{process}/mem"))?,
            pagemap: File::open(format!("/proc/{process}/pagemap"))?,
            begin,
            pages: usize::try_from(end - begin)? / PAGE_BYTES,
        })
    }

    fn address(&self, page: usize) -> u64 {
        self.begin + (page * PAGE_BYTES) as u64
    }

    /// Returns the numbers of the pages that are not those of the template.
    fn private(&self) -> Result<Vec<usize>, Failure> {
        let mut entries = vec![0; self.pages * ENTRY_BYTES];
        let at = self.begin / PAGE_BYTES as u64 * ENTRY_BYTES as u64;
        self.pagemap.read_exact_at(&mut entries, at)?;
        Ok(entries
            .chunks_exact(ENTRY_BYTES)
            .map(|entry| u64::from_le_bytes(std::array::from_fn(|index| entry[index])))
            .enumerate()
            .filter(|(_, entry)| entry & PRESENT != 0 && entry & OF_FILE == 0)
            .map(|(page, _)| page)
            .collect())
    }
}

/// Writes the pages to a new file, and their numbers to its end. Returns the file.
pub fn save(process: u32, template: &Path, path: &Path) -> Result<File, Failure> {
    let memory = Memory::open(process, template)?;
    let private = memory.private()?;
    let file = File::create(path)?;
    let mut written = 0;
    let mut write = |bytes: &[u8]| {
        let done = file.write_all_at(bytes, written);
        written += bytes.len() as u64;
        done
    };
    for run in runs(&private) {
        let mut bytes = vec![0; run.len() * PAGE_BYTES];
        memory
            .file
            .read_exact_at(&mut bytes, memory.address(run[0]))?;
        write(&bytes)?;
    }
    let numbers: Vec<u8> = private
        .iter()
        .flat_map(|page| (*page as u64).to_le_bytes())
        .collect();
    write(&numbers)?;
    Ok(file)
}

/// Puts the pages into the memory of another clone.
pub fn load(process: u32, template: &Path, path: &Path) -> Result<(), Failure> {
    let memory = Memory::open(process, template)?;
    let content = fs::read(path)?;
    let (pages, numbers) =
        content.split_at(content.len() / (PAGE_BYTES + ENTRY_BYTES) * PAGE_BYTES);
    let numbers: Vec<usize> = numbers
        .chunks_exact(ENTRY_BYTES)
        .map(|number| u64::from_le_bytes(std::array::from_fn(|index| number[index])) as usize)
        .collect();
    let mut rest = pages;
    for run in runs(&numbers) {
        let (bytes, after) = rest.split_at(run.len() * PAGE_BYTES);
        memory.file.write_all_at(bytes, memory.address(run[0]))?;
        rest = after;
    }
    Ok(())
}

/// Splits ascending numbers into those of neighbouring pages.
fn runs(pages: &[usize]) -> impl Iterator<Item = &[usize]> {
    pages
        .chunk_by(|before, after| before + 1 == *after)
        .flat_map(|run| run.chunks(CHUNK_PAGES))
}
