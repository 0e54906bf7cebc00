//! Runs the fuzz targets of the Rust programs. Each program lists its targets in `src/fuzzing.rs`, and their corpora
//! are in `fuzz/corpus`. `neurovisor test --area fuzz` builds the programs with `--cfg fuzzing`, in which libFuzzer
//! replaces `main`. A test of each program replays the same corpora.

use std::path::Path;
use std::sync::OnceLock;

/// The name of a target, and a function that decodes bytes and panics if the result violates a property.
pub type Target = (&'static str, fn(&[u8]));

/// The environment variable that names the target.
const CHOICE: &str = "NEUROVISOR_FUZZ_TARGET";

/// Returns the target that the environment names.
pub fn chosen(targets: &'static [Target]) -> fn(&[u8]) {
    static CHOSEN: OnceLock<fn(&[u8])> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        let name = std::env::var(CHOICE).unwrap_or_default();
        match targets.iter().find(|(target, _)| *target == name) {
            Some((_, target)) => *target,
            None => panic!("{CHOICE}={name:?}, which is not a target"),
        }
    })
}

/// Runs each target on its corpus, and checks that each directory of the corpora has a target.
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
