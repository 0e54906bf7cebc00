//! Lines in the kernel's log, the one place that the host can read without a channel.
//!
//! Never the serial console directly: a write to it waits for the emulated line, character by character.

use std::fmt::Arguments;
use std::fs::OpenOptions;
use std::io::Write;

/// The kernel refuses records of more than about a kilobyte.
const LINE_BYTES_MAX: usize = 900;

/// Shown on the console even when the kernel was started with `quiet`.
pub fn error(line: Arguments<'_>) {
    write(3, line);
}

/// Kept in the kernel's buffer only.
pub fn information(line: Arguments<'_>) {
    write(6, line);
}

fn write(level: u8, line: Arguments<'_>) {
    let record = record(level, line);
    // There is nobody left to tell when even this fails.
    if let Ok(mut log) = OpenOptions::new().write(true).open("/dev/kmsg") {
        let _ = log.write_all(record.as_bytes());
    }
}

fn record(level: u8, line: Arguments<'_>) -> String {
    // One write is one record: a line break would hide what follows behind another level.
    let mut record = format!("<{level}>neurovisor: {line}").replace('\n', " | ");
    let mut end = LINE_BYTES_MAX.min(record.len());
    while !record.is_char_boundary(end) {
        end -= 1;
    }
    record.truncate(end);
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_with_its_level() {
        assert_eq!(
            record(3, format_args!("cannot\nboot")),
            "<3>neurovisor: cannot | boot"
        );
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        let record = record(6, format_args!("{}", "ü".repeat(1000)));
        assert!(record.len() <= LINE_BYTES_MAX);
        assert!(record.ends_with('ü'));
    }
}
