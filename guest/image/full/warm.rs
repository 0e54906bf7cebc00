// Touches what Rust programs usually need, so that a template's page cache holds it. Compiled and run as user code, once.
use std::collections::HashMap;
use std::fmt;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    name: String,
    count: u32,
}

impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.name, self.count)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let counts = Arc::new(Mutex::new(HashMap::new()));
    let workers: Vec<_> = (0..2)
        .map(|number| {
            let counts = Arc::clone(&counts);
            thread::spawn(move || counts.lock().unwrap().insert(number, number * number))
        })
        .collect();
    for worker in workers {
        worker.join().map_err(|_| "a worker panicked")?;
    }
    let total: u32 = counts.lock().unwrap().values().sum();
    let entry = Entry { name: "warm".to_owned(), count: "41".parse::<u32>()? + total };
    let words: Vec<String> = "warm page cache".split_whitespace().map(str::to_uppercase).collect();
    Command::new("true").status()?;
    println!("{entry} {entry:?} {}", words.join("-"));
    Ok(())
}
