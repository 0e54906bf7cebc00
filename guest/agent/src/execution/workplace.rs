//! The directory in which a program finds itself.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{chown, DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::File;
use crate::boot::{renew_writable, Quarters, GROUP_ID, USER_ID};

#[derive(Clone)]
pub struct Workplace {
    pub directory: PathBuf,
    /// `None` in a test: files stay their maker's, and nothing is mounted.
    pub quarters: Option<Arc<Quarters>>,
}

impl Workplace {
    pub fn confined(&self) -> bool {
        self.quarters.is_some()
    }

    /// Writes a program's code and files. No program has run here before, so that no path can be a trap.
    pub fn place(&self, main_file: &str, code: &str, files: &[File]) -> io::Result<()> {
        self.write(Path::new(main_file), code.as_bytes(), false)?;
        for file in files {
            if let Some(parent) = file.path.parent() {
                self.create_directories(parent)?;
            }
            self.write(&file.path, &file.content, file.executable)?;
        }
        Ok(())
    }

    /// Empties everything that a program can have written to.
    pub fn renew(&self) -> io::Result<()> {
        if self.confined() {
            renew_writable()?;
        }
        Ok(())
    }

    fn create_directories(&self, path: &Path) -> io::Result<()> {
        let mut directory = self.directory.clone();
        for name in path {
            directory.push(name);
            match DirBuilder::new().mode(0o755).create(&directory) {
                Ok(()) => self.hand_over(&directory)?,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn write(&self, path: &Path, content: &[u8], executable: bool) -> io::Result<()> {
        let path = self.directory.join(path);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(if executable { 0o755 } else { 0o644 })
            .open(&path)?;
        file.write_all(content)?;
        self.hand_over(&path)
    }

    fn hand_over(&self, path: &Path) -> io::Result<()> {
        if self.confined() {
            chown(path, Some(USER_ID), Some(GROUP_ID))?;
        }
        Ok(())
    }
}
