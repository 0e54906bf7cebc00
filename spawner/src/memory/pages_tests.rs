//! Tests of the format of saved pages.

use super::*;

/// Returns a file of a memory of 1000 pages: pages 3 to 302 with data, 303 and 304 zeros, 999 with data.
fn file() -> Vec<u8> {
    let mut table = Table::default();
    (3..303).for_each(|page| table.add(page, false));
    (303..305).for_each(|page| table.add(page, true));
    table.add(999, false);
    let data: Vec<u8> = (0..301 * PAGE_BYTES).map(|at| (at % 251) as u8).collect();
    data.chunks(BLOCK_PAGES as usize * PAGE_BYTES)
        .for_each(|block| table.add_block(block));
    let (header, rest) = table.encode(1000, 301);
    [&header[..], &data, &rest].concat()
}

fn parse(file: &[u8]) -> Result<Table, String> {
    let header_bytes = file.first_chunk().ok_or("it is too short")?;
    let header = Header::parse(header_bytes, file.len() as u64)?;
    let at = header.table_at() as usize;
    let table = Table::parse(header_bytes, &header, &file[at..])?;
    for (number, block) in file[HEADER_BYTES..at]
        .chunks(BLOCK_PAGES as usize * PAGE_BYTES)
        .enumerate()
    {
        table.check_block(number, block)?;
    }
    Ok(table)
}

#[test]
fn keeps_runs() {
    let run = |first, count, zeros| Run {
        first,
        count,
        zeros,
    };
    let table = parse(&file()).unwrap();
    assert_eq!(
        table.runs(),
        [run(3, 300, false), run(303, 2, true), run(999, 1, false)]
    );
    assert_eq!(table.file_bytes(301), file().len() as u64);
}

#[test]
fn notices_every_flipped_bit_and_every_length() {
    let good = file();
    let table_at = HEADER_BYTES + 301 * PAGE_BYTES;
    let places = (0..48).chain((48..table_at).step_by(65_537));
    for place in places.chain(table_at..good.len()) {
        let mut bad = good.clone();
        bad[place] ^= 1 << (place % 8);
        assert!(parse(&bad).is_err(), "byte {place}");
    }
    for length in [0, 1, HEADER_BYTES, table_at, good.len() - 1] {
        assert!(parse(&good[..length]).is_err(), "{length} bytes");
    }
    assert!(parse(&[&good[..], &[0]].concat()).is_err());
}

#[test]
fn rejects_impossible_tables() {
    let run = |first, count, zeros| Run {
        first,
        count,
        zeros,
    };
    for (what, runs, data_pages) in [
        ("descending", vec![run(5, 1, true), run(4, 1, true)], 0),
        ("overlapping", vec![run(5, 2, true), run(6, 1, true)], 0),
        ("empty", vec![run(5, 0, true)], 0),
        ("beyond the memory", vec![run(9, 2, true)], 0),
        ("far beyond", vec![run(u64::from(u32::MAX), 1, true)], 0),
        ("without data", vec![run(1, 2, false)], 1),
        ("data without a run", vec![run(1, 2, true)], 1),
    ] {
        let data = vec![7; data_pages * PAGE_BYTES];
        let mut table = Table {
            runs,
            checksums: vec![],
        };
        data.chunks(PAGE_BYTES)
            .for_each(|block| table.add_block(block));
        let (header, rest) = table.encode(10, data_pages as u64);
        let file = [&header[..], &data, &rest].concat();
        assert!(parse(&file).is_err(), "{what}");
    }
}

#[test]
fn rejects_impossible_headers() {
    for (what, at, value) in [
        ("a huge memory", 16, u64::MAX),
        ("more pages than memory", 24, 1001),
        ("more runs than memory", 32, 1 << 60),
    ] {
        let mut file = file();
        file[at..at + 8].copy_from_slice(&value.to_le_bytes());
        let header: &[u8; HEADER_BYTES] = file.first_chunk().unwrap();
        let problem = Header::parse(header, file.len() as u64).unwrap_err();
        assert!(problem.contains("impossible"), "{what}: {problem}");
    }
}
