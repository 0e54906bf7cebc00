//! Lists a directory page by page.
//!
//! The order is that of a walk which visits names by their bytes, and each directory before what it contains. A page
//! token is the path of the next entry, so that nothing is kept between pages. Each page reads the directories on the way
//! to its first entry again, and of each no more names than a page can have.

use std::collections::BTreeSet;
use std::ffi::{CStr, CString};
use std::iter::Peekable;
use std::os::fd::OwnedFd;
use std::vec;

use prost::Message;
use rustix::fs::{OFlags, CWD};
use rustix::io::{Errno, Result};
use tonic::Status;

use super::accounts::Accounts;
use super::directory::{each_entry, inside, open_to_list};
use super::entry;
use super::path::FilePath;
use super::pool::Wanted;
use crate::invalid::Invalid;
use crate::wire::sandbox::v1::{FileEntry, FileType, ListFilesResponse};

const DEPTH_MAX: u32 = 16;
const PAGE_ENTRIES_MAX: u32 = 1000;
/// A page with fewer entries ends here. An entry that is larger, because of its attributes, is a page of its own: it has
/// at most 105 KiB, and a message 128 KiB.
const PAGE_BYTES_MAX: usize = 96 << 10;
const NAME_BYTES_MAX: usize = 255;
/// How many names are read before a call that has ended is noticed.
const NAMES_BETWEEN_CHECKS: usize = 1024;

pub struct Listing {
    path: FilePath,
    depth: usize,
    page_size: usize,
    /// The names on the way to the first entry of the page.
    from: Vec<CString>,
}

impl Listing {
    pub fn checked(
        path: FilePath,
        depth: u32,
        page_size: u32,
        token: &str,
    ) -> std::result::Result<Self, Invalid> {
        let number = |field: &str, value: u32, usual: u32, maximum: u32| match value {
            0 => Ok(usual as usize),
            value if value <= maximum => Ok(value as usize),
            value => Err(Invalid::new(
                field,
                format!("is {value}, 1 to {maximum} are allowed"),
            )),
        };
        let listing = Self {
            path,
            depth: number("depth", depth, 1, DEPTH_MAX)?,
            page_size: number("page_size", page_size, PAGE_ENTRIES_MAX, PAGE_ENTRIES_MAX)?,
            from: names_of(token)
                .ok_or_else(|| Invalid::new("page_token", "is not a token of a page"))?,
        };
        if listing.from.len() > listing.depth {
            return Err(Invalid::new("page_token", "is of a page of deeper files"));
        }
        Ok(listing)
    }

    pub fn page(
        &self,
        accounts: &Accounts,
        wanted: Wanted<'_>,
    ) -> std::result::Result<ListFilesResponse, Status> {
        let refused = |error| self.path.refused(error);
        let root = open_to_list(CWD, self.path.as_str().as_bytes(), OFlags::empty());
        let mut walk = Walk {
            listing: self,
            levels: Vec::new(),
            wanted,
        };
        walk.start(root.map_err(refused)?).map_err(refused)?;
        walk.collect(accounts).map_err(refused)
    }
}

struct Walk<'a> {
    listing: &'a Listing,
    levels: Vec<Level>,
    wanted: Wanted<'a>,
}

/// A directory of which some entries are still to be visited.
struct Level {
    directory: OwnedFd,
    /// Relative to the root of the walk, with a slash at the end unless it is the root.
    path: Vec<u8>,
    names: Peekable<vec::IntoIter<CString>>,
    /// Where the directory is read again after the names, if it has more.
    more_after: Option<CString>,
}

