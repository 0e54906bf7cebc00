//! Tables as Arrow.

use super::super::cell_client::Seen;
use super::super::fixture::{fixture, fixture_of, Fixture, FAILED, OK, TIMES};
use super::fixture_with_jupyter;
use crate::wire::sandbox::v1::TableFormat;

const ARROW: &str = "application/vnd.apache.arrow.stream";

async fn run(fixture: &Fixture, code: &str) -> Seen {
    fixture
        .run_with(code, |cell| cell.set_table_format(TableFormat::Arrow))
        .await
}

fn types(seen: &Seen) -> Vec<&str> {
    seen.parts.iter().map(|(mime, _)| mime.as_str()).collect()
}

/// Returns what a cell prints of the table that another one has sent.
async fn read(fixture: &Fixture, seen: &Seen, code: &str) -> String {
    let (_, bytes) = seen.parts.iter().find(|(mime, _)| mime == ARROW).unwrap();
    let path = format!("{}/table.arrow", fixture.directory());
    std::fs::write(&path, bytes).unwrap();
    let code = format!("import pyarrow\nt = pyarrow.ipc.open_stream({path:?}).read_all()\n{code}");
    let read = fixture.run(&code).await;
    assert_eq!(read.outcome(), OK, "{read:?}");
    read.stdout
}

#[tokio::test]
async fn sends_tables_as_arrow_to_those_who_ask() {
    let Some(fixture) = fixture_with_jupyter("python").await else {
        return;
    };
    let code = "import pandas as pd, datetime
t = pd.DataFrame({'n': [1, 2], 'f': [0.5, None], 's': ['ä', None], 'd': pd.to_datetime(['2026-01-02', None]),
    'z': pd.to_datetime(['2026-01-02', None]).tz_localize('Europe/Berlin'), 'b': [True, False], 'i': pd.array([1, None], 'Int64'),
    'c': pd.Categorical(['x', 'y']), 'l': [[1], [2, 3]], 'o': [1, 'a'], 'k': [1j, 2j], 'p': pd.period_range('2026-01', periods=2, freq='M')})
t";
    let seen = run(&fixture, code).await;
    assert_eq!(types(&seen), ["text/plain", "text/html", ARROW], "{seen:?}");
    let shown = read(
        &fixture,
        &seen,
        "print({f.name: str(f.type) for f in t.schema}); print(t.slice(0, 1).to_pylist())",
    )
    .await;
    assert_eq!(
        shown,
        "{'n': 'int64', 'f': 'double', 's': 'string', 'd': 'timestamp[ns]', 'z': 'timestamp[ns, tz=Europe/Berlin]', \
         'b': 'bool', 'i': 'int64', 'c': 'string', 'l': 'list<item: int64>', 'o': 'string', 'k': 'string', 'p': 'string'}\n\
         [{'n': 1, 'f': 0.5, 's': 'ä', 'd': Timestamp('2026-01-02 00:00:00'), 'z': Timestamp('2026-01-02 00:00:00+0100', \
         tz='Europe/Berlin'), 'b': True, 'i': 1, 'c': 'x', 'l': [1], 'o': '1', 'k': '1j', 'p': '2026-01'}]\n"
    );
    let repeated = "pd.DataFrame([[1, 2]], columns=['a', 'a'], index=pd.Index([5], name='a'))";
    let seen = run(&fixture, repeated).await;
    let shown = read(&fixture, &seen, "print(t.to_pydict(), t.schema.metadata)").await;
    assert_eq!(
        shown,
        "{'a': [5], 'a.1': [1], 'a.2': [2]} {b'neurovisor.rows': b'1', b'neurovisor.truncated': b'false'}\n"
    );
    // The next cell does not ask.
    let seen = fixture.run("pd.Series([1])").await;
    assert_eq!(
        types(&seen),
        ["text/plain", "application/vnd.neurovisor.data+json"]
    );
}

#[tokio::test]
async fn bounds_tables_of_arrow() {
    let Some(fixture) = fixture_with_jupyter("python").await else {
        return;
    };
    fixture
        .run("import pandas as pd, numpy as np\nclass Sly:\n  def __str__(self): raise ValueError\n  def __repr__(self): return 's'")
        .await;
    let rows = [
        ("pd.DataFrame({'n': np.arange(1_000_000)})", 1000, "1000000"),
        ("pd.DataFrame({'s': ['x' * 10_000] * 2000})", 104, "2000"),
        ("pd.DataFrame({'s': ['ü' * 500_000] * 3})", 1, "3"),
        ("pd.DataFrame(np.zeros((1000, 1000)))", 200, "1000"),
        ("pd.DataFrame({'c': pd.Categorical(['a'] * 3, ['a'] + [str(i) * 10 for i in range(10 ** 6)])})", 3, "3"),
        ("pd.DataFrame({'b': [b'x' * 10 ** 7] * 2, 'o': [Sly(), 1]})", 2, "2"),
        ("pd.DataFrame()", 0, "0"),
        ("pd.Series([], dtype='float64')", 0, "0"),
        ("pd.DataFrame({'a': [None, None], 'h': [float('nan'), 10 ** 400]}, dtype=object)", 2, "2"),
    ];
    for (code, expected, total) in rows {
        let seen = run(&fixture, code).await;
        assert_eq!(seen.outcome(), OK, "{code}: {seen:?}");
        let arrow = seen.parts.iter().find(|(mime, _)| mime == ARROW);
        let (_, arrow) = arrow.unwrap_or_else(|| panic!("{code}: {seen:?}"));
        assert!(arrow.len() <= 1 << 20, "{code}");
        let shown = read(
            &fixture,
            &seen,
            "print(len(t), t.schema.metadata[b'neurovisor.rows'].decode())",
        )
        .await;
        assert_eq!(shown, format!("{expected} {total}\n"), "{code}");
    }
    let seen = run(
        &fixture,
        "import sys; sys.modules['pyarrow'] = None\npd.DataFrame({'a': [1]})",
    )
    .await;
    assert_eq!(types(&seen), ["text/plain", "text/html"]);
    assert!(
        seen.stderr.contains("pyarrow") || seen.errors[0].traceback.contains("pyarrow"),
        "{seen:?}"
    );
    assert_eq!(fixture.run("1 / 0").await.outcome(), FAILED);
}

#[tokio::test]
async fn refuses_arrow_where_there_is_no_pyarrow() {
    let bash = Some(fixture_of("bash", TIMES).await);
    for (fixture, end) in [
        (fixture().await, "import os; os._exit(3)"),
        (bash, "kill -9 $$"),
    ] {
        let Some(fixture) = fixture else {
            continue;
        };
        let contexts = &fixture.contexts;
        let arrow = TableFormat::Arrow;
        let refused = contexts
            .require_tables(&fixture.id, arrow)
            .await
            .unwrap_err();
        assert_eq!(refused.code(), tonic::Code::Unimplemented);
        let message = refused.message();
        assert!(
            message.starts_with("TABLE_FORMAT_UNSUPPORTED: "),
            "{message}"
        );
        assert!(message.contains("use image interpreter-full"), "{message}");
        let json = TableFormat::Json;
        contexts.require_tables(&fixture.id, json).await.unwrap();
        fixture.run(end).await;
        let dead = contexts.require_tables(&fixture.id, arrow).await;
        let message = dead.unwrap_err().message().to_owned();
        assert!(message.starts_with("CONTEXT_DEAD: "), "{message}");
        let unknown = contexts.require_tables("x", arrow).await.unwrap_err();
        assert_eq!(unknown.code(), tonic::Code::NotFound);
    }
}
