//! Kept output under random orders of output, reads, credits and ends.

use std::time::{Duration, Instant};

use super::kept_output::{
    KeptOutput, Room, Start, COMMON_BYTES_MAX, OWN_BYTES, SANDBOX_BYTES_MAX, STREAM_BYTES_MAX,
};
use super::reader::{Taken, OUTPUT_BYTES_MAX, OUTPUT_CREDIT_MIN};
use super::table::Key;

const PATIENCE: Duration = Duration::from_secs(30);
const KEY: Key = Key(1);

/// The numbers of SplitMix64, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

/// The byte at an offset of any stream, which differs between streams.
fn byte(key: Key, stream: usize, offset: u64) -> u8 {
    (offset.wrapping_mul(31) >> 3) as u8 ^ (key.0 as u8) ^ ((stream as u8) << 7)
}

fn bytes(key: Key, stream: usize, from: u64, count: usize) -> Vec<u8> {
    (from..from + count as u64)
        .map(|offset| byte(key, stream, offset))
        .collect()
}

fn kept_output() -> (KeptOutput, Instant) {
    let mut output = KeptOutput::new(PATIENCE);
    output.add(KEY, 2);
    (output, Instant::now())
}

fn write(output: &mut KeptOutput, key: Key, stream: usize, count: usize, now: Instant) -> usize {
    let Some(Room::Bytes(room)) = output.room(key, stream, now) else {
        return 0;
    };
    let from = output.offsets(key)[stream];
    let count = count.min(room);
    output.append(key, stream, &bytes(key, stream, from, count), now);
    count
}

fn attach(output: &mut KeptOutput, start: Start, now: Instant) -> u64 {
    output.attach(KEY, &start, now).unwrap().unwrap()
}

#[test]
fn sends_nothing_without_credit() {
    let (mut output, now) = kept_output();
    let reader = attach(&mut output, Start::Kept, now);
    write(&mut output, KEY, 0, 105, now);
    output.grant(KEY, reader, 63);
    assert_eq!(output.take(KEY, reader, now), Some(Taken::Nothing));
    output.grant(KEY, reader, 37 + 63);
    for expected in [
        Taken::Output {
            stream: 0,
            offset: 0,
            data: bytes(KEY, 0, 0, 105).into(),
        },
        Taken::Nothing,
    ] {
        assert_eq!(output.take(KEY, reader, now), Some(expected));
    }
}

#[test]
fn reports_a_gap_only_with_credit_or_at_the_end() {
    let (mut output, now) = kept_output();
    let late = now + PATIENCE;
    let reader = attach(&mut output, Start::Kept, now);
    write(&mut output, KEY, 0, STREAM_BYTES_MAX, now);
    write(&mut output, KEY, 0, 1000, late);
    assert_eq!(output.take(KEY, reader, late), Some(Taken::Nothing));
    let gap = |from, to| {
        Some(Taken::Gap {
            stream: 0,
            from,
            to,
        })
    };
    output.grant(KEY, reader, 63);
    assert_eq!(output.take(KEY, reader, late), Some(Taken::Nothing));
    output.grant(KEY, reader, 1);
    assert_eq!(output.take(KEY, reader, late), gap(0, 1000));
    // Taken with the gap, so that it follows although it is not kept any more.
    write(&mut output, KEY, 0, 100, late);
    let after_gap = Taken::Output {
        stream: 0,
        offset: 1000,
        data: bytes(KEY, 0, 1000, 64).into(),
    };
    assert_eq!(output.take(KEY, reader, late), Some(after_gap));
    output.finish(KEY, &[0, 0]);
    assert_eq!(output.take(KEY, reader, late), Some(Taken::Nothing));
    // Another process goes on until nothing is kept of the first one.
    write(&mut output, KEY, 0, STREAM_BYTES_MAX, late);
    let end = STREAM_BYTES_MAX as u64 + 1100;
    assert_eq!(output.take(KEY, reader, late), gap(1064, end));
    assert_eq!(output.take(KEY, reader, late), Some(Taken::Finished));
}

