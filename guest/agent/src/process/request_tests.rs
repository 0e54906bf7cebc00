//! Requests about processes and their limits.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;

use super::request::{input, selector, signal, Spec, TerminalSize};
use super::table::Selector;
use crate::invalid::Invalid;
use crate::wire::sandbox::v1 as wire;

fn request() -> wire::StartRequest {
    wire::StartRequest {
        command: "make".to_owned(),
        ..Default::default()
    }
}

#[test]
fn accepts_the_smallest_and_the_largest_request() {
    let spec = Spec::from_request(request()).unwrap();
    assert_eq!((spec.timeout, spec.terminal), (None, None));
    assert_eq!(spec.directory, None);
    let spec = Spec::from_request(wire::StartRequest {
        args: vec!["a".repeat(128 << 10)],
        tag: "ü".repeat(63),
        timeout_secs: 86_400,
        cwd: "src".to_owned(),
        pty: Some(wire::TerminalSize {
            rows: 4096,
            cols: 1,
        }),
        ..request()
    })
    .unwrap();
    assert_eq!(spec.timeout, Some(Duration::from_secs(86_400)));
    let size = TerminalSize {
        rows: 4096,
        columns: 1,
    };
    assert_eq!(spec.terminal, Some(size));
}

type Change = fn(&mut wire::StartRequest);

#[test]
fn names_field_value_and_range_of_an_error() {
    let cases: [(Change, &str); 15] = [
        (|one| one.command.clear(), "command: is empty"),
        (
            |one| one.command = "a".repeat(4097),
            "command: has 4097 bytes, at most 4096 are allowed",
        ),
        (
            |one| one.command = "a\0".to_owned(),
            "command: is \"a\\0\", which contains a NUL byte",
        ),
        (
            |one| one.args = vec!["a".to_owned(), "\0".to_owned()],
            "args[1]: contains a NUL byte",
        ),
        (
            |one| one.args = vec!["a".repeat(70_000); 2],
            "args: have 140000 bytes, at most 131072 are allowed",
        ),
        (
            |one| one.env = HashMap::from([("A=".to_owned(), String::new())]),
            "env[\"A=\"]: has a name with '='",
        ),
        (
            |one| {
                one.env = (0..300).map(|n| (n.to_string(), String::new())).collect();
            },
            "env: has 300 pairs, at most 256 are allowed",
        ),
        (
            |one| one.env = HashMap::from([("A".to_owned(), "b".repeat(131_072))]),
            "env: has 131073 bytes, at most 131072 are allowed",
        ),
        (
            |one| one.cwd = "a\0".to_owned(),
            "cwd: is \"a\\0\", which contains a NUL byte",
        ),
        (
            |one| one.cwd = "a".repeat(4097),
            "cwd: has 4097 bytes, at most 4096 are allowed",
        ),
        (
            |one| one.pty = Some(wire::TerminalSize { rows: 0, cols: 0 }),
            "pty.rows: is 0, must be 1 to 4096",
        ),
        (
            |one| {
                one.pty = Some(wire::TerminalSize {
                    rows: 1,
                    cols: 4097,
                });
            },
            "pty.cols: is 4097, must be 1 to 4096",
        ),
        (
            |one| one.tag = "a".repeat(64),
            "tag: has 64 characters, at most 63 are allowed",
        ),
        (
            |one| one.tag = "a\n".to_owned(),
            "tag: is \"a\\n\", which has a control character",
        ),
        (
            |one| one.timeout_secs = 86_401,
            "timeout_secs: is 86401, must be 0 to 86400",
        ),
    ];
    for (change, expected) in cases {
        let mut request = request();
        change(&mut request);
        let refusal = Spec::from_request(request).unwrap_err().to_string();
        assert_eq!(refusal, expected);
    }
}

#[test]
fn checks_signals_input_and_selectors() {
    let error = |result: Invalid| result.to_string();
    assert_eq!((signal(1), signal(64)), (Ok(1), Ok(64)));
    assert_eq!(
        error(signal(0).unwrap_err()),
        "signal: is 0, must be 1 to 64"
    );
    assert_eq!(
        error(signal(65).unwrap_err()),
        "signal: is 65, must be 1 to 64"
    );
    assert!(input(Bytes::from(vec![0; 64 << 10])).is_ok());
    assert_eq!(
        error(input(Bytes::from(vec![0; 70_000])).unwrap_err()),
        "data: has 70000 bytes, at most 65536 are allowed"
    );
    let by = |selector| wire::ProcessSelector {
        selector: Some(selector),
    };
    let tag = wire::process_selector::Selector::Tag("a".to_owned());
    assert_eq!(selector(Some(by(tag))), Ok(Selector::Tag("a".to_owned())));
    for process in [
        None,
        Some(by(wire::process_selector::Selector::Pid(0))),
        Some(by(wire::process_selector::Selector::Tag(String::new()))),
    ] {
        assert!(selector(process).is_err());
    }
}
