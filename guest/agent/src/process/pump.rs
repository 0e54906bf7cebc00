//! Reads the output of a process.

use std::sync::Arc;
use std::time::Instant;

use tokio::task::coop::consume_budget;
use tokio::time::sleep_until;

use super::descriptor::{read_once, Descriptor, Read, READ_BYTES};
use super::kept_output::Room;
use super::state::Shared;
use super::table::Key;

/// Keeps what a process writes to one of its streams, as far as there is room, until all processes have closed it.
pub async fn pump(shared: Arc<Shared>, key: Key, stream: usize, source: Arc<Descriptor>) {
    while let Ok(mut ready) = source.readable().await {
        // A process can write faster than it is read, and others have to be served, too.
        consume_budget().await;
        let taken = shared.room.notified();
        let room = shared.lock().output.room(key, stream, Instant::now());
        let room = match room {
            Some(Room::Bytes(room)) => room,
            // The process then blocks in its write.
            Some(Room::Wait(until)) => {
                tokio::select! {
                    () = taken => {}
                    () = sleep_until(until.into()) => {}
                }
                continue;
            }
            None => return,
        };
        let mut buffer = [0; READ_BYTES];
        match read_once(&mut ready, &mut buffer[..room.min(READ_BYTES)]) {
            Read::Bytes(count) => {
                let mut state = shared.lock();
                state
                    .output
                    .append(key, stream, &buffer[..count], Instant::now());
                state.notify(key);
            }
            Read::End => break,
            Read::NotNow => {}
        }
    }
    let mut state = shared.lock();
    state.output.close(key, stream);
    state.notify(key);
}
