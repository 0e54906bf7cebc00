//! What drivers are asked for.

use std::collections::BTreeMap;

use super::super::cell_request::CellRequest;
use super::frame::encode;
use super::json::write_string;
use super::language::Requests;
use crate::wire::sandbox::v1::TableFormat;

/// What a driver is asked for, before its body.
pub enum ToDriver<'a> {
    /// The first frame to a driver that was started before its context was known.
    Adopt {
        environment: &'a BTreeMap<String, String>,
        directory: &'a str,
    },
    Execute {
        cell: u64,
        request: &'a CellRequest,
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
    /// Accompanies a signal, which a driver may be unable to act on while code runs.
    Interrupt {
        cell: u64,
    },
}

impl ToDriver<'_> {
    pub fn encode(&self, requests: Requests, body: &[u8]) -> Vec<u8> {
        match requests {
            Requests::Frames => self.frame(body),
            Requests::Fields => self.fields(body),
        }
    }

    fn frame(&self, body: &[u8]) -> Vec<u8> {
        let header = match self {
            Self::Adopt {
                environment,
                directory,
            } => surroundings("{\"type\":\"adopt\"", directory, environment),
            Self::Execute { cell, request } => {
                let has_input = request.has_input;
                let arrow = request.tables == TableFormat::Arrow;
                let start = format!(
                    "{{\"type\":\"execute\",\"cell\":{cell},\"input\":{has_input},\"arrow\":{arrow}"
                );
                surroundings(&start, &request.directory, &request.environment)
            }
            Self::Inspect { id } => format!("{{\"type\":\"inspect\",\"id\":{id}}}"),
            Self::Input { cell, end } => {
                format!("{{\"type\":\"input\",\"cell\":{cell},\"end\":{end}}}")
            }
            Self::Refresh { count } => format!("{{\"type\":\"refresh\",\"count\":{count}}}"),
            Self::Interrupt { cell } => format!("{{\"type\":\"interrupt\",\"cell\":{cell}}}"),
        };
        let mut frame = encode(&header, body.len());
        frame.extend_from_slice(body);
        frame
    }

    /// Encodes the name of a request and its fields. Zero bytes in them are left out. Input cannot be answered, and is not asked for.
    fn fields(&self, body: &[u8]) -> Vec<u8> {
        let fields = match self {
            Self::Execute { cell, request } => {
                let environment = &request.environment;
                let mut fields = vec![
                    "execute".to_owned(),
                    cell.to_string(),
                    request.directory.clone(),
                    environment.len().to_string(),
                ];
                let pairs = environment.iter();
                fields.extend(pairs.map(|(name, value)| format!("{name}={value}")));
                let code: Vec<u8> = body.iter().copied().filter(|byte| *byte != 0).collect();
                fields.push(code.len().to_string());
                return [joined(&fields), code, vec![0]].concat();
            }
            Self::Inspect { id } => vec!["inspect".to_owned(), id.to_string()],
            Self::Refresh { count } => vec!["refresh".to_owned(), count.to_string()],
            // No shell waits for its context.
            Self::Interrupt { .. } | Self::Input { .. } | Self::Adopt { .. } => vec![],
        };
        joined(&fields)
    }
}

/// Ends each field with a zero byte.
fn joined(fields: &[String]) -> Vec<u8> {
    let bytes = |field: &String| {
        let bytes = field.bytes().filter(|byte| *byte != 0);
        bytes.chain([0]).collect::<Vec<u8>>()
    };
    fields.iter().flat_map(bytes).collect()
}

/// Completes a header with a directory and variables.
fn surroundings(start: &str, directory: &str, environment: &BTreeMap<String, String>) -> String {
    let mut header = format!("{start},\"cwd\":");
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