#[test]
fn takes_the_streams_in_turn() {
    let (mut output, now) = kept_output();
    let reader = attach(&mut output, Start::Kept, now);
    output.grant(KEY, reader, u32::MAX);
    for stream in [0, 1] {
        write(&mut output, KEY, stream, 3 * OUTPUT_BYTES_MAX, now);
    }
    let streams: Vec<usize> = (0..6)
        .map(|_| match output.take(KEY, reader, now) {
            Some(Taken::Output { stream, data, .. }) if data.len() == OUTPUT_BYTES_MAX => stream,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(streams, [0, 1, 0, 1, 0, 1]);
}

#[test]
fn keeps_the_last_output_without_a_reader() {
    let (mut output, now) = kept_output();
    for _ in 0..100 {
        assert_eq!(write(&mut output, KEY, 0, 10_000, now), 10_000);
    }
    assert_eq!(output.bytes(), STREAM_BYTES_MAX);
    let reader = attach(&mut output, Start::Offsets(vec![0, 0]), now);
    output.grant(KEY, reader, 64);
    let to = 1_000_000 - STREAM_BYTES_MAX as u64;
    let gap = Taken::Gap {
        stream: 0,
        from: 0,
        to,
    };
    assert_eq!(output.take(KEY, reader, now), Some(gap));
    assert!(
        matches!(output.take(KEY, reader, now), Some(Taken::Output { offset, .. }) if offset == to)
    );
}

#[test]
fn waits_for_a_reader_and_then_no_longer() {
    let (mut output, start) = kept_output();
    let after = |seconds| start + Duration::from_secs(seconds);
    let reader = attach(&mut output, Start::Kept, start);
    // It has nothing to take until then.
    assert_eq!(
        write(&mut output, KEY, 0, usize::MAX, after(60)),
        STREAM_BYTES_MAX
    );
    assert_eq!(output.room(KEY, 0, after(61)), Some(Room::Wait(after(90))));
    assert_eq!(
        output.room(KEY, 1, after(61)),
        Some(Room::Bytes(STREAM_BYTES_MAX))
    );
    output.grant(KEY, reader, 1000);
    output.take(KEY, reader, after(80));
    assert_eq!(output.room(KEY, 0, after(80)), Some(Room::Bytes(1000)));
    write(&mut output, KEY, 0, 1000, after(80));
    assert_eq!(
        output.room(KEY, 0, after(109)),
        Some(Room::Wait(after(110)))
    );
    assert_eq!(write(&mut output, KEY, 0, 5000, after(110)), 5000);
    output.grant(KEY, reader, 64);
    let taken = output.take(KEY, reader, after(110));
    assert!(
        matches!(taken, Some(Taken::Gap { from: 1000, .. })),
        "{taken:?}"
    );
    // From then on no process waits for it.
    for _ in 0..10 {
        let written = write(&mut output, KEY, 0, STREAM_BYTES_MAX, after(111));
        assert_eq!(written, STREAM_BYTES_MAX);
    }
}

#[test]
fn waits_only_for_readers_that_leave_no_room() {
    let (mut output, start) = kept_output();
    let after = |seconds| start + Duration::from_secs(seconds);
    let slow = attach(&mut output, Start::Kept, start);
    let other = attach(&mut output, Start::Kept, start);
    write(&mut output, KEY, 0, usize::MAX, start);
    // It takes all but 10 bytes, and has no credit for these.
    output.grant(KEY, other, STREAM_BYTES_MAX as u32 - 10);
    while output.take(KEY, other, after(25)) != Some(Taken::Nothing) {}
    assert_eq!(output.room(KEY, 0, after(25)), Some(Room::Wait(after(30))));
    let room = Room::Bytes(STREAM_BYTES_MAX - 10);
    assert_eq!(output.room(KEY, 0, after(30)), Some(room));
    output.detach(KEY, slow);
    assert_eq!(output.room(KEY, 0, after(60)), Some(room));
}

#[test]
fn rejects_an_offset_beyond_the_end() {
    let (mut output, now) = kept_output();
    write(&mut output, KEY, 1, 5, now);
    let attached = output.attach(KEY, &Start::Offsets(vec![0, 6]), now);
    assert_eq!(attached, Some(Err(1)));
    assert!(output
        .attach(KEY, &Start::Offsets(vec![0, 5]), now)
        .unwrap()
        .is_ok());
    assert_eq!(output.attach(Key(9), &Start::Kept, now), None);
}

#[test]
fn ends_after_the_output_of_the_process_itself() {
    let (mut output, now) = kept_output();
    write(&mut output, KEY, 0, 5, now);
    output.close(KEY, 1);
    output.finish(KEY, &[3, 7]);
    let reader = attach(&mut output, Start::Kept, now);
    output.grant(KEY, reader, 1000);
    output.take(KEY, reader, now);
    assert_eq!(
        output.take(KEY, reader, now),
        Some(Taken::Nothing),
        "3 bytes are unread"
    );
    // Others wrote 7 more.
    write(&mut output, KEY, 0, 10, now);
    let taken = output.take(KEY, reader, now);
    assert!(matches!(taken, Some(Taken::Output { data, .. }) if data.len() == 3));
    assert_eq!(output.take(KEY, reader, now), Some(Taken::Finished));
    let late = attach(&mut output, Start::Now, now);
    assert_eq!(output.take(KEY, late, now), Some(Taken::Finished));
}

#[test]
fn drops_output_of_ended_processes_first() {
    let (mut output, now) = kept_output();
    let keys: Vec<Key> = (1..=28).map(Key).collect();
    for key in &keys {
        output.add(*key, 1);
        write(&mut output, *key, 0, STREAM_BYTES_MAX, now);
    }
    assert_eq!(output.bytes(), COMMON_BYTES_MAX);
    output.finish(keys[6], &[0]);
    output.finish(keys[3], &[0]);
    output.add(Key(100), 1);
    write(&mut output, Key(100), 0, STREAM_BYTES_MAX, now);
    output.append(Key(100), 0, b"", now);
    assert_eq!(output.bytes(), COMMON_BYTES_MAX);
    let kept = |output: &mut KeptOutput, key| {
        let reader = output.attach(key, &Start::Kept, now).unwrap().unwrap();
        output.grant(key, reader, u32::MAX);
        let mut kept = 0;
        while let Some(Taken::Output { data, .. }) = output.take(key, reader, now) {
            kept += data.len();
        }
        output.detach(key, reader);
        kept
    };
    assert_eq!(kept(&mut output, keys[3]), 0, "the first that was started");
    assert_eq!(kept(&mut output, keys[6]), STREAM_BYTES_MAX);
    output.remove(keys[6]);
    assert_eq!(output.bytes(), COMMON_BYTES_MAX - STREAM_BYTES_MAX);
}

#[test]
fn leaves_each_process_room_when_readers_of_others_hold_too_much() {
    let mut output = KeptOutput::new(PATIENCE);
    let start = Instant::now();
    let mut readers = Vec::new();
    for key in (1..=128).map(Key) {
        output.add(key, 2);
        readers.push(output.attach(key, &Start::Kept, start).unwrap().unwrap());
        for stream in 0..2 {
            let written = write(&mut output, key, stream, STREAM_BYTES_MAX, start);
            assert!(written >= OWN_BYTES, "{written} of {key:?}");
        }
    }
    assert!(output.bytes() > COMMON_BYTES_MAX && output.bytes() <= SANDBOX_BYTES_MAX);
    let until = start + PATIENCE;
    assert_eq!(output.room(Key(128), 0, start), Some(Room::Wait(until)));
    output.grant(Key(128), readers[127], 100);
    output.take(Key(128), readers[127], start);
    assert_eq!(output.room(Key(128), 0, start), Some(Room::Bytes(100)));
    let first = output.room(Key(1), 0, start);
    assert_eq!(first, Some(Room::Wait(until)), "its own client is slow");
    let Some(Room::Bytes(room)) = output.room(Key(128), 1, until) else {
        panic!("no room without the slow readers");
    };
    assert_eq!(room, STREAM_BYTES_MAX - OWN_BYTES);
}

/// What a client must see.
struct Model {
    key: Key,
    number: u64,
    positions: Vec<u64>,
    credit: u64,
    /// Whether it may have gaps: because it began before what was kept, or did not take for too long.
    may_miss: bool,
    last_taken: Instant,
}

/// Whatever happens: bytes are those that were written, each once or within a gap, and never without credit; the limits
/// hold; and a client that takes in time has no gap.
#[test]
fn loses_no_byte_silently_in_any_order() {
    for seed in 0..12 {
        let mut random = Random(seed);
        let mut output = KeptOutput::new(PATIENCE);
        let mut now = Instant::now();
        let keys: Vec<Key> = (0..40).map(Key).collect();
        for key in &keys {
            output.add(*key, 2);
        }
        let mut models: Vec<Model> = Vec::new();
        for _ in 0..1000 {
            let key = keys[random.below(if seed % 2 == 0 { 3 } else { 40 }) as usize];
            let stream = random.below(2) as usize;
            match random.below(10) {
                0..4 => {
                    let count = random.below(80_000) as usize;
                    write(&mut output, key, stream, count, now);
                }
                4 if models.len() < 12 => {
                    let end = output.offsets(key);
                    let (start, positions) = match random.below(2) {
                        0 => (Start::Now, end),
                        _ => {
                            let some: Vec<u64> =
                                end.iter().map(|end| random.below(end + 1)).collect();
                            (Start::Offsets(some.clone()), some)
                        }
                    };
                    let number = output.attach(key, &start, now).unwrap().unwrap();
                    models.push(Model {
                        key,
                        number,
                        positions,
                        credit: 0,
                        may_miss: start != Start::Now,
                        last_taken: now,
                    });
                }
                5 => now += Duration::from_millis(random.below(8000)),
                7 if models.len() > 8 => {
                    let model = models.swap_remove(random.below(models.len() as u64) as usize);
                    output.detach(model.key, model.number);
                }
                _ if !models.is_empty() => {
                    let index = random.below(models.len() as u64) as usize;
                    if random.below(3) == 0 {
                        output.grant(models[index].key, models[index].number, 40_000);
                        models[index].credit += 40_000;
                    }
                    take(&mut output, &mut models[index], now);
                }
                _ => {}
            }
            assert!(output.bytes() <= SANDBOX_BYTES_MAX);
        }
    }
}

fn take(output: &mut KeptOutput, model: &mut Model, now: Instant) {
    match output.take(model.key, model.number, now).unwrap() {
        Taken::Output {
            stream,
            offset,
            data,
        } => {
            assert_eq!(offset, model.positions[stream]);
            assert_eq!(data, bytes(model.key, stream, offset, data.len()));
            assert!(!data.is_empty() && data.len() as u64 <= model.credit);
            model.credit -= (data.len() as u64).max(OUTPUT_CREDIT_MIN);
            model.positions[stream] += data.len() as u64;
            model.may_miss |= model.last_taken + PATIENCE <= now;
            model.last_taken = now;
        }
        Taken::Gap { stream, from, to } => {
            assert!(model.may_miss || model.last_taken + PATIENCE <= now);
            model.may_miss = true;
            assert_eq!(from, model.positions[stream]);
            assert!(to > from && to <= output.offsets(model.key)[stream]);
            model.positions[stream] = to;
        }
        Taken::Nothing => {
            let ends = output.offsets(model.key);
            assert!(model.credit < OUTPUT_CREDIT_MIN || model.positions == ends);
        }
        Taken::Finished => panic!("no process has ended"),
    }
}
