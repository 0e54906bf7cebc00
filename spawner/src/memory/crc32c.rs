//! CRC-32C (Castagnoli), the checksum of iSCSI and ext4 (RFC 3720, B.4).

/// The polynomial with its bits reversed.
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// For each byte its remainder after 0 to 7 further zero bytes, so that eight bytes are taken in one step.
const TABLES: [[u32; 256]; 8] = tables();

/// Returns the checksum of bytes.
pub fn crc32c(bytes: &[u8]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("sse4.2") {
        // SAFETY: the processor has the instruction.
        return unsafe { by_instruction(bytes) };
    }
    by_tables(bytes)
}

/// Computes the checksum with an instruction of the processor, about ten times as fast as by tables.
///
/// # Safety
///
/// The processor must have SSE 4.2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse4.2")]
#[allow(unused_unsafe)] // Rust 1.85 needs the blocks, later versions do not.
unsafe fn by_instruction(bytes: &[u8]) -> u32 {
    use std::arch::x86_64::{_mm_crc32_u64, _mm_crc32_u8};

    let mut words = bytes.chunks_exact(8);
    let mut remainder = u64::from(u32::MAX);
    for word in &mut words {
        let word = u64::from_le_bytes(std::array::from_fn(|index| word[index]));
        // SAFETY: as the caller says, the processor has the instruction.
        remainder = unsafe { _mm_crc32_u64(remainder, word) };
    }
    // The instruction for words leaves the upper half zero.
    let mut remainder = remainder as u32;
    for byte in words.remainder() {
        // SAFETY: as above.
        remainder = unsafe { _mm_crc32_u8(remainder, *byte) };
    }
    !remainder
}

fn by_tables(bytes: &[u8]) -> u32 {
    let mut words = bytes.chunks_exact(8);
    let mut remainder = u32::MAX;
    for word in &mut words {
        let low = remainder ^ u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        let low = low.to_le_bytes();
        let all = low.iter().chain(&word[4..]);
        remainder = all
            .zip(TABLES.iter().rev())
            .fold(0, |sum, (byte, table)| sum ^ table[usize::from(*byte)]);
    }
    for byte in words.remainder() {
        let index = usize::from(remainder.to_le_bytes()[0] ^ byte);
        remainder = (remainder >> 8) ^ TABLES[0][index];
    }
    !remainder
}

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut remainder = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            remainder = (remainder >> 1) ^ (POLYNOMIAL * (remainder & 1));
            bit += 1;
        }
        tables[0][byte] = remainder;
        byte += 1;
    }
    let mut zeros = 1;
    while zeros < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before: u32 = tables[zeros - 1][byte];
            tables[zeros][byte] = (before >> 8) ^ tables[0][(before & 0xff) as usize];
            byte += 1;
        }
        zeros += 1;
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 3720, and the check value of the catalogue of parametrised CRC algorithms.
    #[test]
    fn matches_published_values() {
        let ascending: Vec<u8> = (0..32).collect();
        assert_eq!(crc32c(b""), 0);
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c(&ascending), 0x46dd_794e);
    }

    #[test]
    fn is_the_same_by_tables() {
        let bytes: Vec<u8> = (0..100).map(|number| (number * 37) as u8).collect();
        for length in 0..bytes.len() {
            assert_eq!(crc32c(&bytes[..length]), by_tables(&bytes[..length]));
        }
    }
}
