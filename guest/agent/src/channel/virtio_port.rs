//! The virtio-serial port, a byte stream to the host that carries one connection after another.

use std::convert::Infallible;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::event::{epoll, poll, PollFd, PollFlags, Timespec};
use rustix::fs::OFlags;
use tokio::io::unix::AsyncFd;
use tokio::io::Interest;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;

use super::port_stream::PortStream;
use crate::boot::Failure;
use crate::connection::Connection;
use crate::service::Services;

const NAME: &str = "neurovisor.agent";
const CLASS: &str = "/sys/class/virtio-ports";

/// Finds the device of the port named [`NAME`]. Its number may differ between boots.
pub fn find() -> Option<PathBuf> {
    fs::read_dir(CLASS)
        .ok()?
        .flatten()
        .find(|port| {
            fs::read_to_string(port.path().join("name")).is_ok_and(|name| name.trim_end() == NAME)
        })
        .map(|port| Path::new("/dev").join(port.file_name()))
        .filter(|device| device.exists())
}

/// Serves one connection after another. After hanging up, the host waits for the port to be closed before it
/// reconnects.
pub async fn serve(device: PathBuf, services: Services) -> Result<Infallible, Failure> {
    let (sender, connections) = mpsc::channel(1);
    let failure = async {
        loop {
            let (port, (stream, closed)) = match connect(&device).await {
                Ok(connection) => connection,
                Err(error) => {
                    return Failure::new(
                        format!("cannot use the channel {}: {error}", device.display()),
                        "destroy this VM",
                    )
                }
            };
            if sender
                .send(Ok::<_, io::Error>(Connection::new(stream)))
                .await
                .is_err()
            {
                return Failure::new("the gRPC server has ended", "destroy this VM");
            }
            let _ = closed.await;
            if let Err(error) = await_host(&port, false).await {
                return Failure::new(
                    format!("cannot watch the channel {}: {error}", device.display()),
                    "destroy this VM",
                );
            }
            // INVARIANT: the port is closed only when the host has hung up and nothing uses the connection any more.
            // The server may end earlier, after a GOAWAY of the host. A port that is opened again at that moment would
            // be taken for a new connection, and clones of a template saved at that moment would have sent the
            // beginning of the protocol already. Only one process can open the port. The host sees both events as
            // VSERPORT_CHANGE.
            drop(port);
        }
    };
    // The stream of connections never ends, so that the server never sends GOAWAY on the current one.
    tokio::select! {
        failure = failure => Err(failure),
        ended = services.router().serve_with_incoming(ReceiverStream::new(connections)) =>
            Err(Failure::new(format!("the gRPC server has ended: {ended:?}"), "destroy this VM")),
    }
}

/// Opens the port and waits for the host. Returns a descriptor that keeps the port open, and the connection.
async fn connect(device: &Path) -> io::Result<(File, (PortStream, oneshot::Receiver<()>))> {
    let port = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(OFlags::NONBLOCK.bits() as i32)
        .open(device)?;
    await_host(&port, true).await?;
    // Registered only now, because tokio remembers a hang-up of a descriptor indefinitely.
    let connection = PortStream::new(port.try_clone()?)?;
    Ok((port, connection))
}

/// Waits until the host is connected or disconnected.
///
/// A port without a host reports POLLHUP permanently, so level-triggered waiting would spin. Only a separate epoll
/// instance reports the edges one by one.
async fn await_host(port: &File, connected: bool) -> io::Result<()> {
    let edges: OwnedFd = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let flags = epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::ET;
    epoll::add(&edges, port, epoll::EventData::new_u64(0), flags)?;
    // SAFETY: `edges` owns its descriptor, and nothing takes it out of the `AsyncFd`.
    let edges = unsafe { AsyncFd::register_with_interest(edges, Interest::READABLE) }?;
    while host_is_connected(port)? != connected {
        let mut ready = edges.readable().await?;
        // Consumes the edge. A change after the check above is a new edge.
        let mut seen = Vec::with_capacity(1);
        let now = Timespec::default();
        epoll::wait(
            edges.get_ref(),
            rustix::buffer::spare_capacity(&mut seen),
            Some(&now),
        )?;
        ready.clear_ready();
    }
    Ok(())
}

fn host_is_connected(port: impl AsFd) -> io::Result<bool> {
    let mut look = [PollFd::new(&port, PollFlags::OUT)];
    poll(&mut look, Some(&Timespec::default()))?;
    Ok(!look[0].revents().contains(PollFlags::HUP))
}
