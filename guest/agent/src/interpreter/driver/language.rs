//! The languages of contexts.

/// A language, and how its driver is started.
pub struct Language {
    pub name: &'static str,
    pub program: &'static str,
    /// In the directory of drivers.
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
    /// As fields that end with a zero byte, for a shell, which has no such byte in its variables.
    Fields,
}

const NODE: &str = "node.sh";

pub const LANGUAGES: [Language; 4] = [
    Language {
        name: "python",
        program: "python3",
        file: "python.py",
        arguments: &[],
        requests: Requests::Frames,
    },
    Language {
        name: "javascript",
        program: "sh",
        file: NODE,
        arguments: &["javascript"],
        requests: Requests::Frames,
    },
    Language {
        name: "typescript",
        program: "sh",
        file: NODE,
        arguments: &["typescript"],
        requests: Requests::Frames,
    },
    Language {
        name: "bash",
        program: "bash",
        file: "bash.sh",
        arguments: &[],
        requests: Requests::Fields,
    },
];

/// Returns how the driver of a language reads.
pub fn requests(name: &str) -> Requests {
    let language = LANGUAGES.iter().find(|language| language.name == name);
    language.map_or_else(Requests::default, |language| language.requests)
}
