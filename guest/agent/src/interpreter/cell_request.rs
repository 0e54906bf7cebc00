//! What a driver is asked to run.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::wire::sandbox::v1::TableFormat;

/// A cell as a client asked for it.
#[derive(Debug, Default)]
pub struct CellRequest {
    pub code: String,
    pub environment: BTreeMap<String, String>,
    pub directory: String,
    pub timeout: Option<Duration>,
    pub stop_on_error: bool,
    pub detach: bool,
    pub has_input: bool,
    pub tables: TableFormat,
}
