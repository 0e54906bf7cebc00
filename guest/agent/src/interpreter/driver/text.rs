//! Text from bytes that arrive in pieces. Pure.

/// Replaces what is not UTF-8, and joins characters that two pieces divide.
#[derive(Default)]
pub struct Utf8 {
    carry: Vec<u8>,
}

impl Utf8 {
    /// Returns the text that is complete.
    pub fn push(&mut self, piece: &[u8]) -> String {
        let mut bytes = std::mem::take(&mut self.carry);
        bytes.extend_from_slice(piece);
        let mut text = String::with_capacity(bytes.len());
        let mut rest = &bytes[..];
        loop {
            let error = match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    return text;
                }
                Err(error) => error,
            };
            let (valid, after) = rest.split_at(error.valid_up_to());
            text.push_str(&String::from_utf8_lossy(valid));
            let Some(invalid) = error.error_len() else {
                self.carry = after.to_vec();
                return text;
            };
            text.push(char::REPLACEMENT_CHARACTER);
            rest = &after[invalid..];
        }
    }

    /// Returns what stands for an incomplete character at the end.
    pub fn finish(&mut self) -> Option<String> {
        let carry = std::mem::take(&mut self.carry);
        (!carry.is_empty()).then(|| char::REPLACEMENT_CHARACTER.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_and_replaces() {
        let bytes = "aü🚀\u{fffd}".as_bytes();
        for cut in 0..=bytes.len() {
            let mut utf8 = Utf8::default();
            let text = utf8.push(&bytes[..cut]) + &utf8.push(&bytes[cut..]);
            assert_eq!((text.as_bytes(), utf8.finish()), (bytes, None));
        }
        let mut utf8 = Utf8::default();
        assert_eq!(utf8.push(b"a\xffb\xf0\x9f"), "a\u{fffd}b");
        assert_eq!(utf8.finish(), Some("\u{fffd}".to_owned()));
        assert_eq!(utf8.push(b"c"), "c");
    }
}
