//! The fuzz targets of processes.

use std::time::{Duration, Instant};

use prost::Message;

use super::kept_output::{KeptOutput, Room, Start, SANDBOX_BYTES_MAX};
use super::launch::innermost_pid;
use super::listing::{list, Description, Line};
use super::reader::{Taken, OUTPUT_CREDIT_MIN};
use super::request::{self, Spec, TerminalSize};
use super::table::Key;
use crate::sandbox::Settings;
use crate::wire::guest::{AdoptRequest, GuestAttachRequest, GuestStartRequest};
use crate::wire::sandbox::v1::{
    ListProcessesResponse, ProcessStream, ResizeRequest, SendInputRequest, SignalRequest,
    StartRequest,
};

/// Requests about processes, and the kernel's line about the ids of one.
pub fn requests(bytes: &[u8]) {
    if let Ok(request) = AdoptRequest::decode(bytes) {
        if let Ok(settings) = Settings::from_request(request) {
            assert!(settings.environment.len() <= 256);
        }
    }
    if let Ok(request) = StartRequest::decode(bytes) {
        match Spec::from_request(request) {
            Ok(spec) => check(&spec),
            Err(refusal) => assert!(refusal.to_string().len() < 4096),
        }
    }
    if let Ok(SignalRequest {
        signal, process, ..
    }) = SignalRequest::decode(bytes)
    {
        assert_eq!(request::signal(signal).is_ok(), (1..=64).contains(&signal));
        let _ = request::selector(process);
    }
    if let Ok(ResizeRequest {
        size: Some(size), ..
    }) = ResizeRequest::decode(bytes)
    {
        let _ = TerminalSize::checked("size", size);
    }
    if let Ok(SendInputRequest { data, .. }) = SendInputRequest::decode(bytes) {
        let bytes = data.len();
        assert_eq!(request::input(data).is_ok(), bytes <= 64 << 10);
    }
    let _ = GuestStartRequest::decode(bytes);
    let _ = GuestAttachRequest::decode(bytes);
    let _ = innermost_pid(&String::from_utf8_lossy(bytes));
}

fn check(spec: &Spec) {
    assert!(!spec.command.is_empty() && !spec.command.contains('\0'));
    assert!(spec.arguments.iter().all(|one| !one.contains('\0')));
    for (name, value) in &spec.environment {
        assert!(!name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0'));
    }
    assert!(spec.tag.chars().count() <= 63 && !spec.tag.contains('\n'));
    let description = Description::of(spec, "/home/user".to_owned());
    let line = || Line {
        pid: u32::MAX,
        description: &description,
        started: std::time::SystemTime::UNIX_EPOCH,
        ended: None,
        streams: &[ProcessStream::Pty],
        offsets: vec![u64::MAX],
    };
    let all: Vec<Line<'_>> = (0..128).map(|_| line()).collect();
    let processes = list(&all);
    assert!(ListProcessesResponse { processes }.encoded_len() <= 112 << 10);
}

/// Output, reads, credits and ends in any order: a pair of bytes is a step.
pub fn kept_output(bytes: &[u8]) {
    let mut output = KeptOutput::new(Duration::from_secs(30));
    let mut now = Instant::now();
    let mut readers: Vec<(Key, u64, u64)> = Vec::new();
    let zeros = vec![0; 300 << 10];
    for step in bytes.chunks_exact(2) {
        let (key, argument) = (Key((step[0] >> 4).into()), usize::from(step[1]));
        match step[0] & 0xf {
            0 => {
                output.remove(key);
                output.add(key, 2);
            }
            1 => output.remove(key),
            2..=5 => {
                let stream = argument & 1;
                if let Some(Room::Bytes(room)) = output.room(key, stream, now) {
                    assert!(room > 0);
                    output.append(key, stream, &zeros[..room.min(argument << 10)], now);
                }
            }
            6 => {
                let offsets = Start::Offsets(vec![argument as u64, 0]);
                let start = [Start::Kept, Start::Now, offsets][argument % 3].clone();
                if let Some(Ok(reader)) = output.attach(key, &start, now) {
                    readers.push((key, reader, 0));
                }
            }
            7 => now += Duration::from_secs(argument as u64),
            8 => output.finish(key, &[argument as u64, 0]),
            9 => output.close(key, argument & 1),
            10 if !readers.is_empty() => {
                let (key, reader, _) = readers.swap_remove(argument % readers.len());
                output.detach(key, reader);
            }
            _ if !readers.is_empty() => {
                let index = argument % readers.len();
                let (key, reader, credit) = &mut readers[index];
                if step[0] & 0xf == 11 {
                    output.grant(*key, *reader, 50_000);
                    *credit += 50_000;
                }
                if let Some(Taken::Output { data, .. }) = output.take(*key, *reader, now) {
                    assert!(!data.is_empty() && data.len() as u64 <= *credit);
                    *credit -= (data.len() as u64).max(OUTPUT_CREDIT_MIN);
                }
            }
            _ => {}
        }
        assert!(output.bytes() <= SANDBOX_BYTES_MAX);
    }
}
