//! What has been counted of all VMs.

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

    pub fn told(&self, tracked_pids: u64) -> wire::Ebpf {
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
    fn what_is_told_is_the_sum_of_all() {
        let mut counts = Counts::default();
        counts.blocked[3] = 2;
        counts.calls[59] = 5;
        counts.executed = 1;
        let mut tally = Tally::default();
        tally.add(&counts);
        tally.add(&counts);
        let told = tally.told(7);
        assert_eq!((told.tracked_pids, told.executed), (7, 2));
        assert_eq!(told.blocked["socket_connect"], 4);
        assert_eq!(told.blocked.len(), HOOKS.len());
        assert_eq!(told.calls, [(59, 10)].into());
    }
}
