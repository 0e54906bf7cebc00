//! The environment of a program.

use std::collections::{BTreeMap, HashMap};

use super::language::{Language, LANGUAGES, SEARCH_PATH};
use crate::boot::{HOME, USER};
use crate::invalid::{shown, Invalid};

pub const DEFAULTS: [(&str, &str); 6] = [
    ("PATH", SEARCH_PATH),
    ("HOME", HOME),
    ("USER", USER),
    ("LOGNAME", USER),
    ("SHELL", "/bin/bash"),
    ("LANG", "C.UTF-8"),
];

const TRACE_ID: &str = "NEUROVISOR_TRACE_ID";

/// Returns the variables of a process that may run programs in any language.
pub fn default_environment() -> BTreeMap<String, String> {
    let languages = LANGUAGES.iter().flat_map(|language| language.environment);
    let all = DEFAULTS.iter().chain(languages);
    all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Builds the environment from the defaults, those of the language, and the request, in ascending precedence. Only the
/// agent sets the trace id.
pub fn environment(
    requested: HashMap<String, String>,
    language: &Language,
    trace_id: &str,
) -> Result<BTreeMap<String, String>, Invalid> {
    let defaults = DEFAULTS.iter().chain(language.environment);
    let mut environment: BTreeMap<String, String> = defaults
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    for (name, value) in requested {
        check_variable(&name, &value)?;
        environment.insert(name, value);
    }
    if trace_id.is_empty() {
        environment.remove(TRACE_ID);
    } else {
        environment.insert(TRACE_ID.to_owned(), trace_id.to_owned());
    }
    Ok(environment)
}

/// Checks a variable. Values are secrets, so messages contain only names.
pub fn check_variable(name: &str, value: &str) -> Result<(), Invalid> {
    let problem = if name.is_empty() {
        "has an empty name"
    } else if name.contains('=') {
        "has a name with '='"
    } else if name.contains('\0') {
        "has a name with a NUL byte"
    } else if value.contains('\0') {
        "has a value with a NUL byte"
    } else {
        return Ok(());
    };
    Err(Invalid::new(format!("env[{}]", shown(name)), problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(
        requested: &[(&str, &str)],
        trace_id: &str,
    ) -> Result<BTreeMap<String, String>, Invalid> {
        let requested = requested
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        environment(requested, Language::named("python").unwrap(), trace_id)
    }

    #[test]
    fn prefers_the_request_to_defaults() {
        let environment = built(&[("LANG", "de_DE.UTF-8"), ("PYTHONUNBUFFERED", "")], "").unwrap();
        assert_eq!(environment["LANG"], "de_DE.UTF-8");
        assert_eq!(environment["PYTHONUNBUFFERED"], "");
        assert_eq!(environment["HOME"], "/home/user");
        assert_eq!(environment["PATH"], SEARCH_PATH);
        assert!(!environment.contains_key("TMPDIR"));
    }

    #[test]
    fn takes_the_trace_id_from_the_call() {
        let environment = built(&[("NEUROVISOR_TRACE_ID", "forged")], "real").unwrap();
        assert_eq!(environment["NEUROVISOR_TRACE_ID"], "real");
        let environment = built(&[("NEUROVISOR_TRACE_ID", "forged")], "").unwrap();
        assert!(!environment.contains_key("NEUROVISOR_TRACE_ID"));
    }

    #[test]
    fn names_the_variable_without_its_value() {
        let refusal = |name, value| built(&[(name, value)], "").unwrap_err().to_string();
        assert_eq!(refusal("", "secret"), "env[\"\"]: has an empty name");
        assert_eq!(
            refusal("A=B", "secret"),
            "env[\"A=B\"]: has a name with '='"
        );
        assert_eq!(
            refusal("A\0", "secret"),
            "env[\"A\\0\"]: has a name with a NUL byte"
        );
        assert_eq!(
            refusal("A", "sec\0ret"),
            "env[\"A\"]: has a value with a NUL byte"
        );
    }
}
