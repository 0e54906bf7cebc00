//! Writes the pages in which a VMM differs from its template, and its device state, to the directory of a checkpoint.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{fchmod, Mode};

use super::directory::{Directory, PAGES, STATE};
use super::load::{self, Target};
use super::pages::{Run, Table, BLOCK_PAGES, HEADER_BYTES, PAGE_BYTES};
use super::vmm_memory::VmmMemory;
use super::{Progress, STEP_PAGES};

/// Pages whose state is read in one step: 64 MiB, of which most are usually unchanged.
const SCANNED_PAGES: u64 = 1 << 14;

const BLOCK_BYTES: usize = BLOCK_PAGES as usize * PAGE_BYTES;

const ZEROS: [u8; PAGE_BYTES] = [0; PAGE_BYTES];

/// The device state of a VMM is some KiB; its limit of file sizes is this.
const MAX_STATE_BYTES: u64 = 16 << 20;

/// A save under way. If it is dropped before it is done, its files are removed.
pub struct Save {
    memory: VmmMemory,
    files: Files,
    max_bytes: u64,
    /// The first page of which is not yet known whether it is private.
    scanned: u64,
    /// Pages that are saved, private or not, in their order.
    flattened: Vec<Run>,
    /// Pages that are to be copied: first page and number.
    found: Vec<(u64, u64)>,
    table: Table,
    data_pages: u64,
    /// Packed pages that are not yet written.
    block: Vec<u8>,
    buffer: Vec<u8>,
}

struct Files {
    directory: Directory,
    pages: File,
    /// The names of incomplete files.
    incomplete: Vec<&'static str>,
}

impl Drop for Files {
    fn drop(&mut self) {
        let names = self.incomplete.iter();
        names.for_each(|name| self.directory.remove(name));
    }
}

impl Save {
    /// Creates the files and copies the device state, if the VMM has a file for it.
    ///
    /// If the memory that the VMM has mapped was made of a template and a checkpoint, the pages of that checkpoint are saved, too:
    /// so the new one fits the same template.
    pub fn begin(
        memory: VmmMemory,
        state: Option<&OwnedFd>,
        directory: &Path,
        max_bytes: u64,
        flattened: Option<&Path>,
    ) -> Result<Self, String> {
        let flattened = match flattened {
            Some(checkpoint) => {
                let (_, _, table) = load::open(checkpoint, memory.page_count())?;
                table.runs().to_vec()
            }
            None => vec![],
        };
        let directory = Directory::open(directory)?;
        let pages = directory.create(PAGES)?;
        let mut files = Files {
            directory,
            pages,
            incomplete: vec![PAGES],
        };
        if let Some(state) = state {
            files.copy_state(state)?;
        }
        Ok(Self {
            memory,
            files,
            max_bytes,
            scanned: 0,
            flattened,
            found: vec![],
            table: Table::default(),
            data_pages: 0,
            block: Vec::with_capacity(BLOCK_BYTES),
            buffer: vec![0; STEP_PAGES as usize * PAGE_BYTES],
        })
    }

    /// Copies at most 1 MiB. Returns the size of the file of pages when it is complete.
    pub fn step(&mut self) -> Result<Progress<u64>, String> {
        let mut budget = STEP_PAGES;
        while budget > 0 {
            let Some((first, count)) = self.found.pop() else {
                break;
            };
            let now = count.min(budget);
            if now < count {
                self.found.push((first + now, count - now));
            }
            self.copy(first, now)?;
            budget -= now;
        }
        if budget < STEP_PAGES {
            return Ok(Progress::More);
        }
        if self.scanned < self.memory.page_count() {
            return self.scan().map(|()| Progress::More);
        }
        self.finish().map(Progress::Done)
    }

