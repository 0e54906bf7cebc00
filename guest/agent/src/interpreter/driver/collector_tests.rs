//! Events from frames and raw output, within the limits of a cell.

use super::collector::*;
use super::frame::Piece;
use super::json::parse;
use crate::wire::sandbox::v1::cell_event::Event;

fn header(collector: &mut Collector, text: &str, body: usize) -> Vec<Report> {
    collector
        .piece(Piece::Header(parse(text.as_bytes()).unwrap(), body))
        .unwrap()
}

fn text_of(reports: &[Report]) -> String {
    let texts = reports.iter().map(|report| match report {
        Report::Event(_, Event::Text(text)) => text.text.as_str(),
        other => panic!("{other:?}"),
    });
    texts.collect()
}

#[test]
fn divides_a_display_into_its_parts() {
    let mut collector = Collector::new();
    let parts = r#"{"type":"display","cell":1,"parts":[{"mime":"a","size":2},{"mime":"b"},{"mime":"c","size":3}]}"#;
    assert_eq!(header(&mut collector, parts, 5).len(), 1);
    let mut data = Vec::new();
    for bytes in [b"abc", &b"de"[..]] {
        for report in collector.piece(Piece::Body(bytes.to_vec())).unwrap() {
            let Report::Event(1, Event::DisplayData(one)) = report else {
                panic!("{report:?}");
            };
            data.push((one.part, one.data));
        }
    }
    assert_eq!(data, [(0, "ab".into()), (2, "c".into()), (2, "de".into())]);
}

#[test]
fn drops_results_beyond_the_limit_of_a_cell() {
    let mut collector = Collector::new();
    let large = r#"{"type":"display","cell":1,"parts":[{"mime":"a","size":8388608}]}"#;
    for index in 0..5 {
        let reports = header(&mut collector, large, 8 << 20);
        let is_dropped = matches!(reports[..], [Report::Event(1, Event::Dropped(_))]);
        assert_eq!(is_dropped, index == 4, "{index}");
        let data = collector.piece(Piece::Body(vec![0; 8 << 20])).unwrap();
        assert_eq!(data.is_empty(), is_dropped);
    }
    collector.begin_cell();
    assert!(matches!(
        header(&mut collector, large, 8 << 20)[..],
        [Report::Event(1, Event::Display(_))]
    ));
}

#[test]
fn truncates_text_and_goes_on() {
    let mut collector = Collector::new();
    for _ in 0..65 {
        collector.raw(Pipe::Stdout, 1, &vec![b'x'; 1 << 20]);
    }
    assert!(collector.truncated);
    assert_eq!(collector.raw(Pipe::Stderr, 1, b"y"), []);
    collector.begin_cell();
    assert_eq!(text_of(&collector.raw(Pipe::Stderr, 2, b"y")), "y");
}

#[test]
fn keeps_events_small_when_bytes_are_replaced() {
    let mut collector = Collector::new();
    let reports = collector.raw(Pipe::Stdout, 1, &[0xff; 32 << 10]);
    assert!(reports.len() >= 3, "{}", reports.len());
    assert_eq!(text_of(&reports).chars().count(), 32 << 10);
    collector.raw(Pipe::Stdout, 1, b"\xc3");
    assert_eq!(text_of(&collector.end_of_text(1)), "\u{fffd}");
}

#[test]
fn reports_an_error_with_its_traceback() {
    let mut collector = Collector::new();
    let error = r#"{"type":"error","cell":1,"name":"E"}"#;
    assert_eq!(header(&mut collector, error, 3), []);
    let reports = collector.piece(Piece::Body(b"abc".to_vec())).unwrap();
    let [Report::Event(1, Event::Error(error))] = &reports[..] else {
        panic!("{reports:?}");
    };
    assert_eq!(
        (error.name.as_str(), error.traceback.as_str()),
        ("E", "abc")
    );
}
