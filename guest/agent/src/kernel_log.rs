//! Writes to the kernel's log, the only place that the host can read without a channel.
//!
//! Nothing is written to the serial console directly, where a write waits for each character of the emulated line.

use std::fmt::Arguments;
use std::fs::OpenOptions;
use std::io::Write;

/// The kernel rejects records of more than about a kilobyte.
const LINE_BYTES_MAX: usize = 900;

/// Writes an error, which appears on the console even if the kernel was started with `quiet`.
pub fn error(line: Arguments<'_>) {
    write(3, line);
}

/// Writes information, which stays in the kernel's buffer.
pub fn information(line: Arguments<'_>) {
    write(6, line);
}

fn write(level: u8, line: Arguments<'_>) {
    let record = record(level, line);
    // A failure cannot be reported anywhere else.
    if let Ok(mut log) = OpenOptions::new().write(true).open("/dev/kmsg") {
        let _ = log.write_all(record.as_bytes());
    }
}

fn record(level: u8, line: Arguments<'_>) -> String {
    // One write is one record. A line break would give the rest of the text another level.
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
    fn formats_one_line_with_its_level() {
        assert_eq!(
            record(3, format_args!("cannot\nboot")),
            "<3>neurovisor: cannot | boot"
        );
    }

    #[test]
    fn cuts_long_lines_between_characters() {
        let record = record(6, format_args!("{}", "ü".repeat(1000)));
        assert!(record.len() <= LINE_BYTES_MAX);
        assert!(record.ends_with('ü'));
    }
}
