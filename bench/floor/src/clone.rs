//! Clones of a saved VM.

use std::time::Duration;

use tokio::time::sleep;

use crate::arguments::Arguments;
use crate::guest::Guest;
use crate::qmp::Qmp;
use crate::steps::{print_medians, Steps};
use crate::vmm::{Origin, Vmm, STATE};
use crate::Failure;

pub async fn measure(arguments: &Arguments) -> Result<(), Failure> {
    let mut runs = Vec::new();
    for number in 0..arguments.count {
        let mut steps = Steps::start();
        let directory = arguments.directory.join(format!("clone-{number}"));
        let vmm = Vmm::start(arguments, Origin::Clone, &directory)?;
        steps.count_processor_time_of(vmm.process.id());
        let mut qmp = Qmp::connect(&vmm.control).await?;
        steps.reached("qmp");
        let ran = run(arguments, &vmm, &mut qmp, &mut steps).await;
        if arguments.console {
            println!("--- console\n{}", qmp.console().await?);
        }
        ran?;
        drop(vmm);
        std::fs::remove_dir_all(&directory)?;
        runs.push(steps);
    }
    print_medians(&runs);
    Ok(())
}

/// Loads the template's state and gives the clone its own identity.
pub async fn resume(
    arguments: &Arguments,
    vmm: &Vmm,
    qmp: &mut Qmp,
    steps: &mut Steps,
) -> Result<Guest, Failure> {
    let template = arguments.template.as_ref().unwrap_or(&arguments.directory);
    qmp.load(&template.join(STATE)).await?;
    steps.reached("running");
    let guest = Guest::connect(&vmm.channel).await?;
    guest.hello().await?;
    steps.reached("hello");
    guest.refresh().await?;
    steps.reached("refresh");
    if arguments.prime {
        guest.prime(&arguments.language, &arguments.code).await?;
        steps.reached("primed");
    }
    Ok(guest)
}

async fn run(
    arguments: &Arguments,
    vmm: &Vmm,
    qmp: &mut Qmp,
    steps: &mut Steps,
) -> Result<(), Failure> {
    let guest = resume(arguments, vmm, qmp, steps).await?;
    if arguments.rest_millis > 0 {
        sleep(Duration::from_millis(arguments.rest_millis)).await;
        steps.reached("rested");
    }
    if arguments.idle {
        println!("idle");
    } else {
        let metadata = guest.execute(arguments, steps).await?;
        if arguments.show {
            println!("{metadata:?}");
        }
        steps.agent_resident_bytes = guest.agent_resident_bytes().await?;
    }
    sleep(Duration::from_secs(arguments.hold_seconds)).await;
    Ok(())
}