/// The beginning of a part of the names in a directory.
enum From<'a> {
    Start,
    At(&'a CStr),
    After(&'a CStr),
}

impl Walk<'_> {
    /// Enters the directories on the way to the first entry of the page, as far as they are still there.
    fn start(&mut self, root: OwnedFd) -> Result<()> {
        let from = &self.listing.from;
        let beginning = |index: usize| match from.get(index) {
            Some(name) => From::At(name),
            None => From::Start,
        };
        let level = self.level(root, Vec::new(), beginning(0))?;
        self.levels.push(level);
        for index in 1..from.len() {
            let Some(level) = self.levels.last_mut() else {
                break;
            };
            let passed = &from[index - 1];
            if level.names.next_if_eq(passed).is_none() {
                break;
            }
            let path = [&level.path, passed.to_bytes(), b"/"].concat();
            let opened = open_to_list(&level.directory, passed.to_bytes(), OFlags::NOFOLLOW);
            match opened.and_then(|directory| self.level(directory, path, beginning(index))) {
                Ok(level) => self.levels.push(level),
                Err(_) => break,
            }
        }
        Ok(())
    }

    fn collect(mut self, accounts: &Accounts) -> Result<ListFilesResponse> {
        let mut page = ListFilesResponse::default();
        let mut bytes = 0;
        while let Some(level) = self.levels.last_mut() {
            let Some(name) = level.names.next() else {
                self.refill_or_leave()?;
                continue;
            };
            let relative = [&level.path, name.to_bytes()].concat();
            if page.entries.len() == self.listing.page_size || !(self.wanted)() {
                page.next_page_token = token_of(&relative);
                break;
            }
            let shown = joined(self.listing.path.as_str(), &relative);
            let described = inside(&level.directory, || entry::at(&name, &shown, accounts));
            let entry = match described.and_then(|entry| entry) {
                Ok(entry) => entry,
                Err(error @ (Errno::ACCESS | Errno::PERM)) if self.levels.len() == 1 => {
                    return Err(error);
                }
                // It has vanished, or its directory may be listed but not searched.
                Err(_) => continue,
            };
            bytes += entry.encoded_len() + 8;
            if bytes > PAGE_BYTES_MAX && !page.entries.is_empty() {
                page.next_page_token = token_of(&relative);
                break;
            }
            self.enter(&entry, &name, relative);
            page.entries.push(entry);
        }
        Ok(page)
    }

    fn refill_or_leave(&mut self) -> Result<()> {
        let Some(Level {
            directory,
            path,
            more_after: Some(last),
            ..
        }) = self.levels.pop()
        else {
            return Ok(());
        };
        match self.level(directory, path, From::After(&last)) {
            Ok(level) => self.levels.push(level),
            // A directory that was removed has no further entries.
            Err(Errno::NOENT) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Enters an entry that is a directory. One that cannot be listed stays an entry without content.
    fn enter(&mut self, entry: &FileEntry, name: &CStr, mut relative: Vec<u8>) {
        if entry.r#type() != FileType::Directory || self.levels.len() >= self.listing.depth {
            return;
        }
        let Some(level) = self.levels.last() else {
            return;
        };
        relative.push(b'/');
        let opened = open_to_list(&level.directory, name.to_bytes(), OFlags::NOFOLLOW);
        let below = opened.and_then(|directory| self.level(directory, relative, From::Start));
        self.levels.extend(below);
    }

    /// Reads the first names from a point on, one more than a page has.
    fn level(&self, directory: OwnedFd, path: Vec<u8>, from: From<'_>) -> Result<Level> {
        let names_max = self.listing.page_size + 1;
        let mut names: BTreeSet<CString> = BTreeSet::new();
        let (mut more, mut seen, mut wanted) = (false, 0, true);
        each_entry(&directory, |entry| {
            let name = entry.file_name();
            seen += 1;
            if seen % NAMES_BETWEEN_CHECKS == 0 {
                wanted = (self.wanted)();
            }
            let passed = match from {
                From::Start => false,
                From::At(first) => name < first,
                From::After(last) => name <= last,
            };
            if passed {
                return wanted;
            }
            if names.len() < names_max {
                names.insert(name.to_owned());
            } else {
                more = true;
                if names.last().is_some_and(|last| name < last.as_c_str()) {
                    names.pop_last();
                    names.insert(name.to_owned());
                }
            }
            wanted
        })?;
        if !wanted {
            return Err(Errno::CANCELED);
        }
        let more_after = if more { names.last().cloned() } else { None };
        Ok(Level {
            directory,
            path,
            more_after,
            names: names.into_iter().collect::<Vec<_>>().into_iter().peekable(),
        })
    }
}

fn joined(directory: &str, relative: &[u8]) -> Vec<u8> {
    [directory.trim_end_matches('/').as_bytes(), b"/", relative].concat()
}

/// Returns the hexadecimal digits of a path.
fn token_of(relative: &[u8]) -> String {
    relative.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the names of the path in a token. An empty token has none.
pub fn names_of(token: &str) -> Option<Vec<CString>> {
    if token.is_empty() {
        return Some(Vec::new());
    }
    let digits = token.as_bytes();
    if digits.len() % 2 != 0 || digits.len() / 2 > (NAME_BYTES_MAX + 1) * DEPTH_MAX as usize {
        return None;
    }
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte_of).collect();
    bytes?
        .split(|byte| *byte == b'/')
        .map(|name| match name {
            b"" | b"." | b".." => None,
            name if name.len() > NAME_BYTES_MAX => None,
            name => CString::new(name).ok(),
        })
        .collect()
}

fn byte_of(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| (byte as char).to_digit(16);
    match digits {
        [high, low] => u8::try_from(digit(*high)? << 4 | digit(*low)?).ok(),
        _ => None,
    }
}
