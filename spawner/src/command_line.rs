//! The command line.

use std::ffi::{CString, OsString};
use std::ops::RangeInclusive;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use rustix::process::Pid;

use crate::build_root::BuildRoot;
use crate::process::parse_pid;
use crate::tool::Tool;

pub const USAGE: &str = "\
usage: neurovisor-spawner --runtime-dir DIR --bwrap FILE [--uids FIRST-LAST] [--ebpf OBJECT] [--quiet]
       neurovisor-spawner --sweep BASE [--dry-run] | --tool PID [--spawner PID] PROGRAM... | --version | --help
       neurovisor-spawner --build-root FIRST-LAST DIR PROGRAM...";

pub const HELP: &str = "\
usage: neurovisor-spawner --runtime-dir DIR --bwrap FILE [--uids FIRST-LAST] [--ebpf OBJECT] [--quiet]
       neurovisor-spawner --sweep BASE [--dry-run] | --tool PID [--spawner PID] PROGRAM... | --version | --help
       neurovisor-spawner --build-root FIRST-LAST DIR PROGRAM...

Starts, holds and cleans up VMMs for the NeuroVisor process that started it. Requests (proto/spawner.proto) are read
from stdin, events are written to stdout. At the end of stdin all VMMs are killed and their directories removed.

  --runtime-dir DIR  absolute path of the directory of this host process; made with mode 0700 if it is missing
  --bwrap FILE       absolute path of bubblewrap, which jails the VMMs
  --uids FIRST-LAST  unused user ids, of which each VMM gets one; required for root and not allowed for other users
  --ebpf OBJECT      absolute path of the eBPF programs that watch VMMs; a request returns whether they are loaded
  --quiet            write no line to stderr but the reason why this program fails
  --sweep BASE       remove the leftovers of killed spawners whose runtime directories are in BASE, and print each of them
  --dry-run          print them and remove nothing
  --tool PID PROGRAM...
                     run a program with its arguments; end it and its descendants when process PID ends, which must be
                     the parent of this process
  --spawner PID      end it also when process PID ends, which must be a child of the parent
  --build-root FIRST-LAST DIR PROGRAM...
                     execute a program as root of a user namespace that has these ids of the host, with the directory
                     at /run/neurovisor/build; for root
  --version          print the version
  --help             print this text";

#[derive(Debug, PartialEq, Eq)]
pub struct Serving {
    pub runtime_dir: PathBuf,
    pub bwrap: PathBuf,
    pub uids: Option<RangeInclusive<u32>>,
    pub ebpf: Option<PathBuf>,
    pub quiet: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    Serve(Serving),
    Sweep { base: PathBuf, dry_run: bool },
    Tool(Tool),
    BuildRoot(BuildRoot),
    Version,
    Help,
}

pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut runtime_dir = None;
    let mut bwrap = None;
    let mut uids = None;
    let mut ebpf = None;
    let mut sweep = None;
    let mut dry_run = false;
    let mut quiet = false;
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--help") => return Ok(Command::Help),
            Some("--version") => return Ok(Command::Version),
            Some(name @ "--runtime-dir") => {
                absolute(name, &mut runtime_dir, arguments.next())?;
            }
            Some(name @ "--bwrap") => absolute(name, &mut bwrap, arguments.next())?,
            Some(name @ "--uids") if uids.is_none() => uids = Some(range(name, arguments.next())?),
            Some(name @ "--ebpf") => absolute(name, &mut ebpf, arguments.next())?,
            Some(name @ "--sweep") => absolute(name, &mut sweep, arguments.next())?,
            Some("--dry-run") => dry_run = true,
            Some("--quiet") => quiet = true,
            Some("--tool") => return tool(arguments),
            Some(name @ "--build-root") => return build_root(name, arguments),
            _ => return Err(format!("unknown argument {argument:?}")),
        }
    }
    match (runtime_dir, bwrap, sweep) {
        (Some(runtime_dir), Some(bwrap), None) if !dry_run => Ok(Command::Serve(Serving {
            runtime_dir,
            bwrap,
            uids,
            ebpf,
            quiet,
        })),
        (None, None, Some(base)) if uids.is_none() && ebpf.is_none() && !quiet => {
            Ok(Command::Sweep { base, dry_run })
        }
        (None, _, None) => Err("--runtime-dir is missing".into()),
        (Some(_), None, None) => Err("--bwrap is missing".into()),
        _ => Err("--sweep and --dry-run cannot be combined with other options".into()),
    }
}

/// Parses a range of ids without 0 (root) and without the number that means "unchanged" to the kernel.
fn range(name: &str, value: Option<OsString>) -> Result<RangeInclusive<u32>, String> {
    let value = value.ok_or_else(|| format!("{name} needs FIRST-LAST"))?;
    let parsed = value.to_str().and_then(|text| {
        let (first, last) = text.split_once('-')?;
        let number = |text: &str| text.parse::<u32>().ok();
        Some(number(first)?..=number(last)?)
    });
    parsed
        .filter(|range| *range.start() > 0 && *range.end() < u32::MAX && !range.is_empty())
        .ok_or_else(|| format!("{name} {value:?}: not FIRST-LAST of 1 to {}", u32::MAX - 1))
}

/// Parses a tool. Everything after the processes belongs to the program.
fn tool(arguments: impl Iterator<Item = OsString>) -> Result<Command, String> {
    let mut arguments = arguments.peekable();
    let host = process("--tool", arguments.next())?;
    let spawner = arguments
        .next_if(|argument| argument == "--spawner")
        .map(|_| process("--spawner", arguments.next()))
        .transpose()?;
    Ok(Command::Tool(Tool {
        host,
        spawner,
        command: program("--tool", arguments)?,
    }))
}

