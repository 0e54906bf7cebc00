//! A checked program.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use tonic::Status;

use super::environment::environment;
use super::files::{self, File};
use super::language::Language;
use crate::invalid::Invalid;
use crate::wire::execution::{self as wire, ExecuteRequest};

const CODE_BYTES_MAX: usize = 8 << 20;
const TIMEOUT_SECONDS_DEFAULT: u32 = 30;
const TIMEOUT_SECONDS_MAX: u32 = 86_400;
const OUTPUT_BYTES_MAX: u64 = 64 << 20;
const PROCESSES_DEFAULT: u32 = 256;
const PROCESSES_MAX: u32 = 32_768;

/// A program whose request has been checked.
pub struct Program {
    pub language: &'static Language,
    pub interpreter: PathBuf,
    pub code: String,
    pub arguments: Vec<String>,
    pub environment: BTreeMap<String, String>,
    pub files: Vec<File>,
    pub stdin: Bytes,
    pub limits: Limits,
    /// Whether the program must not be run by a waiting interpreter.
    pub plain_interpreter: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub time: Duration,
    /// The limit of each stream.
    pub output_bytes: u64,
    pub processes: u32,
}

impl Program {
    /// Checks all fields. An empty `trace_id` means that there is none.
    pub fn from_request(request: ExecuteRequest, trace_id: &str) -> Result<Self, Status> {
        let language = Language::named(&request.language)?;
        check_code(&request.code)?;
        check_arguments(&request.args)?;
        let limits = Limits::from_request(request.timeout_secs, request.limits)?;
        let environment = environment(request.env, language, trace_id)?;
        let files = files::checked(request.files, language.main_file)?;
        Ok(Self {
            language,
            interpreter: language.find_interpreter()?,
            code: request.code,
            arguments: request.args,
            environment,
            files,
            stdin: request.stdin,
            limits,
            plain_interpreter: request.plain_interpreter,
        })
    }
}

fn check_code(code: &str) -> Result<(), Invalid> {
    if code.is_empty() {
        return Err(Invalid::new("code", "is empty"));
    }
    if code.len() > CODE_BYTES_MAX {
        return Err(Invalid::new(
            "code",
            format!(
                "has {} bytes, at most {CODE_BYTES_MAX} are allowed",
                code.len()
            ),
        ));
    }
    Ok(())
}

fn check_arguments(arguments: &[String]) -> Result<(), Invalid> {
    match arguments
        .iter()
        .position(|argument| argument.contains('\0'))
    {
        Some(index) => Err(Invalid::new(
            format!("args[{index}]"),
            "contains a NUL byte",
        )),
        None => Ok(()),
    }
}

impl Limits {
    fn from_request(timeout_secs: u32, limits: Option<wire::Limits>) -> Result<Self, Invalid> {
        let limits = limits.unwrap_or_default();
        Ok(Self {
            time: Duration::from_secs(
                within(
                    "timeout_secs",
                    timeout_secs,
                    TIMEOUT_SECONDS_DEFAULT,
                    TIMEOUT_SECONDS_MAX,
                )?
                .into(),
            ),
            output_bytes: within(
                "limits.output_bytes",
                limits.output_bytes,
                OUTPUT_BYTES_MAX,
                OUTPUT_BYTES_MAX,
            )?,
            processes: within(
                "limits.processes",
                limits.processes,
                PROCESSES_DEFAULT,
                PROCESSES_MAX,
            )?,
        })
    }
}

/// Returns the value, or the default for 0.
fn within<N>(field: &str, value: N, default: N, largest: N) -> Result<N, Invalid>
where
    N: Copy + Default + PartialOrd + std::fmt::Display,
{
    if value > largest {
        return Err(Invalid::new(
            field,
            format!("is {value}, at most {largest} is allowed"),
        ));
    }
    Ok(if value == N::default() {
        default
    } else {
        value
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(request: ExecuteRequest) -> String {
        let status = Program::from_request(request, "")
            .err()
            .expect("must be refused");
        assert_eq!(status.code(), tonic::Code::InvalidArgument);
        status.message().to_owned()
    }

    fn request(code: &str) -> ExecuteRequest {
        ExecuteRequest {
            language: "bash".to_owned(),
            code: code.to_owned(),
            ..Default::default()
        }
    }

    #[test]
    fn replaces_zero_by_the_default() {
        let limits = Limits::from_request(0, None).unwrap();
        assert_eq!(
            limits,
            Limits {
                time: Duration::from_secs(30),
                output_bytes: 64 << 20,
                processes: 256
            }
        );
        assert_eq!(
            Limits::from_request(86_400, None).unwrap().time.as_secs(),
            86_400
        );
    }

    #[test]
    fn rejects_limits_above_the_maximum() {
        let limits = |output_bytes, processes| {
            Some(wire::Limits {
                output_bytes,
                processes,
            })
        };
        assert_eq!(
            Limits::from_request(0, limits(1, 2)).unwrap().output_bytes,
            1
        );
        for (limits, field) in [
            (
                limits((64 << 20) + 1, 0),
                "limits.output_bytes: is 67108865",
            ),
            (limits(0, 32_769), "limits.processes: is 32769"),
        ] {
            let refusal = Limits::from_request(0, limits).unwrap_err().to_string();
            assert!(refusal.starts_with(field), "{refusal}");
        }
        assert_eq!(
            Limits::from_request(86_401, None).unwrap_err().to_string(),
            "timeout_secs: is 86401, at most 86400 is allowed"
        );
    }

    #[test]
    fn rejects_empty_and_long_code() {
        assert_eq!(refusal(request("")), "code: is empty");
        assert_eq!(
            refusal(request(&"#".repeat(CODE_BYTES_MAX + 1))),
            "code: has 8388609 bytes, at most 8388608 are allowed"
        );
        assert!(Program::from_request(request(&"#".repeat(CODE_BYTES_MAX)), "").is_ok());
    }

    #[test]
    fn rejects_nul_in_arguments() {
        let request = ExecuteRequest {
            args: vec!["a".to_owned(), "b\0".to_owned()],
            ..request("true")
        };
        assert_eq!(refusal(request), "args[1]: contains a NUL byte");
    }
}
