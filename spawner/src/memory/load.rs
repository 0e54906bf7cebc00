//! Writes saved pages into a VMM that is a fresh clone of the same template, or into a copy of its memory.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::directory::{Directory, PAGES};
use super::pages::{Header, Run, Table, BLOCK_PAGES, HEADER_BYTES, PAGE_BYTES};
use super::{Progress, STEP_PAGES};

static ZEROS: [u8; STEP_PAGES as usize * PAGE_BYTES] = [0; STEP_PAGES as usize * PAGE_BYTES];

/// A memory that is as the template's before saved pages are written to it.
pub trait Target {
    fn page_count(&self) -> u64;

    /// Writes successive pages.
    fn write(&self, first: u64, bytes: &[u8]) -> io::Result<()>;
}

/// A load under way. Nothing is written before the whole file has been checked.
pub struct Load<T> {
    memory: T,
    file: File,
    header: Header,
    table: Table,
    /// Blocks that have been checked.
    checked: u64,
    /// The next run, and how many of its pages are written.
    next: (usize, u64),
    /// Packed pages that are written.
    written: u64,
    /// The block in memory, and its number.
    block: (Vec<u8>, Option<u64>),
}

impl<T: Target> Load<T> {
    /// Opens the file and checks its header and its table.
    pub fn begin(memory: T, directory: &Path) -> Result<Self, String> {
        let (file, header, table) = open(directory, memory.page_count())?;
        Ok(Self {
            memory,
            file,
            header,
            table,
            checked: 0,
            next: (0, 0),
            written: 0,
            block: (vec![], None),
        })
    }

    pub fn target(&self) -> &T {
        &self.memory
    }

    /// Checks or writes about 1 MiB.
    pub fn step(&mut self) -> Result<Progress<()>, String> {
        if self.checked * BLOCK_PAGES < self.header.data_pages {
            self.read_block(self.checked)?;
            self.checked += 1;
            return Ok(Progress::More);
        }
        let mut budget = STEP_PAGES;
        while budget > 0 {
            let Some(run) = self.table.runs().get(self.next.0).copied() else {
                return Ok(Progress::Done(()));
            };
            let count = self.write_some(run, budget)?;
            budget -= count;
            self.next.1 += count;
            if self.next.1 == run.count {
                self.next = (self.next.0 + 1, 0);
            }
        }
        Ok(Progress::More)
    }

    /// Writes some of the rest of a run, at most to the end of a block. Returns the number of pages.
    fn write_some(&mut self, run: Run, budget: u64) -> Result<u64, String> {
        let first = run.first + self.next.1;
        let count = (run.count - self.next.1).min(budget);
        if run.zeros {
            let bytes = &ZEROS[..count as usize * PAGE_BYTES];
            self.write(first, bytes)?;
            return Ok(count);
        }
        let number = self.written / BLOCK_PAGES;
        if self.block.1 != Some(number) {
            // Checked again: the file may have changed since.
            self.read_block(number)?;
        }
        let in_block = self.written % BLOCK_PAGES;
        let count = count.min(BLOCK_PAGES - in_block);
        let begin = in_block as usize * PAGE_BYTES;
        let bytes = &self.block.0[begin..begin + count as usize * PAGE_BYTES];
        self.write(first, bytes)?;
        self.written += count;
        Ok(count)
    }

    fn write(&self, first: u64, bytes: &[u8]) -> Result<(), String> {
        self.memory
            .write(first, bytes)
            .map_err(|error| format!("cannot write its memory: {error}"))
    }

    fn read_block(&mut self, number: u64) -> Result<(), String> {
        let first = number * BLOCK_PAGES;
        let pages = BLOCK_PAGES.min(self.header.data_pages - first);
        let (bytes, held) = &mut self.block;
        *held = None;
        bytes.resize(pages as usize * PAGE_BYTES, 0);
        let at = HEADER_BYTES as u64 + first * PAGE_BYTES as u64;
        read(&self.file, bytes, at)?;
        self.table.check_block(number as usize, bytes)?;
        *held = Some(number);
        Ok(())
    }
}

/// Opens the file of pages of a memory and checks its header and its table.
pub fn open(directory: &Path, memory_pages: u64) -> Result<(File, Header, Table), String> {
    let file = Directory::open(directory)?.read(PAGES)?;
    let length = file.metadata().map_err(|error| explain(&error))?.len();
    let mut header_bytes = [0; HEADER_BYTES];
    read(&file, &mut header_bytes, 0)?;
    let header = Header::parse(&header_bytes, length)?;
    if header.memory_pages != memory_pages {
        return Err(format!(
            "it is of a memory of {} pages, and this one has {memory_pages}",
            header.memory_pages
        ));
    }
    let mut table = vec![0; header.table_bytes() as usize];
    read(&file, &mut table, header.table_at())?;
    let table = Table::parse(&header_bytes, &header, &table)?;
    Ok((file, header, table))
}

fn read(file: &File, bytes: &mut [u8], at: u64) -> Result<(), String> {
    file.read_exact_at(bytes, at)
        .map_err(|error| explain(&error))
}

fn explain(error: &io::Error) -> String {
    format!("the file of pages cannot be read: {error}")
}
