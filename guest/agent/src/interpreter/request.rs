//! Checked requests about contexts and cells.

use std::time::Duration;

use super::cell_request::CellRequest;
use super::driver::launch::Spec;
use super::limits::{CODE_BYTES_MAX, INPUT_BYTES_MAX, TIMEOUT_SECONDS_MAX};
use crate::invalid::Invalid;
use crate::sandbox::{checked_directory, checked_environment};
use crate::wire::sandbox::v1::{CreateContextRequest, ExecuteCellRequest, TableFormat};

pub fn spec(request: CreateContextRequest) -> Result<Spec, Invalid> {
    if request.language.is_empty() {
        return Err(Invalid::new("language", "is empty"));
    }
    if request.shared && !(request.env.is_empty() && request.cwd.is_empty()) {
        return Err(Invalid::new("shared", "excludes env and cwd"));
    }
    Ok(Spec {
        language: request.language,
        environment: checked_environment(request.env)?,
        directory: checked_directory("cwd", &request.cwd)?,
        shared: request.shared,
    })
}

/// Returns the id of the context, and the cell.
pub fn cell(request: ExecuteCellRequest) -> Result<(String, CellRequest), Invalid> {
    let too_long = |field: &str, bytes: usize, max: usize| {
        Err(Invalid::new(
            field,
            format!("has {bytes} bytes, at most {max} are allowed"),
        ))
    };
    if request.code.len() > CODE_BYTES_MAX {
        return too_long("code", request.code.len(), CODE_BYTES_MAX);
    }
    if request.timeout_secs > TIMEOUT_SECONDS_MAX {
        let problem = format!(
            "is {}, must be 0 to {TIMEOUT_SECONDS_MAX}",
            request.timeout_secs
        );
        return Err(Invalid::new("timeout_secs", problem));
    }
    checked_directory("cwd", &request.cwd)?;
    let tables = TableFormat::try_from(request.table_format).map_err(|_| {
        let problem = format!("is {}, which is no format", request.table_format);
        Invalid::new("table_format", problem)
    })?;
    let cell = CellRequest {
        code: request.code,
        environment: checked_environment(request.env)?,
        directory: request.cwd,
        timeout: (request.timeout_secs > 0)
            .then(|| Duration::from_secs(request.timeout_secs.into())),
        stop_on_error: request.stop_on_error,
        detach: request.detach,
        has_input: request.stdin,
        tables,
    };
    Ok((request.context_id, cell))
}

pub fn input(text: &str) -> Result<(), Invalid> {
    match text.len() {
        0..=INPUT_BYTES_MAX => Ok(()),
        bytes => {
            let problem = format!("has {bytes} bytes, at most {INPUT_BYTES_MAX} are allowed");
            Err(Invalid::new("text", problem))
        }
    }
}
