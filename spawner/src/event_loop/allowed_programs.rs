//! The programs that may be started.

use std::path::{Path, PathBuf};

use crate::launch::{Confinement, Launch};
use crate::wire::Restrict;

const MAX_PROGRAMS: usize = 16;

/// Allows all programs until the host process restricts them.
#[derive(Default)]
pub enum AllowedPrograms {
    #[default]
    Any,
    Only {
        executables: Vec<PathBuf>,
        jailers: Vec<PathBuf>,
    },
}

impl AllowedPrograms {
    /// Restricts the programs, irrevocably.
    pub fn restrict(&mut self, to: Restrict) -> Result<(), String> {
        if let Self::Only { .. } = self {
            return Err("a second Restrict".into());
        }
        if to.executables.is_empty() {
            return Err("a Restrict without an executable".into());
        }
        *self = Self::Only {
            executables: absolute(to.executables)?,
            jailers: absolute(to.jailers)?,
        };
        Ok(())
    }

    /// Checks that a launch executes only allowed programs.
    pub fn check(&self, launch: &Launch) -> Result<(), String> {
        let Self::Only {
            executables,
            jailers,
        } = self
        else {
            return Ok(());
        };
        named(executables, launch.executable(), "executable")?;
        match &launch.confinement {
            Confinement::Jail(_) => Ok(()),
            Confinement::Chroot(chroot) => named(jailers, &chroot.jailer, "jailer"),
        }
    }
}

fn absolute(paths: Vec<String>) -> Result<Vec<PathBuf>, String> {
    if paths.len() > MAX_PROGRAMS {
        return Err(format!(
            "a Restrict to {} programs, allowed are {MAX_PROGRAMS}",
            paths.len()
        ));
    }
    let paths: Vec<_> = paths.into_iter().map(PathBuf::from).collect();
    match paths.iter().find(|path| !path.is_absolute()) {
        None => Ok(paths),
        Some(path) => Err(format!(
            "a Restrict to {}, which is not absolute",
            path.display()
        )),
    }
}

/// Compares paths byte for byte. An honest host never spells an allowed path differently.
fn named(paths: &[PathBuf], path: &Path, what: &str) -> Result<(), String> {
    let known = paths
        .iter()
        .any(|known| known.as_os_str() == path.as_os_str());
    known.then_some(()).ok_or_else(|| {
        format!(
            "{what} {}: not a program that may start VMMs",
            path.display()
        )
    })
}
