//! The spawner: the one program of NeuroVisor that starts, holds and cleans up VMMs.
//!
//! It serves one host process over stdin and stdout and does not outlive it. How it is built:
//! [`spawner`] is the event loop, [`child`] the way into a VMM, [`bubblewrap`] and its [`jail`] or [`chrooted`] and its
//! [`chroot`] what confines it, [`ebpf`] what the kernel holds against it,
//! [`orphans`] and [`removal`] the way out,
//! [`journal`] and [`sweep`] the way out when it is killed itself. [`tool`] does for programs of the host's what the
//! spawner does for VMMs; [`build_root`] takes the host's root from those that run scripts of packages.

// libFuzzer brings its own.
#![cfg_attr(fuzzing, no_main, allow(dead_code))]

mod arguments;
mod bubblewrap;
mod build_root;
mod cgroup;
mod child;
mod chroot;
mod chrooted;
mod ebpf;
#[cfg(any(fuzzing, test))]
mod fuzzing;
mod handed_files;
mod hardening;
mod inherited;
mod init;
mod jail;
mod journal;
mod launch;
mod limits;
mod log;
mod orphans;
mod outbox;
mod output_tail;
mod privileges;
mod process_stat;
mod programs;
mod readiness;
mod removal;
mod rings;
mod runtime_directory;
mod scratch;
mod signals;
mod sockets;
mod spawner;
mod sweep;
mod tool;
mod tsc;
mod uids;
mod vm;
mod wire;

use std::ffi::CString;
use std::fmt::Display;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::ExitCode;

use arguments::{Command, Serving};
use child::Jailer;
use ebpf::Ebpf;
use runtime_directory::RuntimeDirectory;
use signals::Signals;
use spawner::Spawner;
use sweep::{Report, Swept};
use uids::Uids;

const FAILURE: u8 = 1;
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let command = match arguments::parse(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(problem) => {
            log::line(format_args!("{problem}\n{}", arguments::USAGE));
            return ExitCode::from(USAGE);
        }
    };
    match command {
        Command::Help => print(arguments::HELP),
        Command::Version => print(concat!("neurovisor-spawner ", env!("CARGO_PKG_VERSION"))),
        Command::Serve(serving) => exit(serve(serving)),
        Command::Sweep { base, dry_run } => exit(sweep(&base, dry_run)),
        Command::Tool(tool) => exit(tool::run(&tool)),
        Command::BuildRoot(wanted) => {
            exit(build_root::become_program(&wanted).map(|never| match never {}))
        }
    }
}

fn exit(result: Result<u8, String>) -> ExitCode {
    result.map(ExitCode::from).unwrap_or_else(|problem| {
        log::line(format_args!("{problem}"));
        ExitCode::from(FAILURE)
    })
}

fn print(text: &str) -> ExitCode {
    use std::io::Write;
    match writeln!(std::io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(FAILURE),
    }
}

fn serve(serving: Serving) -> Result<u8, String> {
    let is_root = rustix::process::geteuid().is_root();
    if is_root != serving.uids.is_some() {
        return Err(
            "--uids is for root, who must give it: a VMM of root's has a uid of its own".into(),
        );
    }
    let bwrap = CString::new(serving.bwrap.into_os_string().into_vec())
        .map_err(|_| "--bwrap contains a NUL")?;
    hardening::harden().map_err(|error| format!("cannot harden this process: {error}"))?;
    // Before the directory is made: a signal from here on is read by the loop, which removes the directory again.
    let signals =
        Signals::take_over().map_err(|error| format!("cannot take over signals: {error}"))?;
    let directory = RuntimeDirectory::open(&serving.runtime_dir)?;
    let journal = directory.begin_journal()?;
    // What a killed spawner left must not wait for a person who calls for it. That something stays is no reason not to
    // serve.
    if let Err(error) = sweep::sweep(directory.base(), false, &mut Log) {
        log::line(format_args!("{}: {error}", directory.base().display()));
    }
    let uids = serving.uids.map(Uids::open).transpose()?;
    let place = cgroup::Place::find();
    let ebpf = load_ebpf(serving.ebpf.as_deref(), place.as_ref().err());
    if is_root {
        // Before the first request is read. Sweeping and loading have taken what they needed.
        privileges::keep_spawners()
            .map_err(|error| format!("cannot drop capabilities: {error}"))?;
    }
    let jailer = Jailer { bwrap };
    Spawner::new(jailer, uids, place, ebpf, directory, journal, signals)
        .run()
        .map_err(|error| format!("the event loop failed: {error}"))
}

/// A VMM is known to the programs by its control group.
fn load_ebpf(object: Option<&Path>, no_groups: Option<&String>) -> Result<Ebpf, String> {
    let object = object.ok_or("not asked for")?;
    no_groups.map_or(Ok(()), |problem| {
        Err(format!("it needs control groups: {problem}"))
    })?;
    Ebpf::load(object)
}

fn sweep(base: &Path, dry_run: bool) -> Result<u8, String> {
    let mut lines = Lines { problems: false };
    sweep::sweep(base, dry_run, &mut lines)
        .map_err(|error| format!("{}: {error}", base.display()))?;
    Ok(if lines.problems { FAILURE } else { 0 })
}

/// A sweep that nobody has asked for.
struct Log;

impl Report for Log {
    fn swept(&mut self, thing: &Swept) {
        log::line(format_args!(
            "removed what a run that died had left: {thing}"
        ));
    }

    fn problem(&mut self, reason: &dyn Display) {
        log::line(format_args!("a run that died has left {reason}"));
    }
}

/// A sweep for somebody who reads what it says.
struct Lines {
    problems: bool,
}

impl Report for Lines {
    fn swept(&mut self, thing: &Swept) {
        print(&thing.to_string());
    }

    fn problem(&mut self, reason: &dyn Display) {
        self.problems = true;
        log::line(format_args!("{reason}"));
    }
}
