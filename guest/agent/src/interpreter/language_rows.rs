//! Tables of cells, and what is expected of each.

use super::cell_client::Seen;
use super::fixture::Fixture;
use crate::wire::sandbox::v1::{CellOutcome, CellVariables};

/// What is expected of a cell. Nothing else is written or shown, and without `Fails` it succeeds.
pub enum Expected {
    Out(&'static str),
    /// A part of standard error.
    Err(&'static str),
    /// The type and the text of a part, in the order of parts.
    Part(&'static str, &'static str),
    /// The name of the error, a part of its value, and the line of the cell, or 0.
    Fails(&'static str, &'static str, u32),
}

use Expected::{Err, Fails, Out, Part};

pub type Row<'a> = (&'a str, &'a [Expected]);

/// Runs the cells one after the other.
pub async fn check(fixture: &Fixture, rows: &[Row<'_>]) {
    for (code, expected) in rows {
        let seen = fixture.run(code).await;
        check_cell(code, expected, &seen);
    }
}

fn check_cell(code: &str, expected: &[Expected], seen: &Seen) {
    let stdout = expected.iter().find_map(|one| match one {
        Out(text) => Some(*text),
        _ => None,
    });
    assert_eq!(seen.stdout, stdout.unwrap_or_default(), "{code}: {seen:?}");
    let stderr = expected.iter().find_map(|one| match one {
        Err(text) => Some(*text),
        _ => None,
    });
    match stderr {
        Some(text) => assert!(seen.stderr.contains(text), "{code}: {seen:?}"),
        None => assert_eq!(seen.stderr, "", "{code}: {seen:?}"),
    }
    let parts: Vec<(&str, String)> = seen
        .parts
        .iter()
        .map(|(mime, data)| (mime.as_str(), String::from_utf8_lossy(data).into_owned()))
        .collect();
    let shown = expected.iter().filter_map(|one| match one {
        Part(mime, text) => Some((*mime, (*text).to_owned())),
        _ => None,
    });
    assert_eq!(parts, shown.collect::<Vec<_>>(), "{code}: {seen:?}");
    check_failure(code, expected, seen);
}

fn check_failure(code: &str, expected: &[Expected], seen: &Seen) {
    let failure = expected.iter().find_map(|one| match one {
        Fails(name, value, line) => Some((*name, *value, *line)),
        _ => None,
    });
    let outcome = match failure {
        Some(_) => CellOutcome::Error,
        None => CellOutcome::Ok,
    };
    assert_eq!(
        seen.outcome(),
        (outcome, CellVariables::Kept),
        "{code}: {seen:?}"
    );
    if let Some((name, value, line)) = failure {
        let error = &seen.errors[0];
        assert_eq!(error.name, name, "{code}: {seen:?}");
        assert!(error.value.contains(value), "{code}: {seen:?}");
        let of_cell = error.frames.iter().rev();
        let frame = of_cell
            .filter(|frame| frame.file.starts_with("<cell "))
            .map(|frame| frame.line)
            .next();
        assert_eq!(frame.unwrap_or(0), line, "{code}: {seen:?}");
    }
}
