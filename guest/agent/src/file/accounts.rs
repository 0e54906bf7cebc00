//! The names of users and groups.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;

const FILE_BYTES_MAX: u64 = 1 << 20;

/// The names in the guest's /etc/passwd and /etc/group.
#[derive(Debug, Default)]
pub struct Accounts {
    users: HashMap<u32, String>,
    groups: HashMap<u32, String>,
}

impl Accounts {
    /// Reads the files as this thread sees them. A file that cannot be read has no names.
    pub fn read() -> Self {
        Self {
            users: names(&text("/etc/passwd")),
            groups: names(&text("/etc/group")),
        }
    }

    /// Returns the name of a user, or its number.
    pub fn user(&self, number: u32) -> String {
        name(&self.users, number)
    }

    pub fn group(&self, number: u32) -> String {
        name(&self.groups, number)
    }
}

fn name(names: &HashMap<u32, String>, number: u32) -> String {
    names
        .get(&number)
        .cloned()
        .unwrap_or_else(|| number.to_string())
}

fn text(path: &str) -> String {
    let mut bytes = Vec::new();
    if let Ok(file) = File::open(path) {
        let _ = file.take(FILE_BYTES_MAX).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Both files have the name in the first field and the number in the third. The first line with a number is valid.
pub(crate) fn names(text: &str) -> HashMap<u32, String> {
    let mut names = HashMap::new();
    for line in text.lines() {
        let mut fields = line.split(':');
        let name = fields.next().unwrap_or_default();
        let number = fields.nth(1).and_then(|number| number.parse().ok());
        if let (false, Some(number)) = (name.is_empty(), number) {
            names.entry(number).or_insert_with(|| name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_by_number() {
        let accounts = Accounts {
            users: names("root:x:0:0::/:/bin/sh\n\nbad\n:x:7:\nuser:x:1000:\nother:x:1000:\n"),
            groups: HashMap::new(),
        };
        assert_eq!(accounts.user(0), "root");
        assert_eq!(accounts.user(1000), "user");
        assert_eq!(accounts.user(7), "7");
        assert_eq!(accounts.group(4_294_967_295), "4294967295");
    }
}
