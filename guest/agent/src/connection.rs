//! The connections of the host, which are numbered.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::server::Connected;

/// Each connection has another number. A clone goes on counting where its template or checkpoint was saved, so it never has
/// the number of a connection that was open then.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// The number of a connection, an extension of each of its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionNumber(u64);

#[cfg(test)]
impl ConnectionNumber {
    pub const fn in_test(number: u64) -> Self {
        Self(number)
    }
}

pub struct Connection<S> {
    stream: S,
    number: ConnectionNumber,
}

impl<S> Connection<S> {
    pub fn new(stream: S) -> Self {
        let number = ConnectionNumber(NEXT.fetch_add(1, Ordering::Relaxed));
        Self { stream, number }
    }
}

impl<S> Connected for Connection<S> {
    type ConnectInfo = ConnectionNumber;

    fn connect_info(&self) -> ConnectionNumber {
        self.number
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
