//! A pipe or terminal, read and written without blocking the agent.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::{ioctl_fionbio, ioctl_fionread, read, write};
use tokio::io::unix::{AsyncFd, AsyncFdReadyGuard};

/// What is read at once.
pub const READ_BYTES: usize = 32 << 10;

pub struct Descriptor(AsyncFd<OwnedFd>);

/// The result of reading once.
pub enum Read {
    Bytes(usize),
    /// All others have closed it.
    End,
    NotNow,
}

impl Descriptor {
    pub fn new(descriptor: OwnedFd) -> io::Result<Self> {
        ioctl_fionbio(&descriptor, true)?;
        // SAFETY: the `OwnedFd` owns its descriptor, and nothing takes it out of the `AsyncFd`.
        Ok(Self(unsafe { AsyncFd::register(descriptor) }?))
    }

    pub async fn readable(&self) -> io::Result<AsyncFdReadyGuard<'_, OwnedFd>> {
        self.0.readable().await
    }

    pub async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let mut ready = self.0.writable().await?;
            match ready.try_io(|descriptor| Ok(write(descriptor, bytes)?)) {
                Ok(Ok(written)) => bytes = &bytes[written..],
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Err(error),
                Err(_not_now) => {}
            }
        }
        Ok(())
    }

    /// Waits until some bytes can be written, and writes them. Returns how many there were.
    pub async fn write_some(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            let mut ready = self.0.writable().await?;
            match ready.try_io(|descriptor| Ok(write(descriptor, bytes)?)) {
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(written) => return written,
                Err(_not_now) => {}
            }
        }
    }

    /// Returns the number of bytes that can be read now.
    pub fn unread(&self) -> u64 {
        ioctl_fionread(&self.0).unwrap_or(0)
    }
}

impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Reads once from a descriptor that seemed to be readable.
pub fn read_once(ready: &mut AsyncFdReadyGuard<'_, OwnedFd>, buffer: &mut [u8]) -> Read {
    match ready.try_io(|descriptor| Ok(read(descriptor, &mut *buffer)?)) {
        Ok(Ok(0)) => Read::End,
        Ok(Ok(count)) => Read::Bytes(count),
        Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => Read::NotNow,
        // A terminal that no process has open any more fails with EIO.
        Ok(Err(_)) => Read::End,
        Err(_not_now) => Read::NotNow,
    }
}
