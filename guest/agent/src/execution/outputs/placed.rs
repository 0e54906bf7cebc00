//! The files that the request has placed into `out/`.

use std::collections::HashMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Seek};
use std::path::Path;

use super::super::files;
use super::walk::FoundFile;
use super::{read_part, DIRECTORY, PART_BYTES};

/// Remembers them by a hash of their content.
///
/// By content, because neither time of a file on a tmpfs changes when it is written to through a mapping. Who makes two
/// contents of the same hash hides a file from nobody but himself, and from chance 64 bits are enough.
pub struct Placed {
    contents: HashMap<String, Content>,
    /// A file that is called as the directory should be.
    file: bool,
}

#[derive(PartialEq, Eq)]
struct Content {
    bytes: u64,
    hash: u64,
}

impl Placed {
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
            file: files.iter().any(|file| file.path == Path::new(DIRECTORY)),
        }
    }

    pub fn is_file(&self) -> bool {
        self.file
    }

    /// Whether the file was placed, with the content that it has now.
    pub fn holds(&self, found: &mut FoundFile) -> io::Result<bool> {
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

/// In the same parts as [`hash_of`], since they may count.
fn hash<'a>(parts: impl Iterator<Item = &'a [u8]>) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.for_each(|part| hasher.write(part));
    hasher.finish()
}
