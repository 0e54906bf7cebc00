//! A clone that has become a living sandbox, and does the steps of a client that measures.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixListener;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::arguments::Arguments;
use crate::checkpoint::{self, Machine};
use crate::clone;
use crate::qmp::Qmp;
use crate::sandbox::Sandbox;
use crate::steps::Steps;
use crate::vmm::{Origin, Vmm};
use crate::Failure;

const SOCKET: &str = "steps";
const FILE: &str = "bench/data";

/// Prints the milliseconds in which the clone became a sandbox, once it listens. Each line that arrives on the socket
/// `steps` is a step, which is answered with its milliseconds, or as its function says. Ends with its client's connection.
pub async fn serve(arguments: &Arguments) -> Result<(), Failure> {
    let mut steps = Steps::start();
    let vmm = Vmm::start(arguments, Origin::Clone, &arguments.directory)?;
    let mut qmp = Qmp::connect(&vmm.control).await?;
    let guest = clone::resume(arguments, &vmm, &mut qmp, &mut steps).await?;
    sleep(Duration::from_millis(arguments.rest_millis)).await;
    let start = Instant::now();
    guest.adopt().await?;
    let adoption = millis(start);
    let listener = UnixListener::bind(arguments.directory.join(SOCKET))?;
    println!("listening {adoption:.3}");
    let (reader, mut writer) = listener.accept().await?.0.into_split();
    let mut machine = Machine { vmm, qmp, guest };
    let mut lines = BufReader::new(reader).lines();
    while let Some(line) = lines.next_line().await? {
        let words: Vec<&str> = line.split(' ').collect();
        let figures;
        (machine, figures) = match words[..] {
            ["pause"] => pause(arguments, machine).await?,
            ["resume"] => resume(arguments, machine).await?,
            ["fork", count] => fork(arguments, machine, count.parse()?).await?,
            _ => {
                let took = step(&machine.guest.sandbox(), &words).await?;
                (machine, vec![took])
            }
        };
        let figures: Vec<String> = figures
            .iter()
            .map(|figure| format!("{figure:.3}"))
            .collect();
        writer
            .write_all(format!("{}\n", figures.join(" ")).as_bytes())
            .await?;
    }
    Ok(())
}

async fn step(sandbox: &Sandbox, words: &[&str]) -> Result<f64, Failure> {
    let start = Instant::now();
    match words {
        ["start", command] => sandbox.run(command).await?,
        ["write", bytes] => {
            sandbox.remove(FILE).await?;
            let content = vec![b'x'; bytes.parse()?];
            let start = Instant::now();
            sandbox.write(FILE, content).await?;
            return Ok(millis(start));
        }
        ["read"] => sandbox.read(FILE).await?,
        ["files", count, bytes] => return files(sandbox, count.parse()?, bytes.parse()?).await,
        _ => return Err(format!("no step of a sandbox: {words:?}").into()),
    }
    Ok(millis(start))
}

/// Saves the sandbox and lets it go on. Answers with the milliseconds until its files were on the disk, and with those that
/// the VMM took of them.
async fn pause(arguments: &Arguments, machine: Machine) -> Result<(Machine, Vec<f64>), Failure> {
    let start = Instant::now();
    let stopped = machine.save(arguments, true).await?;
    let figures = vec![millis(start), stopped.vmm_millis];
    Ok((stopped.go_on().await?, figures))
}

/// Replaces the machine of the sandbox by one that goes on where it was. Answers with the milliseconds from the start of the
/// new machine until a program has run in it.
async fn resume(arguments: &Arguments, machine: Machine) -> Result<(Machine, Vec<f64>), Failure> {
    let checkpoint = machine.save(arguments, true).await?.checkpoint;
    let start = Instant::now();
    let machine = checkpoint::restore(arguments, &checkpoint).await?;
    machine.guest.sandbox().run("true").await?;
    Ok((machine, vec![millis(start)]))
}

/// Starts copies of the sandbox, and ends them. Answers with the milliseconds that the sandbox stood still, those that the
/// VMM took of them, the milliseconds until the last copy went on, and the memory of a copy in MiB.
async fn fork(
    arguments: &Arguments,
    machine: Machine,
    count: usize,
) -> Result<(Machine, Vec<f64>), Failure> {
    let start = Instant::now();
    let stopped = machine.save(arguments, false).await?;
    let (checkpoint, saved) = (stopped.checkpoint.clone(), stopped.vmm_millis);
    let machine = stopped.go_on().await?;
    let still = millis(start);
    let mut copies = JoinSet::new();
    for number in 0..count {
        let directory = arguments.directory.join(format!("copy-{number}"));
        let arguments = Arguments {
            directory,
            ..arguments.clone()
        };
        copies.spawn(checkpoint::copy(arguments, checkpoint.clone()));
    }
    let mut running = Vec::new();
    while let Some(copy) = copies.join_next().await {
        running.push(copy??);
    }
    let answered = millis(start);
    let mut kibibytes = 0.0;
    for copy in &running {
        kibibytes += proportional_kibibytes(copy.vmm.process.id())?;
    }
    let memory = kibibytes / 1024.0 / count as f64;
    Ok((machine, vec![still, saved, answered, memory]))
}

/// Returns the proportional set size of a process (proc(5), smaps_rollup).
fn proportional_kibibytes(process: u32) -> Result<f64, Failure> {
    let rollup = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let line = rollup
        .lines()
        .find_map(|line| line.strip_prefix("Pss:"))
        .ok_or("a process has no proportional set size")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// Writes files one after the other, and removes them without counting the time.
async fn files(sandbox: &Sandbox, count: usize, bytes: usize) -> Result<f64, Failure> {
    const DIRECTORY: &str = "bench/many";
    let content = vec![b'x'; bytes];
    let start = Instant::now();
    for number in 0..count {
        let path = Path::new(DIRECTORY).join(number.to_string());
        sandbox
            .write(&path.to_string_lossy(), content.clone())
            .await?;
    }
    let took = millis(start);
    sandbox.remove(DIRECTORY).await?;
    Ok(took)
}

pub fn millis(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}
