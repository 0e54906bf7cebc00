//! The fuzz target of frames from drivers.

use std::time::Instant;

use super::driver::collector::{Collector, Pipe, Report};
use super::driver::frame::FrameDecoder;
use super::event_log::{EventLog, Taken, CREDIT_MIN};
use super::limits::KEPT_BYTES_MAX;
use prost::Message;

/// Of an event. A host with a window of 64 KiB may keep back a quarter of it, and must not wait forever.
const EVENT_BYTES_MAX: usize = 48 << 10;

/// Bytes that come from the socket of a driver, in pieces, and from its pipes.
pub fn frames(bytes: &[u8]) {
    let (Some(step), now) = (bytes.first(), Instant::now()) else {
        return;
    };
    let mut decoder = FrameDecoder::default();
    let mut collector = Collector::new();
    let mut log = EventLog::new();
    log.add(1);
    log.begin(1);
    let reader = log.attach(1, 0, now);
    for part in bytes[1..].chunks(usize::from(*step) + 1) {
        let mut reports = collector.raw(Pipe::Stderr, 1, &part[..1]);
        let decoded = decoder.push(part, |piece| {
            reports.extend(collector.piece(piece)?);
            Ok(())
        });
        for report in reports {
            if let Report::Event(cell, event) = report {
                log.push(cell, event, now);
            }
        }
        log.grant(reader, EVENT_BYTES_MAX as u32);
        while let Taken::Event(event) = log.take(reader, now) {
            assert!(
                event.encoded_len() <= EVENT_BYTES_MAX,
                "{}",
                event.encoded_len()
            );
            log.grant(reader, event.encoded_len().max(CREDIT_MIN as usize) as u32);
        }
        assert!(log.bytes() <= KEPT_BYTES_MAX + EVENT_BYTES_MAX + 256);
        if decoded.is_err() {
            return;
        }
    }
}