/// Parses a build root. Everything after the directory belongs to the program.
fn build_root(
    name: &str,
    mut arguments: impl Iterator<Item = OsString>,
) -> Result<Command, String> {
    let ids = range(name, arguments.next())?;
    let mut directory = None;
    absolute(name, &mut directory, arguments.next())?;
    Ok(Command::BuildRoot(BuildRoot {
        ids,
        directory: directory.unwrap_or_default(),
        command: program(name, arguments)?,
    }))
}

fn program(name: &str, arguments: impl Iterator<Item = OsString>) -> Result<Vec<CString>, String> {
    let command = arguments
        .map(|argument| CString::new(argument.into_vec()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| "an argument contains a NUL")?;
    if command.is_empty() {
        return Err(format!("{name} needs a program"));
    }
    Ok(command)
}

fn process(name: &str, value: Option<OsString>) -> Result<Pid, String> {
    value
        .and_then(|pid| parse_pid(pid.to_str()?))
        .ok_or_else(|| format!("{name} needs the id of a process"))
}

/// Parses the value of an option that is an absolute path and may occur once.
fn absolute(name: &str, into: &mut Option<PathBuf>, value: Option<OsString>) -> Result<(), String> {
    let path = PathBuf::from(value.ok_or_else(|| format!("{name} needs a directory"))?);
    if !path.is_absolute() {
        return Err(format!("{name} {}: not an absolute path", path.display()));
    }
    match into.replace(path) {
        None => Ok(()),
        Some(_) => Err(format!("{name} occurs twice")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Command, String> {
        parse(arguments.iter().map(OsString::from))
    }

    #[test]
    fn accepts_the_documented_usage() {
        assert_eq!(
            parsed(&[
                "--runtime-dir",
                "/run/x",
                "--quiet",
                "--bwrap",
                "/bin/bwrap"
            ]),
            Ok(Command::Serve(Serving {
                runtime_dir: "/run/x".into(),
                bwrap: "/bin/bwrap".into(),
                uids: None,
                ebpf: None,
                quiet: true,
            }))
        );
        for (text, expected) in [("7-9", 7..=9), ("7-7", 7..=7)] {
            assert_eq!(range("--uids", Some(text.into())), Ok(expected));
        }
        for (arguments, spawner) in [
            (&["--tool", "7", "ls", "--spawner"][..], None),
            (
                &["--tool", "7", "--spawner", "8", "ls", "--spawner"],
                Pid::from_raw(8),
            ),
        ] {
            let tool = Tool {
                host: Pid::from_raw(7).unwrap(),
                spawner,
                command: vec![c"ls".into(), c"--spawner".into()],
            };
            assert_eq!(parsed(arguments), Ok(Command::Tool(tool)));
        }
        for (arguments, dry_run) in [
            (&["--sweep", "/run/x"][..], false),
            (&["--dry-run", "--sweep", "/run/x"], true),
        ] {
            let base = "/run/x".into();
            assert_eq!(parsed(arguments), Ok(Command::Sweep { base, dry_run }));
        }
        assert_eq!(
            parsed(&["--build-root", "7-9", "/scratch", "ls", "--help"]),
            Ok(Command::BuildRoot(BuildRoot {
                ids: 7..=9,
                directory: "/scratch".into(),
                command: vec![c"ls".into(), c"--help".into()],
            }))
        );
        assert_eq!(parsed(&["--version"]), Ok(Command::Version));
        assert_eq!(parsed(&["--help"]), Ok(Command::Help));
    }

    #[test]
    fn rejects_anything_else() {
        for wrong in [
            &[][..],
            &["--runtime-dir"],
            &["--runtime-dir", "relative"],
            &["--runtime-dir", ""],
            &["--runtime-dir", "/a", "--runtime-dir", "/b"],
            &["--runtime-dir", "/a"],
            &["--bwrap", "/b"],
            &["--runtime-dir", "/a", "--bwrap", "/b", "more"],
            &["--runtime-dir", "/a", "--bwrap", "b"],
            &["--runtime-dir", "/a", "--bwrap", "/b", "--uids", "0-9"],
            &["--runtime-dir", "/a", "--bwrap", "/b", "--uids", "9-7"],
            &[
                "--runtime-dir",
                "/a",
                "--bwrap",
                "/b",
                "--uids",
                "7-4294967295",
            ],
            &["--runtime-dir", "/a", "--bwrap", "/b", "--uids", "-7"],
            &[
                "--runtime-dir",
                "/a",
                "--bwrap",
                "/b",
                "--uids",
                "7-8",
                "--uids",
                "7-8",
            ],
            &["--runtime-dir", "/a", "--bwrap", "/b", "--sweep", "/c"],
            &["--runtime-dir", "/a", "--bwrap", "/b", "--dry-run"],
            &["--sweep", "/b", "--uids", "7-9"],
            &["--sweep", "/b", "--ebpf", "/c"],
            &["--runtime-dir", "/a", "--bwrap", "/b", "--ebpf", "c"],
            &["--sweep", "relative"],
            &["--build-root"],
            &["--build-root", "0-9", "/scratch", "ls"],
            &["--build-root", "7-9", "scratch", "ls"],
            &["--build-root", "7-9", "/scratch"],
            &["--tool"],
            &["--tool", "0", "true"],
            &["--tool", "7"],
            &["--tool", "7", "--spawner", "x", "true"],
            &["--tool", "7", "--spawner", "8"],
            &["--dry-run"],
        ] {
            assert!(parsed(wrong).is_err(), "{wrong:?}");
        }
    }
}
