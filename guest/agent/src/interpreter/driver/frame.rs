//! Divides the bytes of a driver into frames. Pure.

use super::json::{self, Value};

pub const HEADER_BYTES_MAX: usize = 64 << 10;
/// The largest body is a display, with all results of a cell.
pub const BODY_BYTES_MAX: usize = 32 << 20;
const LENGTHS_BYTES: usize = 8;

/// What is known next of a frame.
#[derive(Debug, PartialEq)]
pub enum Piece {
    /// A header, and the number of bytes that follow.
    Header(Value, usize),
    /// Some of the body of the last header, in order.
    Body(Vec<u8>),
}

/// The bytes are not frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken(pub &'static str);

/// Keeps at most one header, and never a body.
#[derive(Default)]
pub struct FrameDecoder {
    /// The lengths and the header of the next frame, as far as they have arrived.
    start: Vec<u8>,
    /// The bytes of the current body that are missing.
    body_left: usize,
}

impl FrameDecoder {
    /// Takes bytes and calls `found` with each piece. Bytes after an error have no meaning.
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        mut found: impl FnMut(Piece) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        while !bytes.is_empty() {
            if self.body_left > 0 {
                let (body, rest) = bytes.split_at(self.body_left.min(bytes.len()));
                self.body_left -= body.len();
                bytes = rest;
                found(Piece::Body(body.to_vec()))?;
                continue;
            }
            bytes = self.fill(bytes)?;
            if let Some((header, body)) = self.header()? {
                self.body_left = body;
                found(Piece::Header(header, body))?;
            }
        }
        Ok(())
    }

    /// Takes the bytes of the next lengths and header. Returns the others.
    fn fill<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Broken> {
        let missing = self.wanted()? - self.start.len();
        let (taken, rest) = bytes.split_at(missing.min(bytes.len()));
        self.start.extend_from_slice(taken);
        Ok(rest)
    }

    /// Returns the number of bytes to the end of the lengths, or of the header if they are known.
    fn wanted(&self) -> Result<usize, Broken> {
        let Some((header, body)) = self.lengths() else {
            return Ok(LENGTHS_BYTES);
        };
        match (header, body) {
            (1..=HEADER_BYTES_MAX, 0..=BODY_BYTES_MAX) => Ok(LENGTHS_BYTES + header),
            (_, 0..=BODY_BYTES_MAX) => Err(Broken("a header with a length that is not allowed")),
            _ => Err(Broken("a body that is too long")),
        }
    }

    fn lengths(&self) -> Option<(usize, usize)> {
        let length = |at: usize| {
            let bytes = self.start.get(at..at + 4)?.try_into().ok()?;
            usize::try_from(u32::from_be_bytes(bytes)).ok()
        };
        Some((length(0)?, length(4)?))
    }

    fn header(&mut self) -> Result<Option<(Value, usize)>, Broken> {
        let Some((_, body)) = self.lengths() else {
            return Ok(None);
        };
        if self.start.len() < self.wanted()? || self.start.len() == LENGTHS_BYTES {
            return Ok(None);
        }
        let header =
            json::parse(&self.start[LENGTHS_BYTES..]).ok_or(Broken("a header that is not JSON"))?;
        self.start.clear();
        Ok(Some((header, body)))
    }
}

/// Encodes the lengths and the header of a frame.
pub fn encode(header: &str, body_bytes: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(LENGTHS_BYTES + header.len());
    for length in [header.len(), body_bytes] {
        bytes.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    }
    bytes.extend_from_slice(header.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(decoder: &mut FrameDecoder, bytes: &[u8]) -> Result<Vec<Piece>, Broken> {
        let mut all = Vec::new();
        decoder.push(bytes, |piece| {
            all.push(piece);
            Ok(())
        })?;
        Ok(all)
    }

    fn frame(header: &str, body: &[u8]) -> Vec<u8> {
        [&encode(header, body.len()), body].concat()
    }

    #[test]
    fn joins_frames_from_any_pieces() {
        let bytes = [frame("1", b"abc"), frame("2", b""), frame("3", b"d")].concat();
        for size in 1..=bytes.len() {
            let mut decoder = FrameDecoder::default();
            let (mut headers, mut body) = (Vec::new(), Vec::new());
            for part in bytes.chunks(size) {
                for piece in pieces(&mut decoder, part).unwrap() {
                    match piece {
                        Piece::Header(header, length) => headers.push((header.number(), length)),
                        Piece::Body(bytes) => body.extend(bytes),
                    }
                }
            }
            assert_eq!(headers, [(Some(1), 3), (Some(2), 0), (Some(3), 1)]);
            assert_eq!(body, b"abcd");
        }
    }

    #[test]
    fn rejects_lengths_before_it_reads_on() {
        for (header, body) in [
            (0, 0),
            (65_537, 0),
            (u32::MAX, 1),
            (1, (32 << 20) + 1),
            (1, u32::MAX),
        ] {
            let bytes = [header.to_be_bytes(), body.to_be_bytes()].concat();
            assert!(pieces(&mut FrameDecoder::default(), &bytes[..7])
                .unwrap()
                .is_empty());
            pieces(&mut FrameDecoder::default(), &[&bytes[..], b"x"].concat()).unwrap_err();
        }
    }

    #[test]
    fn rejects_a_header_that_is_not_json() {
        let broken = pieces(&mut FrameDecoder::default(), &frame("{", b""));
        assert_eq!(broken, Err(Broken("a header that is not JSON")));
    }
}
