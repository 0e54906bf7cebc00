//! The spawner starts, holds and cleans up the VMMs of one host process. It serves the host over stdin and stdout and
//! does not outlive it.
//!
//! [`command_line`] selects what the program does. To serve, [`event_loop`] handles requests one at a time: [`launch`]
//! checks a request, [`jail`] starts the VMM, [`vm`] is the running VM, and [`cleanup`] removes what it leaves.
//! [`cgroup`] limits a VM, [`ebpf`] restricts and watches it, and [`memory`] saves and loads what it has changed.
//! [`tool`] and [`build_root`] run programs for the host.

// libFuzzer brings its own.
#![cfg_attr(fuzzing, no_main, allow(dead_code))]

mod build_root;
mod cgroup;
mod cleanup;
mod command_line;
mod ebpf;
mod event_loop;
#[cfg(any(fuzzing, test))]
mod fuzzing;
mod jail;
mod launch;
mod log;
mod memory;
mod opening;
mod process;
mod tool;
mod vm;
mod vm_id;
mod wire;

use std::ffi::CString;
use std::fmt::Display;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::ExitCode;

use cgroup::ParentGroup;
use cleanup::runtime_directory::RuntimeDirectory;
use cleanup::sweep::{self, Report, Swept};
use command_line::{Command, Serving};
use ebpf::Ebpf;
use event_loop::EventLoop;
use jail::Jailer;
use process::signals::Signals;
use process::{hardening, privileges};
use vm::uids::Uids;

const FAILURE: u8 = 1;
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let command = match command_line::parse(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(problem) => {
            log::error(format_args!("{problem}\n{}", command_line::USAGE));
            return ExitCode::from(USAGE);
        }
    };
    match command {
        Command::Help => print(command_line::HELP),
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
        log::error(format_args!("{problem}"));
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
    if serving.quiet {
        log::quiet();
    }
    let is_root = rustix::process::geteuid().is_root();
    if is_root != serving.uids.is_some() {
        return Err(
            "--uids is for root, which requires it: each VMM of root gets its own uid".into(),
        );
    }
    let bwrap = CString::new(serving.bwrap.into_os_string().into_vec())
        .map_err(|_| "--bwrap contains a NUL")?;
    hardening::harden().map_err(|error| format!("cannot harden this process: {error}"))?;
    // Before the directory is made: from here on the event loop reads a signal and removes the directory again.
    let signals =
        Signals::take_over().map_err(|error| format!("cannot take over signals: {error}"))?;
    let directory = RuntimeDirectory::open(&serving.runtime_dir)?;
    let journal = directory.begin_journal()?;
    // Removes the leftovers of killed spawners without being asked to. The spawner serves even if that fails.
    if let Err(error) = sweep::sweep(directory.base(), false, &mut LogReport) {
        log::line(format_args!("{}: {error}", directory.base().display()));
    }
    let uids = serving.uids.map(Uids::open).transpose()?;
    let cgroups = ParentGroup::find();
    let ebpf = load_ebpf(serving.ebpf.as_deref(), cgroups.as_ref().err());
    if is_root {
        // Sweeping and loading need capabilities that serving requests does not.
        privileges::keep_spawner_capabilities()
            .map_err(|error| format!("cannot drop capabilities: {error}"))?;
    }
    let jailer = Jailer { bwrap };
    EventLoop::new(jailer, uids, cgroups, ebpf, directory, journal, signals)
        .run()
        .map_err(|error| format!("the event loop failed: {error}"))
}

/// Loads the eBPF programs, which identify a VMM by its control group.
fn load_ebpf(object: Option<&Path>, no_groups: Option<&String>) -> Result<Ebpf, String> {
    let object = object.ok_or("not asked for")?;
    no_groups.map_or(Ok(()), |problem| {
        Err(format!("it needs control groups: {problem}"))
    })?;
    Ebpf::load(object)
}

fn sweep(base: &Path, dry_run: bool) -> Result<u8, String> {
    let mut report = PrintedReport { problems: false };
    sweep::sweep(base, dry_run, &mut report)
        .map_err(|error| format!("{}: {error}", base.display()))?;
    Ok(if report.problems { FAILURE } else { 0 })
}

/// Logs the results of the sweep before serving.
struct LogReport;

impl Report for LogReport {
    fn swept(&mut self, thing: &Swept) {
        log::line(format_args!("removed {thing}, left by a killed spawner"));
    }

    fn problem(&mut self, reason: &dyn Display) {
        log::line(format_args!(
            "cannot remove what a killed spawner has left: {reason}"
        ));
    }
}

/// Prints the results of a sweep that was requested on the command line.
struct PrintedReport {
    problems: bool,
}

impl Report for PrintedReport {
    fn swept(&mut self, thing: &Swept) {
        print(&thing.to_string());
    }

    fn problem(&mut self, reason: &dyn Display) {
        self.problems = true;
        log::line(format_args!("{reason}"));
    }
}