    fn scan(&mut self) -> Result<(), String> {
        let count = SCANNED_PAGES.min(self.memory.page_count() - self.scanned);
        let private = self.memory.private(self.scanned, count);
        let mut differs = private.map_err(|error| format!("cannot read its page map: {error}"))?;
        let end = self.scanned + count;
        let first = self
            .flattened
            .partition_point(|run| run.end() <= self.scanned);
        for run in self.flattened[first..]
            .iter()
            .take_while(|run| run.first < end)
        {
            let begin = run.first.max(self.scanned) - self.scanned;
            let end = run.end().min(end) - self.scanned;
            differs[begin as usize..end as usize].fill(true);
        }
        for (page, _) in (self.scanned..)
            .zip(&differs)
            .filter(|(_, differs)| **differs)
        {
            match self.found.last_mut() {
                Some((first, count)) if *first + *count == page => *count += 1,
                _ => self.found.push((page, 1)),
            }
        }
        self.found.reverse();
        self.scanned += count;
        Ok(())
    }

    fn copy(&mut self, first: u64, count: u64) -> Result<(), String> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let bytes = &mut buffer[..count as usize * PAGE_BYTES];
        self.memory
            .read(first, bytes)
            .map_err(|error| format!("cannot read its memory: {error}"))?;
        for (page, bytes) in (first..).zip(bytes.chunks_exact(PAGE_BYTES)) {
            let zeros = *bytes == ZEROS;
            self.table.add(page, zeros);
            if !zeros {
                self.block.extend_from_slice(bytes);
                self.data_pages += 1;
                self.check_size()?;
            }
            if self.block.len() == BLOCK_BYTES {
                self.write_block()?;
            }
        }
        self.buffer = buffer;
        Ok(())
    }

    fn write_block(&mut self) -> Result<(), String> {
        self.table.add_block(&self.block);
        let end = HEADER_BYTES as u64 + self.data_pages * PAGE_BYTES as u64;
        self.files
            .write(&self.block, end - self.block.len() as u64)?;
        self.block.clear();
        Ok(())
    }

    fn check_size(&self) -> Result<(), String> {
        if self.table.file_bytes(self.data_pages) > self.max_bytes {
            return Err(format!(
                "it has changed more of its memory than {} bytes can keep",
                self.max_bytes
            ));
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<u64, String> {
        if !self.block.is_empty() {
            self.write_block()?;
        }
        self.check_size()?;
        let (header, table) = self.table.encode(self.memory.page_count(), self.data_pages);
        let table_at = HEADER_BYTES as u64 + self.data_pages * PAGE_BYTES as u64;
        self.files.write(&table, table_at)?;
        self.files.write(&header, 0)?;
        fchmod(&self.files.pages, Mode::RUSR)
            .map_err(|error| self.files.directory.named(PAGES, error.into()))?;
        self.files.incomplete.clear();
        Ok(table_at + table.len() as u64)
    }
}

impl Files {
    fn write(&self, bytes: &[u8], at: u64) -> Result<(), String> {
        self.pages
            .write_all_at(bytes, at)
            .map_err(|error| self.directory.named(PAGES, error))
    }

    fn copy_state(&mut self, from: &OwnedFd) -> Result<(), String> {
        let bytes = read_all(from).map_err(|error| self.directory.named(STATE, error))?;
        if bytes.is_empty() {
            return Err("it has written no device state".into());
        }
        let state = self.directory.create(STATE)?;
        self.incomplete.push(STATE);
        let named = |error| self.directory.named(STATE, error);
        state.write_all_at(&bytes, 0).map_err(named)?;
        // A VMM with a uid of its own opens it again by its descriptor. No other user reaches it in its directory.
        fchmod(&state, Mode::RUSR | Mode::RGRP | Mode::ROTH).map_err(|error| named(error.into()))
    }
}

/// Reads at most the largest state, because the VMM could write more at the same time.
fn read_all(file: &OwnedFd) -> io::Result<Vec<u8>> {
    let length = rustix::fs::fstat(file)?.st_size as u64;
    let mut bytes = vec![0; length.min(MAX_STATE_BYTES) as usize];
    let mut done = 0;
    while done < bytes.len() {
        match rustix::io::pread(file, &mut bytes[done..], done as u64)? {
            0 => break,
            count => done += count,
        }
    }
    bytes.truncate(done);
    Ok(bytes)
}
