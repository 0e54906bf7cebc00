//! The error for an invalid request.

use std::fmt::{self, Display, Formatter};

use tonic::Status;

/// A field, as the wire contract spells it, and the problem with its value.
#[derive(Debug, PartialEq, Eq)]
pub struct Invalid {
    field: String,
    problem: String,
}

impl Invalid {
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            problem: problem.into(),
        }
    }
}

impl Display for Invalid {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.field, self.problem)
    }
}

impl std::error::Error for Invalid {}

impl From<Invalid> for Status {
    fn from(invalid: Invalid) -> Self {
        Status::invalid_argument(invalid.to_string())
    }
}

/// Formats a value for a message: quoted and shortened.
pub fn shown(value: &str) -> String {
    const CHARACTERS_MAX: usize = 100;
    let start: String = value.chars().take(CHARACTERS_MAX).collect();
    if start.len() == value.len() {
        format!("{value:?}")
    } else {
        format!("{start:?}…")
    }
}
