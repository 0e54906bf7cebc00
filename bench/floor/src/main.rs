//! The floor: one execution in a QEMU clone with only the necessary steps.
//!
//! The product is measured against this lower bound. It also serves to try the guest agent in a real VM during development.

mod arguments;
mod asked;
mod checkpoint;
mod clone;
mod guest;
mod living;
mod pages;
mod qmp;
mod sandbox;
mod steps;
mod template;
mod tsc;
mod vmm;
mod wire;

use std::process::ExitCode;

use arguments::{Arguments, Command};

/// Any failure ends the program with its reason.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("{problem}\n{}", arguments::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("neurovisor-floor: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match arguments.command {
            Command::Template => template::make(arguments).await,
            Command::Boot => template::boot_and_run(arguments).await,
            Command::Clone => clone::measure(arguments).await,
            Command::Sandbox => living::serve(arguments).await,
            Command::Guest => asked::follow(arguments).await,
        }
    })
}
