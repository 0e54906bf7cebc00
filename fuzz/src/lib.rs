//! What the fuzz targets of the Rust programs have in common. Each program lists its own in `src/fuzzing.rs`; their corpora
//! are in `fuzz/corpus`. `neurovisor test --area fuzz` builds the programs with `--cfg fuzzing`, by which libFuzzer takes the
//! place of `main`; the same corpora are a test of each program.

use std::path::Path;
use std::sync::OnceLock;

/// Has a decoder read bytes, and panics when what comes of them is not what it promises.
pub type Target = (&'static str, fn(&[u8]));

/// Names the target that a program fuzzes.
const CHOICE: &str = "NEUROVISOR_FUZZ_TARGET";

/// The target that the environment names.
pub fn chosen(targets: &'static [Target]) -> fn(&[u8]) {
    static CHOSEN: OnceLock<fn(&[u8])> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        let name = std::env::var(CHOICE).unwrap_or_default();
        match targets.iter().find(|(target, _)| *target == name) {
            Some((_, target)) => *target,
            None => panic!("{CHOICE}={name:?}, which is none of the targets"),
        }
    })
}

/// Has each target read all of its corpus, and the corpus of each directory has a target.
pub fn replay(targets: &[Target], program: &str) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(program);
    let mut names: Vec<_> = targets.iter().map(|(name, _)| name.to_string()).collect();
    names.sort();
    assert_eq!(entries(&corpus), names, "the directories of {program}");
    for (name, target) in targets {
        let seeds = entries(&corpus.join(name));
        assert!(!seeds.is_empty(), "{name} has no corpus");
        for seed in seeds {
            let bytes = std::fs::read(corpus.join(name).join(&seed)).unwrap();
            println!("{name} reads {seed}");
            target(&bytes);
        }
    }
}

fn entries(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
