//! The fuzz targets of an execution.

use std::path::Component;

use super::event::Content;
use super::printable::printable;
use super::processes::out_of_memory;
use super::program::Program;
use super::text::{TextSplitter, CARRY_BYTES_MAX};

/// Checks the properties of an accepted program.
pub fn check(program: &Program) {
    for file in &program.files {
        let parts: Vec<_> = file.path.components().collect();
        assert!(
            !parts.is_empty()
                && parts
                    .iter()
                    .all(|part| matches!(part, Component::Normal(_))),
            "{:?}",
            file.path
        );
    }
    for (name, value) in &program.environment {
        assert!(!name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0'));
    }
    assert!(program.arguments.iter().all(|one| !one.contains('\0')));
    let limits = &program.limits;
    assert!((1..=86_400).contains(&limits.time.as_secs()));
    assert!(limits.output_bytes > 0 && limits.processes > 0);
}

/// The output of a program, split at any point, and names that it has chosen. No byte is lost, and a printable name is
/// one line.
pub fn output(bytes: &[u8]) {
    let piece = usize::from(bytes.first().copied().unwrap_or(0)) + 1;
    let mut splitter = TextSplitter::default();
    let mut sent = Vec::new();
    for piece in bytes.chunks(piece) {
        if let Some(content) = splitter.push(piece) {
            sent.extend_from_slice(content.as_bytes());
            assert!(!content.as_bytes().is_empty());
            assert!(
                !matches!(&content, Content::Bytes(bytes) if std::str::from_utf8(bytes).is_ok())
            );
        }
    }
    if let Some(rest) = splitter.finish() {
        assert!(rest.as_bytes().len() <= CARRY_BYTES_MAX);
        sent.extend_from_slice(rest.as_bytes());
    }
    assert_eq!(sent, bytes);
    let shown = printable(bytes, 60);
    assert!(shown.chars().count() <= 61 && !shown.contains(char::is_control));
}

/// Records of the kernel's log, in which a program has chosen its name.
pub fn kernel_log(bytes: &[u8]) {
    if let Some(name) = out_of_memory::victim_name(bytes) {
        assert!(name.chars().count() <= 61 && !name.contains(char::is_control));
    }
}
