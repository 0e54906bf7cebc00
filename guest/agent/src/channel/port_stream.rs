//! A connection of the host over the virtio-serial port.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;

/// A byte stream that ends at the first hang-up, even if the host has connected again: later bytes belong to another
/// connection.
pub struct PortStream {
    port: AsyncFd<File>,
    /// Declared, and therefore dropped, after the port: the receiver may open the port again.
    _closed: oneshot::Sender<()>,
}

impl PortStream {
    /// Returns the stream, and a receiver that resolves when the port has been closed.
    pub fn new(port: File) -> io::Result<(Self, oneshot::Receiver<()>)> {
        let (sender, closed) = oneshot::channel();
        // SAFETY: the file owns its descriptor, and nothing takes it out of the `AsyncFd`.
        let port = unsafe { AsyncFd::register(port) }?;
        Ok((
            Self {
                port,
                _closed: sender,
            },
            closed,
        ))
    }
}

impl AsyncRead for PortStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut guard = ready!(self.port.poll_read_ready(context))?;
            let hung_up = guard.ready().is_read_closed();
            let target = buffer.initialize_unfilled();
            match guard.get_inner().read(target) {
                Ok(count) => {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    // The hang-up stays in tokio's readiness indefinitely, so another attempt would spin.
                    if hung_up {
                        return Poll::Ready(Ok(()));
                    }
                    guard.clear_ready();
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for PortStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            let mut guard = ready!(self.port.poll_write_ready(context))?;
            let hung_up = guard.ready().is_write_closed();
            match guard.get_inner().write(data) {
                Ok(count) => return Poll::Ready(Ok(count)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    // Without a host the port would block indefinitely, and with this readiness it would spin.
                    if hung_up {
                        return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
                    }
                    guard.clear_ready();
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
