//! The whole of an execution in one answer.

use tokio_stream::{Stream, StreamExt};
use tonic::Status;

use super::collected_files::CollectedFiles;
use super::execution_service::skipped_files;
use crate::execution::{Content, Event, Outcome, Report, StreamName};
use crate::wire::execution::ExecuteResponse;

/// Of each stream. The rest is taken from the program and dropped.
const STREAM_BYTES_MAX: usize = 3 << 19;
/// Of the readable form of a stream that is not text and so travels twice: the whole answer must stay below 4 MiB,
/// and a replaced byte becomes three.
const REPLACED_BYTES_MAX: usize = 384 << 10;

pub async fn response(
    mut events: impl Stream<Item = Event> + Unpin,
) -> Result<ExecuteResponse, Status> {
    let mut stdout = Collected::default();
    let mut stderr = Collected::default();
    // Comes after all output.
    let mut files = None;
    while let Some(event) = events.next().await {
        match event {
            Event::Output(StreamName::Stdout, content) => stdout.add(&content),
            Event::Output(StreamName::Stderr, content) => stderr.add(&content),
            Event::File(part) => files
                .get_or_insert_with(|| {
                    CollectedFiles::beside(stdout.bytes_to_send() + stderr.bytes_to_send())
                })
                .add(part),
            Event::Ended(report) => {
                return Ok(finished(stdout, stderr, files.unwrap_or_default(), report))
            }
        }
    }
    Err(Status::internal("the execution ended without a report"))
}

fn finished(
    stdout: Collected,
    stderr: Collected,
    files: CollectedFiles,
    mut report: Report,
) -> ExecuteResponse {
    let (stdout_text, stdout_raw, stdout_cut) = stdout.finish();
    let (stderr_text, stderr_raw, stderr_cut) = stderr.finish();
    let files = files.finish(&mut report.skipped);
    ExecuteResponse {
        stdout: stdout_text,
        stderr: stderr_text,
        exit_code: report.exit_code,
        duration_ms: report.duration.as_secs_f64() * 1000.0,
        timed_out: report.outcome == Outcome::TimedOut,
        stdout_raw: stdout_raw.into(),
        stderr_raw: stderr_raw.into(),
        outcome: report.outcome.into(),
        signal: report.signal,
        stdout_truncated: report.stdout_truncated || stdout_cut,
        stderr_truncated: report.stderr_truncated || stderr_cut,
        files,
        killed_process: report.killed_process,
        background_processes: report.background_processes,
        skipped_total: report.skipped.total,
        skipped_files: skipped_files(report.skipped),
        warm_interpreter: report.warm_interpreter,
        // The host fills it in.
        host: None,
        ..Default::default()
    }
}

#[derive(Default)]
struct Collected {
    bytes: Vec<u8>,
    cut: bool,
}

impl Collected {
    fn add(&mut self, content: &Content) {
        let bytes = content.as_bytes();
        let room = STREAM_BYTES_MAX - self.bytes.len();
        self.cut |= bytes.len() > room;
        self.bytes
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// At most: text travels once, other bytes also as text.
    fn bytes_to_send(&self) -> usize {
        match std::str::from_utf8(&self.bytes) {
            Ok(_) => self.bytes.len(),
            Err(_) => self.bytes.len() + REPLACED_BYTES_MAX,
        }
    }

    /// The text, the exact bytes where they are not text, and whether something was cut off.
    fn finish(mut self) -> (String, Vec<u8>, bool) {
        if self.cut {
            self.drop_split_character();
        }
        match String::from_utf8(self.bytes) {
            Ok(text) => (text, Vec::new(), self.cut),
            Err(error) => {
                let bytes = error.into_bytes();
                let mut text = String::from_utf8_lossy(&bytes).into_owned();
                let mut end = REPLACED_BYTES_MAX.min(text.len());
                while !text.is_char_boundary(end) {
                    end -= 1;
                }
                text.truncate(end);
                (text, bytes, self.cut)
            }
        }
    }

    /// The cut must not be what turns text into bytes.
    fn drop_split_character(&mut self) {
        if let Err(error) = std::str::from_utf8(&self.bytes) {
            if error.error_len().is_none() {
                self.bytes.truncate(error.valid_up_to());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_travels_once() {
        let mut collected = Collected::default();
        collected.add(&Content::Text("grün\n".to_owned()));
        assert_eq!(collected.finish(), ("grün\n".to_owned(), Vec::new(), false));
    }

    #[test]
    fn other_bytes_travel_twice() {
        let mut collected = Collected::default();
        collected.add(&Content::Bytes(vec![b'a', 0xff].into()));
        assert_eq!(
            collected.finish(),
            ("a\u{fffd}".to_owned(), vec![b'a', 0xff], false)
        );
    }

    #[test]
    fn too_much_is_cut_between_characters() {
        let mut collected = Collected::default();
        collected.add(&Content::Text("a".to_owned()));
        collected.add(&Content::Text("ü".repeat(STREAM_BYTES_MAX / 2)));
        collected.add(&Content::Text("more".to_owned()));
        let (text, bytes, cut) = collected.finish();
        assert!(cut);
        assert!(bytes.is_empty());
        assert_eq!(text.len(), STREAM_BYTES_MAX - 1);
    }
}
