//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

pub const USAGE: &str = "usage: neurovisor-spawner --runtime-dir DIR | --version | --help";

pub const HELP: &str = "\
usage: neurovisor-spawner --runtime-dir DIR | --version | --help

Starts, holds and cleans up VMMs for the NeuroVisor process that started it. Requests (proto/spawner.proto) are read
from stdin, events are written to stdout. At the end of stdin all VMMs are killed and their directories removed.

  --runtime-dir DIR  absolute path of this host process's own directory; made with mode 0700 when missing
  --version          print the version
  --help             print this text";

#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    Serve(PathBuf),
    Version,
    Help,
}

pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut runtime_dir = None;
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--help") => return Ok(Command::Help),
            Some("--version") => return Ok(Command::Version),
            Some("--runtime-dir") => {
                let path =
                    PathBuf::from(arguments.next().ok_or("--runtime-dir needs a directory")?);
                if !path.is_absolute() {
                    return Err(format!(
                        "--runtime-dir {}: not an absolute path",
                        path.display()
                    ));
                }
                if runtime_dir.replace(path).is_some() {
                    return Err("--runtime-dir is given twice".into());
                }
            }
            _ => return Err(format!("unknown argument {argument:?}")),
        }
    }
    runtime_dir
        .map(Command::Serve)
        .ok_or_else(|| "--runtime-dir is missing".into())
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
        ] {
            assert!(parsed(wrong).is_err(), "{wrong:?}");
        }
    }
}
