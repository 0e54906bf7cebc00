use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use super::*;

const PAGES_OF_MEMORY: usize = 20;

/// A template whose pages have one byte each in all places, and a checkpoint with other pages.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        for name in ["template", "checkpoint", "target"] {
            let path = files.0.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        }
        let memory = files.0.path().join("template/memory");
        fs::write(
            &memory,
            pages(&(1..=PAGES_OF_MEMORY as u8).collect::<Vec<_>>()),
        )
        .unwrap();
        fs::set_permissions(memory, fs::Permissions::from_mode(0o444)).unwrap();
        fs::write(files.0.path().join("checkpoint/state"), "devices").unwrap();
        files
    }

    /// Writes the pages of the checkpoint: 3 and 4 changed, 7 zeros.
    fn save(&self) {
        let mut table = Table::default();
        table.add(3, false);
        table.add(4, false);
        table.add(7, true);
        let data = pages(&[103, 104]);
        table.add_block(&data);
        let (header, encoded) = table.encode(PAGES_OF_MEMORY as u64, 2);
        let content = [&header[..], &data, &encoded].concat();
        fs::write(self.0.path().join("checkpoint/pages"), content).unwrap();
    }

    fn flatten(&self) -> Result<(), String> {
        let path = |name| self.0.path().join(name);
        let mut flatten = Flatten::begin(&path("template"), &path("checkpoint"), &path("target"))?;
        while flatten.step()? == Progress::More {}
        Ok(())
    }

    fn is_empty(&self) -> bool {
        fs::read_dir(self.0.path().join("target"))
            .unwrap()
            .next()
            .is_none()
    }

    fn made(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.path().join("target").join(name)).unwrap()
    }
}

fn pages(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| [*byte; PAGE_BYTES]).collect()
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn has_the_memory_of_both() {
    let files = Files::new();
    files.save();

    assert_eq!(files.flatten(), Ok(()));

    let mut expected: Vec<u8> = (1..=PAGES_OF_MEMORY as u8).collect();
    (expected[3], expected[4], expected[7]) = (103, 104, 0);
    assert_eq!(files.made("memory"), pages(&expected));
    assert_eq!(files.made("state"), b"devices");
    assert_eq!(mode(&files.0.path().join("target/memory")), 0o444);
    let header: [u8; HEADER_BYTES] = files.made("pages").try_into().unwrap();
    let parsed = super::super::pages::Header::parse(&header, HEADER_BYTES as u64).unwrap();
    assert_eq!(parsed.memory_pages, PAGES_OF_MEMORY as u64);
    assert_eq!(parsed.data_pages, 0);
}

#[test]
fn refuses_damaged_pages() {
    let files = Files::new();
    files.save();
    let pages = files.0.path().join("checkpoint/pages");
    let mut content = fs::read(&pages).unwrap();
    content[HEADER_BYTES] ^= 1;
    fs::write(pages, content).unwrap();

    let problem = files.flatten().unwrap_err();

    assert!(problem.contains("is damaged"), "{problem}");
    assert!(files.is_empty());
}

#[test]
fn refuses_pages_of_another_memory() {
    let files = Files::new();
    files.save();
    let memory = files.0.path().join("template/memory");
    fs::remove_file(&memory).unwrap();
    fs::write(&memory, pages(&[1, 2])).unwrap();

    let problem = files.flatten().unwrap_err();

    assert!(problem.contains("this one has 2"), "{problem}");
    assert!(files.is_empty());
}

#[test]
fn follows_no_links() {
    let files = Files::new();
    files.save();
    let memory = files.0.path().join("template/memory");
    fs::rename(&memory, files.0.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(files.0.path().join("elsewhere"), &memory).unwrap();

    assert!(files.flatten().is_err());
}

#[test]
fn replaces_nothing() {
    let files = Files::new();
    files.save();
    fs::write(files.0.path().join("target/memory"), "kept").unwrap();

    assert!(files.flatten().is_err());

    assert_eq!(files.made("memory"), b"kept");
}
