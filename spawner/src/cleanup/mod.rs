//! Removes everything that VMMs and host processes leave behind, however they end.
//!
//! [`journal`] records what would outlive the spawner before it is made. [`sweep`] reads the journals of killed
//! spawners. [`removal`] deletes a directory tree with hostile content; [`scratch`] decides which paths may be deleted
//! at all.

pub mod journal;
pub mod orphans;
pub mod removal;
pub mod runtime_directory;
pub mod scratch;
pub mod sweep;
