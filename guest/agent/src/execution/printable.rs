//! Makes names that a program has chosen printable.

/// Returns one line of at most `characters_max` characters, with control characters and invalid UTF-8 escaped.
pub fn printable(name: &[u8], characters_max: usize) -> String {
    let mut shown = String::new();
    for chunk in name.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() {
                shown.extend(character.escape_default());
            } else {
                shown.push(character);
            }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
        // Shortens names that can have thousands of characters.
        if let Some((end, _)) = shown.char_indices().nth(characters_max) {
            shown.truncate(end);
            shown.push('…');
            break;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn keeps_text_unchanged() {
        assert_eq!(printable("grün 🚀 '\"\\".as_bytes(), 100), "grün 🚀 '\"\\");
        assert_eq!(printable(b"", 100), "");
    }

    #[test]
    fn escapes_everything_else() {
        assert_eq!(
            printable(b"a\n\x1b[2J\xff\xc3\xc2\x9b", 100),
            "a\\n\\u{1b}[2J\\xff\\xc3\\u{9b}"
        );
    }

    #[test]
    fn cuts_long_names_between_characters() {
        assert_eq!(printable("äöü".as_bytes(), 3), "äöü");
        assert_eq!(printable("äöüß".as_bytes(), 3), "äöü…");
        assert_eq!(printable(&[0xff; 4000], 6), "\\xff\\x…");
    }
}
