//! Writes a file.

use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::{
    fchmod, fstat, ftruncate, renameat_with, stat, statat, unlinkat, AtFlags, Mode, OFlags,
    RenameFlags,
};
use rustix::io::{pwrite, write, Errno};
use tonic::Status;

use super::accounts::Accounts;
use super::attributes::{Changes, Subject};
use super::directory::Place;
use super::entry;
use super::path::FilePath;
use super::pool::Pool;
use super::reading::check_regular;
use super::temporary;
use crate::invalid::Invalid;
use crate::memory::Memory;
use crate::opening::{open, openat};
use crate::wire::sandbox::v1::{FileEntry, WriteMode};

/// Permissions of a new file.
const USUAL: Mode = Mode::from_bits_retain(0o644);
/// Memory that files leave to the agent and the kernel. Files are in memory, and the limits of their file systems are
/// together larger than it. Less than what programs leave.
const RESERVE_BYTES: u64 = 16 << 20;
const BYTES_BETWEEN_CHECKS: u64 = 1 << 20;

/// What is to be written.
pub struct Target {
    pub path: FilePath,
    pub mode: WriteMode,
    /// `None`: those of the replaced file, or the usual ones.
    pub permissions: Option<Mode>,
    pub offset: u64,
    pub attributes: Changes,
}

/// A file that is being written. When it is dropped before [`Self::finish`], the write is undone: a temporary or new file
/// is removed, and appended bytes are cut off. Bytes of a range stay.
pub struct Writing {
    pool: Pool,
    path: FilePath,
    file: Arc<OwnedFd>,
    /// To be set at the end, if any.
    permissions: Option<Mode>,
    written: u64,
    end: Option<End>,
}

/// How the write ends, and how it is undone.
enum End {
    Rename {
        place: Place,
        temporary: CString,
        /// Whether a file with the name makes the write fail.
        exclusive: bool,
    },
    /// The size at the beginning, and the place of a file that did not exist.
    Append(u64, Option<Place>),
    /// Where the range begins.
    Range(u64),
}

impl Writing {
    pub fn begin(target: Target, pool: Pool) -> Result<Self, Status> {
        let path = target.path;
        check_memory(&path)?;
        path.check_names_file()?;
        let usual = target.permissions.unwrap_or(USUAL);
        let (file, end, permissions) = match target.mode {
            WriteMode::Unspecified | WriteMode::Replace => {
                let place = Place::of(&path)?.behind_links();
                let place = place.map_err(|error| path.refused(error))?;
                let old = present(&path, &place)?;
                let permissions = target.permissions.or(old).unwrap_or(USUAL);
                let (file, end) = replacement(&path, place, old.is_some(), false)?;
                (file, end, Some(permissions))
            }
            WriteMode::CreateNew => {
                let place = Place::of(&path)?;
                match statat(&place.directory, &*place.name, AtFlags::SYMLINK_NOFOLLOW) {
                    Err(Errno::NOENT) => {}
                    Ok(_) => return Err(path.refused(Errno::EXIST)),
                    Err(error) => return Err(path.refused(error)),
                }
                let (file, end) = replacement(&path, place, false, true)?;
                (file, end, Some(usual))
            }
            WriteMode::Append => {
                let (file, end) = append(&path)?;
                let new = matches!(end, End::Append(_, Some(_)));
                (file, end, new.then_some(usual))
            }
            WriteMode::Range => {
                let (file, end) = range(&path, target.offset)?;
                (file, end, None)
            }
        };
        let writing = Self {
            pool,
            path,
            file: Arc::new(file),
            permissions,
            written: 0,
            end: Some(end),
        };
        let attributes = target.attributes;
        attributes
            .apply(Subject::Open(writing.file.as_fd()))
            .map_err(|error| writing.path.refused(error))?;
        Ok(writing)
    }

    /// A failure is undone before the client learns of it, so that the space is free again.
    pub fn write(&mut self, data: &[u8]) -> Result<(), Status> {
        let result = self.write_all(data);
        if result.is_err() {
            if let Some(end) = self.end.take() {
                end.undo(&self.file, self.written);
            }
        }
        result
    }

