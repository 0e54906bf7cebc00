//! The messages of `proto/spawner.proto`, and the reader that splits a byte stream into requests.

// Requests are handled one at a time, so the different sizes of the variants do not matter.
#[allow(clippy::large_enum_variant)]
mod messages {
    include!(concat!(env!("OUT_DIR"), "/neurovisor.spawner.rs"));
}

use std::fmt;

use prost::{DecodeError, Message};

pub use messages::*;

/// A host that announces more is broken or hostile. The largest regular request is a command line of a few KiB.
pub const MAX_REQUEST_BYTES: usize = 1 << 20;

/// A 32-bit varint takes at most this many bytes.
const MAX_PREFIX_BYTES: usize = 5;

#[derive(Debug)]
pub enum WireError {
    /// The length prefix is not a 32-bit varint.
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

/// Collects bytes and returns complete requests. Holds at most one incomplete request and the bytes of one read.
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

    /// Returns the next complete request, or `None` until more bytes have arrived. After an error the rest of the
    /// stream cannot be read.
    pub fn next(&mut self) -> Result<Option<Request>, WireError> {
        let rest = &self.bytes[self.consumed..];
        let Some((length, prefix)) = length_prefix(rest)? else {
            return Ok(None);
        };
        // Checked before the bytes arrive, so that an announced length alone does not allocate memory.
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

/// Returns the announced length and the length of the prefix itself, or `None` if the prefix is incomplete.
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
    fn reads_requests_however_they_are_split() {
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
    fn limits_the_size_of_a_request() {
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
    fn rejects_malformed_bytes() {
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

    /// A pseudorandom generator with the same sequence in each run (xorshift).
    struct Generator(u64);

    impl Generator {
        fn below(&mut self, bound: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % bound as u64) as usize
        }

        fn text(&mut self) -> String {
            const PARTS: [&str; 9] = ["", "/", "..", "/etc", "a", "\0", "ä", "~building-", "vm"];
            (0..self.below(5))
                .map(|_| PARTS[self.below(PARTS.len())])
                .collect()
        }

        fn start(&mut self) -> StartVmm {
            let file = |generator: &mut Self| HandedFile {
                path: generator.text(),
                access: generator.below(5) as i32,
                name: generator.text(),
            };
            StartVmm {
                vm_id: self.text(),
                executable: self.text(),
                arguments: (0..self.below(3)).map(|_| self.text()).collect(),
                sockets: (0..self.below(3)).map(|_| self.text()).collect(),
                files: (0..self.below(3)).map(|_| file(self)).collect(),
                jail: (self.below(2) == 0).then(|| Jail {
                    visible: vec![self.text()],
                    seccomp_filter: vec![0; self.below(20)],
                    max_file_bytes: self.0,
                }),
                limits: (self.below(2) == 0).then(|| Limits {
                    memory_max_bytes: self.0,
                    cpu_per_mille: self.below(99) as u32,
                    pids_max: self.below(3) as u32,
                }),
                chroot: (self.below(2) == 0).then(|| Chroot {
                    jailer: self.text(),
                    directory: self.text(),
                    max_file_bytes: 0,
                }),
                watch: (self.below(2) == 0).then(|| Watch {
                    audit: true,
                    configured_sealed: true,
                    expected_calls: vec![0xff; self.below(80)],
                }),
            }
        }
    }

    /// Bytes of a compromised host are a request, an incomplete request, or an error.
    #[test]
    fn survives_hostile_bytes() {
        let mut generator = Generator(20_261_127);
        let (mut whole, mut broken) = (0, 0);
        for _ in 0..20_000 {
            let mut bytes = Request {
                request: Some(request::Request::Start(generator.start())),
            }
            .encode_length_delimited_to_vec();
            for _ in 0..generator.below(4) {
                let place = generator.below(bytes.len());
                bytes[place] = generator.below(256) as u8;
            }
            if generator.below(4) == 0 {
                bytes.truncate(generator.below(bytes.len()).max(1));
            }
            let mut reader = RequestReader::default();
            for piece in bytes.chunks(generator.below(64) + 1) {
                reader.push(piece);
            }
            match reader.next() {
                Ok(None) => {}
                Err(_) => broken += 1,
                Ok(Some(request)) => {
                    whole += 1;
                    if let Some(request::Request::Start(start)) = request.request {
                        let _ = crate::launch::Launch::try_from(start);
                    }
                }
            }
        }
        assert!(
            whole > 100 && broken > 100,
            "{whole} whole, {broken} broken"
        );
    }
}
