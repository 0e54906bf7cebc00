//! Log lines on stderr.

use std::fmt::Arguments;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{poll, PollFd, PollFlags};
use rustix::time::Timespec;

static QUIET: AtomicBool = AtomicBool::new(false);

/// Drops all lines from now on, except errors.
pub fn quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

/// Writes one line.
pub fn line(text: Arguments<'_>) {
    if !QUIET.load(Ordering::Relaxed) {
        error(text);
    }
}

/// Writes why this program ends.
///
/// A line is dropped if stderr is not writable: a host that does not read stderr must not block cleanup, and a closed
/// stderr must not cause a panic, as it would with `eprintln!`.
pub fn error(text: Arguments<'_>) {
    let stderr = std::io::stderr();
    let mut ready = [PollFd::new(&stderr, PollFlags::OUT)];
    let no_wait = Timespec::try_from(Duration::ZERO).ok();
    if poll(&mut ready, no_wait.as_ref()).is_ok_and(|count| count > 0) {
        let _ = stderr
            .lock()
            .write_all(format!("neurovisor-spawner: {text}\n").as_bytes());
    }
}