    fn write_all(&mut self, data: &[u8]) -> Result<(), Status> {
        let after = self.written + data.len() as u64;
        if after / BYTES_BETWEEN_CHECKS > self.written / BYTES_BETWEEN_CHECKS {
            check_memory(&self.path)?;
        }
        let mut rest = data;
        while !rest.is_empty() {
            let result = match self.end {
                Some(End::Range(offset)) => pwrite(&self.file, rest, offset + self.written),
                _ => write(&self.file, rest),
            };
            match result {
                Ok(count) => {
                    self.written += count as u64;
                    rest = &rest[count..];
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(self.path.refused(error)),
            }
        }
        Ok(())
    }

    /// Gives the file its permissions and its name.
    pub fn finish(mut self, accounts: &Accounts) -> Result<FileEntry, Status> {
        if let Some(permissions) = self.permissions {
            fchmod(&self.file, permissions).map_err(|error| self.path.refused(error))?;
        }
        if let Some(End::Rename {
            place,
            temporary,
            exclusive,
        }) = &self.end
        {
            let (directory, name) = (&place.directory, &*place.name);
            let flags = match exclusive {
                true => RenameFlags::NOREPLACE,
                false => RenameFlags::empty(),
            };
            renameat_with(directory, &**temporary, directory, name, flags)
                .map_err(|error| self.path.refused(error))?;
        }
        self.end = None;
        entry::of(self.file.as_fd(), self.path.as_str().as_bytes(), accounts)
            .map_err(|error| self.path.refused(error))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            let (file, written) = (self.file.clone(), self.written);
            self.pool.finish(move || end.undo(&file, written));
        }
    }
}

impl End {
    /// Errors are ignored: a program may have changed or removed the file meanwhile.
    fn undo(&self, file: &OwnedFd, written: u64) {
        match self {
            Self::Rename {
                place, temporary, ..
            } => {
                // Its pages would otherwise be in use until it is closed.
                let _ = ftruncate(file, 0);
                let _ = unlinkat(&place.directory, &**temporary, AtFlags::empty());
            }
            Self::Append(size, created) => {
                // What others have appended stays.
                let expected = size + written;
                if fstat(file).is_ok_and(|stat| u64::try_from(stat.st_size) == Ok(expected)) {
                    let _ = ftruncate(file, *size);
                    if let Some(place) = created {
                        let _ = unlinkat(&place.directory, &*place.name, AtFlags::empty());
                    }
                }
            }
            Self::Range(_) => {}
        }
    }
}

/// Returns the permissions of the file at a place, if there is one.
fn present(path: &FilePath, place: &Place) -> Result<Option<Mode>, Status> {
    match statat(&place.directory, &*place.name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => {
            check_regular(path, &stat)?;
            Ok(Some(Mode::from_raw_mode(stat.st_mode)))
        }
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(path.refused(error)),
    }
}

fn replacement(
    path: &FilePath,
    place: Place,
    replaces: bool,
    exclusive: bool,
) -> Result<(OwnedFd, End), Status> {
    let (file, temporary) =
        temporary::create(&place.directory, replaces).map_err(|error| path.refused(error))?;
    let end = End::Rename {
        place,
        temporary,
        exclusive,
    };
    Ok((file, end))
}

/// A FIFO or device that has taken the place of a file does not let this thread wait.
const IN_PLACE: OFlags = OFlags::WRONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

fn append(path: &FilePath) -> Result<(OwnedFd, End), Status> {
    let refused = |error| path.refused(error);
    let place = Place::of(path)?.behind_links().map_err(refused)?;
    let flags = IN_PLACE | OFlags::APPEND | OFlags::NOFOLLOW;
    if present(path, &place)?.is_none() {
        let flags = flags | OFlags::CREATE | OFlags::EXCL;
        match openat(&place.directory, &*place.name, flags, USUAL) {
            Ok(file) => return Ok((file, End::Append(0, Some(place)))),
            // Another process has just created it.
            Err(Errno::EXIST) => {}
            Err(error) => return Err(refused(error)),
        }
    }
    let file = openat(&place.directory, &*place.name, flags, Mode::empty()).map_err(refused)?;
    let size = size_of_regular(path, &file)?;
    Ok((file, End::Append(size, None)))
}

fn range(path: &FilePath, offset: u64) -> Result<(OwnedFd, End), Status> {
    let refused = |error| path.refused(error);
    check_regular(path, &stat(path.as_str()).map_err(refused)?)?;
    let file = open(path.as_str(), IN_PLACE, Mode::empty()).map_err(refused)?;
    let size = size_of_regular(path, &file)?;
    if offset > size {
        let problem = format!("is {offset}, the file has {size} bytes");
        return Err(Invalid::new("target.offset", problem).into());
    }
    Ok((file, End::Range(offset)))
}

fn size_of_regular(path: &FilePath, file: &OwnedFd) -> Result<u64, Status> {
    let stat = fstat(file).map_err(|error| path.refused(error))?;
    check_regular(path, &stat)?;
    Ok(stat.st_size.try_into().unwrap_or(0))
}

fn check_memory(path: &FilePath) -> Result<(), Status> {
    match Memory::current() {
        Ok(memory) if memory.available_bytes < RESERVE_BYTES => Err(path.refused(Errno::NOMEM)),
        _ => Ok(()),
    }
}
