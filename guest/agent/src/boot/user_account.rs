//! The account under which programs run.

use std::fs;
use std::io;
use std::path::Path;

use super::failure::{context, Failure};

pub const USER: &str = "user";
pub const USER_ID: u32 = 1000;
pub const GROUP_ID: u32 = 1000;
pub const HOME: &str = "/home/user";

/// Adds the account `user` to the root image, unless the image has it.
pub fn ensure() -> Result<(), Failure> {
    let shell = ["/bin/bash", "/bin/sh"]
        .into_iter()
        .find(|shell| Path::new(shell).exists())
        .unwrap_or("/bin/false");
    let account = format!("{USER}:x:{USER_ID}:{GROUP_ID}:{USER}:{HOME}:{shell}");
    let group = format!("{USER}:x:{GROUP_ID}:");
    for (path, line) in [("/etc/passwd", account), ("/etc/group", group)] {
        ensure_in(path, &line).map_err(context(
            format!("cannot add the account {USER} to {path}"),
            "the root image must have a directory /etc",
        ))?;
    }
    Ok(())
}

fn ensure_in(path: &str, line: &str) -> io::Result<()> {
    let present = match fs::read_to_string(path) {
        Ok(present) => present,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    match with_line(&present, line) {
        Some(changed) => fs::write(path, changed),
        None => Ok(()),
    }
}

/// Returns the text with the line in place of others with the same name or number. Returns `None` if the image has the
/// account already, whose line is kept.
fn with_line(text: &str, line: &str) -> Option<String> {
    let (name, number) = name_and_number(line)?;
    let claims = |other: &str| {
        name_and_number(other)
            .is_some_and(|(other_name, other_number)| other_name == name || other_number == number)
    };
    let claimants: Vec<&str> = text.lines().filter(|other| claims(other)).collect();
    if claimants.len() == 1 && name_and_number(claimants[0]) == Some((name, number)) {
        return None;
    }
    let mut changed: String = text
        .lines()
        .filter(|other| !claims(other))
        .map(|other| format!("{other}\n"))
        .collect();
    changed.push_str(line);
    changed.push('\n');
    Some(changed)
}

/// Returns the first and the third field, which are name and number in both /etc/passwd and /etc/group.
fn name_and_number(line: &str) -> Option<(&str, &str)> {
    let mut fields = line.split(':');
    Some((fields.next()?, fields.nth(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "user:x:1000:1000:user:/home/user:/bin/bash";

    #[test]
    fn adds_the_account() {
        assert_eq!(
            with_line("root:x:0:0:root:/root:/bin/bash", LINE).unwrap(),
            format!("root:x:0:0:root:/root:/bin/bash\n{LINE}\n")
        );
        assert_eq!(with_line("", LINE).unwrap(), format!("{LINE}\n"));
    }

    #[test]
    fn keeps_the_account_of_the_image() {
        assert_eq!(
            with_line("user:x:1000:1000::/home/user:/bin/zsh\n", LINE),
            None
        );
    }

    #[test]
    fn replaces_accounts_with_the_same_name_or_number() {
        assert_eq!(
            with_line(
                "ubuntu:x:1000:1000::/:/bin/sh\nuser:x:7:7::/:/bin/sh\nbin:x:2:2::/:\n",
                LINE
            )
            .unwrap(),
            format!("bin:x:2:2::/:\n{LINE}\n")
        );
    }
}
