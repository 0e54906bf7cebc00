//! What a driver says, and what it is asked for. Pure.
//!
//! The driver shares its process with the code of users, so every message may be forged. All texts are bounded here.

use std::collections::BTreeMap;

use super::frame::{encode, Broken, BODY_BYTES_MAX};
use super::json::{write_string, Value};
use super::limits::{
    NAME_BYTES_MAX, PARTS_MAX, PART_BYTES_MAX, TRACEBACK_BYTES_MAX, VALUE_BYTES_MAX,
};
use crate::wire::guest::{
    CellDisplay, CellError, CellErrorFrame, CellInputRequest, CellStream, ContextVariable,
    DisplayPart,
};

const FRAMES_MAX: usize = 32;
const VARIABLES_MAX: usize = 400;
const SHAPE_MAX: usize = 8;
const TEXT_BYTES_MAX: usize = 64 << 10;

/// The header of a frame. The body of `Text`, `Error` and `Display` follows.
#[derive(Debug, PartialEq)]
pub enum FromDriver {
    Ready,
    Text {
        stream: CellStream,
        cell: u64,
    },
    /// The sizes of the parts are those of the body.
    Display {
        display: CellDisplay,
        cell: u64,
    },
    Error {
        error: CellError,
        cell: u64,
    },
    Dropped {
        mime: String,
        size: u64,
        cell: u64,
    },
    Input {
        request: CellInputRequest,
        cell: u64,
    },
    Ended {
        cell: u64,
        failed: bool,
        count: u64,
        dropped: u64,
    },
    Variables {
        id: u64,
        variables: Vec<ContextVariable>,
        truncated: bool,
    },
}

impl FromDriver {
    pub fn parse(header: &Value, body_bytes: usize) -> Result<Self, Broken> {
        let kind = header.get("type").and_then(Value::text).unwrap_or_default();
        let number = |key: &str| header.get(key).and_then(Value::number).unwrap_or(0);
        let flag = |key: &str| header.get(key) == Some(&Value::Bool(true));
        let cell = number("cell");
        let (message, body_max) = match kind {
            "ready" => (Self::Ready, 0),
            "text" => (
                Self::Text {
                    stream: stream(header)?,
                    cell,
                },
                TEXT_BYTES_MAX,
            ),
            "display" => {
                let display = display(header, body_bytes)?;
                (Self::Display { display, cell }, BODY_BYTES_MAX)
            }
            "error" => (
                Self::Error {
                    error: error(header),
                    cell,
                },
                TRACEBACK_BYTES_MAX + 16,
            ),
            "dropped" => {
                let mime = text(header, "mime", NAME_BYTES_MAX);
                (
                    Self::Dropped {
                        mime,
                        size: number("size"),
                        cell,
                    },
                    0,
                )
            }
            "input" => {
                let request = CellInputRequest {
                    prompt: text(header, "prompt", VALUE_BYTES_MAX),
                    password: flag("password"),
                };
                (Self::Input { request, cell }, 0)
            }
            "ended" => {
                let (count, dropped) = (number("count"), number("dropped"));
                (
                    Self::Ended {
                        cell,
                        failed: flag("failed"),
                        count,
                        dropped,
                    },
                    0,
                )
            }
            "variables" => {
                let (id, truncated) = (number("id"), flag("truncated"));
                (
                    Self::Variables {
                        id,
                        variables: variables(header),
                        truncated,
                    },
                    0,
                )
            }
            _ => return Err(Broken("a frame of an unknown type")),
        };
        match body_bytes > body_max {
            true => Err(Broken("a frame with a body that is too long for its type")),
            false => Ok(message),
        }
    }
}

/// Returns a text of a header, shortened to a number of bytes.
fn text(header: &Value, key: &str, bytes_max: usize) -> String {
    let text = header.get(key).and_then(Value::text).unwrap_or_default();
    shortened(text, bytes_max).to_owned()
}

/// Returns the longest start that has at most so many bytes and ends with a character.
pub fn shortened(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn stream(header: &Value) -> Result<CellStream, Broken> {
    match header.get("stream").and_then(Value::text) {
        Some("stdout") => Ok(CellStream::Stdout),
        Some("stderr") => Ok(CellStream::Stderr),
        _ => Err(Broken("text of an unknown stream")),
    }
}

fn display(header: &Value, body_bytes: usize) -> Result<CellDisplay, Broken> {
    let parts = header.get("parts").map(Value::list).unwrap_or_default();
    let parts: Vec<DisplayPart> = parts
        .iter()
        .map(|part| DisplayPart {
            mime_type: text(part, "mime", NAME_BYTES_MAX),
            size: part.get("size").and_then(Value::number).unwrap_or(0),
        })
        .collect();
    let fits = |part: &DisplayPart| part.size <= PART_BYTES_MAX;
    let bytes: u64 = parts
        .iter()
        .map(|part| part.size.min(PART_BYTES_MAX + 1))
        .sum();
    if parts.is_empty()
        || parts.len() > PARTS_MAX
        || !parts.iter().all(fits)
        || bytes != body_bytes as u64
    {
        return Err(Broken("a display whose parts are not allowed"));
    }
    Ok(CellDisplay {
        parts,
        display_id: text(header, "id", NAME_BYTES_MAX),
        update: header.get("update") == Some(&Value::Bool(true)),
        main_result: header.get("main") == Some(&Value::Bool(true)),
    })
}

fn error(header: &Value) -> CellError {
    let frames = header.get("frames").map(Value::list).unwrap_or_default();
    let line = |frame: &Value| frame.get("line").and_then(Value::number).unwrap_or(0);
    CellError {
        name: text(header, "name", NAME_BYTES_MAX),
        value: text(header, "value", VALUE_BYTES_MAX),
        frames: frames
            .iter()
            .take(FRAMES_MAX)
            .map(|frame| CellErrorFrame {
                file: text(frame, "file", NAME_BYTES_MAX),
                line: line(frame).try_into().unwrap_or(0),
                function: text(frame, "function", NAME_BYTES_MAX),
                source: text(frame, "source", NAME_BYTES_MAX),
            })
            .collect(),
        traceback: String::new(),
    }
}

fn variables(header: &Value) -> Vec<ContextVariable> {
    let all = header.get("variables").map(Value::list).unwrap_or_default();
    let shape = |one: &Value| {
        one.get("shape")
            .map(Value::list)
            .unwrap_or_default()
            .to_vec()
    };
    all.iter()
        .take(VARIABLES_MAX)
        .map(|one| ContextVariable {
            name: text(one, "name", NAME_BYTES_MAX),
            r#type: text(one, "kind", NAME_BYTES_MAX),
            length: one.get("length").and_then(Value::number),
            shape: shape(one)
                .iter()
                .take(SHAPE_MAX)
                .filter_map(Value::number)
                .collect(),
            text: text(one, "text", 2 * NAME_BYTES_MAX),
        })
        .collect()
}

/// What a driver is asked for, before its body.
pub enum ToDriver<'a> {
    Execute {
        cell: u64,
        environment: &'a BTreeMap<String, String>,
        directory: &'a str,
        has_input: bool,
    },
    Inspect {
        id: u64,
    },
    Input {
        cell: u64,
        end: bool,
    },
    Refresh {
        count: u64,
    },
}

