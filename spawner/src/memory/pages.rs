//! The format of a `pages` file: the pages of a memory that differ from its template.
//!
//! ```text
//! header    4096 bytes: magic, version, checksum, counts; the rest is zero
//! pages     packed, in the order of the memory; pages of zeros are left out
//! table     of runs: 8 bytes each (first page, number of pages, whether they are zeros), ascending and disjoint
//! checksums CRC-32C of each MiB of packed pages, 4 bytes each
//! ```
//!
//! All numbers are little-endian. The checksum in the header is that of header and table, computed with zeros in its
//! place, so no byte of a file is without a checksum. The table follows the pages, because a memory is read only once.

use super::crc32c::crc32c;

pub const PAGE_BYTES: usize = 4096;
pub const HEADER_BYTES: usize = PAGE_BYTES;

/// The packed pages of one checksum: 1 MiB.
pub const BLOCK_PAGES: u64 = 256;

/// The largest memory: 1 TiB.
pub const MAX_PAGES: u64 = 1 << 28;

const MAGIC: [u8; 8] = *b"NVPAGES\0";
const VERSION: u32 = 1;
pub const CHECKSUM: std::ops::Range<usize> = 12..16;
const USED_HEADER_BYTES: usize = 40;
const RUN_BYTES: usize = 8;
const CHECKSUM_BYTES: usize = 4;

/// The bit of a run that marks zeros.
const ZEROS: u64 = 1 << 63;
const FIRST_BITS: u32 = 32;

/// Successive pages of a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub first: u64,
    pub count: u64,
    /// Whether they are zeros, which are not in the file.
    pub zeros: bool,
}

impl Run {
    pub fn end(&self) -> u64 {
        self.first + self.count
    }

    fn encode(self) -> [u8; RUN_BYTES] {
        let zeros = if self.zeros { ZEROS } else { 0 };
        (self.first | self.count << FIRST_BITS | zeros).to_le_bytes()
    }

    fn decode(bytes: [u8; RUN_BYTES]) -> Self {
        let word = u64::from_le_bytes(bytes);
        Self {
            first: word & u64::from(u32::MAX),
            count: (word & !ZEROS) >> FIRST_BITS,
            zeros: word & ZEROS != 0,
        }
    }
}

/// The counts in a header. They agree with each other and with the size of the file.
#[derive(Debug, PartialEq, Eq)]
pub struct Header {
    /// The size of the whole memory.
    pub memory_pages: u64,
    /// The number of packed pages.
    pub data_pages: u64,
    runs: u64,
}

impl Header {
    pub fn parse(bytes: &[u8; HEADER_BYTES], file_bytes: u64) -> Result<Self, String> {
        if bytes[..8] != MAGIC || number(bytes, 8, 4) != u64::from(VERSION) {
            return Err(format!("it is not a pages file of version {VERSION}"));
        }
        let header = Self {
            memory_pages: number(bytes, 16, 8),
            data_pages: number(bytes, 24, 8),
            runs: number(bytes, 32, 8),
        };
        let of_memory = |pages: u64| pages <= header.memory_pages;
        if header.memory_pages > MAX_PAGES
            || !of_memory(header.data_pages)
            || !of_memory(header.runs)
        {
            return Err("its header has impossible counts".into());
        }
        let expected = header.table_at() + header.table_bytes();
        if file_bytes != expected {
            return Err(format!(
                "it has {file_bytes} bytes and its header needs {expected}"
            ));
        }
        Ok(header)
    }

    /// Returns where the table begins.
    pub fn table_at(&self) -> u64 {
        HEADER_BYTES as u64 + self.data_pages * PAGE_BYTES as u64
    }

    /// Returns the size of the table with the checksums; at most the size of the file.
    pub fn table_bytes(&self) -> u64 {
        self.runs * RUN_BYTES as u64 + self.blocks() * CHECKSUM_BYTES as u64
    }

    fn blocks(&self) -> u64 {
        self.data_pages.div_ceil(BLOCK_PAGES)
    }

    fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.memory_pages.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.data_pages.to_le_bytes());
        bytes[32..USED_HEADER_BYTES].copy_from_slice(&self.runs.to_le_bytes());
        bytes
    }
}

/// Which pages a file has, and their checksums.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Table {
    runs: Vec<Run>,
    checksums: Vec<u32>,
}

