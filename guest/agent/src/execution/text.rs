//! Tells text from other bytes in a stream that comes in pieces.

use bytes::Bytes;

use super::event::Content;

/// A UTF-8 character has at most four bytes, so that at most three wait for the rest of theirs.
pub const CARRY_BYTES_MAX: usize = 3;

/// Cuts a stream so that a character split between two pieces stays whole.
#[derive(Default)]
pub struct TextSplitter {
    carry: Vec<u8>,
}

impl TextSplitter {
    /// The content that is complete with this piece, if any.
    pub fn push(&mut self, piece: &[u8]) -> Option<Content> {
        let mut bytes = std::mem::take(&mut self.carry);
        bytes.extend_from_slice(piece);
        match std::str::from_utf8(&bytes) {
            Ok(_) => {}
            // Only its end is missing: what follows may complete it.
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

    /// What still waited when the stream ended.
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
    fn split_characters_stay_whole() {
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
    fn other_bytes_are_passed_on_as_they_are() {
        let mut splitter = TextSplitter::default();
        assert_eq!(
            splitter.push(b"a\xff\xc3"),
            Some(Content::Bytes(Bytes::from_static(b"a\xff\xc3")))
        );
        assert_eq!(splitter.push(b"plain"), text("plain"));
        assert_eq!(splitter.finish(), None);
    }

    #[test]
    fn a_character_without_end_is_not_lost() {
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
