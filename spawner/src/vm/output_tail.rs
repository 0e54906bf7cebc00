//! The end of a VMM's output.

use std::collections::VecDeque;

/// The limit of `Exited.output_tail`.
pub const TAIL_BYTES: usize = 8 << 10;

/// Keeps the last bytes of a stream of any length in bounded memory.
#[derive(Default)]
pub struct OutputTail {
    bytes: VecDeque<u8>,
    cut: bool,
}

impl OutputTail {
    pub fn push(&mut self, new: &[u8]) {
        let new = if new.len() > TAIL_BYTES {
            self.cut = true;
            &new[new.len() - TAIL_BYTES..]
        } else {
            new
        };
        let excess = (self.bytes.len() + new.len()).saturating_sub(TAIL_BYTES);
        self.cut |= excess > 0;
        self.bytes.drain(..excess);
        self.bytes.extend(new);
    }

    /// Returns the tail as text of at most [`TAIL_BYTES`] bytes, with invalid UTF-8 replaced.
    pub fn text(&self) -> String {
        let mut bytes: Vec<u8> = self.bytes.iter().copied().collect();
        if self.cut {
            // The cut may have split a character, whose rest is not an error of the VMM.
            let rest = bytes
                .iter()
                .take(3)
                .take_while(|byte| **byte & 0xc0 == 0x80)
                .count();
            bytes.drain(..rest);
        }
        let text = String::from_utf8_lossy(&bytes);
        // A replacement character takes three bytes.
        let mut start = text.len().saturating_sub(TAIL_BYTES);
        while !text.is_char_boundary(start) {
            start += 1;
        }
        text[start..].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(pieces: &[&[u8]]) -> String {
        let mut tail = OutputTail::default();
        pieces.iter().for_each(|piece| tail.push(piece));
        tail.text()
    }

    #[test]
    fn keeps_short_output_completely() {
        assert_eq!(tail(&[]), "");
        assert_eq!(tail(&[b"ab", b"", b"cd"]), "abcd");
    }

    #[test]
    fn keeps_the_end_of_long_output() {
        let all: Vec<u8> = (0..100_000_u32).map(|i| b'a' + (i % 26) as u8).collect();
        for size in [
            1,
            7,
            4096,
            TAIL_BYTES - 1,
            TAIL_BYTES,
            TAIL_BYTES + 1,
            65_536,
        ] {
            let pieces: Vec<&[u8]> = all.chunks(size).collect();
            assert_eq!(
                tail(&pieces).as_bytes(),
                &all[all.len() - TAIL_BYTES..],
                "pieces of {size}"
            );
        }
    }

    #[test]
    fn replaces_invalid_bytes_within_the_limit() {
        assert_eq!(tail(&[b"a\xffb"]), "a\u{fffd}b");
        let text = tail(&[&[0xff; TAIL_BYTES]]);
        assert!(text.len() <= TAIL_BYTES && text.chars().all(|c| c == '\u{fffd}'));
    }

    #[test]
    fn drops_a_character_cut_at_the_front() {
        let text = tail(&["x".as_bytes(), "€".repeat(TAIL_BYTES / 3 + 1).as_bytes()]);
        assert!(text.chars().all(|c| c == '€'), "{:?}", text.chars().next());
    }
}
