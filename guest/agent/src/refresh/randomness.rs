//! The kernel's random number generator.

use std::fs::File;
use std::io;

use rustix::ioctl::{ioctl, NoArg, Setter};

const RNDADDENTROPY: u32 = 0x4008_5203;
const RNDRESEEDCRNG: u32 = 0x5207;
const ENTROPY_BYTES: usize = super::ENTROPY_BYTES;

/// `struct rand_pool_info` with its trailing buffer.
#[repr(C)]
struct PoolInformation {
    entropy_bits: i32,
    buffer_bytes: i32,
    buffer: [u8; ENTROPY_BYTES],
}

/// Adds bytes of the host and reseeds the generator from them. Without the second step the generator would use the key
/// that all clones share for up to a minute.
pub fn reseed(entropy: &[u8; ENTROPY_BYTES]) -> io::Result<()> {
    let generator = File::open("/dev/urandom")?;
    let information = PoolInformation {
        entropy_bits: (ENTROPY_BYTES * 8) as i32,
        buffer_bytes: ENTROPY_BYTES as i32,
        buffer: *entropy,
    };
    // SAFETY: RNDADDENTROPY reads a `struct rand_pool_info` and `buffer_bytes` bytes after it.
    unsafe {
        ioctl(
            &generator,
            Setter::<RNDADDENTROPY, PoolInformation>::new(information),
        )
    }?;
    // SAFETY: RNDRESEEDCRNG takes no argument.
    unsafe { ioctl(&generator, NoArg::<RNDRESEEDCRNG>::new()) }?;
    Ok(())
}
