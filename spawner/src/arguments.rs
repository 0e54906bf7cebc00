//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

pub const USAGE: &str =
    "usage: neurovisor-spawner --runtime-dir DIR | --sweep BASE [--dry-run] | --version | --help";

pub const HELP: &str = "\
usage: neurovisor-spawner --runtime-dir DIR | --sweep BASE [--dry-run] | --version | --help

Starts, holds and cleans up VMMs for the NeuroVisor process that started it. Requests (proto/spawner.proto) are read
from stdin, events are written to stdout. At the end of stdin all VMMs are killed and their directories removed.

  --runtime-dir DIR  absolute path of this host process's own directory; made with mode 0700 when missing
  --sweep BASE       remove what runtime directories in BASE name whose spawner was killed, tell each thing on a line
  --dry-run          tell it and remove nothing
  --version          print the version
  --help             print this text";

#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    Serve(PathBuf),
    Sweep { base: PathBuf, dry_run: bool },
    Version,
    Help,
}

pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut runtime_dir = None;
    let mut sweep = None;
    let mut dry_run = false;
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--help") => return Ok(Command::Help),
            Some("--version") => return Ok(Command::Version),
            Some(name @ "--runtime-dir") => {
                absolute(name, &mut runtime_dir, arguments.next())?;
            }
            Some(name @ "--sweep") => absolute(name, &mut sweep, arguments.next())?,
            Some("--dry-run") => dry_run = true,
            _ => return Err(format!("unknown argument {argument:?}")),
        }
    }
    match (runtime_dir, sweep) {
        (Some(runtime_dir), None) if !dry_run => Ok(Command::Serve(runtime_dir)),
        (None, Some(base)) => Ok(Command::Sweep { base, dry_run }),
        (None, None) => Err("--runtime-dir is missing".into()),
        (Some(_), _) => Err("--runtime-dir goes with neither --sweep nor --dry-run".into()),
    }
}

/// Takes the value of an option that names a directory.
fn absolute(name: &str, into: &mut Option<PathBuf>, value: Option<OsString>) -> Result<(), String> {
    let path = PathBuf::from(value.ok_or_else(|| format!("{name} needs a directory"))?);
    if !path.is_absolute() {
        return Err(format!("{name} {}: not an absolute path", path.display()));
    }
    match into.replace(path) {
        None => Ok(()),
        Some(_) => Err(format!("{name} is given twice")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Command, String> {
        parse(arguments.iter().map(OsString::from))
    }

    #[test]
    fn accepts_what_the_usage_names() {
        assert_eq!(
            parsed(&["--runtime-dir", "/run/x"]),
            Ok(Command::Serve("/run/x".into()))
        );
        for (arguments, dry_run) in [
            (&["--sweep", "/run/x"][..], false),
            (&["--dry-run", "--sweep", "/run/x"], true),
        ] {
            let base = "/run/x".into();
            assert_eq!(parsed(arguments), Ok(Command::Sweep { base, dry_run }));
        }
        assert_eq!(parsed(&["--version"]), Ok(Command::Version));
        assert_eq!(parsed(&["--help"]), Ok(Command::Help));
    }

    #[test]
    fn refuses_everything_else() {
        for wrong in [
            &[][..],
            &["--runtime-dir"],
            &["--runtime-dir", "relative"],
            &["--runtime-dir", ""],
            &["--runtime-dir", "/a", "--runtime-dir", "/b"],
            &["--runtime-dir", "/a", "more"],
            &["--runtime-dir", "/a", "--sweep", "/b"],
            &["--runtime-dir", "/a", "--dry-run"],
            &["--sweep", "relative"],
            &["--dry-run"],
        ] {
            assert!(parsed(wrong).is_err(), "{wrong:?}");
        }
    }
}
