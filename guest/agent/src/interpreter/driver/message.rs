//! What a driver says. Pure.
//!
//! The driver shares its process with the code of users, so every message may be forged. All texts are bounded here.

use super::super::limits::{
    NAME_BYTES_MAX, PARTS_MAX, PART_BYTES_MAX, TRACEBACK_BYTES_MAX, VALUE_BYTES_MAX,
};
use super::frame::{Broken, BODY_BYTES_MAX};
use super::json::Value;
use crate::wire::sandbox::v1::{
    CellDisplay, CellError, CellErrorFrame, CellInputRequest, CellStream, ContextVariable,
    DisplayPart,
};

const FRAMES_MAX: usize = 32;
const VARIABLES_MAX: usize = 400;
const SHAPE_MAX: usize = 8;
const TEXT_BYTES_MAX: usize = 64 << 10;

/// What a driver can do that others of its language cannot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Tables as Arrow.
    pub arrow: bool,
}

/// The header of a frame. The body of `Text`, `Error` and `Display` follows.
#[derive(Debug, PartialEq)]
pub enum FromDriver {
    Ready(Abilities),
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
    /// An interrupt has had an effect.
    Interrupted {
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
        let number = |key: &str| header.get(key).and_then(Value::number).unwrap_or(0);
        let is_set = |key: &str| header.get(key) == Some(&Value::Bool(true));
        let cell = number("cell");
        let kind = header.get("type").and_then(Value::text);
        let message = match kind.unwrap_or_default() {
            "ready" => Self::Ready(Abilities {
                arrow: is_set("arrow"),
            }),
            "text" => Self::text(header, cell)?,
            "display" => Self::display(header, cell, body_bytes)?,
            "error" => Self::error(header, cell),
            "dropped" => Self::dropped(header, cell, number("size")),
            "input" => Self::input(header, cell, is_set("password")),
            "interrupted" => Self::Interrupted { cell },
            "ended" => Self::Ended {
                cell,
                failed: is_set("failed"),
                count: number("count"),
                dropped: number("dropped"),
            },
            "variables" => Self::Variables {
                id: number("id"),
                variables: variables(header),
                truncated: is_set("truncated"),
            },
            _ => return Err(Broken("a frame of an unknown type")),
        };
        match body_bytes > message.body_bytes_max() {
            true => Err(Broken("a frame with a body that is too long for its type")),
            false => Ok(message),
        }
    }

    fn text(header: &Value, cell: u64) -> Result<Self, Broken> {
        let stream = stream(header)?;
        Ok(Self::Text { stream, cell })
    }

    fn display(header: &Value, cell: u64, body_bytes: usize) -> Result<Self, Broken> {
        let display = display(header, body_bytes)?;
        Ok(Self::Display { display, cell })
    }

    fn error(header: &Value, cell: u64) -> Self {
        let error = error(header);
        Self::Error { error, cell }
    }

    fn dropped(header: &Value, cell: u64, size: u64) -> Self {
        let mime = text(header, "mime", NAME_BYTES_MAX);
        Self::Dropped { mime, size, cell }
    }

    fn input(header: &Value, cell: u64, password: bool) -> Self {
        let prompt = text(header, "prompt", VALUE_BYTES_MAX);
        let request = CellInputRequest { prompt, password };
        Self::Input { request, cell }
    }

    fn body_bytes_max(&self) -> usize {
        match self {
            Self::Text { .. } => TEXT_BYTES_MAX,
            Self::Display { .. } => BODY_BYTES_MAX,
            // A driver marks a traceback that it has shortened.
            Self::Error { .. } => TRACEBACK_BYTES_MAX + 16,
            _ => 0,
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
