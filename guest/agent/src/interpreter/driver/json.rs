//! The part of JSON that headers of frames need. Pure and bounded: a header has at most 64 KiB.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Headers are flat: the deepest value is a field of a frame of an error.
const DEPTH_MAX: usize = 8;

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
}

impl Value {
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Map(map) => map.get(key),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns a whole number that is exact in JSON.
    pub fn number(&self) -> Option<u64> {
        match self {
            Value::Number(number)
                if (0.0..9_007_199_254_740_992.0).contains(number) && number.fract() == 0.0 =>
            {
                Some(*number as u64)
            }
            _ => None,
        }
    }

    pub fn list(&self) -> &[Value] {
        match self {
            Value::List(list) => list,
            _ => &[],
        }
    }
}

/// Parses a document. Returns `None` if it is not JSON or nested too deeply.
pub fn parse(bytes: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut parser = Parser { text, bytes, at: 0 };
    let value = parser.value(0)?;
    parser.skip_blanks();
    (parser.at == bytes.len()).then_some(value)
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn skip_blanks(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Takes a byte if it is the next one.
    fn take(&mut self, byte: u8) -> Option<()> {
        (self.bytes.get(self.at) == Some(&byte)).then(|| self.at += 1)
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        self.text[self.at..].starts_with(word).then(|| {
            self.at += word.len();
            value
        })
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.skip_blanks();
        match *self.bytes.get(self.at)? {
            b'n' => self.word("null", Value::Null),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'"' => self.string().map(Value::Text),
            b'[' if depth < DEPTH_MAX => self.list(depth + 1),
            b'{' if depth < DEPTH_MAX => self.map(depth + 1),
            b'-' | b'0'..=b'9' => self.number(),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Value> {
        let is_part = |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
        let rest = &self.bytes[self.at..];
        let length = rest.iter().take_while(|byte| is_part(byte)).count();
        let number = self.text[self.at..self.at + length].parse().ok()?;
        self.at += length;
        Some(Value::Number(number))
    }

    fn list(&mut self, depth: usize) -> Option<Value> {
        self.take(b'[')?;
        let mut list = Vec::new();
        self.skip_blanks();
        if self.take(b']').is_some() {
            return Some(Value::List(list));
        }
        loop {
            list.push(self.value(depth)?);
            self.skip_blanks();
            if self.take(b']').is_some() {
                return Some(Value::List(list));
            }
            self.take(b',')?;
        }
    }

    fn map(&mut self, depth: usize) -> Option<Value> {
        self.take(b'{')?;
        let mut map = BTreeMap::new();
        self.skip_blanks();
        if self.take(b'}').is_some() {
            return Some(Value::Map(map));
        }
        loop {
            self.skip_blanks();
            let key = self.string()?;
            self.skip_blanks();
            self.take(b':')?;
            map.insert(key, self.value(depth)?);
            self.skip_blanks();
            if self.take(b'}').is_some() {
                return Some(Value::Map(map));
            }
            self.take(b',')?;
        }
    }

    fn string(&mut self) -> Option<String> {
        self.take(b'"')?;
        let mut string = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(['"', '\\'])?;
            string.push_str(&rest[..plain]);
            self.at += plain + 1;
            if rest.as_bytes()[plain] == b'"' {
                return Some(string);
            }
            string.push(self.escaped()?);
        }
    }

    fn escaped(&mut self) -> Option<char> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(match byte {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'"' | b'\\' | b'/' => byte.into(),
            b'u' => self.code_point()?,
            _ => return None,
        })
    }

    /// Half of a surrogate pair alone, which Python's strings may contain, becomes a replacement character.
    fn code_point(&mut self) -> Option<char> {
        let first = self.hexadecimal()?;
        if (0xd800..0xdc00).contains(&first) && self.bytes[self.at..].starts_with(b"\\u") {
            let before = self.at;
            self.at += 2;
            let second = self.hexadecimal()?;
            if (0xdc00..0xe000).contains(&second) {
                return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
            }
            self.at = before;
        }
        Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hexadecimal(&mut self) -> Option<u32> {
        let digits = self.bytes.get(self.at..self.at + 4)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let value = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        self.at += 4;
        Some(value)
    }
}

/// Appends a string with quotation marks.
pub fn write_string(text: &str, target: &mut String) {
    target.push('"');
    for character in text.chars() {
        match character {
            '"' => target.push_str("\\\""),
            '\\' => target.push_str("\\\\"),
            '\0'..='\u{1f}' => {
                // Writing to a string cannot fail.
                let _ = write!(target, "\\u{:04x}", u32::from(character));
            }
            _ => target.push(character),
        }
    }
    target.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Option<Value> {
        Some(Value::Text(value.to_owned()))
    }

    #[test]
    fn parses_what_a_driver_writes() {
        let value =
            parse(br#" {"a": [1, -2.5e1, true, null, {}], "b": "x\u00fc\n\"\\"} "#).unwrap();
        assert_eq!(value.get("b").unwrap().text(), Some("xü\n\"\\"));
        let list = value.get("a").unwrap().list();
        assert_eq!(list[0].number(), Some(1));
        assert_eq!(list[1], Value::Number(-25.0));
        assert_eq!(
            (list[1].number(), &list[2], list.len()),
            (None, &Value::Bool(true), 5)
        );
    }

    #[test]
    fn replaces_halves_of_surrogate_pairs() {
        assert_eq!(parse(br#""\ud83d\ude80""#), text("🚀"));
        assert_eq!(parse(br#""\ud83dx""#), text("\u{fffd}x"));
        assert_eq!(parse(br#""\ud83d\n""#), text("\u{fffd}\n"));
        assert_eq!(parse(br#""\ud83d\u0041""#), text("\u{fffd}A"));
        assert_eq!(parse(br#""\ude80""#), text("\u{fffd}"));
    }

    #[test]
    fn rejects_what_is_not_json() {
        let deep = "[".repeat(9) + &"]".repeat(9);
        for bytes in [
            "",
            "{",
            "[1",
            "[1,]",
            "{\"a\"}",
            "{\"a\":1,}",
            "{a:1}",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u+123\"",
            "1 2",
            "nul",
            "--1",
            "\"",
            "\"\\",
            "NaN",
            &deep,
        ] {
            assert_eq!(parse(bytes.as_bytes()), None, "{bytes}");
        }
        assert_eq!(parse(b"\"\xff\""), None);
        assert!(parse(&deep.as_bytes()[1..17]).is_some());
    }

    #[test]
    fn writes_what_it_can_parse() {
        for original in ["", "a\"b\\c\n\0\u{1f}ü🚀"] {
            let mut written = String::new();
            write_string(original, &mut written);
            assert_eq!(parse(written.as_bytes()), text(original));
        }
    }
}
