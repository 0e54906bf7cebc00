//! The vsock device of Firecracker and of QEMU with vhost-vsock.

use std::convert::Infallible;
use std::io;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_vsock::{VsockAddr, VsockListener, VMADDR_CID_ANY, VMADDR_CID_HOST};

use crate::boot::{context, Failure};
use crate::connection::Connection;
use crate::kernel_log;
use crate::service::Services;

const PORT: u32 = 6000;
const NEXT_STEP: &str = "destroy this VM";

/// Serves connections of the host only. Programs in the guest could open vsock connections too.
pub async fn serve(services: Services) -> Result<Infallible, Failure> {
    let listener = VsockListener::bind(VsockAddr::new(VMADDR_CID_ANY, PORT)).map_err(context(
        format!("cannot listen on vsock port {PORT}"),
        NEXT_STEP,
    ))?;
    let (sender, connections) = mpsc::channel(1);
    let failure = async {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) if peer.cid() == VMADDR_CID_HOST => {
                    if sender
                        .send(Ok::<_, io::Error>(Connection::new(stream)))
                        .await
                        .is_err()
                    {
                        return Failure::new("the gRPC server has ended", NEXT_STEP);
                    }
                }
                Ok((_, peer)) => {
                    kernel_log::information(format_args!("refused vsock peer {peer}"));
                }
                Err(error) => return context("cannot accept vsock connections", NEXT_STEP)(error),
            }
        }
    };
    tokio::select! {
        failure = failure => Err(failure),
        ended = services.router().serve_with_incoming(ReceiverStream::new(connections)) =>
            Err(Failure::new(format!("the gRPC server has ended: {ended:?}"), NEXT_STEP)),
    }
}
