//! The languages of contexts, and the drivers of an image.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A language, and how its driver is started.
pub struct Language {
    pub name: &'static str,
    pub program: &'static str,
    /// In a directory of drivers.
    pub file: &'static str,
    pub arguments: &'static [&'static str],
    pub requests: Requests,
}

/// How a driver reads what it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Requests {
    /// As frames.
    #[default]
    Frames,
    /// As fields that end with a zero byte, for a shell, which has no such byte in its variables, and for Java, which has no JSON. There is
    /// no input, and an interrupt is a signal alone.
    Fields,
}

const fn language(name: &'static str, program: &'static str, file: &'static str) -> Language {
    Language {
        name,
        program,
        file,
        arguments: &[],
        requests: Requests::Frames,
    }
}

const LANGUAGES: [Language; 6] = [
    language("python", "python3", "python.py"),
    Language {
        arguments: &["javascript"],
        ..language("javascript", "sh", "node.sh")
    },
    Language {
        arguments: &["typescript"],
        ..language("typescript", "sh", "node.sh")
    },
    Language {
        requests: Requests::Fields,
        ..language("bash", "bash", "bash.sh")
    },
    language("r", "bash", "r.sh"),
    Language {
        requests: Requests::Fields,
        ..language("java", "sh", "java.sh")
    },
];

/// Runs kernels of Jupyter. The directory of the kernel is its argument.
const BRIDGE: Language = language("kernel:", "python3", "bridge.py");

/// Returns how the driver of a language reads.
pub fn requests(name: &str) -> Requests {
    let language = LANGUAGES.iter().find(|language| language.name == name);
    language.map_or_else(Requests::default, |language| language.requests)
}

/// The drivers of an image.
#[derive(Clone)]
pub struct Drivers {
    /// Each with a file for each language.
    pub directories: Vec<PathBuf>,
    /// Each with a directory for each kernel of Jupyter.
    pub kernels: Vec<PathBuf>,
}

impl Drivers {
    /// Returns those of the image from which this machine was started.
    pub fn of_image() -> Self {
        let paths = |all: &[&str]| all.iter().map(PathBuf::from).collect();
        Self {
            directories: paths(&["/usr/lib/neurovisor/drivers"]),
            kernels: paths(&[
                "/usr/local/share/jupyter/kernels",
                "/usr/share/jupyter/kernels",
            ]),
        }
    }

    /// Returns the languages with a driver.
    pub fn languages(&self) -> Vec<String> {
        let found = LANGUAGES.iter().filter(|one| self.file(one).is_some());
        let found = found.map(|one| one.name.to_owned());
        let kernels = self.kernels().into_iter();
        found.chain(kernels.map(|(name, _)| name)).collect()
    }

    /// Returns the command that starts the driver of a language.
    pub fn command(&self, name: &str) -> Option<Command> {
        let kernels = self.kernels();
        let kernel = kernels.iter().find(|(found, _)| found == name);
        let own = LANGUAGES.iter().find(|one| one.name == name);
        let language = own.or(kernel.map(|_| &BRIDGE))?;
        let mut command = Command::new(language.program);
        command.arg(self.file(language)?).args(language.arguments);
        command.args(kernel.map(|(_, directory)| directory));
        Some(command)
    }

    fn file(&self, language: &Language) -> Option<PathBuf> {
        let mut files = self.directories.iter().map(|one| one.join(language.file));
        files.find(|file| file.is_file())
    }

    /// Returns the kernels as languages, sorted, with their directories. The first of a name hides others.
    fn kernels(&self) -> Vec<(String, PathBuf)> {
        if self.file(&BRIDGE).is_none() {
            return vec![];
        }
        let mut found: Vec<_> = self
            .kernels
            .iter()
            .flat_map(|one| kernels_in(one))
            .collect();
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        found.dedup_by(|(one, _), (other, _)| one == other);
        found
    }
}

fn kernels_in(directory: &Path) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let kernels = paths.filter(|path| path.join("kernel.json").is_file());
    let named = |path: PathBuf| {
        let name = path.file_name()?.to_str()?;
        Some((format!("{}{name}", BRIDGE.name), path))
    };
    kernels.filter_map(named).collect()
}
