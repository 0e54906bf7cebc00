//! The sum of the counters of all VMs.

use super::policy::{Counts, HOOKS};
use crate::wire;

#[derive(Clone, Default)]
pub struct Tally(Counts);

impl Tally {
    pub fn add(&mut self, counts: &Counts) {
        let sum = &mut self.0;
        sum.executed += counts.executed;
        sum.unusual += counts.unusual;
        add_each(&mut sum.blocked, &counts.blocked);
        add_each(&mut sum.calls, &counts.calls);
    }

    pub fn to_message(&self, tracked_pids: u64) -> wire::Ebpf {
        let counts = &self.0;
        let calls = (0..).zip(counts.calls).filter(|(_, count)| *count > 0);
        wire::Ebpf {
            problem: String::new(),
            tracked_pids,
            executed: counts.executed,
            blocked: HOOKS
                .map(String::from)
                .into_iter()
                .zip(counts.blocked)
                .collect(),
            calls: calls.collect(),
            unusual_calls: counts.unusual,
        }
    }
}

fn add_each(sums: &mut [u64], counts: &[u64]) {
    sums.iter_mut()
        .zip(counts)
        .for_each(|(sum, count)| *sum += count);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_up_all_counters() {
        let mut counts = Counts::default();
        counts.blocked[3] = 2;
        counts.calls[59] = 5;
        counts.executed = 1;
        let mut tally = Tally::default();
        tally.add(&counts);
        tally.add(&counts);
        let message = tally.to_message(7);
        assert_eq!((message.tracked_pids, message.executed), (7, 2));
        assert_eq!(message.blocked["socket_connect"], 4);
        assert_eq!(message.blocked.len(), HOOKS.len());
        assert_eq!(message.calls, [(59, 10)].into());
    }
}