impl Table {
    /// Checks header and table of a file: their checksum, and that the runs are ascending, disjoint and within the
    /// memory.
    pub fn parse(
        header_bytes: &[u8; HEADER_BYTES],
        header: &Header,
        bytes: &[u8],
    ) -> Result<Self, String> {
        if number(header_bytes, CHECKSUM.start, 4) != u64::from(checksum(header_bytes, bytes)) {
            return Err("header or table is damaged".into());
        }
        if header_bytes[USED_HEADER_BYTES..]
            .iter()
            .any(|byte| *byte != 0)
        {
            return Err("its header has unknown fields".into());
        }
        let (runs, checksums) = bytes
            .split_at_checked(header.runs as usize * RUN_BYTES)
            .filter(|_| bytes.len() as u64 == header.table_bytes())
            .ok_or("its table is incomplete")?;
        let table = Self {
            runs: runs.chunks_exact(RUN_BYTES).map(run).collect(),
            checksums: checksums.chunks_exact(CHECKSUM_BYTES).map(word).collect(),
        };
        table.check(header).map(|()| table)
    }

    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Checks a block of packed pages by its number.
    pub fn check_block(&self, number: usize, bytes: &[u8]) -> Result<(), String> {
        match self.checksums.get(number) {
            Some(expected) if *expected == crc32c(bytes) => Ok(()),
            _ => Err(format!("its {}. MiB of pages is damaged", number + 1)),
        }
    }

    /// Adds a page that follows all others.
    pub fn add(&mut self, page: u64, zeros: bool) {
        match self.runs.last_mut() {
            Some(last) if last.end() == page && last.zeros == zeros => last.count += 1,
            _ => self.runs.push(Run {
                first: page,
                count: 1,
                zeros,
            }),
        }
    }

    /// Adds the checksum of the next block of packed pages.
    pub fn add_block(&mut self, bytes: &[u8]) {
        self.checksums.push(crc32c(bytes));
    }

    /// Returns the size of a file with this table and a number of packed pages.
    pub fn file_bytes(&self, data_pages: u64) -> u64 {
        let header = self.header(0, data_pages);
        header.table_at() + header.table_bytes()
    }

    /// Returns the header and the table of a file.
    pub fn encode(&self, memory_pages: u64, data_pages: u64) -> ([u8; HEADER_BYTES], Vec<u8>) {
        let mut header = self.header(memory_pages, data_pages).encode();
        let runs = self.runs.iter().flat_map(|run| run.encode());
        let checksums = self.checksums.iter().flat_map(|crc| crc.to_le_bytes());
        let table: Vec<u8> = runs.chain(checksums).collect();
        let crc = checksum(&header, &table);
        header[CHECKSUM].copy_from_slice(&crc.to_le_bytes());
        (header, table)
    }

    fn header(&self, memory_pages: u64, data_pages: u64) -> Header {
        Header {
            memory_pages,
            data_pages,
            runs: self.runs.len() as u64,
        }
    }

    fn check(&self, header: &Header) -> Result<(), String> {
        let mut end = 0;
        let mut data = 0;
        for (index, run) in self.runs.iter().enumerate() {
            if run.count == 0 || run.first < end || run.end() > header.memory_pages {
                return Err(format!("run {index} of its table is misplaced"));
            }
            end = run.end();
            data += if run.zeros { 0 } else { run.count };
        }
        if data == header.data_pages {
            Ok(())
        } else {
            Err(format!(
                "its runs have {data} pages and its header {}",
                header.data_pages
            ))
        }
    }
}

/// Computes the checksum of header and table.
pub fn checksum(header: &[u8; HEADER_BYTES], table: &[u8]) -> u32 {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + table.len());
    bytes.extend_from_slice(header);
    bytes[CHECKSUM].fill(0);
    bytes.extend_from_slice(table);
    crc32c(&bytes)
}

fn run(bytes: &[u8]) -> Run {
    Run::decode(std::array::from_fn(|index| bytes[index]))
}

fn word(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|index| bytes[index]))
}

fn number(bytes: &[u8; HEADER_BYTES], at: usize, length: usize) -> u64 {
    let mut number = [0; 8];
    number[..length].copy_from_slice(&bytes[at..at + length]);
    u64::from_le_bytes(number)
}

#[cfg(test)]
#[path = "pages_tests.rs"]
mod tests;
