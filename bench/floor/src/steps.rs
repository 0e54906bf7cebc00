//! How long each step took.

use std::fs;
use std::time::Instant;

use serde_json::{json, Map, Value};

/// The moments of one run, counted from its start.
pub struct Steps {
    start: Instant,
    /// The process whose processor time is counted, once it is known.
    process: Option<u32>,
    moments: Vec<Moment>,
    /// Zero if it was not measured.
    pub agent_resident_bytes: u64,
}

#[derive(Clone, Copy)]
struct Moment {
    step: &'static str,
    reached_millis: f64,
    /// Processor time of QEMU, which is comparable even on a busy machine.
    processor_millis: f64,
}

impl Steps {
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
            process: None,
            moments: Vec::new(),
            agent_resident_bytes: 0,
        }
    }

    pub fn count_processor_time_of(&mut self, process: u32) {
        self.process = Some(process);
    }

    pub fn reached(&mut self, step: &'static str) {
        self.moments.push(Moment {
            step,
            reached_millis: self.start.elapsed().as_secs_f64() * 1000.0,
            processor_millis: self.process.and_then(processor_millis).unwrap_or(0.0),
        });
    }

    /// Like [`Steps::reached`], and prints the step immediately.
    pub fn announce(&mut self, step: &'static str) {
        self.reached(step);
        if let Some(moment) = self.moments.last() {
            println!(
                "{step:>16} {:9.1} ms {:9.1} ms of processor",
                moment.reached_millis, moment.processor_millis
            );
        }
    }
}

/// Prints for each step when it was reached, how long it took by itself and how much processor time, as medians; then
/// the same as one line of JSON.
pub fn print_medians(runs: &[Steps]) {
    let Some(first) = runs.first() else { return };
    let mut result = Map::new();
    println!(
        "{:>16} {:>12} {:>12} {:>12}",
        "step", "reached p50", "took p50", "processor"
    );
    for (index, moment) in first.moments.iter().enumerate() {
        let median_of = |value: fn(&Moment) -> f64, since_last: bool| {
            median(runs.iter().map(|run| {
                let before = match index {
                    0 => 0.0,
                    _ => value(&run.moments[index - 1]),
                };
                value(&run.moments[index]) - if since_last { before } else { 0.0 }
            }))
        };
        let reached = median_of(|moment| moment.reached_millis, false);
        let took = median_of(|moment| moment.reached_millis, true);
        let processor = median_of(|moment| moment.processor_millis, true);
        println!(
            "{:>16} {reached:9.1} ms {took:9.1} ms {processor:9.1} ms",
            moment.step
        );
        result.insert(
            moment.step.to_owned(),
            json!({
                "reached_ms": rounded(reached),
                "took_ms": rounded(took),
                "processor_ms": rounded(processor),
            }),
        );
    }
    println!(
        "{}",
        json!({
            "runs": runs.len(),
            "p50": Value::Object(result),
            "agent_resident_bytes": first.agent_resident_bytes,
        })
    );
}

/// Returns the processor time of all threads of the process in nanoseconds.
fn processor_millis(process: u32) -> Option<f64> {
    let mut nanos = 0;
    for task in fs::read_dir(format!("/proc/{process}/task"))
        .ok()?
        .flatten()
    {
        let statistics = fs::read_to_string(task.path().join("schedstat")).ok()?;
        nanos += statistics.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(nanos as f64 / 1e6)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn rounded(millis: f64) -> f64 {
    (millis * 100.0).round() / 100.0
}
