//! Calls a guest that another program has started, one step per line of standard input.

use std::path::Path;
use std::time::Duration;

use tokio::time::timeout;

use crate::arguments::Arguments;
use crate::guest::Guest;
use crate::steps::Steps;
use crate::Failure;

const ATTEMPTS: usize = 100;
/// The time limit for a connection that the guest may have reset.
const PATIENCE: Duration = Duration::from_secs(5);

pub async fn follow(arguments: &Arguments) -> Result<(), Failure> {
    let mut connected = None;
    for line in std::io::stdin().lines() {
        let step = line?;
        match (step.as_str(), &connected) {
            ("connect", _) => connected = Some(refreshed(&arguments.directory).await?),
            ("prime", Some(guest)) => guest.prime(&arguments.language, &arguments.code).await?,
            ("execute", Some(guest)) => {
                let ended = guest.execute(arguments, &mut Steps::start()).await?;
                if ended.exit_code != 0 {
                    return Err(format!("the program failed: {ended:?}").into());
                }
            }
            _ => return Err(format!("no step of a guest: {step}").into()),
        }
        println!("{step}");
    }
    Ok(())
}

async fn refreshed(socket: &Path) -> Result<Guest, Failure> {
    for _ in 0..ATTEMPTS {
        if let Ok(Ok(guest)) = timeout(PATIENCE, answering(socket)).await {
            guest.refresh().await?;
            return Ok(guest);
        }
    }
    Err("the guest does not answer".into())
}

/// The first connection after a restore is usually reset.
async fn answering(socket: &Path) -> Result<Guest, Failure> {
    let guest = Guest::connect_vsock(socket).await?;
    guest.hello().await?;
    Ok(guest)
}
