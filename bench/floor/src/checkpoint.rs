//! Saves a living sandbox, and starts clones that go on where it was.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::arguments::Arguments;
use crate::guest::Guest;
use crate::living::millis;
use crate::pages;
use crate::qmp::Qmp;
use crate::vmm::{Origin, Vmm, MEMORY};
use crate::Failure;

/// What a clone of the template differs in, in two files.
#[derive(Clone)]
pub struct Checkpoint {
    state: PathBuf,
    pages: PathBuf,
}

/// A machine with its sandbox.
pub struct Machine {
    pub vmm: Vmm,
    pub qmp: Qmp,
    pub guest: Guest,
}

/// A machine that was saved and is stopped.
pub struct Stopped {
    vmm: Vmm,
    qmp: Qmp,
    pub checkpoint: Checkpoint,
    /// The milliseconds of what the VMM had to do, without the guest.
    pub vmm_millis: f64,
}

impl Machine {
    /// Freezes the sandbox and saves it.
    ///
    /// `lasting`: whether the files are flushed.
    pub async fn save(self, arguments: &Arguments, lasting: bool) -> Result<Stopped, Failure> {
        let Self {
            vmm,
            mut qmp,
            guest,
        } = self;
        guest.freeze().await?;
        drop(guest);
        qmp.hung_up().await?;
        let start = Instant::now();
        let checkpoint = Checkpoint {
            state: arguments.directory.join("device-state"),
            pages: arguments.directory.join("pages"),
        };
        qmp.execute(r#"{"execute":"stop"}"#).await?;
        qmp.execute(&format!(
            r#"{{"execute":"xen-save-devices-state","arguments":{{"filename":"{}","live":false}}}}"#,
            checkpoint.state.display()
        ))
        .await?;
        let file = pages::save(vmm.process.id(), &memory(arguments)?, &checkpoint.pages)?;
        if lasting {
            file.sync_all()?;
            File::open(&checkpoint.state)?.sync_all()?;
            File::open(&arguments.directory)?.sync_all()?;
        }
        Ok(Stopped {
            vmm,
            qmp,
            checkpoint,
            vmm_millis: millis(start),
        })
    }
}

impl Stopped {
    /// Lets the sandbox go on.
    pub async fn go_on(mut self) -> Result<Machine, Failure> {
        self.qmp.execute(r#"{"execute":"cont"}"#).await?;
        let guest = Guest::connect(&self.vmm.channel).await?;
        guest.go_on().await?;
        Ok(Machine {
            vmm: self.vmm,
            qmp: self.qmp,
            guest,
        })
    }
}

/// Starts a machine that goes on where the saved one was, under the same names.
pub async fn restore(arguments: &Arguments, checkpoint: &Checkpoint) -> Result<Machine, Failure> {
    let (vmm, qmp) = started(arguments, checkpoint).await?;
    let guest = Guest::connect(&vmm.channel).await?;
    guest.go_on().await?;
    Ok(Machine { vmm, qmp, guest })
}

/// Starts a machine that goes on where the saved one was, with names of its own.
pub async fn copy(arguments: Arguments, checkpoint: Checkpoint) -> Result<Machine, Failure> {
    let (vmm, qmp) = started(&arguments, &checkpoint).await?;
    let guest = Guest::connect(&vmm.channel).await?;
    guest.refresh().await?;
    guest.thaw().await?;
    Ok(Machine { vmm, qmp, guest })
}

async fn started(arguments: &Arguments, checkpoint: &Checkpoint) -> Result<(Vmm, Qmp), Failure> {
    let vmm = Vmm::start(arguments, Origin::Restored, &arguments.directory)?;
    let mut qmp = Qmp::connect(&vmm.control).await?;
    // Before the state of the devices: QEMU compares their queues with the memory.
    pages::load(vmm.process.id(), &memory(arguments)?, &checkpoint.pages)?;
    qmp.load(&checkpoint.state).await?;
    Ok((vmm, qmp))
}

fn memory(arguments: &Arguments) -> Result<PathBuf, Failure> {
    let template = arguments.template.as_deref();
    Ok(template
        .map(Path::canonicalize)
        .ok_or("a sandbox needs --template")??
        .join(MEMORY))
}
