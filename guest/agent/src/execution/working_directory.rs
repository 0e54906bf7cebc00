//! The working directory of programs.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{chown, DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::File;
use crate::boot::{GROUP_ID, HOME, USER_ID};
use crate::namespaces::Namespaces;

/// The working directory, and the namespaces in which its programs run.
#[derive(Clone)]
pub struct WorkingDirectory {
    pub directory: PathBuf,
    /// `None` in a test, where files keep their owner.
    pub namespaces: Option<Arc<Namespaces>>,
}

impl WorkingDirectory {
    pub fn in_guest(namespaces: Namespaces) -> Self {
        Self {
            directory: PathBuf::from(HOME),
            namespaces: Some(Arc::new(namespaces)),
        }
    }

    /// Runs programs outside of a guest: with the same user and without control groups and mounts.
    #[cfg(test)]
    pub fn in_test(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            namespaces: None,
        }
    }

    pub fn confined(&self) -> bool {
        self.namespaces.is_some()
    }

    /// Writes the code and files of a program. No program has run before, so no path can be a trap.
    pub fn write_files(&self, main_file: &str, code: &str, files: &[File]) -> io::Result<()> {
        self.write(Path::new(main_file), code.as_bytes(), false)?;
        for file in files {
            if let Some(parent) = file.path.parent() {
                self.create_directories(parent)?;
            }
            self.write(&file.path, &file.content, file.executable)?;
        }
        Ok(())
    }

    fn create_directories(&self, path: &Path) -> io::Result<()> {
        let mut directory = self.directory.clone();
        for name in path {
            directory.push(name);
            match DirBuilder::new().mode(0o755).create(&directory) {
                Ok(()) => self.give_to_user(&directory)?,
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
        self.give_to_user(&path)
    }

    fn give_to_user(&self, path: &Path) -> io::Result<()> {
        if self.confined() {
            chown(path, Some(USER_ID), Some(GROUP_ID))?;
        }
        Ok(())
    }
}
