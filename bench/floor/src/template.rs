//! Boots a VM, to save it as a template or to run a program in it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
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
    // The channel is closed. If the template were saved before the agent notices, the old connection would be part of
    // its memory, and its clones would not answer. The agent closes the port and opens it again, which causes events.
    // QEMU may merge events within a second into the last one, so only their time of origin is evaluated.
    let closed = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros();
    qmp.event(|event| event["event"] == "VSERPORT_CHANGE" && origin_micros(event) >= closed)
        .await?;
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

fn origin_micros(event: &Value) -> u128 {
    let part = |name: &str| u128::from(event["timestamp"][name].as_u64().unwrap_or(0));
    part("seconds") * 1_000_000 + part("microseconds")
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
