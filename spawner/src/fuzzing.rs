//! The fuzz targets of the spawner: decoders of bytes from the host process, VMMs, the kernel and earlier spawners.

use std::path::{Component, Path};

use neurovisor_fuzz::Target;
use prost::Message;

use crate::cleanup::journal::{Entry, Recorded};
use crate::cleanup::scratch;
use crate::ebpf::Event;
use crate::event_loop::allowed_programs::AllowedPrograms;
use crate::jail::init;
use crate::launch::Launch;
use crate::memory::pages::{self, Header, Table, HEADER_BYTES, PAGE_BYTES};
use crate::process::{parse_pid, ProcessStat};
use crate::vm::output_tail::{OutputTail, TAIL_BYTES};
use crate::wire::{handed_file::Access, request, RequestReader};

const TARGETS: [Target; 6] = [
    ("requests", requests),
    ("journal", journal),
    ("kernel_events", kernel_events),
    ("output_tail", output_tail),
    ("process_words", process_words),
    ("pages", pages),
];

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| neurovisor_fuzz::chosen(&TARGETS)(bytes));

/// Requests, split at any point. Accepted requests name only paths that are allowed for them.
fn requests(bytes: &[u8]) {
    let piece = usize::from(bytes.first().copied().unwrap_or(0)) + 1;
    let bytes = bytes.get(1..).unwrap_or_default();
    let mut reader = RequestReader::default();
    let mut programs = AllowedPrograms::default();
    for piece in bytes.chunks(piece) {
        reader.push(piece);
        loop {
            match reader.next() {
                Ok(Some(request)) => take(request.request, &mut programs),
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
}

fn take(request: Option<request::Request>, programs: &mut AllowedPrograms) {
    match request {
        Some(request::Request::Start(start)) => {
            let encoded = start.encode_to_vec();
            if let Ok(launch) = Launch::try_from(start.clone()) {
                assert_eq!(start.encode_to_vec(), encoded);
                check(&launch);
                let _ = programs.check(&launch);
            }
        }
        Some(request::Request::HoldScratch(hold)) => {
            let path = Path::new(&hold.path);
            if scratch::check(path).is_ok() {
                assert!(path.is_absolute() && goes_down(path), "{path:?}");
                assert_ne!(path.file_name(), None);
            }
        }
        Some(request::Request::Restrict(restrict)) => {
            let _ = programs.restrict(restrict);
        }
        _ => {}
    }
}

fn check(launch: &Launch) {
    let id = launch.id.as_str();
    assert!(!id.is_empty() && id.len() <= 64 && !id.contains(['/', '.', '\0']));
    assert!(launch.executable().is_absolute());
    for name in &launch.sockets {
        assert!(!name.starts_with('.') && !name.contains(['/', '\0']) && name.len() <= 32);
    }
    for file in &launch.files {
        let named = file.access != Access::State;
        assert!(file.path.is_absolute() == named && goes_down(&file.path));
    }
}

fn goes_down(path: &Path) -> bool {
    !path.components().any(|part| part == Component::ParentDir)
}

/// Journals. Entries that were read and written again are read as the same entries.
fn journal(bytes: &[u8]) {
    let recorded = Recorded::parse(bytes);
    let mut written = String::new();
    for entry in &recorded.entries {
        entry.write('+', &mut written);
        if let Entry::Scratch(path) = entry {
            let _ = scratch::check(path);
        }
    }
    assert_eq!(written.lines().count(), recorded.entries.len());
    assert_eq!(
        Recorded::parse(written.as_bytes()).entries,
        recorded.entries
    );
}

/// Events of the eBPF programs, in which a VMM has chosen the path.
fn kernel_events(bytes: &[u8]) {
    if let Some(event) = Event::read(bytes) {
        let _ = (event.hook(), event.is_of_hook());
        let subject = event.subject();
        assert!(!subject.is_empty() && !subject.contains('\0') && subject.len() <= 3 * bytes.len());
    }
}

/// The output of a VMM, split at any point. The tail is bounded and is text.
fn output_tail(bytes: &[u8]) {
    let (mut whole, mut cut) = (OutputTail::default(), OutputTail::default());
    let times = 1 + usize::from(bytes.first().copied().unwrap_or(0)) * 16;
    let written = bytes.repeat(times.min(1 + (4 * TAIL_BYTES) / (bytes.len() + 1)));
    whole.push(&written);
    for piece in written.chunks(usize::from(bytes.last().copied().unwrap_or(0)) + 1) {
        cut.push(piece);
    }
    assert!(whole.text().len() <= TAIL_BYTES);
    assert_eq!(whole.text(), cut.text());
    if let (Ok(text), true) = (std::str::from_utf8(&written), written.len() <= TAIL_BYTES) {
        assert_eq!(whole.text(), text);
    }
}

/// The state of a process that has chosen its own name, and the exit status that init writes.
fn process_words(bytes: &[u8]) {
    let _ = init::parse(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let _ = parse_pid(text);
    if let Some(stat) = ProcessStat::parse(text) {
        let (_, own) = text.rsplit_once(')').unwrap_or_default();
        let named = ProcessStat::parse(&format!("1 (a) Z 1 ) (b) {own}"));
        let words = |stat: &ProcessStat| (stat.is_zombie, stat.parent, stat.session, stat.start);
        assert_eq!(named.as_ref().map(words), Some(words(&stat)));
    }
}

/// A file of pages: how many bytes are missing at its end, the used part of a header, and a table. The packed pages of
/// the header are taken as present, and the checksum of header and table is corrected, because no input would guess it. A file
/// that is accepted has ascending runs within its memory and is encoded to the same bytes.
fn pages(bytes: &[u8]) {
    let Some((missing, rest)) = bytes.split_first() else {
        return;
    };
    let (used, table) = rest.split_at(rest.len().min(64));
    let mut header_bytes = [0; HEADER_BYTES];
    header_bytes[..used.len()].copy_from_slice(used);
    let checksum = pages::checksum(&header_bytes, table);
    header_bytes[pages::CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
    let data_pages = u64::from_le_bytes(std::array::from_fn(|index| header_bytes[24 + index]));
    let Some(length) = data_pages
        .checked_mul(PAGE_BYTES as u64)
        .and_then(|data| data.checked_add((HEADER_BYTES + table.len()) as u64))
    else {
        return;
    };
    let length = length - u64::from(*missing).min(length);
    let Ok(header) = Header::parse(&header_bytes, length) else {
        return;
    };
    assert!(header.memory_pages <= pages::MAX_PAGES && header.table_bytes() <= length);
    let Ok(parsed) = Table::parse(&header_bytes, &header, table) else {
        return;
    };
    let mut end = 0;
    for run in parsed.runs() {
        assert!(run.first >= end && run.count > 0);
        end = run.end();
    }
    assert!(end <= header.memory_pages);
    assert_eq!(parsed.file_bytes(header.data_pages), length);
    let encoded = parsed.encode(header.memory_pages, header.data_pages);
    assert_eq!(encoded, (header_bytes, table.to_vec()));
}

#[cfg(test)]
#[test]
fn corpora_hold() {
    neurovisor_fuzz::replay(&TARGETS, "spawner");
}
