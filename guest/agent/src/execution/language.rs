//! The languages that a program can be written in.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tonic::Status;

use crate::invalid::{shown, Invalid};

/// The PATH of programs, in which interpreters are found.
pub const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How a language is run: `interpreter`, `arguments`, `main_file`, then the arguments of the request.
#[derive(Debug)]
pub struct Language {
    pub names: &'static [&'static str],
    /// The interpreter, or the compiler of a compiled language.
    pub interpreter: &'static str,
    pub arguments: &'static [&'static str],
    pub main_file: &'static str,
    /// For a compiled language: a shell script that gets the compiler as `$0` and the arguments of the request. It
    /// builds the program and then executes it.
    pub build_script: Option<&'static str>,
    /// Defaults, which the request can override.
    pub environment: &'static [(&'static str, &'static str)],
}

pub static LANGUAGES: &[Language] = &[
    Language {
        names: &["python", "python3"],
        interpreter: "python3",
        arguments: &[],
        main_file: "main.py",
        build_script: None,
        // Otherwise Python would write blocks of 8 KiB into a pipe: output would not be streamed, and the last output
        // of a killed program would be lost.
        environment: &[("PYTHONUNBUFFERED", "1")],
    },
    Language {
        names: &["bash", "sh", "shell"],
        interpreter: "bash",
        arguments: &[],
        main_file: "main.sh",
        build_script: None,
        environment: &[],
    },
    Language {
        names: &["javascript", "node", "js"],
        interpreter: "node",
        arguments: &[],
        main_file: "main.js",
        build_script: None,
        environment: &[],
    },
    Language {
        names: &["go", "golang"],
        interpreter: "go",
        arguments: &[],
        main_file: "main.go",
        build_script: Some(include_str!("build-go.sh")),
        environment: &[
            // Filled when the image is built, with the standard library without cgo. Programs with C code set
            // CGO_ENABLED=1 and take longer to build.
            ("GOCACHE", "/usr/lib/neurovisor/go-cache"),
            ("CGO_ENABLED", "0"),
            // There is no network, and only the program uses the working directory, which is also the home.
            ("GOPROXY", "off"),
            ("GOSUMDB", "off"),
            ("GOTOOLCHAIN", "local"),
            ("GOPATH", "/tmp/go"),
            // Linking debug symbols, which are not used here, takes a third of the time.
            ("GOFLAGS", "-buildvcs=false -ldflags=-s"),
        ],
    },
    Language {
        names: &["rust", "rs"],
        interpreter: "rustc",
        arguments: &[],
        main_file: "main.rs",
        build_script: Some(include_str!("build-rust.sh")),
        environment: &[],
    },
];

impl Language {
    pub fn named(name: &str) -> Result<&'static Language, Invalid> {
        LANGUAGES
            .iter()
            .find(|language| language.names.contains(&name))
            .ok_or_else(|| {
                let known: Vec<&str> = LANGUAGES
                    .iter()
                    .flat_map(|language| language.names)
                    .copied()
                    .collect();
                Invalid::new(
                    "language",
                    format!("is {}, must be one of {}", shown(name), known.join(", ")),
                )
            })
    }

    /// Finds the interpreter in this image.
    pub fn find_interpreter(&self) -> Result<PathBuf, Status> {
        SEARCH_PATH
            .split(':')
            .map(|directory| Path::new(directory).join(self.interpreter))
            .find(|path| is_executable(path))
            .ok_or_else(|| Status::not_found(format!("it has no program {}", self.interpreter)))
    }
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolves_aliases() {
        let main_file = |name| Language::named(name).unwrap().main_file;
        assert_eq!(main_file("python"), "main.py");
        assert_eq!(main_file("python3"), "main.py");
        for name in ["bash", "sh", "shell"] {
            assert_eq!(main_file(name), "main.sh");
        }
        for name in ["javascript", "node", "js"] {
            assert_eq!(main_file(name), "main.js");
        }
        assert_eq!(main_file("golang"), main_file("go"));
        assert_eq!(main_file("rs"), main_file("rust"));
    }

    #[test]
    fn lists_known_languages_for_an_unknown_one() {
        assert_eq!(
            Language::named("cobol").unwrap_err().to_string(),
            "language: is \"cobol\", must be one of python, python3, bash, sh, shell, \
             javascript, node, js, go, golang, rust, rs"
        );
        assert!(Language::named("").is_err());
        assert!(Language::named("Python").is_err());
    }

    #[test]
    fn has_unique_names() {
        let mut names: Vec<&str> = LANGUAGES
            .iter()
            .flat_map(|language| language.names)
            .copied()
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn names_a_missing_interpreter() {
        let language = Language {
            names: &["cobol"],
            interpreter: "no-such-interpreter",
            arguments: &[],
            main_file: "main.cob",
            build_script: None,
            environment: &[],
        };
        let status = language.find_interpreter().unwrap_err();
        assert_eq!(status.code(), tonic::Code::NotFound);
        assert!(status.message().contains("no-such-interpreter"));
    }
}
