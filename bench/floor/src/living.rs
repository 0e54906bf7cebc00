//! A clone that has become a living sandbox, and does the steps of a client that measures.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixListener;
use tokio::time::sleep;

use crate::arguments::Arguments;
use crate::clone;
use crate::qmp::Qmp;
use crate::sandbox::Sandbox;
use crate::steps::Steps;
use crate::vmm::{Origin, Vmm};
use crate::Failure;

const SOCKET: &str = "steps";
const FILE: &str = "bench/data";

/// Prints the milliseconds in which the clone became a sandbox, once it listens. Each line that arrives on the socket
/// `steps` is a step, which is answered with its milliseconds. Ends with its client's connection.
pub async fn serve(arguments: &Arguments) -> Result<(), Failure> {
    let mut steps = Steps::start();
    let vmm = Vmm::start(arguments, Origin::Clone, &arguments.directory)?;
    let mut qmp = Qmp::connect(&vmm.control).await?;
    let guest = clone::resume(arguments, &vmm, &mut qmp, &mut steps).await?;
    sleep(Duration::from_millis(arguments.rest_millis)).await;
    let start = Instant::now();
    let sandbox = guest.adopt().await?;
    let adoption = millis(start);
    let listener = UnixListener::bind(arguments.directory.join(SOCKET))?;
    println!("listening {adoption:.3}");
    follow(&sandbox, &listener).await
}

async fn follow(sandbox: &Sandbox, listener: &UnixListener) -> Result<(), Failure> {
    let (reader, mut writer) = listener.accept().await?.0.into_split();
    let mut lines = BufReader::new(reader).lines();
    while let Some(line) = lines.next_line().await? {
        let words: Vec<&str> = line.split(' ').collect();
        let took = match words[..] {
            ["start", command] => {
                let start = Instant::now();
                sandbox.run(command).await?;
                millis(start)
            }
            ["write", bytes] => {
                sandbox.remove(FILE).await?;
                let content = vec![b'x'; bytes.parse()?];
                let start = Instant::now();
                sandbox.write(FILE, content).await?;
                millis(start)
            }
            ["read"] => {
                let start = Instant::now();
                sandbox.read(FILE).await?;
                millis(start)
            }
            ["files", count, bytes] => files(sandbox, count.parse()?, bytes.parse()?).await?,
            _ => return Err(format!("no step of a sandbox: {line}").into()),
        };
        writer.write_all(format!("{took:.3}\n").as_bytes()).await?;
    }
    Ok(())
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

fn millis(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}
