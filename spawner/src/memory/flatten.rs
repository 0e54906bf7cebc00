//! Makes one memory of a template's memory and the pages of a checkpoint, so that machines can map all of it together.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use rustix::fs::{fchmod, Mode};

use super::directory::{Directory, MEMORY, PAGES, STATE};
use super::load::{Load, Target};
use super::pages::{Table, BLOCK_PAGES, HEADER_BYTES, PAGE_BYTES};
use super::Progress;

/// What is copied in one step: 1 MiB.
const STEP_BYTES: u64 = BLOCK_PAGES * PAGE_BYTES as u64;

/// The interval of the reports: 64 MiB.
const REPORT_BYTES: u64 = 64 << 20;

/// A copy under way. If it is dropped before it is done, its files are removed.
pub struct Flatten {
    template: File,
    load: Load<FlatMemory>,
    state: File,
    made: Made,
    copied: u64,
    reported: u64,
    length: u64,
}

/// A file that is the memory of machines that do not exist yet.
struct FlatMemory {
    file: File,
    pages: u64,
}

impl Target for FlatMemory {
    fn page_count(&self) -> u64 {
        self.pages
    }

    fn write(&self, first: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, first * PAGE_BYTES as u64)
    }
}

/// The other files that are made, and where.
struct Made {
    directory: Directory,
    pages: File,
    state: File,
    complete: bool,
}

impl Drop for Made {
    fn drop(&mut self) {
        if !self.complete {
            for name in [MEMORY, PAGES, STATE] {
                self.directory.remove(name);
            }
        }
    }
}

impl Flatten {
    /// Creates three files in the target: the memory, the state of the checkpoint, and the pages by which the memory differs
    /// from that of the checkpoint: none. So restoring these is restoring the checkpoint.
    pub fn begin(template: &Path, checkpoint: &Path, target: &Path) -> Result<Self, String> {
        let template = Directory::open(template)?.read(MEMORY)?;
        let length = metadata(&template)?.size();
        let state = Directory::open(checkpoint)?.read(STATE)?;
        let directory = Directory::open(target)?;
        let file = directory.create(MEMORY)?;
        let made = Made {
            pages: directory.create(PAGES)?,
            state: directory.create(STATE)?,
            directory,
            complete: false,
        };
        let memory = FlatMemory {
            file,
            pages: length / PAGE_BYTES as u64,
        };
        Ok(Self {
            template,
            load: Load::begin(memory, checkpoint)?,
            state,
            made,
            copied: 0,
            reported: 0,
            length,
        })
    }

    /// Copies about 1 MiB. Returns the size of the memory when all is complete.
    pub fn step(&mut self) -> Result<Progress<u64>, String> {
        if self.copied < self.length {
            let mut source = (&self.template).take(STEP_BYTES);
            let step = io::copy(&mut source, &mut &self.load.target().file)
                .map_err(|error| self.made.directory.named(MEMORY, error))?;
            if step == 0 {
                return Err("the memory of the template became shorter".into());
            }
            self.copied += step;
            return Ok(Progress::More);
        }
        match self.load.step()? {
            Progress::More => Ok(Progress::More),
            Progress::Done(()) => self.finish().map(Progress::Done),
        }
    }

    /// Returns how many bytes are copied, and of how many, if that is to be reported.
    pub fn report(&mut self) -> Option<(u64, u64)> {
        if self.copied - self.reported < REPORT_BYTES {
            return None;
        }
        self.reported = self.copied;
        Some((self.copied, self.length))
    }

    fn finish(&mut self) -> Result<u64, String> {
        let memory = self.load.target();
        let directory = &self.made.directory;
        let (header, table) = Table::default().encode(memory.pages, 0);
        let pages = &self.made.pages;
        pages
            .write_all_at(&header, 0)
            .and_then(|()| pages.write_all_at(&table, HEADER_BYTES as u64))
            .map_err(|error| directory.named(PAGES, error))?;
        io::copy(&mut &self.state, &mut &self.made.state)
            .map_err(|error| directory.named(STATE, error))?;
        // As those that they are made of: a VMM with a uid of its own opens memory and state.
        for (from, to) in [
            (&self.template, &memory.file),
            (&self.state, &self.made.state),
        ] {
            set_mode(to, metadata(from)?.mode() & 0o444)?;
        }
        set_mode(pages, 0o400)?;
        self.made.complete = true;
        Ok(self.length)
    }
}

fn metadata(file: &File) -> Result<std::fs::Metadata, String> {
    file.metadata().map_err(|error| error.to_string())
}

fn set_mode(file: &File, mode: u32) -> Result<(), String> {
    fchmod(file, Mode::from_raw_mode(mode)).map_err(|error| error.to_string())
}

#[cfg(test)]
#[path = "flatten_tests.rs"]
mod tests;
