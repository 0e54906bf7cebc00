//! The rules for paths of files that are sent into or out of a guest. The host applies the same rules.

/// The limit of the kernel.
const NAME_BYTES_MAX: usize = 255;
/// Limit of a path. Together with the working directory it stays below the limit of the kernel.
pub const PATH_BYTES_MAX: usize = 4000;

/// Returns the problem with a path, if any, as the end of a sentence.
pub fn problem(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("is empty");
    }
    if path.starts_with('/') {
        return Some("is absolute");
    }
    if path.chars().any(char::is_control) {
        return Some("has a control character");
    }
    if path.len() > PATH_BYTES_MAX {
        return Some("is too long");
    }
    path.split('/').find_map(|name| match name {
        "" => Some("has an empty part"),
        "." | ".." => Some("has a part that is \".\" or \"..\""),
        _ if name.len() > NAME_BYTES_MAX => Some("has a part that is too long"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_plain_relative_paths() {
        for path in ["a", "b/c d/…", ".hidden", "b/..c", "…", "a\\b", "-"] {
            assert_eq!(problem(path), None, "{path}");
        }
    }

    #[test]
    fn explains_why_a_path_is_rejected() {
        for (path, expected) in [
            ("", "is empty"),
            ("/etc/passwd", "is absolute"),
            ("a\0b", "has a control character"),
            ("a\nb", "has a control character"),
            ("a\u{7f}", "has a control character"),
            ("a\u{85}b", "has a control character"),
            (&"a/".repeat(2000), "has an empty part"),
            (&"a/".repeat(2001), "is too long"),
            ("a//b", "has an empty part"),
            ("a/", "has an empty part"),
            ("..", "has a part that is \".\" or \"..\""),
            ("a/../b", "has a part that is \".\" or \"..\""),
            ("./a", "has a part that is \".\" or \"..\""),
            (&"ü".repeat(128), "has a part that is too long"),
        ] {
            assert_eq!(problem(path), Some(expected), "{path:?}");
        }
    }
}
