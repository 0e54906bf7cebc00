//! Names that a program has chosen, made fit to be shown.

/// One line of at most that many characters, in which control characters and what is not UTF-8 are escaped.
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
        // A name can have thousands of characters, of which nobody wants to read more.
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
    fn text_is_shown_as_it_is() {
        assert_eq!(printable("grün 🚀 '\"\\".as_bytes(), 100), "grün 🚀 '\"\\");
        assert_eq!(printable(b"", 100), "");
    }

    #[test]
    fn the_rest_is_escaped() {
        assert_eq!(
            printable(b"a\n\x1b[2J\xff\xc3\xc2\x9b", 100),
            "a\\n\\u{1b}[2J\\xff\\xc3\\u{9b}"
        );
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(printable("äöü".as_bytes(), 3), "äöü");
        assert_eq!(printable("äöüß".as_bytes(), 3), "äöü…");
        assert_eq!(printable(&[0xff; 4000], 6), "\\xff\\x…");
    }
}
