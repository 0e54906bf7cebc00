//! The message that hands a program to a waiting interpreter, and the rules for programs that it can run.

use std::collections::BTreeMap;
use std::path::Path;

use crate::execution::environment::DEFAULTS;
use crate::execution::program::Program;

/// Well below the capacity of an empty pipe, so that writing the message never blocks. Programs with longer arguments
/// are rare and get a plain interpreter.
const MESSAGE_BYTES_MAX: usize = 32 << 10;

/// Prefixes of variables that interpreters and their libraries may read when they start.
const READ_AT_START: [&str; 10] = [
    "PYTHON", "IPYTHON", "NODE_", "UV_", "LD_", "LC_", "MALLOC_", "GLIBC_", "OPENSSL_", "ICU_",
];
const READ_AT_START_BY_NAME: [&str; 6] = [
    "LANGUAGE",
    "TZ",
    "TZDIR",
    "GCONV_PATH",
    "LOCPATH",
    "NLSPATH",
];
/// The directory in which Python looks for modules of the user when it starts.
const SEARCHED_AT_START: &str = ".local";

/// Encodes a message: its length, and then, separated by NUL bytes, the working directory, the number of arguments, the
/// arguments and the variables. Returns `None` if the program could notice that its interpreter was started earlier,
/// with the environment `started`.
pub fn encode(
    program: &Program,
    started: &BTreeMap<String, String>,
    directory: &Path,
) -> Option<Vec<u8>> {
    if program.plain_interpreter
        || !environments_agree(&program.environment, started)
        || program
            .files
            .iter()
            .any(|file| file.path.starts_with(SEARCHED_AT_START))
    {
        return None;
    }
    let mut words = vec![
        directory.to_str()?.to_owned(),
        program.arguments.len().to_string(),
    ];
    words.extend_from_slice(&program.arguments);
    words.extend(
        program
            .environment
            .iter()
            .map(|(name, value)| format!("{name}={value}")),
    );
    let words = words.join("\0");
    if words.len() > MESSAGE_BYTES_MAX {
        return None;
    }
    let mut message = u32::try_from(words.len()).ok()?.to_be_bytes().to_vec();
    message.extend_from_slice(words.as_bytes());
    Some(message)
}

/// Returns whether an interpreter that was started with one environment could have been started with another one.
pub fn environments_agree(
    wanted: &BTreeMap<String, String>,
    started: &BTreeMap<String, String>,
) -> bool {
    let defaults = DEFAULTS.iter().map(|(name, _)| *name);
    let given = wanted
        .keys()
        .map(String::as_str)
        .filter(|name| is_read_at_start(name));
    defaults
        .chain(given)
        .all(|name| wanted.get(name) == started.get(name))
}

fn is_read_at_start(name: &str) -> bool {
    READ_AT_START.iter().any(|start| name.starts_with(start))
        || READ_AT_START_BY_NAME.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::execution::{ExecuteRequest, InputFile};

    fn request() -> ExecuteRequest {
        ExecuteRequest {
            language: "bash".to_owned(),
            code: "true".to_owned(),
            ..Default::default()
        }
    }

    fn with_variable(name: &str, value: &str) -> ExecuteRequest {
        ExecuteRequest {
            env: [(name.to_owned(), value.to_owned())].into(),
            ..request()
        }
    }

    fn message_for(request: ExecuteRequest) -> Option<Vec<u8>> {
        let started = Program::from_request(request_of(&request.language), "-")
            .unwrap()
            .environment;
        let program = Program::from_request(request, "trace").unwrap();
        encode(&program, &started, Path::new("/home/user"))
    }

    fn request_of(language: &str) -> ExecuteRequest {
        ExecuteRequest {
            language: language.to_owned(),
            ..request()
        }
    }

    #[test]
    fn encodes_everything_in_order() {
        let message = message_for(ExecuteRequest {
            args: vec!["one two".to_owned(), String::new()],
            ..with_variable("GREETING", "a=b")
        })
        .unwrap();
        let length = u32::from_be_bytes(message[..4].try_into().unwrap());
        assert_eq!(length as usize, message.len() - 4);
        let text = String::from_utf8(message[4..].to_vec()).unwrap();
        assert!(
            text.starts_with("/home/user\x002\0one two\0\0GREETING=a=b\0HOME=/home/user\0"),
            "{text:?}"
        );
        assert!(text.contains("\0NEUROVISOR_TRACE_ID=trace\0"));
    }

    #[test]
    fn rejects_variables_that_are_read_at_the_start() {
        for (name, value) in [
            ("PYTHONUNBUFFERED", ""),
            ("PYTHONHASHSEED", "0"),
            ("PYTHONPATH", "lib"),
            ("NODE_OPTIONS", "--use-strict"),
            ("NODE_PATH", "lib"),
            ("UV_THREADPOOL_SIZE", "1"),
            ("LD_PRELOAD", "x.so"),
            ("LC_ALL", "C"),
            ("LANG", "C"),
            ("TZ", "UTC"),
            ("MALLOC_ARENA_MAX", "1"),
            ("OPENSSL_CONF", "x"),
            ("HOME", "/tmp"),
            ("PATH", "/bin"),
        ] {
            assert_eq!(message_for(with_variable(name, value)), None, "{name}");
        }
        for (name, value) in [
            ("LANG", "C.UTF-8"),
            ("HOME", "/home/user"),
            ("TZ_NAME", "x"),
            ("API_KEY", "x"),
        ] {
            assert!(message_for(with_variable(name, value)).is_some(), "{name}");
        }
        let same = ExecuteRequest {
            language: "python".to_owned(),
            ..with_variable("PYTHONUNBUFFERED", "1")
        };
        assert!(message_for(same).is_some());
    }

    #[test]
    fn rejects_programs_for_a_plain_interpreter() {
        let file = |path: &str| InputFile {
            path: path.to_owned(),
            ..Default::default()
        };
        let with_file = |path| ExecuteRequest {
            files: vec![file(path)],
            ..request()
        };
        assert_eq!(message_for(with_file(".local/lib/x.py")), None);
        assert!(message_for(with_file("a/.local")).is_some());
        let long = ExecuteRequest {
            args: vec!["x".repeat(MESSAGE_BYTES_MAX)],
            ..request()
        };
        assert_eq!(message_for(long), None);
        let plain = ExecuteRequest {
            plain_interpreter: true,
            ..request()
        };
        assert_eq!(message_for(plain), None);
    }
}
