//! The watched directories and their places.

use std::collections::{HashMap, HashSet};

use super::scan::{below, Place};
use super::{DIRECTORIES_MAX, PATH_BYTES_MAX};

/// Watch descriptors with the places of their directories, as far as events are known.
#[derive(Default)]
pub struct Tree {
    root: i32,
    nodes: HashMap<i32, Node>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPath {
    /// The directory has been moved out of the tree.
    Unknown,
    TooLong,
}

struct Node {
    parent: i32,
    name: Vec<u8>,
}

impl Tree {
    pub fn new(directories: Vec<(i32, Place)>) -> Self {
        let root = directories.first().map_or(0, |(watch, _)| *watch);
        let mut tree = Self {
            root,
            nodes: HashMap::new(),
        };
        tree.extend(directories);
        tree
    }

    pub fn extend(&mut self, directories: Vec<(i32, Place)>) {
        for (watch, place) in directories {
            self.put(watch, place.parent, place.name);
        }
    }

    pub fn is_root(&self, watch: i32) -> bool {
        watch == self.root
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns the path of a directory relative to the root.
    pub fn path(&self, mut watch: i32) -> Result<Vec<u8>, NoPath> {
        let mut path = Vec::new();
        // Places that are not up to date may form a cycle.
        for _ in 0..=DIRECTORIES_MAX {
            if watch == self.root {
                return Ok(path);
            }
            let node = self.nodes.get(&watch).ok_or(NoPath::Unknown)?;
            path = match path.is_empty() {
                true => node.name.clone(),
                false => below(&node.name, &path),
            };
            if path.len() > PATH_BYTES_MAX {
                return Err(NoPath::TooLong);
            }
            watch = node.parent;
        }
        Err(NoPath::Unknown)
    }

    /// Returns the watch of a directory in another one.
    pub fn child(&self, parent: i32, name: &[u8]) -> Option<i32> {
        let mut nodes = self.nodes.iter();
        nodes
            .find(|(watch, node)| {
                node.parent == parent && node.name == name && !self.is_root(**watch)
            })
            .map(|(watch, _)| *watch)
    }

    /// Adds a directory or changes its place.
    pub fn put(&mut self, watch: i32, parent: i32, name: Vec<u8>) {
        self.nodes.insert(watch, Node { parent, name });
    }

    /// Removes a directory whose watch has ended.
    pub fn remove(&mut self, watch: i32) {
        self.nodes.remove(&watch);
    }

    /// Removes a directory and those below it. Returns their watches.
    pub fn take(&mut self, watch: i32) -> Vec<i32> {
        let mut taken = HashSet::from([watch]);
        loop {
            let nodes = self.nodes.iter();
            let more: Vec<i32> = nodes
                .filter(|(watch, node)| taken.contains(&node.parent) && !taken.contains(*watch))
                .map(|(watch, _)| *watch)
                .filter(|watch| !self.is_root(*watch))
                .collect();
            if more.is_empty() {
                break;
            }
            taken.extend(more);
        }
        self.nodes.retain(|watch, _| !taken.contains(watch));
        taken.into_iter().collect()
    }

    pub fn watches(&self) -> impl Iterator<Item = i32> + '_ {
        self.nodes.keys().copied()
    }
}
