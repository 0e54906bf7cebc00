//! Translates events of the kernel.

use std::collections::HashSet;

use rustix::fs::inotify::ReadFlags;

use super::pending::Pending;
use super::scan::{below, Found, Place};
use super::tree::{NoPath, Tree};
use super::KNOWN_MAX;
use crate::file::temporary::{draft, Draft};
use crate::wire::sandbox::v1::FileEventKind::{
    self, Attributes, Created, Removed, Renamed, Written,
};

/// An event of the kernel.
#[derive(Clone, Debug)]
pub struct Raw {
    pub watch: i32,
    pub flags: ReadFlags,
    pub cookie: u32,
    pub name: Vec<u8>,
}

/// What an event requires to be done.
pub enum Task {
    /// A directory has appeared.
    Scan(Place),
    /// Directories have left the tree.
    Forget(Vec<i32>),
    /// The kernel has dropped events, so that directories may be missing.
    Rebuild,
}

/// The state of a watch. Uses no descriptors, clock or thread.
pub struct Changes {
    recursive: bool,
    tree: Tree,
    /// The first half of a rename.
    from: Option<From>,
    /// Entries that a scan has reported, and for which the kernel may report an event, too.
    known: HashSet<(i32, Vec<u8>)>,
    /// Those of scans since the queue of the kernel was last empty.
    known_recently: HashSet<(i32, Vec<u8>)>,
    pub pending: Pending,
    pub ended: bool,
}

struct From {
    cookie: u32,
    path: Result<Vec<u8>, NoPath>,
    draft: Option<Draft>,
    /// The watch, if it is a watched directory.
    directory: Option<i32>,
}

impl Changes {
    pub fn new(recursive: bool, tree: Tree) -> Self {
        Self {
            recursive,
            tree,
            from: None,
            known: HashSet::new(),
            known_recently: HashSet::new(),
            pending: Pending::default(),
            ended: false,
        }
    }

    pub fn directories(&self) -> usize {
        self.tree.len()
    }

    /// Whether the second half of a rename is missing.
    pub fn waits(&self) -> bool {
        self.from.is_some()
    }

    pub fn take(&mut self, event: Raw) -> Option<Task> {
        let flags = event.flags;
        if flags.contains(ReadFlags::QUEUE_OVERFLOW) {
            self.pending.overflow();
            return self.recursive.then_some(Task::Rebuild);
        }
        if flags.contains(ReadFlags::IGNORED) {
            self.ended |= self.tree.is_root(event.watch);
            self.tree.remove(event.watch);
            return None;
        }
        if event.name.is_empty() {
            return None;
        }
        if flags.contains(ReadFlags::MOVED_FROM) {
            return self.moved_from(event);
        }
        if flags.contains(ReadFlags::MOVED_TO) {
            return self.moved_to(event);
        }
        if draft(&event.name).is_some() {
            return None;
        }
        let path = self.path(event.watch, &event.name);
        if flags.contains(ReadFlags::CREATE) {
            if self.forget_known(&event) {
                return None;
            }
            self.report(Created, path.clone());
            return self.new_directory(event, path);
        }
        if flags.contains(ReadFlags::DELETE) {
            self.forget_known(&event);
            self.report(Removed, path);
        } else if flags.contains(ReadFlags::MODIFY) {
            self.report(Written, path);
        } else if flags.contains(ReadFlags::ATTRIB) {
            self.report(Attributes, path);
        }
        None
    }

    fn moved_from(&mut self, event: Raw) -> Option<Task> {
        let task = self.moved_out();
        self.forget_known(&event);
        self.from = Some(From {
            cookie: event.cookie,
            path: self.path(event.watch, &event.name),
            draft: draft(&event.name),
            directory: match event.flags.contains(ReadFlags::ISDIR) {
                true => self.tree.child(event.watch, &event.name),
                false => None,
            },
        });
        task
    }

