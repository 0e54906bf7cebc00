//! The name of a VM.

use std::fmt;

const MAX_LENGTH: usize = 64;

/// A checked VM name, safe as the name of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VmId(String);

impl VmId {
    pub fn parse(text: &str) -> Result<Self, String> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(format!("vm_id must be 1 to {MAX_LENGTH} of a-z, 0-9 and -"))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VmId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_plain_names_only() {
        for good in ["a", "0", "-", "a-0", &"x".repeat(64)] {
            assert!(VmId::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "A",
            "a b",
            "a_b",
            "ä",
            "a\0",
            "a\n",
            &"x".repeat(65),
        ] {
            assert!(VmId::parse(bad).is_err(), "{bad:?}");
        }
    }
}
