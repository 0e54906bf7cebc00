//! Distinguishes text from other bytes in a stream of pieces.

use bytes::Bytes;

use super::event::Content;

/// A UTF-8 character has at most four bytes, so at most three of them are incomplete.
pub const CARRY_BYTES_MAX: usize = 3;

/// Splits a stream into content without splitting a character.
#[derive(Default)]
pub struct TextSplitter {
    carry: Vec<u8>,
}

impl TextSplitter {
    /// Returns the content that is complete with this piece, if any.
    pub fn push(&mut self, piece: &[u8]) -> Option<Content> {
        let mut bytes = std::mem::take(&mut self.carry);
        bytes.extend_from_slice(piece);
        match std::str::from_utf8(&bytes) {
            Ok(_) => {}
            // Incomplete at the end: the next piece may complete it.
            Err(error) if error.error_len().is_none() => {
                self.carry = bytes.split_off(error.valid_up_to());
            }
            Err(_) => return Some(Content::Bytes(bytes.into())),
        }
        if bytes.is_empty() {
            return None;
        }
        Some(match String::from_utf8(bytes) {
            Ok(text) => Content::Text(text),
            Err(error) => Content::Bytes(error.into_bytes().into()),
        })
    }

    /// Returns the incomplete rest at the end of the stream.
    pub fn finish(self) -> Option<Content> {
        (!self.carry.is_empty()).then(|| Content::Bytes(Bytes::from(self.carry)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<Content> {
        Some(Content::Text(text.to_owned()))
    }

    #[test]
    fn joins_split_characters() {
        for character in ["ü", "…", "🚀"] {
            let bytes = format!("a{character}b").into_bytes();
            for cut in 0..=bytes.len() {
                let mut splitter = TextSplitter::default();
                let mut joined = String::new();
                for piece in [&bytes[..cut], &bytes[cut..]] {
                    match splitter.push(piece) {
                        Some(Content::Text(text)) => joined.push_str(&text),
                        None => {}
                        other => panic!("{other:?}"),
                    }
                }
                assert_eq!(joined.as_bytes(), bytes);
                assert_eq!(splitter.finish(), None);
            }
        }
    }

    #[test]
    fn passes_other_bytes_unchanged() {
        let mut splitter = TextSplitter::default();
        assert_eq!(
            splitter.push(b"a\xff\xc3"),
            Some(Content::Bytes(Bytes::from_static(b"a\xff\xc3")))
        );
        assert_eq!(splitter.push(b"plain"), text("plain"));
        assert_eq!(splitter.finish(), None);
    }

    #[test]
    fn keeps_an_incomplete_character() {
        let mut splitter = TextSplitter::default();
        assert_eq!(splitter.push(b"a\xe2\x82"), text("a"));
        assert_eq!(
            splitter.finish(),
            Some(Content::Bytes(Bytes::from_static(b"\xe2\x82")))
        );
        let mut splitter = TextSplitter::default();
        assert_eq!(splitter.push(b"\xe2\x82"), None);
        assert_eq!(
            splitter.push(b"x"),
            Some(Content::Bytes(Bytes::from_static(b"\xe2\x82x")))
        );
    }
}
