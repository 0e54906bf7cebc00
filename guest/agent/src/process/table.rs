//! The processes of a sandbox: those that run, and those that have ended lately. Pure: it starts and ends nothing.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The number of running processes.
pub const RUNNING_MAX: usize = 64;
/// The number of ended processes whose output is kept.
pub const ENDED_MAX: usize = 64;

/// The number of a process in the order of starts, which is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(pub u64);

/// How a client names a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    Pid(u32),
    Tag(String),
}

/// Why a process cannot be started.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    TooMany,
    TagTaken { pid: u32 },
}

/// The processes, with a value of type `P` for each.
pub struct Table<P> {
    entries: BTreeMap<Key, Entry<P>>,
    next: u64,
    /// How long an ended process is kept.
    kept: Duration,
}

struct Entry<P> {
    pid: u32,
    /// Empty if the process has none.
    tag: String,
    ended: Option<Instant>,
    process: P,
}

impl<P> Table<P> {
    pub fn new(kept: Duration) -> Self {
        Self {
            entries: BTreeMap::new(),
            next: 0,
            kept,
        }
    }

    /// Checks whether a process with this tag can be started.
    pub fn admit(&self, tag: &str) -> Result<(), Refusal> {
        if self.running().count() >= RUNNING_MAX {
            return Err(Refusal::TooMany);
        }
        match self
            .running()
            .find(|entry| !tag.is_empty() && entry.tag == tag)
        {
            Some(entry) => Err(Refusal::TagTaken { pid: entry.pid }),
            None => Ok(()),
        }
    }

    pub fn next_key(&mut self) -> Key {
        self.next += 1;
        Key(self.next)
    }

    pub fn insert(&mut self, key: Key, pid: u32, tag: String, process: P) {
        let entry = Entry {
            pid,
            tag,
            ended: None,
            process,
        };
        self.entries.insert(key, entry);
    }

    /// Finds a process: a running one, or the last that has ended.
    pub fn find(&self, selector: &Selector) -> Option<Key> {
        let matches = |entry: &Entry<P>| match selector {
            Selector::Pid(pid) => entry.pid == *pid,
            Selector::Tag(tag) => !tag.is_empty() && entry.tag == *tag,
        };
        self.entries
            .iter()
            .filter(|(_, entry)| matches(entry))
            .max_by_key(|(key, entry)| (entry.ended.is_none(), **key))
            .map(|(key, _)| *key)
    }

    pub fn get(&self, key: Key) -> Option<&P> {
        self.entries.get(&key).map(|entry| &entry.process)
    }

    pub fn get_mut(&mut self, key: Key) -> Option<&mut P> {
        self.entries.get_mut(&key).map(|entry| &mut entry.process)
    }

    /// Iterates in the order of starts.
    pub fn iter(&self) -> impl Iterator<Item = (Key, &P)> {
        let entries = self.entries.iter();
        entries.map(|(key, entry)| (*key, &entry.process))
    }

    /// Marks a process as ended.
    pub fn finish(&mut self, key: Key, now: Instant) {
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.ended = Some(now);
        }
    }

    /// Removes and returns the ended processes that are too many, or were kept long enough.
    pub fn expire(&mut self, now: Instant) -> Vec<(Key, P)> {
        let mut ended: Vec<(Instant, Key)> = self
            .entries
            .iter()
            .filter_map(|(key, entry)| Some((entry.ended?, *key)))
            .collect();
        ended.sort_unstable();
        let excess = ended.len().saturating_sub(ENDED_MAX);
        let kept = self.kept;
        let gone = ended
            .into_iter()
            .enumerate()
            .filter(|(index, (at, _))| *index < excess || *at + kept <= now);
        gone.filter_map(|(_, (_, key))| Some((key, self.entries.remove(&key)?.process)))
            .collect()
    }

    fn running(&self) -> impl Iterator<Item = &Entry<P>> {
        self.entries.values().filter(|entry| entry.ended.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: Duration = Duration::from_secs(600);

    fn add(table: &mut Table<u32>, pid: u32, tag: &str) -> Key {
        let key = table.next_key();
        table.insert(key, pid, tag.to_owned(), pid);
        key
    }

    fn pids(removed: Vec<(Key, u32)>) -> Vec<u32> {
        removed.into_iter().map(|(_, pid)| pid).collect()
    }

    #[test]
    fn admits_a_limited_number_of_running_processes() {
        let mut table = Table::new(KEPT);
        let first = add(&mut table, 1, "");
        for pid in 2..=64 {
            assert_eq!(table.admit(""), Ok(()));
            add(&mut table, pid, "");
        }
        assert_eq!(table.admit(""), Err(Refusal::TooMany));
        table.finish(first, Instant::now());
        assert_eq!(table.admit(""), Ok(()));
    }

    #[test]
    fn keeps_tags_of_running_processes_unique() {
        let mut table = Table::new(KEPT);
        let key = add(&mut table, 7, "build");
        assert_eq!(table.admit("build"), Err(Refusal::TagTaken { pid: 7 }));
        assert_eq!(table.admit("other"), Ok(()));
        table.finish(key, Instant::now());
        assert_eq!(table.admit("build"), Ok(()));
    }

    #[test]
    fn finds_the_running_process_before_ended_ones() {
        let mut table = Table::new(KEPT);
        let now = Instant::now();
        let (tag, pid) = (Selector::Tag("a".to_owned()), Selector::Pid(7));
        assert_eq!(table.find(&pid), None);
        let first = add(&mut table, 7, "a");
        table.finish(first, now);
        let second = add(&mut table, 7, "a");
        assert_eq!(table.find(&pid), Some(second));
        table.finish(second, now);
        assert_eq!(
            (table.find(&pid), table.find(&tag)),
            (Some(second), Some(second))
        );
        assert_eq!(table.find(&Selector::Tag(String::new())), None);
    }

    #[test]
    fn forgets_ended_processes_by_number_and_age() {
        let mut table = Table::new(KEPT);
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        add(&mut table, 1000, "");
        for pid in 0..66 {
            let key = add(&mut table, pid, "");
            table.finish(key, after(pid.into()));
        }
        assert_eq!(pids(table.expire(after(66))), [0, 1]);
        assert_eq!(pids(table.expire(after(602))), [2]);
        assert_eq!(pids(table.expire(after(603))), [3]);
        assert_eq!(table.expire(after(10_000)).len(), 62);
        assert_eq!(table.iter().count(), 1, "the running one stays");
    }
}
