//! The input files in the output directory.

use std::collections::HashMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Seek};
use std::path::Path;

use super::walk::FoundFile;
use super::{read_part, DIRECTORY, PART_BYTES};
use crate::execution::files;

/// Remembers input files by a hash of their content.
///
/// File times are not sufficient, because on a tmpfs they do not change when a file is written through a mapping. A
/// 64-bit hash suffices against accidents, and a program that constructs a collision only hides its own file.
pub struct Inputs {
    contents: HashMap<String, Content>,
    /// Whether an input file has the name of the output directory.
    in_place_of_directory: bool,
}

#[derive(PartialEq, Eq)]
struct Content {
    bytes: u64,
    hash: u64,
}

impl Inputs {
    pub fn among(files: &[files::File]) -> Self {
        let below = |file: &files::File| {
            let path = file.path.strip_prefix(DIRECTORY).ok()?.to_str()?;
            let content = Content {
                bytes: file.content.len() as u64,
                hash: hash(file.content.chunks(PART_BYTES)),
            };
            Some((path.to_owned(), content))
        };
        Self {
            contents: files.iter().filter_map(below).collect(),
            in_place_of_directory: files.iter().any(|file| file.path == Path::new(DIRECTORY)),
        }
    }

    pub fn has_file_in_place_of_directory(&self) -> bool {
        self.in_place_of_directory
    }

    /// Whether a file is an input file with unchanged content.
    pub fn contain_unchanged(&self, found: &mut FoundFile) -> io::Result<bool> {
        match self.contents.get(&found.path) {
            Some(content) if content.bytes == found.bytes => {
                let hash = hash_of(&mut found.file, found.bytes)?;
                found.file.rewind()?;
                Ok(content.hash == hash)
            }
            _ => Ok(false),
        }
    }
}

fn hash_of(file: &mut File, bytes: u64) -> io::Result<u64> {
    let mut hasher = DefaultHasher::new();
    let mut left = bytes;
    while left > 0 {
        let part = read_part(file, left)?;
        if part.is_empty() {
            break;
        }
        hasher.write(&part);
        left -= part.len() as u64;
    }
    Ok(hasher.finish())
}

/// Hashes the same parts as [`hash_of`], because their boundaries may affect the hash.
fn hash<'a>(parts: impl Iterator<Item = &'a [u8]>) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.for_each(|part| hasher.write(part));
    hasher.finish()
}
