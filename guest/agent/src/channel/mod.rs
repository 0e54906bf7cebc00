//! The channels by which the host reaches the agent.

mod port_stream;
mod virtio_port;
mod vsock;

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::runtime;

use crate::boot::{context, wait_for, Failure};
use crate::execution::WorkingDirectory;
use crate::kernel_log;
use crate::lifecycle::Lifecycle;
use crate::namespaces::Namespaces;
use crate::reaper::Reaper;
use crate::service;

const TIMEOUT: Duration = Duration::from_secs(10);
const REPORT: &str = "report this as a defect of the guest agent";

/// The channels of this VM.
struct Channels {
    port: Option<PathBuf>,
    vsock: bool,
}

/// Serves the host on all channels of this VM, until the VM is destroyed.
pub fn serve(namespaces: Namespaces) -> Result<Infallible, Failure> {
    let channels = wait_for(TIMEOUT, find)?.ok_or_else(|| {
        Failure::new(
            format!("no channel to the host within {TIMEOUT:?}"),
            "give the VM a virtserialport named neurovisor.agent or a vsock device",
        )
    })?;
    // One thread saves memory in every VM and suffices for a single program.
    runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(context("cannot start the event loop", REPORT))?
        .block_on(serve_on(channels, namespaces))
}

fn find() -> Option<Channels> {
    let channels = Channels {
        port: virtio_port::find(),
        vsock: Path::new("/dev/vsock").exists(),
    };
    (channels.port.is_some() || channels.vsock).then_some(channels)
}

async fn serve_on(channels: Channels, namespaces: Namespaces) -> Result<Infallible, Failure> {
    let reaper = Reaper::start().map_err(context("cannot watch for ended processes", REPORT))?;
    let services = service::Services::new(
        Lifecycle::booted(),
        WorkingDirectory::in_guest(namespaces),
        reaper,
    );
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
