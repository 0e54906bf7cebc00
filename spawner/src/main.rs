//! The spawner: the one program of NeuroVisor that starts, holds and cleans up VMMs.
//!
//! It serves one host process over stdin and stdout and does not outlive it. How it is built:
//! [`spawner`] is the event loop, [`child`] the way into a VMM, [`orphans`] and [`removal`] the way out.

mod arguments;
mod child;
mod hardening;
mod launch;
mod log;
mod orphans;
mod outbox;
mod output_tail;
mod readiness;
mod removal;
mod runtime_directory;
mod signals;
mod sockets;
mod spawner;
mod tsc;
mod vm;
mod wire;

use std::process::ExitCode;

use arguments::Command;
use runtime_directory::RuntimeDirectory;
use signals::Signals;
use spawner::Spawner;

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
        Command::Serve(path) => match serve(&path) {
            Ok(code) => ExitCode::from(code),
            Err(problem) => {
                log::line(format_args!("{problem}"));
                ExitCode::from(FAILURE)
            }
        },
    }
}

fn print(text: &str) -> ExitCode {
    use std::io::Write;
    match writeln!(std::io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(FAILURE),
    }
}

fn serve(path: &std::path::Path) -> Result<u8, String> {
    hardening::harden().map_err(|error| format!("cannot harden this process: {error}"))?;
    // Before the directory is made: a signal from here on is read by the loop, which removes the directory again.
    let signals =
        Signals::take_over().map_err(|error| format!("cannot take over signals: {error}"))?;
    let directory = RuntimeDirectory::open(path)?;
    Spawner::new(directory, signals)
        .run()
        .map_err(|error| format!("the event loop failed: {error}"))
}
