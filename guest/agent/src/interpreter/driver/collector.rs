//! Turns frames and raw output into events, within the limits of a cell. Pure.

use bytes::Bytes;

use super::super::limits::{
    CHUNK_BYTES_MAX, RESULT_BYTES_MAX, TEXT_BYTES_MAX, TRACEBACK_BYTES_MAX,
};
use super::frame::{Broken, Piece};
use super::message::{shortened, Abilities, FromDriver};
use super::text::Utf8;
use crate::wire::sandbox::v1::cell_event::Event;
use crate::wire::sandbox::v1::{
    CellDisplay, CellDisplayData, CellDropped, CellError, CellInputRequest, CellStream, CellText,
    ContextVariable, DisplayPart,
};

/// What has been learned from a driver.
#[derive(Debug, PartialEq)]
pub enum Report {
    Ready(Abilities),
    Event(u64, Event),
    Input(u64, CellInputRequest),
    Interrupted(u64),
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

/// Where raw bytes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pipe {
    Stdout,
    Stderr,
}

/// What the body of the current frame is.
enum Body {
    Nothing,
    Text(CellStream, u64),
    Display {
        cell: u64,
        parts: Vec<DisplayPart>,
        index: usize,
        sent: u64,
    },
    Error(u64, CellError, Vec<u8>),
}

pub struct Collector {
    body: Body,
    body_left: usize,
    /// Of frames with text, then of the pipes: standard output and standard error of each.
    decoders: [Utf8; 4],
    text_bytes: u64,
    result_bytes: u64,
    pub truncated: bool,
}

impl Collector {
    pub fn new() -> Self {
        Self {
            body: Body::Nothing,
            body_left: 0,
            decoders: Default::default(),
            text_bytes: 0,
            result_bytes: 0,
            truncated: false,
        }
    }

    /// Begins to count for another cell.
    pub fn begin_cell(&mut self) {
        (self.text_bytes, self.result_bytes, self.truncated) = (0, 0, false);
    }

    /// Takes a part of a frame.
    pub fn piece(&mut self, piece: Piece) -> Result<Vec<Report>, Broken> {
        match piece {
            Piece::Header(header, bytes) => {
                self.body_left = bytes;
                let reports = self.message(FromDriver::parse(&header, bytes)?, bytes);
                Ok(reports.into_iter().chain(self.finish_body()).collect())
            }
            Piece::Body(bytes) => {
                self.body_left = self.body_left.saturating_sub(bytes.len());
                let reports = self.body(&bytes);
                Ok(reports.into_iter().chain(self.finish_body()).collect())
            }
        }
    }

    fn message(&mut self, message: FromDriver, bytes: usize) -> Vec<Report> {
        self.body = Body::Nothing;
        vec![match message {
            FromDriver::Ready(abilities) => Report::Ready(abilities),
            FromDriver::Input { request, cell } => Report::Input(cell, request),
            FromDriver::Interrupted { cell } => Report::Interrupted(cell),
            FromDriver::Ended {
                cell,
                failed,
                count,
                dropped,
            } => Report::Ended {
                cell,
                failed,
                count,
                dropped,
            },
            FromDriver::Variables {
                id,
                variables,
                truncated,
            } => Report::Variables {
                id,
                variables,
                truncated,
            },
            FromDriver::Dropped { mime, size, cell } => Report::Event(cell, dropped(mime, size)),
            FromDriver::Text { stream, cell } => {
                self.body = Body::Text(stream, cell);
                return vec![];
            }
            FromDriver::Error { error, cell } => {
                self.body = Body::Error(cell, error, Vec::new());
                return vec![];
            }
            FromDriver::Display { display, cell } => {
                return self.display(display, cell, bytes as u64)
            }
        }]
    }

    fn display(&mut self, display: CellDisplay, cell: u64, bytes: u64) -> Vec<Report> {
        if self.result_bytes + bytes > RESULT_BYTES_MAX {
            let parts = display.parts.into_iter();
            return parts
                .map(|part| Report::Event(cell, dropped(part.mime_type, part.size)))
                .collect();
        }
        self.result_bytes += bytes;
        self.body = Body::Display {
            cell,
            parts: display.parts.clone(),
            index: 0,
            sent: 0,
        };
        vec![Report::Event(cell, Event::Display(display))]
    }

