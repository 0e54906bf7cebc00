//! Why a VM cannot boot.

use std::fmt::{self, Display, Formatter};

/// A sentence that names the object, the error and the next step.
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

/// For `map_err`: adds the failed action and the next step to an error.
pub fn context<E: Display>(
    problem: impl Display,
    next_step: impl Display,
) -> impl FnOnce(E) -> Failure {
    move |error| Failure(format!("{problem}: {error}; {next_step}"))
}
