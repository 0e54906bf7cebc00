//! Why a VM cannot come up.

use std::fmt::{self, Display, Formatter};

/// One sentence that names the object, the error and what to do about it.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    pub fn new(problem: impl Display, next_step: impl Display) -> Self {
        Self(format!("{problem}; {next_step}"))
    }
}

impl Display for Failure {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// For `map_err`: says what was being done when the error came up, and what to do about it.
pub fn context<E: Display>(
    problem: impl Display,
    next_step: impl Display,
) -> impl FnOnce(E) -> Failure {
    move |error| Failure(format!("{problem}: {error}; {next_step}"))
}
