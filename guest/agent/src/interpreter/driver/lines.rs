//! Joins the pieces of a line. Pure.

use std::time::{Duration, Instant};

/// How long the beginning of a line waits for its rest.
pub const LINE_MAX: Duration = Duration::from_millis(10);
/// A longer line is not held back.
const HELD_BYTES_MAX: usize = 4096;

/// Holds back the beginning of a line for a moment: some interpreters write a line in many pieces.
#[derive(Default)]
pub struct Lines {
    held: Vec<u8>,
    until: Option<Instant>,
}

impl Lines {
    /// Returns what need not wait: whole lines, or a beginning that has become too long.
    pub fn push(&mut self, bytes: &[u8], now: Instant) -> Vec<u8> {
        let searched = self.held.len();
        self.held.extend_from_slice(bytes);
        let end = bytes.iter().rposition(|byte| *byte == b'\n');
        let complete = end.map_or(0, |end| searched + end + 1);
        if self.held.len() - complete > HELD_BYTES_MAX {
            return self.take();
        }
        let rest = self.held.split_off(complete);
        if complete > 0 {
            self.until = None;
        }
        if !rest.is_empty() {
            self.until.get_or_insert(now + LINE_MAX);
        }
        std::mem::replace(&mut self.held, rest)
    }

    /// Returns when to take what is held back.
    pub fn until(&self) -> Option<Instant> {
        self.until
    }

    /// Returns what is held back, and holds it no more.
    pub fn take(&mut self) -> Vec<u8> {
        self.until = None;
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_the_pieces_of_a_line() {
        let now = Instant::now();
        let mut lines = Lines::default();
        assert_eq!(lines.push(b"[1]", now), b"");
        assert_eq!(lines.push(b" 1", now + LINE_MAX / 2), b"");
        assert_eq!(lines.until(), Some(now + LINE_MAX));
        assert_eq!(lines.push(b"\n", now), b"[1] 1\n");
        assert_eq!((lines.until(), lines.take()), (None, vec![]));
    }

    #[test]
    fn holds_back_what_follows_the_last_line() {
        let now = Instant::now();
        let mut lines = Lines::default();
        assert_eq!(lines.push(b"a", now), b"");
        let later = now + LINE_MAX;
        assert_eq!(lines.push(b"b\nc\nd", later), b"ab\nc\n");
        assert_eq!(lines.until(), Some(later + LINE_MAX));
        assert_eq!((lines.take(), lines.until()), (b"d".to_vec(), None));
        assert_eq!(lines.take(), b"");
    }

    #[test]
    fn holds_back_no_long_lines() {
        let now = Instant::now();
        let mut lines = Lines::default();
        let long = vec![b'a'; HELD_BYTES_MAX];
        assert_eq!(lines.push(&long, now), b"");
        assert_eq!(lines.push(b"a", now).len(), HELD_BYTES_MAX + 1);
        let long = [b"\n", &long[..], b"a"].concat();
        assert_eq!(lines.push(&long, now).len(), HELD_BYTES_MAX + 2);
        assert_eq!((lines.until(), lines.take()), (None, vec![]));
    }
}
