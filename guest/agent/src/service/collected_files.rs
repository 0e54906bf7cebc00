//! The files of an answer that has to hold everything at once.

use crate::execution::{FilePart, Reason, Skipped};
use crate::wire::execution::OutputFile;

/// Of the whole answer, below the 4 MiB that gRPC clients take, with room for numbers and names.
const ANSWER_BYTES_MAX: usize = (4 << 20) - (128 << 10);
/// What the message of a file takes beside its path and its content, and more.
const FRAME_BYTES: usize = 32;

/// Takes each file that fits into what is left, whole.
#[derive(Default)]
pub struct CollectedFiles {
    files: Vec<OutputFile>,
    open: Option<Open>,
    room: usize,
    skipped: Vec<String>,
}

struct Open {
    path: String,
    /// `None` once it did not fit.
    content: Option<Vec<u8>>,
}

impl CollectedFiles {
    /// In an answer that holds so many bytes already.
    pub fn beside(bytes: usize) -> Self {
        Self {
            room: ANSWER_BYTES_MAX.saturating_sub(bytes),
            ..Self::default()
        }
    }

    pub fn add(&mut self, part: FilePart) {
        let mut open = self.open.take().unwrap_or_else(|| Open {
            content: Some(Vec::new()),
            path: part.path,
        });
        let taken = open.content.as_ref().map_or(0, Vec::len);
        if FRAME_BYTES + open.path.len() + taken + part.content.len() > self.room {
            open.content = None;
        } else if let Some(content) = &mut open.content {
            content.extend_from_slice(&part.content);
        }
        if part.last {
            self.close(open);
        } else {
            self.open = Some(open);
        }
    }

    fn close(&mut self, file: Open) {
        match file.content {
            Some(content) => {
                self.room -= FRAME_BYTES + file.path.len() + content.len();
                self.files.push(OutputFile {
                    path: file.path,
                    content: content.into(),
                });
            }
            None => self.skipped.push(file.path),
        }
    }

    /// The files, and those without room among what is skipped. One without its end is counted there already.
    pub fn finish(self, skipped: &mut Skipped) -> Vec<OutputFile> {
        for path in self.skipped {
            skipped.add(path.as_bytes(), Reason::NoRoomInAnswer, 1);
        }
        self.files
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(files: &mut CollectedFiles, path: &str, parts: &[usize]) {
        for (index, bytes) in parts.iter().enumerate() {
            files.add(FilePart {
                path: path.to_owned(),
                content: vec![b'x'; *bytes].into(),
                last: index + 1 == parts.len(),
            });
        }
    }

    #[test]
    fn files_come_whole_or_not_at_all() {
        let mut files = CollectedFiles::beside(3 << 20);
        add(&mut files, "empty", &[0]);
        add(&mut files, "large", &[64 << 10; 14]);
        add(&mut files, "small", &[65_536, 1]);
        add(&mut files, "endless", &[10, 10]);
        files.add(FilePart {
            path: "broken".to_owned(),
            content: vec![b'x'].into(),
            last: false,
        });
        let mut skipped = Skipped::default();
        let files = files.finish(&mut skipped);
        let sizes: Vec<_> = files
            .iter()
            .map(|file| (file.path.as_str(), file.content.len()))
            .collect();
        assert_eq!(sizes, [("empty", 0), ("small", 65_537), ("endless", 20)]);
        assert_eq!(skipped.total, 1);
        assert_eq!(
            skipped.named,
            [("large".to_owned(), "does not fit into a single answer")]
        );
    }

    #[test]
    fn an_answer_that_is_full_takes_no_file() {
        let mut files = CollectedFiles::beside(usize::MAX);
        add(&mut files, "empty", &[0]);
        let mut skipped = Skipped::default();
        assert!(files.finish(&mut skipped).is_empty());
        assert_eq!(skipped.total, 1);
    }
}
