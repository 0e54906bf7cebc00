//! Tests of what is read of a VMM's memory maps.

use super::*;

fn file() -> Shown {
    Shown {
        device: "fe:00".into(),
        inode: "42".into(),
    }
}

#[test]
fn finds_a_mapping_in_several_areas() {
    let maps = "7f0000000000-7f0000002000 rw-p 00000000 fe:00 42   /m y\n\
                7f0000005000-7f0000006000 rw-p 00002000 fe:00 42   /m y\n\
                7f0000008000-7f0000009000 rw-p 00000000 fe:00 43   /other\n\
                7fff00000000-7fff00001000 r-xp 00000000 00:00 0    [vdso]\n";
    let area = |address, first, pages| Area {
        address,
        first,
        pages,
    };
    assert_eq!(
        areas(maps, &file()).unwrap(),
        [area(0x7f00_0000_0000, 0, 2), area(0x7f00_0000_5000, 2, 1)]
    );
}

#[test]
fn rejects_other_mappings() {
    for (what, maps) in [
        ("none", ""),
        ("shared", "1000-2000 rw-s 00000000 fe:00 42"),
        ("read-only", "1000-2000 r--p 00000000 fe:00 42"),
        ("a gap", "1000-2000 rw-p 00001000 fe:00 42"),
        (
            "twice",
            "1000-2000 rw-p 00000000 fe:00 42\n3000-4000 rw-p 00000000 fe:00 42",
        ),
        ("reversed", "3000-2000 rw-p 00000000 fe:00 42"),
        ("too large", "0-10000001000000 rw-p 00000000 fe:00 42"),
    ] {
        assert!(areas(maps, &file()).is_err(), "{what}");
    }
}

#[test]
fn tells_private_pages() {
    let entry = |bits: u64| is_private(&bits.to_le_bytes());
    assert!(entry(PRESENT) && entry(SWAPPED) && entry(SWAPPED | OF_FILE));
    assert!(!entry(0) && !entry(PRESENT | OF_FILE) && !entry(OF_FILE));
}