    fn body(&mut self, bytes: &[u8]) -> Vec<Report> {
        match &mut self.body {
            Body::Nothing => vec![],
            Body::Error(_, _, traceback) => {
                traceback.extend_from_slice(bytes);
                vec![]
            }
            Body::Text(stream, cell) => {
                let (stream, cell) = (*stream, *cell);
                self.text(
                    usize::from(stream == CellStream::Stderr),
                    stream,
                    cell,
                    bytes,
                )
            }
            Body::Display {
                cell,
                parts,
                index,
                sent,
            } => display_data(*cell, parts, index, sent, bytes),
        }
    }

    fn finish_body(&mut self) -> Option<Report> {
        if self.body_left > 0 {
            return None;
        }
        match std::mem::replace(&mut self.body, Body::Nothing) {
            Body::Error(cell, mut error, traceback) => {
                let text = String::from_utf8_lossy(&traceback);
                error.traceback = shortened(&text, TRACEBACK_BYTES_MAX).to_owned();
                Some(Report::Event(cell, Event::Error(error)))
            }
            _ => None,
        }
    }

    /// Takes bytes of a pipe, of which it is not known which cell has written them.
    pub fn raw(&mut self, pipe: Pipe, cell: u64, bytes: &[u8]) -> Vec<Report> {
        match pipe {
            Pipe::Stdout => self.text(2, CellStream::Stdout, cell, bytes),
            Pipe::Stderr => self.text(3, CellStream::Stderr, cell, bytes),
        }
    }

    /// Returns the incomplete characters at the end of a cell.
    pub fn end_of_text(&mut self, cell: u64) -> Vec<Report> {
        let streams = [CellStream::Stdout, CellStream::Stderr];
        let rests = self.decoders.iter_mut().zip(streams.into_iter().cycle());
        rests
            .filter_map(|(decoder, stream)| Some(text_event(stream, cell, &decoder.finish()?)))
            .collect()
    }

    fn text(&mut self, decoder: usize, stream: CellStream, cell: u64, bytes: &[u8]) -> Vec<Report> {
        let room = TEXT_BYTES_MAX.saturating_sub(self.text_bytes);
        let admitted = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
        self.truncated |= admitted < bytes.len();
        self.text_bytes += admitted as u64;
        let text = self.decoders[decoder].push(&bytes[..admitted]);
        let mut rest = text.as_str();
        let mut reports = Vec::new();
        while !rest.is_empty() {
            let start = shortened(rest, CHUNK_BYTES_MAX);
            reports.push(text_event(stream, cell, start));
            rest = &rest[start.len()..];
        }
        reports
    }
}

fn text_event(stream: CellStream, cell: u64, text: &str) -> Report {
    let event = CellText {
        stream: stream.into(),
        text: text.to_owned(),
    };
    Report::Event(cell, Event::Text(event))
}

fn dropped(mime_type: String, size: u64) -> Event {
    Event::Dropped(CellDropped { mime_type, size })
}

/// Divides the body of a display at the ends of its parts.
fn display_data(
    cell: u64,
    parts: &[DisplayPart],
    index: &mut usize,
    sent: &mut u64,
    bytes: &[u8],
) -> Vec<Report> {
    let mut rest = bytes;
    let mut reports = Vec::new();
    while let (Some(part), false) = (parts.get(*index), rest.is_empty()) {
        let missing = usize::try_from(part.size - *sent).unwrap_or(usize::MAX);
        if missing == 0 {
            (*index, *sent) = (*index + 1, 0);
            continue;
        }
        let (data, after) = rest.split_at(missing.min(rest.len()).min(CHUNK_BYTES_MAX));
        *sent += data.len() as u64;
        rest = after;
        let data = CellDisplayData {
            part: u32::try_from(*index).unwrap_or(u32::MAX),
            data: Bytes::copy_from_slice(data),
        };
        reports.push(Report::Event(cell, Event::DisplayData(data)));
    }
    reports
}
