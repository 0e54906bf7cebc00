//! The virtio-serial port: one byte stream to the host, on which one connection after the other is served.

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
use crate::boot::{Failure, Never};
use crate::service::Services;

const NAME: &str = "neurovisor.agent";
const CLASS: &str = "/sys/class/virtio-ports";

/// The device of the port with our name. Its number differs from boot to boot.
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

/// Serves one connection after the other. A host that hangs up waits until the port is closed before it connects again.
pub async fn serve(device: PathBuf, services: Services) -> Result<Never, Failure> {
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
            if sender.send(Ok::<_, io::Error>(stream)).await.is_err() {
                return Failure::new("the gRPC server has ended", "destroy this VM");
            }
            let _ = closed.await;
            if let Err(error) = await_host(&port, false).await {
                return Failure::new(
                    format!("cannot watch the channel {}: {error}", device.display()),
                    "destroy this VM",
                );
            }
            // INVARIANT: the port is closed only when the host has hung up and all that used the connection have ended.
            // A server may end before, by the host's good-bye; a port opened then would be taken for a new connection,
            // and a template saved then makes clones that have said their first words to nobody. The port admits one
            // opener. The host sees both, as VSERPORT_CHANGE open:false and open:true.
            drop(port);
        }
    };
    // Our stream of connections never ends, so that the server never says good-bye to the one that it has.
    tokio::select! {
        failure = failure => Err(failure),
        ended = services.router().serve_with_incoming(ReceiverStream::new(connections)) =>
            Err(Failure::new(format!("the gRPC server has ended: {ended:?}"), "destroy this VM")),
    }
}

/// The port, held open by this descriptor too, and the connection on it.
async fn connect(device: &Path) -> io::Result<(File, (PortStream, oneshot::Receiver<()>))> {
    let port = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(OFlags::NONBLOCK.bits() as i32)
        .open(device)?;
    await_host(&port, true).await?;
    // Registered anew only now: tokio never forgets that it has seen a descriptor hung up.
    let connection = PortStream::new(port.try_clone()?)?;
    Ok((port, connection))
}

/// Returns as soon as the host is connected, or is not.
///
/// A port without a host reports POLLHUP without end, so that waiting for a level would spin. Its edges are what we
/// need, and only an epoll of our own shows them one by one.
async fn await_host(port: &File, connected: bool) -> io::Result<()> {
    let edges: OwnedFd = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let flags = epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::ET;
    epoll::add(&edges, port, epoll::EventData::new_u64(0), flags)?;
    // SAFETY: `edges` owns its descriptor, and nothing takes it out of the `AsyncFd`.
    let edges = unsafe { AsyncFd::register_with_interest(edges, Interest::READABLE) }?;
    while host_is_connected(port)? != connected {
        let mut ready = edges.readable().await?;
        // Takes the edge. A change after the look above is a new one.
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
