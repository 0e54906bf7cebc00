//! What clients are shown of processes.

use std::collections::{BTreeMap, HashMap};

use super::request::Spec;
use crate::wire::sandbox::v1::{OutputOffsets, ProcessEnded, ProcessInfo, ProcessStream};

/// Of an answer with all processes, which has to fit into a message to the host.
const LIST_BYTES_MAX: usize = 80 << 10;
/// Of the arguments and variables that are remembered of a process.
const DESCRIPTION_BYTES_MAX: usize = 16 << 10;
/// The tags and lengths of a field.
const FIELD_BYTES: usize = 16;

/// How a process was started. What is too long for a list is left out: first variables, then arguments from the end on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub tag: String,
    pub command: String,
    pub arguments: Vec<String>,
    pub environment: BTreeMap<String, String>,
    pub directory: String,
    pub has_terminal: bool,
}

impl Description {
    pub fn of(spec: &Spec, directory: String) -> Self {
        let whole = Self {
            tag: spec.tag.clone(),
            command: spec.command.clone(),
            arguments: spec.arguments.clone(),
            environment: spec.environment.clone(),
            directory,
            has_terminal: spec.terminal.is_some(),
        };
        whole.shortened(DESCRIPTION_BYTES_MAX)
    }

    /// Returns the description within a number of bytes.
    fn shortened(&self, bytes_max: usize) -> Self {
        let mut room = bytes_max;
        let mut cut = |text: &String| {
            let shown = start_of(text, room);
            room -= shown.len();
            shown
        };
        let (tag, command) = (cut(&self.tag), cut(&self.command));
        let directory = cut(&self.directory);
        let mut fits = |bytes: usize| {
            let bytes = bytes + FIELD_BYTES;
            let fits = bytes <= room;
            room = if fits { room - bytes } else { 0 };
            fits
        };
        let arguments = self.arguments.iter();
        let variables = self.environment.iter();
        Self {
            tag,
            command,
            directory,
            arguments: arguments
                .take_while(|argument| fits(argument.len()))
                .cloned()
                .collect(),
            environment: variables
                .take_while(|(name, value)| fits(name.len() + value.len()))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            has_terminal: self.has_terminal,
        }
    }
}

/// Returns the longest start of a text that has at most so many bytes and ends with a character.
fn start_of(text: &str, bytes_max: usize) -> String {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

/// One line of a list.
pub struct Line<'a> {
    pub pid: u32,
    pub description: &'a Description,
    pub started: std::time::SystemTime,
    pub ended: Option<&'a ProcessEnded>,
    pub streams: &'a [ProcessStream],
    pub offsets: Vec<u64>,
}

/// Shows all processes, each with the same share of a message.
pub fn list(lines: &[Line<'_>]) -> Vec<ProcessInfo> {
    let share = LIST_BYTES_MAX / lines.len().max(1);
    lines.iter().map(|line| shown(line, share)).collect()
}

fn shown(line: &Line<'_>, bytes_max: usize) -> ProcessInfo {
    let description = line.description.shortened(bytes_max);
    let offset_of = |stream| {
        let index = line.streams.iter().position(|one| *one == stream);
        index
            .and_then(|index| line.offsets.get(index).copied())
            .unwrap_or(0)
    };
    ProcessInfo {
        pid: line.pid,
        tag: description.tag,
        command: description.command,
        args: description.arguments,
        cwd: description.directory,
        started: Some(line.started.into()),
        pty: description.has_terminal,
        ended: line.ended.cloned(),
        offsets: Some(OutputOffsets {
            stdout: offset_of(ProcessStream::Stdout),
            stderr: offset_of(ProcessStream::Stderr),
            pty: offset_of(ProcessStream::Pty),
        }),
        env: HashMap::from_iter(description.environment),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use prost::Message;

    use super::*;
    use crate::wire::sandbox::v1::{ListProcessesResponse, StartRequest};

    fn described(request: StartRequest) -> Description {
        Description::of(
            &Spec::from_request(request).unwrap(),
            "/home/user".to_owned(),
        )
    }

    fn line(description: &Description) -> Line<'_> {
        Line {
            pid: 4_194_304,
            description,
            started: SystemTime::now(),
            ended: None,
            streams: &[ProcessStream::Stdout, ProcessStream::Stderr],
            offsets: vec![7, u64::MAX],
        }
    }

    #[test]
    fn shows_an_ordinary_process_whole() {
        let description = described(StartRequest {
            command: "make".to_owned(),
            args: vec!["all".to_owned()],
            env: [("CC".to_owned(), "gcc".to_owned())].into(),
            tag: "build".to_owned(),
            ..Default::default()
        });
        let all = list(&[line(&description)]);
        let info = &all[0];
        assert_eq!(
            (info.command.as_str(), info.tag.as_str()),
            ("make", "build")
        );
        assert_eq!(
            (info.args.as_slice(), info.cwd.as_str()),
            (&["all".to_owned()][..], "/home/user")
        );
        assert_eq!(info.env["CC"], "gcc");
        let offsets = info.offsets.unwrap();
        assert_eq!(
            (offsets.stdout, offsets.stderr, offsets.pty),
            (7, u64::MAX, 0)
        );
    }

    #[test]
    fn keeps_the_answer_within_a_message() {
        let description = described(StartRequest {
            command: "ü".repeat(2000),
            args: (0..5000).map(|n| n.to_string()).collect(),
            env: (0..256).map(|n| (n.to_string(), "v".repeat(400))).collect(),
            tag: "ü".repeat(63),
            ..Default::default()
        });
        assert!(description.arguments.len() > 100, "{description:?}");
        for count in [1, 2, 128] {
            let lines: Vec<Line<'_>> = (0..count).map(|_| line(&description)).collect();
            let answer = ListProcessesResponse {
                processes: list(&lines),
            };
            assert_eq!(answer.processes.len(), count);
            assert!(
                answer.encoded_len() <= 120 << 10,
                "{}",
                answer.encoded_len()
            );
        }
    }
}