impl ToDriver<'_> {
    /// Encodes a frame.
    pub fn encode(&self, body: &[u8]) -> Vec<u8> {
        let header = match self {
            Self::Execute {
                cell,
                environment,
                directory,
                has_input,
            } => {
                let mut header = format!(
                    "{{\"type\":\"execute\",\"cell\":{cell},\"input\":{has_input},\"cwd\":"
                );
                write_string(directory, &mut header);
                header.push_str(",\"env\":{");
                for (index, (name, value)) in environment.iter().enumerate() {
                    header.push_str(if index > 0 { "," } else { "" });
                    write_string(name, &mut header);
                    header.push(':');
                    write_string(value, &mut header);
                }
                header.push_str("}}");
                header
            }
            Self::Inspect { id } => format!("{{\"type\":\"inspect\",\"id\":{id}}}"),
            Self::Input { cell, end } => {
                format!("{{\"type\":\"input\",\"cell\":{cell},\"end\":{end}}}")
            }
            Self::Refresh { count } => format!("{{\"type\":\"refresh\",\"count\":{count}}}"),
        };
        let mut frame = encode(&header, body.len());
        frame.extend_from_slice(body);
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::super::json::parse;
    use super::*;

    fn parsed(header: &str, body: usize) -> Result<FromDriver, Broken> {
        FromDriver::parse(&parse(header.as_bytes()).unwrap(), body)
    }

    #[test]
    fn accepts_a_display_whose_sizes_are_those_of_its_body() {
        let header = |size: u64| {
            format!(
                r#"{{"type":"display","cell":1,"parts":[{{"mime":"text/plain","size":2}},{{"mime":"a","size":{size}}}]}}"#
            )
        };
        let accepted = parsed(&header(3), 5).unwrap();
        let FromDriver::Display { display, cell: 1 } = accepted else {
            panic!("{accepted:?}");
        };
        assert_eq!((display.parts[0].size, display.main_result), (2, false));
        for (size, body) in [
            (3, 4),
            (3, 6),
            ((8 << 20) + 1, (8 << 20) + 3),
            (u64::MAX, 1),
        ] {
            parsed(&header(size), body).unwrap_err();
        }
        parsed(r#"{"type":"display","parts":[]}"#, 0).unwrap_err();
    }

    #[test]
    fn rejects_frames_of_unknown_types() {
        for header in [
            "{}",
            "[]",
            r#"{"type":"x"}"#,
            r#"{"type":"text","stream":"x"}"#,
        ] {
            parsed(header, 0).unwrap_err();
        }
        parsed(r#"{"type":"ready"}"#, 1).unwrap_err();
        parsed(r#"{"type":"text","stream":"stdout"}"#, 65_537).unwrap_err();
    }

    #[test]
    fn shortens_texts_at_a_character() {
        let header = format!(
            r#"{{"type":"error","name":"{}","value":1}}"#,
            "ü".repeat(300)
        );
        let FromDriver::Error { error, .. } = parsed(&header, 9).unwrap() else {
            panic!("no error");
        };
        assert_eq!((error.name.len(), error.value.as_str()), (256, ""));
    }

    #[test]
    fn encodes_requests_that_a_driver_can_parse() {
        let environment = [
            ("A\"".to_owned(), "\n".to_owned()),
            ("B".to_owned(), String::new()),
        ]
        .into();
        let request = ToDriver::Execute {
            cell: 7,
            environment: &environment,
            directory: "/ü",
            has_input: true,
        };
        let bytes = request.encode(b"code");
        assert!(bytes.ends_with(b"code"));
        let header = parse(&bytes[8..bytes.len() - 4]).unwrap();
        assert_eq!(header.get("cell").unwrap().number(), Some(7));
        assert_eq!(
            header.get("env").unwrap().get("A\"").unwrap().text(),
            Some("\n")
        );
        assert_eq!(header.get("cwd").unwrap().text(), Some("/ü"));
    }
}
