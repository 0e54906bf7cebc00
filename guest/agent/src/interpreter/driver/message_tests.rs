//! Which headers of frames are accepted.

use super::super::cell_request::CellRequest;
use super::frame::Broken;
use super::json::{parse, Value};
use super::language::Requests;
use super::message::*;
use super::to_driver::ToDriver;
use crate::wire::sandbox::v1::TableFormat;

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
    let request = CellRequest {
        environment,
        directory: "/ü".to_owned(),
        has_input: true,
        tables: TableFormat::Arrow,
        ..Default::default()
    };
    let request = ToDriver::Execute {
        cell: 7,
        request: &request,
    };
    let bytes = request.encode(Requests::Frames, b"code");
    assert!(bytes.ends_with(b"code"));
    let header = parse(&bytes[8..bytes.len() - 4]).unwrap();
    assert_eq!(header.get("cell").unwrap().number(), Some(7));
    assert_eq!(
        header.get("env").unwrap().get("A\"").unwrap().text(),
        Some("\n")
    );
    assert_eq!(header.get("cwd").unwrap().text(), Some("/ü"));
    assert_eq!(header.get("arrow"), Some(&Value::Bool(true)));
}

#[test]
fn encodes_requests_that_a_shell_can_read() {
    let environment = [
        ("A".to_owned(), "x=\n".to_owned()),
        ("B".to_owned(), String::new()),
    ]
    .into();
    let request = CellRequest {
        environment,
        directory: "/ü".to_owned(),
        has_input: true,
        tables: TableFormat::Arrow,
        ..Default::default()
    };
    let request = ToDriver::Execute {
        cell: 7,
        request: &request,
    };
    assert_eq!(
        request.encode(Requests::Fields, b"echo\0 1"),
        "execute\x007\0/ü\x002\0A=x=\n\0B=\x006\0echo 1\0".as_bytes()
    );
    let short = |request: ToDriver| request.encode(Requests::Fields, b"");
    assert_eq!(short(ToDriver::Inspect { id: 5 }), b"inspect\x005\0");
    assert_eq!(short(ToDriver::Refresh { count: 2 }), b"refresh\x002\0");
    assert_eq!(short(ToDriver::Interrupt { cell: 1 }), b"");
}
