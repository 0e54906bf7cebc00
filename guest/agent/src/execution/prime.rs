//! Receives the events of a program that is run for its effect on caches.

use tokio::sync::mpsc;

use super::event::{Event, StreamName};

const TAIL_BYTES_MAX: usize = 4 << 10;
const UNKNOWN: i32 = -1;

pub struct Primed {
    pub exit_code: i32,
    pub stdout_tail: String,
    pub stderr_tail: String,
}

/// Receives all events and keeps the ends of the output.
pub async fn collect(mut events: mpsc::Receiver<Event>) -> Primed {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut exit_code = UNKNOWN;
    while let Some(event) = events.recv().await {
        match event {
            Event::Output(StreamName::Stdout, content) => extend(&mut stdout, content.as_bytes()),
            Event::Output(StreamName::Stderr, content) => extend(&mut stderr, content.as_bytes()),
            Event::File(_) => {}
            Event::Ended(report) => exit_code = report.exit_code,
        }
    }
    Primed {
        exit_code,
        stdout_tail: text(&stdout),
        stderr_tail: text(&stderr),
    }
}

fn extend(tail: &mut Vec<u8>, bytes: &[u8]) {
    tail.extend_from_slice(bytes);
    tail.drain(..tail.len().saturating_sub(TAIL_BYTES_MAX));
}

/// Converts a tail, which may begin within a character.
fn text(tail: &[u8]) -> String {
    let start = tail
        .iter()
        .take(3)
        .take_while(|byte| **byte & 0b1100_0000 == 0b1000_0000)
        .count();
    let mut text = String::from_utf8_lossy(&tail[start..]).into_owned();
    let mut excess = text.len().saturating_sub(TAIL_BYTES_MAX);
    while !text.is_char_boundary(excess) {
        excess += 1;
    }
    text.drain(..excess);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converts_a_tail_to_bounded_text() {
        assert_eq!(text("\u{fc}ber".as_bytes()), "über");
        assert_eq!(text(&"ü".as_bytes()[1..]), "");
        assert!(text(&[0xff; TAIL_BYTES_MAX]).len() <= TAIL_BYTES_MAX);
    }
}
