//! The host's way in.

mod port_stream;
mod virtio_port;
mod vsock;

use std::path::Path;
use std::time::Duration;

use tokio::runtime;

use crate::boot::{context, wait_for, Failure, Never, Quarters};
use crate::execution::Executions;
use crate::kernel_log;
use crate::lifecycle::Lifecycle;
use crate::orphans::Orphans;
use crate::service;

const PATIENCE: Duration = Duration::from_secs(10);
const REPORT: &str = "report this as a defect of the guest agent";

/// The channels that this VM has.
struct Channels {
    port: Option<std::path::PathBuf>,
    vsock: bool,
}

/// Serves the host on whichever channels there are, until the VM is destroyed.
pub fn serve(quarters: Quarters) -> Result<Never, Failure> {
    let channels = wait_for(PATIENCE, find)?.ok_or_else(|| {
        Failure::new(
            format!("no channel to the host within {PATIENCE:?}"),
            "give the VM a virtserialport named neurovisor.agent or a vsock device",
        )
    })?;
    // One thread: this memory is paid in every VM, and there is only one program to look after.
    runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(context("cannot start the event loop", REPORT))?
        .block_on(serve_on(channels, quarters))
}

fn find() -> Option<Channels> {
    let channels = Channels {
        port: virtio_port::find(),
        vsock: Path::new("/dev/vsock").exists(),
    };
    (channels.port.is_some() || channels.vsock).then_some(channels)
}

async fn serve_on(channels: Channels, quarters: Quarters) -> Result<Never, Failure> {
    let orphans = Orphans::start().map_err(context("cannot watch for ended processes", REPORT))?;
    let executions = Executions::in_guest(quarters, orphans);
    let services = service::Services::new(Lifecycle::booted(), executions);
    kernel_log::information(format_args!(
        "serving on {} {}",
        match &channels.port {
            Some(port) => port.display().to_string(),
            None => "no port".to_owned(),
        },
        if channels.vsock {
            "and vsock"
        } else {
            "without vsock"
        }
    ));
    let by_vsock = async {
        match channels.vsock {
            true => vsock::serve(services.clone()).await,
            false => std::future::pending().await,
        }
    };
    let by_port = async {
        match channels.port {
            Some(port) => virtio_port::serve(port, services.clone()).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = by_vsock => ended,
        ended = by_port => ended,
    }
}
