//! The settings of a living sandbox: the environment and working directory that its processes share.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::execution::check_variable;
use crate::invalid::{shown, Invalid};
use crate::wire::guest::AdoptRequest;

const VARIABLES_MAX: usize = 256;
/// Of all names and values.
const VARIABLE_BYTES_MAX: usize = 128 << 10;
const PATH_BYTES_MAX: usize = 4096;

/// Checked settings.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub environment: BTreeMap<String, String>,
    /// Absolute, or relative to the home. `None` means the home.
    pub directory: Option<PathBuf>,
}

impl Settings {
    pub fn from_request(request: AdoptRequest) -> Result<Self, Invalid> {
        Ok(Self {
            environment: checked_environment(request.env)?,
            directory: checked_directory("cwd", &request.cwd)?,
        })
    }
}

/// The settings of this VM's sandbox, which its services share.
#[derive(Clone, Default)]
pub struct Sandbox(Arc<OnceLock<Settings>>);

impl Sandbox {
    /// Sets the settings. A sandbox is adopted once, see [`crate::lifecycle`].
    pub fn set(&self, settings: Settings) {
        let _ = self.0.set(settings);
    }

    pub fn settings(&self) -> &Settings {
        self.0.get_or_init(Settings::default)
    }
}

/// Checks the variables that a client has set. Values are secrets, so messages contain only names.
pub fn checked_environment(
    requested: HashMap<String, String>,
) -> Result<BTreeMap<String, String>, Invalid> {
    if requested.len() > VARIABLES_MAX {
        return Err(Invalid::new(
            "env",
            format!(
                "has {} pairs, at most {VARIABLES_MAX} are allowed",
                requested.len()
            ),
        ));
    }
    let mut bytes = 0;
    for (name, value) in &requested {
        check_variable(name, value)?;
        bytes += name.len() + value.len();
    }
    if bytes > VARIABLE_BYTES_MAX {
        return Err(Invalid::new(
            "env",
            format!("has {bytes} bytes, at most {VARIABLE_BYTES_MAX} are allowed"),
        ));
    }
    Ok(requested.into_iter().collect())
}

/// Checks a working directory. Returns `None` if it is empty.
pub fn checked_directory(field: &str, path: &str) -> Result<Option<PathBuf>, Invalid> {
    if path.len() > PATH_BYTES_MAX {
        return Err(Invalid::new(
            field,
            format!(
                "has {} bytes, at most {PATH_BYTES_MAX} are allowed",
                path.len()
            ),
        ));
    }
    if path.contains('\0') {
        return Err(Invalid::new(
            field,
            format!("is {}, which contains a NUL byte", shown(path)),
        ));
    }
    Ok((!path.is_empty()).then(|| PathBuf::from(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_the_limits_allow() {
        let mut env: HashMap<String, String> = (0..255)
            .map(|n| (format!("{n:03}"), String::new()))
            .collect();
        env.insert("A".to_owned(), "b".repeat((128 << 10) - 255 * 3 - 1));
        let settings = Settings::from_request(AdoptRequest {
            env,
            cwd: "/srv".to_owned(),
        })
        .unwrap();
        assert_eq!(settings.environment.len(), 256);
        assert_eq!(settings.directory, Some(PathBuf::from("/srv")));
        assert_eq!(
            Settings::from_request(AdoptRequest::default()),
            Ok(Settings::default())
        );
    }

    #[test]
    fn rejects_what_is_beyond_them_without_showing_values() {
        let refusal = |env: &[(&str, &str)], cwd: &str| {
            let env = env
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            let cwd = cwd.to_owned();
            let refused = Settings::from_request(AdoptRequest { env, cwd });
            refused.unwrap_err().to_string()
        };
        assert_eq!(
            refusal(&[("", "secret")], ""),
            "env[\"\"]: has an empty name"
        );
        assert_eq!(
            refusal(&[("A", "sec\0ret")], ""),
            "env[\"A\"]: has a value with a NUL byte"
        );
        assert_eq!(
            refusal(&[("A", &"s".repeat(128 << 10))], ""),
            "env: has 131073 bytes, at most 131072 are allowed"
        );
        assert_eq!(
            refusal(&[], "a\0"),
            "cwd: is \"a\\0\", which contains a NUL byte"
        );
        assert_eq!(
            refusal(&[], &"a".repeat(4097)),
            "cwd: has 4097 bytes, at most 4096 are allowed"
        );
    }
}
