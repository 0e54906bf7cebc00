//! Lines on stderr, for a person who looks for the reason of something.

use std::fmt::Arguments;
use std::io::Write;
use std::time::Duration;

use rustix::event::{poll, PollFd, PollFlags};
use rustix::time::Timespec;

/// Writes one line, or drops it: a host that does not read our stderr must not stop us from cleaning up, and a closed
/// stderr must not make us panic as `eprintln!` would.
pub fn line(text: Arguments<'_>) {
    let stderr = std::io::stderr();
    let mut ready = [PollFd::new(&stderr, PollFlags::OUT)];
    let at_once = Timespec::try_from(Duration::ZERO).ok();
    if poll(&mut ready, at_once.as_ref()).is_ok_and(|count| count > 0) {
        let _ = stderr
            .lock()
            .write_all(format!("neurovisor-spawner: {text}\n").as_bytes());
    }
}
