//! Boots a VM, to save it as a template or to run a program in it.

use std::time::Duration;

use tokio::time::sleep;

use crate::arguments::Arguments;
use crate::guest::Guest;
use crate::qmp::Qmp;
use crate::steps::{print_medians, Steps};
use crate::vmm::{Origin, Vmm, STATE};
use crate::Failure;

pub async fn make(arguments: &Arguments) -> Result<(), Failure> {
    let mut steps = Steps::start();
    let vmm = Vmm::start(arguments, Origin::Boot, &arguments.directory)?;
    steps.count_processor_time_of(vmm.process.id());
    let mut qmp = Qmp::connect(&vmm.control).await?;
    steps.announce("qmp");
    let saved = save(arguments, &vmm, &mut qmp, &mut steps).await;
    print_console(arguments, &mut qmp).await;
    saved
}

async fn save(
    arguments: &Arguments,
    vmm: &Vmm,
    qmp: &mut Qmp,
    steps: &mut Steps,
) -> Result<(), Failure> {
    {
        let guest = Guest::connect(&vmm.channel).await?;
        println!("{:?}", guest.hello().await?);
        steps.announce("hello");
        for (language, code) in &arguments.primers {
            guest.prime(language, code).await?;
            steps.announce("primed");
        }
        if arguments.warm {
            println!("waiting: {:?}", guest.warm().await?);
            steps.announce("warm");
        }
    }
    qmp.hung_up().await?;
    steps.announce("hang-up seen");
    qmp.execute(r#"{"execute":"stop"}"#).await?;
    qmp.prepare_migration().await?;
    let state = arguments.directory.join(STATE);
    qmp.execute(&format!(
        r#"{{"execute":"migrate","arguments":{{"uri":"file:{}"}}}}"#,
        state.display()
    ))
    .await?;
    qmp.migrated().await?;
    steps.announce("saved");
    println!("state: {} bytes", state.metadata()?.len());
    Ok(())
}

pub async fn boot_and_run(arguments: &Arguments) -> Result<(), Failure> {
    let mut steps = Steps::start();
    let vmm = Vmm::start(arguments, Origin::Boot, &arguments.directory)?;
    steps.count_processor_time_of(vmm.process.id());
    let mut qmp = Qmp::connect(&vmm.control).await?;
    steps.reached("qmp");
    let ran = run(arguments, &vmm, &mut steps).await;
    print_console(arguments, &mut qmp).await;
    ran?;
    print_medians(&[steps]);
    Ok(())
}

async fn run(arguments: &Arguments, vmm: &Vmm, steps: &mut Steps) -> Result<(), Failure> {
    let guest = Guest::connect(&vmm.channel).await?;
    println!("{:?}", guest.hello().await?);
    steps.reached("hello");
    guest.refresh().await?;
    steps.reached("refresh");
    let metadata = guest.execute(arguments, steps).await?;
    println!("{metadata:?}");
    sleep(Duration::from_secs(arguments.hold_seconds)).await;
    Ok(())
}

async fn print_console(arguments: &Arguments, qmp: &mut Qmp) {
    if arguments.console {
        match qmp.console().await {
            Ok(console) => println!("--- console\n{console}"),
            Err(failure) => println!("--- no console: {failure}"),
        }
    }
}