    /// Reports that what was renamed has not arrived in the tree.
    pub fn moved_out(&mut self) -> Option<Task> {
        let from = self.from.take()?;
        if from.draft.is_none() {
            self.report(Removed, from.path);
        }
        let directory = from.directory?;
        Some(Task::Forget(self.tree.take(directory)))
    }

    fn moved_to(&mut self, event: Raw) -> Option<Task> {
        let to = self.path(event.watch, &event.name);
        let known = self.forget_known(&event);
        let Some(from) = self.from.take_if(|from| from.cookie == event.cookie) else {
            if known || draft(&event.name).is_some() {
                return None;
            }
            self.report(Created, to.clone());
            return self.new_directory(event, to);
        };
        match (from.draft, draft(&event.name)) {
            (Some(Draft::New), None) => {
                self.report(Created, to.clone());
                self.report(Written, to);
                return None;
            }
            (Some(Draft::Replaces), None) => {
                self.report(Written, to);
                return None;
            }
            (Some(_), Some(_)) => return None,
            (None, Some(_)) => {
                self.report(Removed, from.path);
            }
            (None, None) => match (from.path, to.clone()) {
                (Ok(from), Ok(to)) => {
                    self.pending.push(Renamed, from, to);
                }
                _ => self.pending.overflow(),
            },
        }
        let Some(directory) = from.directory else {
            return self.new_directory(event, to);
        };
        // An empty directory that was replaced has its place no more.
        if let Some(replaced) = self.tree.child(event.watch, &event.name) {
            self.tree.remove(replaced);
        }
        self.tree.put(directory, event.watch, event.name);
        None
    }

    fn new_directory(&self, event: Raw, path: Result<Vec<u8>, NoPath>) -> Option<Task> {
        if !self.recursive || !event.flags.contains(ReadFlags::ISDIR) {
            return None;
        }
        Some(Task::Scan(Place {
            parent: event.watch,
            name: event.name,
            path: path.ok()?,
        }))
    }

    /// Adds new directories and reports what is in them.
    pub fn add(&mut self, found: Found) {
        self.tree.extend(found.directories);
        for (watch, name) in found.entries {
            if draft(&name).is_none() {
                let path = self.path(watch, &name);
                // Without the entry the client may be sent the event twice.
                if self.report(Created, path) && self.known_recently.len() < KNOWN_MAX {
                    self.known_recently.insert((watch, name));
                }
            }
        }
        if found.partial {
            self.pending.overflow();
        }
    }

    /// Replaces all directories. Returns the watches of those that are gone.
    pub fn replace(&mut self, found: Found) -> Vec<i32> {
        let tree = Tree::new(found.directories);
        let new: HashSet<i32> = tree.watches().collect();
        let gone = self.tree.watches().filter(|watch| !new.contains(watch));
        let gone = gone.collect();
        self.tree = tree;
        self.known.clear();
        self.known_recently.clear();
        gone
    }

    /// To be called when the queue of the kernel was empty after the events that have been taken. The next ones can be
    /// about what the last scans have reported, but not about what earlier scans have.
    pub fn caught_up(&mut self) {
        self.known = std::mem::take(&mut self.known_recently);
    }

    fn forget_known(&mut self, event: &Raw) -> bool {
        let entry = (event.watch, event.name.clone());
        self.known.remove(&entry) | self.known_recently.remove(&entry)
    }

    fn path(&self, watch: i32, name: &[u8]) -> Result<Vec<u8>, NoPath> {
        self.tree
            .path(watch)
            .map(|directory| below(&directory, name))
    }

    /// Returns whether the event will be sent.
    fn report(&mut self, kind: FileEventKind, path: Result<Vec<u8>, NoPath>) -> bool {
        match path {
            Ok(path) => return self.pending.push(kind, path, Vec::new()),
            Err(NoPath::Unknown) => {}
            Err(NoPath::TooLong) => self.pending.overflow(),
        }
        false
    }
}
