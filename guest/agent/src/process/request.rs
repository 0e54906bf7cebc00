//! Checked requests about processes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;

use super::table::Selector;
use crate::invalid::{shown, Invalid};
use crate::sandbox::{checked_directory, checked_environment};
use crate::wire::sandbox::v1 as wire;

const COMMAND_BYTES_MAX: usize = 4096;
const ARGUMENT_BYTES_MAX: usize = 128 << 10;
const TAG_CHARACTERS_MAX: usize = 63;
const TIMEOUT_SECONDS_MAX: u32 = 86_400;
const INPUT_BYTES_MAX: usize = 64 << 10;
const SIGNAL_MAX: u32 = 64;
const TERMINAL_MAX: u32 = 4096;

/// A process to be started.
#[derive(Debug, PartialEq, Eq)]
pub struct Spec {
    pub command: String,
    pub arguments: Vec<String>,
    pub environment: BTreeMap<String, String>,
    /// `None` means that of the sandbox.
    pub directory: Option<PathBuf>,
    pub terminal: Option<TerminalSize>,
    pub has_input: bool,
    /// Empty if the process has none.
    pub tag: String,
    pub ends_with_stream: bool,
    pub timeout: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalSize {
    pub rows: u16,
    pub columns: u16,
}

impl Spec {
    pub fn from_request(request: wire::StartRequest) -> Result<Self, Invalid> {
        check_command(&request.command)?;
        check_arguments(&request.args)?;
        check_tag(&request.tag)?;
        if request.timeout_secs > TIMEOUT_SECONDS_MAX {
            return Err(Invalid::new(
                "timeout_secs",
                format!(
                    "is {}, must be 0 to {TIMEOUT_SECONDS_MAX}",
                    request.timeout_secs
                ),
            ));
        }
        Ok(Self {
            terminal: request
                .pty
                .map(|size| TerminalSize::checked("pty", size))
                .transpose()?,
            environment: checked_environment(request.env)?,
            directory: checked_directory("cwd", &request.cwd)?,
            timeout: (request.timeout_secs > 0)
                .then(|| Duration::from_secs(request.timeout_secs.into())),
            command: request.command,
            arguments: request.args,
            has_input: request.stdin,
            tag: request.tag,
            ends_with_stream: request.end_with_stream,
        })
    }
}

fn check_command(command: &str) -> Result<(), Invalid> {
    let problem = if command.is_empty() {
        "is empty".to_owned()
    } else if command.len() > COMMAND_BYTES_MAX {
        format!(
            "has {} bytes, at most {COMMAND_BYTES_MAX} are allowed",
            command.len()
        )
    } else if command.contains('\0') {
        format!("is {}, which contains a NUL byte", shown(command))
    } else {
        return Ok(());
    };
    Err(Invalid::new("command", problem))
}

fn check_arguments(arguments: &[String]) -> Result<(), Invalid> {
    if let Some(index) = arguments.iter().position(|one| one.contains('\0')) {
        return Err(Invalid::new(
            format!("args[{index}]"),
            "contains a NUL byte",
        ));
    }
    let bytes: usize = arguments.iter().map(String::len).sum();
    if bytes > ARGUMENT_BYTES_MAX {
        return Err(Invalid::new(
            "args",
            format!("have {bytes} bytes, at most {ARGUMENT_BYTES_MAX} are allowed"),
        ));
    }
    Ok(())
}

fn check_tag(tag: &str) -> Result<(), Invalid> {
    let characters = tag.chars().count();
    if characters > TAG_CHARACTERS_MAX {
        return Err(Invalid::new(
            "tag",
            format!("has {characters} characters, at most {TAG_CHARACTERS_MAX} are allowed"),
        ));
    }
    match tag.chars().any(char::is_control) {
        true => Err(Invalid::new(
            "tag",
            format!("is {}, which has a control character", shown(tag)),
        )),
        false => Ok(()),
    }
}

impl TerminalSize {
    pub fn checked(field: &str, size: wire::TerminalSize) -> Result<Self, Invalid> {
        let within = |name: &str, value: u32| match value {
            1..=TERMINAL_MAX => Ok(value as u16),
            _ => Err(Invalid::new(
                format!("{field}.{name}"),
                format!("is {value}, must be 1 to {TERMINAL_MAX}"),
            )),
        };
        Ok(Self {
            rows: within("rows", size.rows)?,
            columns: within("cols", size.cols)?,
        })
    }
}

pub fn selector(process: Option<wire::ProcessSelector>) -> Result<Selector, Invalid> {
    match process.and_then(|process| process.selector) {
        Some(wire::process_selector::Selector::Pid(0)) | None => Err(Invalid::new(
            "process",
            "names no process, must have a pid or a tag",
        )),
        Some(wire::process_selector::Selector::Pid(pid)) => Ok(Selector::Pid(pid)),
        Some(wire::process_selector::Selector::Tag(tag)) if tag.is_empty() => {
            Err(Invalid::new("process.tag", "is empty"))
        }
        Some(wire::process_selector::Selector::Tag(tag)) => {
            check_tag(&tag)?;
            Ok(Selector::Tag(tag))
        }
    }
}

pub fn signal(number: u32) -> Result<i32, Invalid> {
    match number {
        1..=SIGNAL_MAX => Ok(number as i32),
        _ => Err(Invalid::new(
            "signal",
            format!("is {number}, must be 1 to {SIGNAL_MAX}"),
        )),
    }
}

pub fn input(data: Bytes) -> Result<Bytes, Invalid> {
    match data.len() {
        0..=INPUT_BYTES_MAX => Ok(data),
        bytes => Err(Invalid::new(
            "data",
            format!("has {bytes} bytes, at most {INPUT_BYTES_MAX} are allowed"),
        )),
    }
}
