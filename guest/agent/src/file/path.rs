//! Paths of requests.

use std::ffi::CString;

use rustix::io::Errno;
use tonic::Status;

use super::refusal::refusal;
use crate::invalid::Invalid;

const BYTES_MAX: usize = 4096;

/// An absolute path without empty parts and parts that are `.`. Parts that are `..` are left to the kernel, because what
/// they mean depends on symbolic links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePath {
    absolute: String,
    /// Whether it ended with a slash, and so names a directory.
    slash: bool,
}

impl FilePath {
    /// Checks a path of a request, which may be relative to the home.
    pub fn checked(field: &str, path: &str, home: &str) -> Result<Self, Invalid> {
        if path.is_empty() || path.len() > BYTES_MAX {
            return Err(Invalid::new(
                field,
                format!("has {} bytes, 1 to {BYTES_MAX} are allowed", path.len()),
            ));
        }
        if path.contains('\0') {
            return Err(Invalid::new(field, "contains a NUL character"));
        }
        let start = if path.starts_with('/') { "" } else { home };
        let mut absolute = String::with_capacity(start.len() + path.len() + 1);
        for part in start.split('/').chain(path.split('/')) {
            if !part.is_empty() && part != "." {
                absolute.push('/');
                absolute.push_str(part);
            }
        }
        if absolute.is_empty() {
            absolute.push('/');
        }
        Ok(Self {
            absolute,
            slash: path.ends_with('/'),
        })
    }

    pub fn as_str(&self) -> &str {
        &self.absolute
    }

    /// Returns the path with the slash at its end, if it had one.
    pub fn with_slash(&self) -> String {
        match self.slash {
            true => format!("{}/", self.absolute),
            false => self.absolute.clone(),
        }
    }

    /// Fails for a path that names a directory by its slash.
    pub fn check_names_file(&self) -> Result<(), Status> {
        match self.slash {
            true => Err(self.refused(Errno::ISDIR)),
            false => Ok(()),
        }
    }

    /// Returns the path for a system call.
    pub fn c(&self) -> CString {
        // A checked path has no NUL.
        CString::new(self.absolute.as_str()).unwrap_or_default()
    }

    /// Returns the directory and the name in it. Fails for a path whose last part is not a name.
    pub fn split(&self) -> Result<(&str, &str), Status> {
        match self.absolute.rsplit_once('/') {
            Some((_, "" | "..")) | None => Err(self.refused(Errno::INVAL)),
            Some(("", name)) => Ok(("/", name)),
            Some(parts) => Ok(parts),
        }
    }

    /// Translates an error of the kernel about this path.
    pub fn refused(&self, error: Errno) -> Status {
        refusal(&self.absolute, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completes_paths() {
        for (path, expected) in [
            ("a", "/home/user/a"),
            ("a//b/./c/", "/home/user/a/b/c"),
            ("../x", "/home/user/../x"),
            ("/", "/"),
            ("//.", "/"),
            (".", "/home/user"),
            ("/tmp/é", "/tmp/é"),
        ] {
            let checked = FilePath::checked("path", path, "/home/user").unwrap();
            assert_eq!(checked.as_str(), expected, "{path}");
        }
    }

    #[test]
    fn rejects_what_is_not_a_path() {
        for path in ["", "a\0b", &"a".repeat(5000)] {
            let refusal = FilePath::checked("source", path, "/h").unwrap_err();
            assert!(refusal.to_string().starts_with("source: "), "{refusal}");
        }
        assert!(FilePath::checked("path", &"a".repeat(4096), "/h").is_ok());
    }

    #[test]
    fn separates_directory_and_name() {
        let split = |path: &str| {
            let path = FilePath::checked("path", path, "/h").unwrap();
            path.split()
                .map(|(directory, name)| format!("{directory} {name}"))
                .map_err(|status| status.code())
        };
        assert_eq!(split("a"), Ok("/h a".to_owned()));
        assert_eq!(split("/a"), Ok("/ a".to_owned()));
        assert_eq!(split("/"), Err(tonic::Code::InvalidArgument));
        assert_eq!(split("a/.."), Err(tonic::Code::InvalidArgument));
    }
}
