//! The messages of `proto/spawner.proto`, and how they are cut out of a byte stream.

// Requests are handled one at a time, so that it does not matter that the largest is much larger than the others.
#[allow(clippy::large_enum_variant)]
mod messages {
    include!(concat!(env!("OUT_DIR"), "/neurovisor.spawner.rs"));
}

use std::fmt;

use prost::{DecodeError, Message};

pub use messages::*;

/// A host that announces more is broken or hostile; the largest honest request is a command line of a few KiB.
pub const MAX_REQUEST_BYTES: usize = 1 << 20;

/// A 32-bit varint takes at most this many bytes.
const MAX_PREFIX_BYTES: usize = 5;

#[derive(Debug)]
pub enum WireError {
    /// The length prefix is no 32-bit varint.
    Prefix,
    TooLong(usize),
    Malformed(DecodeError),
}

impl fmt::Display for WireError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix => write!(formatter, "length prefix is not a 32-bit varint"),
            Self::TooLong(bytes) => write!(
                formatter,
                "request of {bytes} bytes, allowed are {MAX_REQUEST_BYTES}"
            ),
            Self::Malformed(error) => write!(formatter, "malformed request: {error}"),
        }
    }
}

/// Collects bytes and hands out whole requests. Holds at most one incomplete request and what one read added.
#[derive(Default)]
pub struct RequestReader {
    bytes: Vec<u8>,
    consumed: usize,
}

impl RequestReader {
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.consumed);
        self.consumed = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole request, or `None` until more bytes have come. After an error the stream has no meaning.
    pub fn next(&mut self) -> Result<Option<Request>, WireError> {
        let rest = &self.bytes[self.consumed..];
        let Some((length, prefix)) = length_prefix(rest)? else {
            return Ok(None);
        };
        // Judged before the bytes arrive: an announced length alone must not make us collect it.
        if length > MAX_REQUEST_BYTES {
            return Err(WireError::TooLong(length));
        }
        let Some(body) = rest.get(prefix..prefix + length) else {
            return Ok(None);
        };
        let request = Request::decode(body).map_err(WireError::Malformed)?;
        self.consumed += prefix + length;
        Ok(Some(request))
    }
}

/// The announced length and how many bytes the prefix took; `None` when the prefix is not complete.
fn length_prefix(bytes: &[u8]) -> Result<Option<(usize, usize)>, WireError> {
    let mut length = 0_u64;
    for (index, byte) in bytes.iter().take(MAX_PREFIX_BYTES).enumerate() {
        length |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let length = u32::try_from(length).map_err(|_| WireError::Prefix)?;
            return Ok(Some((length as usize, index + 1)));
        }
    }
    if bytes.len() < MAX_PREFIX_BYTES {
        Ok(None)
    } else {
        Err(WireError::Prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kill(id: &str) -> Request {
        Request {
            request: Some(request::Request::Kill(KillVmm { vm_id: id.into() })),
        }
    }

    #[test]
    fn requests_survive_any_split() {
        let stream = [kill("a"), kill(&"b".repeat(300)), kill("")]
            .map(|r| r.encode_length_delimited_to_vec())
            .concat();
        for size in 1..stream.len() {
            let mut reader = RequestReader::default();
            let mut seen = Vec::new();
            for piece in stream.chunks(size) {
                reader.push(piece);
                while let Some(request) = reader.next().unwrap() {
                    seen.push(request);
                }
            }
            assert_eq!(
                seen,
                [kill("a"), kill(&"b".repeat(300)), kill("")],
                "pieces of {size}"
            );
        }
    }

    #[test]
    fn the_largest_request_passes_and_one_more_byte_does_not() {
        let overhead =
            kill(&"x".repeat(MAX_REQUEST_BYTES - 100)).encoded_len() - (MAX_REQUEST_BYTES - 100);
        let largest = kill(&"x".repeat(MAX_REQUEST_BYTES - overhead));
        let mut reader = RequestReader::default();
        reader.push(&largest.encode_length_delimited_to_vec());
        assert_eq!(reader.next().unwrap(), Some(largest));

        let mut prefix = Vec::new();
        prost::encode_length_delimiter(MAX_REQUEST_BYTES + 1, &mut prefix).unwrap();
        reader.push(&prefix);
        assert!(matches!(reader.next(), Err(WireError::TooLong(_))));
    }

    #[test]
    fn nonsense_is_an_error() {
        for bytes in [
            &[0xff_u8; 5][..],
            &[0xff, 0xff, 0xff, 0xff, 0x7f],
            &[2, 0xff, 0xff],
        ] {
            let mut reader = RequestReader::default();
            reader.push(bytes);
            assert!(reader.next().is_err(), "{bytes:?}");
        }
    }
}
