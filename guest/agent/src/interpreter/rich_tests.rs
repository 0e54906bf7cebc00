//! What cells show: types, tables, charts, and the limits on them.

use std::time::{Duration, Instant};

use super::cell_client::Seen;
use super::fixture::{fixture, fixture_with, FAILED, OK, TIMES};
use super::limits::Times;
use crate::wire::sandbox::v1::CellOutcome;

const DATA: &str = "application/vnd.neurovisor.data+json";
const CHART: &str = "application/vnd.neurovisor.chart+json";

fn types(seen: &Seen) -> Vec<&str> {
    seen.parts.iter().map(|(mime, _)| mime.as_str()).collect()
}

fn part<'a>(seen: &'a Seen, mime: &str) -> &'a str {
    let part = seen.parts.iter().find(|one| one.0 == mime);
    std::str::from_utf8(&part.unwrap_or_else(|| panic!("no {mime}: {seen:?}")).1).unwrap()
}

#[tokio::test]
async fn shows_results_in_all_types() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let seen = fixture.run(EVERY_TYPE).await;
    let expected: [(&str, &[u8]); 10] = [
        ("text/plain", b"plain"),
        ("text/html", b"<b>"),
        ("text/markdown", b"*m*"),
        ("image/svg+xml", b"<svg>"),
        ("image/png", b"\x89PNG"),
        ("application/pdf", b"%PDF"),
        ("image/jpeg", b"\xff\xd8"),
        ("text/latex", b"$x$"),
        ("application/json", b"{\"n\":null}"),
        ("application/javascript", b"f()"),
    ];
    let parts: Vec<_> = seen
        .parts
        .iter()
        .map(|(mime, data)| (mime.as_str(), &data[..]))
        .collect();
    assert_eq!(parts, expected);
}

const EVERY_TYPE: &str = "class Every:
  def __repr__(self): return 'plain'
  def _repr_html_(self): return '<b>'
  def _repr_markdown_(self): return '*m*'
  def _repr_svg_(self): return '<svg>'
  def _repr_png_(self): return b'\\x89PNG'
  def _repr_pdf_(self): return b'%PDF'
  def _repr_jpeg_(self): return b'\\xff\\xd8'
  def _repr_latex_(self): return '$x$'
  def _repr_json_(self): return {'n': float('nan')}
  def _repr_javascript_(self): return 'f()'
Every()";

#[tokio::test]
async fn passes_other_types_on() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let bundle = "class Figure:
  def _repr_mimebundle_(self, **_):
    return {'application/vnd.plotly.v1+json': {'data': [{'y': (1, float('inf')), 'z': {1j}}]}, 'application/x-own': 'text', 'image/png': 'iVBORw=='}
Figure()";
    let seen = fixture.run(bundle).await;
    assert_eq!(
        part(&seen, "application/vnd.plotly.v1+json"),
        "{\"data\":[{\"y\":[1,null],\"z\":\"{1j}\"}]}"
    );
    assert_eq!(part(&seen, "application/x-own"), "text");
    assert_eq!(seen.parts[2].1, b"\x89PNG");
    let seen = fixture
        .run("import os; os.environ['PLOTLY_RENDERER'], os.environ['MPLBACKEND']")
        .await;
    assert_eq!(
        seen.result(),
        "('plotly_mimetype', 'module://matplotlib_inline.backend_inline')"
    );
}

#[tokio::test]
async fn shows_dicts_and_lists_as_json() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let rows = [
        ("{'a': [1.5, float('nan'), -float('inf'), None, True], 2: ('x',), None: 'ü\"'}",
            "{\"a\":[1.5,null,null,null,true],\"2\":[\"x\"],\"null\":\"ü\\\"\"}"),
        ("import datetime\n[datetime.datetime(2026, 1, 2, 3), datetime.date(2026, 1, 2)]",
            "[\"2026-01-02T03:00:00\",\"2026-01-02\"]"),
        ("import collections, enum\nclass E(enum.IntEnum): A = 1\n[collections.Counter('aab'), E.A]",
            "[{\"a\":2,\"b\":1},1]"),
        ("import numpy as np\n[np.int8(3), np.float64('nan'), np.str_('s'), np.datetime64('2026-01-02'), np.bool_(True)]",
            "[3,null,\"s\",\"2026-01-02\",true]"),
        ("class D(dict):\n  def _repr_json_(self): return {'own': 1}\nD(a=2)", "{\"own\":1}"),
        // Code of the user is not run.
        ("class L(list):\n  def __iter__(self): raise KeyError\n  __len__ = __getitem__ = __iter__\n  def __repr__(self): return 'L'\nL([1])",
            "[1]"),
        ("['\\ud800']", "[\"?\"]"),
    ];
    for (code, expected) in rows {
        let seen = fixture.run(code).await;
        assert_eq!(part(&seen, "application/json"), expected, "{code}");
        assert_eq!(types(&seen)[0], "text/plain", "{code}");
    }
    for code in [
        "[object()]",
        "{(1, 2): 3}",
        "[{1, 2}]",
        "[10 ** 2000]",
        "1",
        "'text'",
    ] {
        let seen = fixture.run(code).await;
        assert_eq!(types(&seen), ["text/plain"], "{code}");
        assert_eq!((seen.dropped.len(), seen.outcome()), (0, OK), "{code}");
    }
    for code in [
        "a = []\na.append(a)\na",
        "b = [1]\nfor i in range(90): b = [b]\nb",
        "list(range(200_000))",
        "['x' * 2_000_000]",
    ] {
        let seen = fixture.run(code).await;
        assert_eq!(types(&seen), ["text/plain"], "{code}");
        assert_eq!(seen.dropped, [("application/json".to_owned(), 0)], "{code}");
    }
}

/// Numbers and text are shown without the other formatters, until the user registers one.
#[tokio::test]
async fn shows_numbers_in_the_forms_of_the_user() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let rows = [
        ("7", vec!["text/plain"]),
        ("html = get_ipython().display_formatter.formatters['text/html']; old = html.for_type(int, str)\n7", vec!["text/plain", "text/html"]),
        ("True", vec!["text/plain", "text/html"]),
        ("'seven'", vec!["text/plain"]),
        ("html.pop(int)\nhtml.for_type_by_name('builtins', 'str', str)\n'seven'", vec!["text/plain", "text/html"]),
        ("7", vec!["text/plain"]),
        ("html.pop('builtins.str')\nhtml.singleton_printers[id(True)] = str\nTrue", vec!["text/plain", "text/html"]),
        ("False", vec!["text/plain"]),
    ];
    for (code, expected) in rows {
        let seen = fixture.run(code).await;
        assert_eq!(
            (types(&seen), seen.outcome()),
            (expected, OK),
            "{code}: {seen:?}"
        );
    }
}

#[tokio::test]
async fn shows_figures_after_the_cell() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let figure = ["text/plain", "image/png", CHART];
    let seen = fixture
        .run("import matplotlib.pyplot as plt\nplt.plot([1, float('nan'), 3])\nplt.title('T')\nprint('first')\nNone")
        .await;
    assert_eq!(
        (types(&seen), seen.stdout.as_str()),
        (figure.to_vec(), "first\n")
    );
    assert!(seen.parts[1].1.starts_with(b"\x89PNG\r\n"));
    let chart = part(&seen, CHART);
    assert!(
        chart.contains("\"points\":[[0.0,1.0],[1.0,null],[2.0,3.0]]"),
        "{chart}"
    );
    let seen = fixture
        .run("plt.plot([1])\nplt.show()\nplt.plot([2])\nplt.show()")
        .await;
    assert_eq!(types(&seen), [figure, figure].concat());
    // A figure is shown once, also if the cell fails.
    assert_eq!(types(&fixture.run("None").await), [""; 0]);
    let seen = fixture.run("plt.plot([1])\n1 / 0").await;
    assert_eq!((types(&seen), seen.outcome()), (figure.to_vec(), FAILED));
    assert_eq!(
        types(&fixture.run("plt.figure()\nNone").await),
        ["text/plain"]
    );
}

#[tokio::test]
async fn shows_pictures_that_are_saved() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let picture = ["text/plain", "image/png", "image/jpeg"];
    let seen = fixture
        .run("from PIL import Image\nimage = Image.new('RGB', (2, 2))\nimage.save('a.png')")
        .await;
    assert_eq!((types(&seen), seen.outcome()), (picture.to_vec(), OK));
    // Neither one that is saved elsewhere, nor a figure that is saved, which is shown at the end.
    let seen = fixture
        .run("import io\nimage.save(io.BytesIO(), 'png')\nimport matplotlib.pyplot as plt\nplt.plot([1])\nplt.savefig('b.png')")
        .await;
    assert_eq!(types(&seen), ["text/plain", "image/png", CHART]);
    let seen = fixture
        .run("for number in range(100): image.save(f'{number}.png')")
        .await;
    assert_eq!((seen.parts.len(), seen.outcome()), (16 * picture.len(), OK));
    let seen = fixture.run("image.save('no/a.png')").await;
    assert_eq!((types(&seen), seen.outcome()), (vec![], FAILED));
}

#[tokio::test]
async fn bounds_charts() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let began = Instant::now();
    let seen = fixture
        .run("import matplotlib.pyplot as plt\nplt.plot(range(1_000_000))\nNone")
        .await;
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
    let chart = part(&seen, CHART);
    assert!(
        chart.len() < 1 << 20 && chart.ends_with("\"truncated\":true}"),
        "{}",
        chart.len()
    );
    let odd =
        "figure, axes = plt.subplots()\naxes.plot([1])\naxes.get_xlabel = lambda: 1 / 0\nNone";
    let seen = fixture.run(odd).await;
    assert_eq!(
        part(&seen, CHART),
        "{\"type\":\"unknown\",\"title\":null,\"elements\":[]}"
    );
    assert_eq!(seen.outcome(), OK);
}

#[tokio::test]
async fn charts_are_those_of_e2b() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let seen = fixture.run(include_str!("rich_charts.py")).await;
    assert_eq!((seen.stdout.as_str(), seen.outcome()), ("", OK), "{seen:?}");
}

#[tokio::test]
async fn shows_tables_as_data() {
    let Some(fixture) = fixture().await else {
        return;
    };
    fixture.run("import pandas as pd, numpy as np\nNone").await;
    let rows = [
        ("pd.DataFrame({'a': [1, np.nan, np.inf], 'b': ['x', None, 'ü']})",
            "{\"data\":{\"a\":[1.0,null,null],\"b\":[\"x\",null,\"ü\"]},\"types\":{\"a\":\"float64\",\"b\":\"object\"},\"rows\":3,\"truncated\":false}"),
        ("pd.DataFrame({'t': pd.date_range('2026-01-01', periods=2, tz='Europe/Berlin'), 'd': [pd.Timedelta(hours=1), pd.NaT]})",
            "{\"data\":{\"t\":[\"2026-01-01T00:00:00+01:00\",\"2026-01-02T00:00:00+01:00\"],\"d\":[\"P0DT1H0M0S\",null]},\"types\":{\"t\":\"datetime64[ns, Europe/Berlin]\",\"d\":\"timedelta64[ns]\"},\"rows\":2,\"truncated\":false}"),
        ("pd.DataFrame({'c': pd.Categorical(['u', None]), 'n': pd.array([1, None], dtype='Int64'), 'p': pd.period_range('2026', periods=2, freq='M')})",
            "{\"data\":{\"c\":[\"u\",null],\"n\":[1,null],\"p\":[\"2026-01\",\"2026-02\"]},\"types\":{\"c\":\"category\",\"n\":\"Int64\",\"p\":\"period[M]\"},\"rows\":2,\"truncated\":false}"),
        ("pd.DataFrame([[1, 2, 3]], columns=['a', 'a', 'a.1'], index=['i'])",
            "{\"data\":{\"index\":[\"i\"],\"a\":[1],\"a.2\":[2],\"a.1\":[3]},\"types\":{\"index\":\"object\",\"a\":\"int64\",\"a.2\":\"int64\",\"a.1\":\"int64\"},\"rows\":1,\"truncated\":false}"),
        ("pd.DataFrame({'k': [1], 'm': [2], 'v': [3]}).groupby(['k', 'm']).agg({'v': ['min', 'max']}).rename_axis([1, 0])",
            "{\"data\":{\"1\":[1],\"0\":[2],\"v/min\":[3],\"v/max\":[3]},\"types\":{\"1\":\"int64\",\"0\":\"int64\",\"v/min\":\"int64\",\"v/max\":\"int64\"},\"rows\":1,\"truncated\":false}"),
        ("class A:\n  def __str__(self): raise KeyError\npd.DataFrame({'o': [A(), {'k': np.nan, 'z': {1j}}, [10 ** 2000], 'x' * 300]}).iloc[:3]",
            "{\"data\":{\"o\":[\"<A>\",{\"k\":null,\"z\":\"{1j}\"},[\"N\"]]},\"types\":{\"o\":\"object\"},\"rows\":3,\"truncated\":false}"),
        ("pd.Series([1, 2], name='s', index=[1.5, 2.5])",
            "{\"data\":{\"index\":[1.5,2.5],\"s\":[1,2]},\"types\":{\"index\":\"float64\",\"s\":\"int64\"},\"rows\":2,\"truncated\":false}"),
        ("pd.DataFrame()", "{\"data\":{},\"types\":{},\"rows\":0,\"truncated\":false}"),
    ];
    for (code, expected) in rows {
        let seen = fixture.run(code).await;
        assert_eq!(
            part(&seen, DATA),
            expected.replace('N', &format!("1{}", "0".repeat(255))),
            "{code}"
        );
        assert_eq!(seen.outcome(), OK, "{code}");
    }
}

#[tokio::test]
async fn bounds_tables() {
    let Some(fixture) = fixture().await else {
        return;
    };
    fixture
        .run("import pandas as pd, numpy as np\nbig = pd.DataFrame({'n': np.arange(1_000_000), 's': 'x' * 100})\nNone")
        .await;
    // The code, and how many rows are shown at most.
    let rows = [
        ("big", 1000),
        ("big.s", 1000),
        ("big.sample(frac=1)", 1000),
        ("pd.DataFrame({'s': ['x' * 10_000] * 1000})", 104),
        ("pd.DataFrame({'s': ['\\x00\\u20ac' * 1000] * 1000})", 524),
        ("pd.DataFrame({'s': ['x' * 2_000_000]})", 0),
        ("pd.DataFrame({'s': [['x' * 100_000] * 100] * 100})", 100),
        ("pd.DataFrame(np.zeros((300, 5000)))", 200),
        ("pd.DataFrame([[1]], columns=['c' * 1_000_000])", 1),
    ];
    for (code, most) in rows {
        let began = Instant::now();
        let seen = fixture.run(code).await;
        let data = part(&seen, DATA);
        assert!(
            began.elapsed() < Duration::from_secs(5) && data.len() <= 1 << 20,
            "{code}: {:?}, {}",
            began.elapsed(),
            data.len()
        );
        let counted = format!("import json\nt = json.loads(r'''{data}''')\nall(len(c) <= {most} for c in t['data'].values()), t['truncated']");
        let truncated = if [1, 100].contains(&most) {
            "False"
        } else {
            "True"
        };
        let seen = fixture.run(&counted).await;
        assert_eq!(seen.result(), format!("(True, {truncated})"), "{code}");
    }
}

#[tokio::test]
async fn one_failing_type_leaves_the_others() {
    let Some(fixture) = fixture().await else {
        return;
    };
    for name in REPRESENTATIONS {
        let code = format!("class A:\n  __repr__ = lambda self: 'A'\n  _repr_html_ = _repr_latex_ = __repr__\n  def _repr_{name}_(self, **_): raise ValueError('bad')\nA()");
        let seen = fixture.run(&code).await;
        let errors: Vec<&str> = seen.errors.iter().map(|one| one.name.as_str()).collect();
        assert_eq!((errors, seen.outcome()), (vec!["ValueError"], OK), "{name}");
        assert!(
            seen.result() == "A" && types(&seen).contains(&"text/latex") || name == "latex",
            "{name}: {seen:?}"
        );
    }
    let seen = fixture
        .run("import pandas as pd\nclass Broken(pd.DataFrame):\n  def __len__(self): raise KeyError('len')\n  def __repr__(self): return 'B'\n  def _repr_html_(self): return '<b>'\nBroken({'a': [1]})")
        .await;
    assert_eq!(types(&seen), ["text/plain", "text/html"], "{seen:?}");
    assert_eq!(seen.errors[0].name, "KeyError");
}

const REPRESENTATIONS: [&str; 10] = [
    "html",
    "markdown",
    "svg",
    "png",
    "jpeg",
    "pdf",
    "latex",
    "json",
    "javascript",
    "mimebundle",
];

#[tokio::test]
async fn a_time_limit_ends_a_type_that_takes_too_long() {
    let patient = Times {
        grace: Duration::from_secs(10),
        ..TIMES
    };
    let Some(fixture) = fixture_with(patient).await else {
        return;
    };
    for name in ["html", "json", "mimebundle", "png"] {
        let code = format!("class A:\n  def _repr_{name}_(self, **_):\n    while True: pass\nA()");
        let seen = fixture.run_with(&code, |cell| cell.timeout_secs = 1).await;
        assert_eq!(seen.ended.outcome(), CellOutcome::TimedOut, "{name}");
    }
    let objects = "import pandas as pd\nclass A:\n  def __str__(self):\n    while True: pass\n  __repr__ = lambda self: 'A'\nt = pd.DataFrame({'a': [A()]})\nget_ipython().display_formatter.formatters['application/vnd.neurovisor.data+json'](t)";
    let seen = fixture
        .run_with(objects, |cell| cell.timeout_secs = 1)
        .await;
    assert_eq!(seen.ended.outcome(), CellOutcome::TimedOut);
    assert_eq!(fixture.run("1").await.result(), "1");
}

#[tokio::test]
async fn drops_what_is_too_large_in_every_type() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let rows = [
        ("html", "'x' * (1 << 30)", "text/html", 1 << 30),
        ("latex", "'ü' * 9_000_000", "text/latex", 18_000_000),
        ("png", "b'x' * 9_000_000", "image/png", 9_000_000),
        ("pdf", "b'x' * 9_000_000", "application/pdf", 9_000_000),
        ("json", "{'a': 'x' * (1 << 30)}", "application/json", 0),
        ("mimebundle", "{'a/b': 'x' * 9_000_000}", "a/b", 9_000_000),
    ];
    for (name, value, mime, size) in rows {
        let code = format!("class A:\n  __repr__ = lambda self: 'A'\n  def _repr_{name}_(self, **_): return {value}\nA()");
        let seen = fixture.run(&code).await;
        assert_eq!(seen.dropped, [(mime.to_owned(), size)], "{name}");
        assert_eq!((types(&seen), seen.outcome()), (vec!["text/plain"], OK));
    }
}

#[tokio::test]
async fn a_cell_finds_the_modules_of_ipython() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let code = "import subprocess, sys
modules = lambda: {one for one in sys.modules if not one.startswith('neurovisor_python')}
own = modules()
plain = '''import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(user_ns={}, history_length=0)
shell.run_cell('import subprocess')
for code in CODES:
    shell.run_cell(code)
    print(*sys.modules)'''
def others(*codes):
    command = [sys.executable, '-c', plain.replace('CODES', repr(codes))]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [set(line.split()) for line in lines]
before, after = others('', 'import pandas as pd; t = pd.DataFrame({1: [2]}); t = repr(t), t._repr_html_()')
print(sorted(own - before))";
    let seen = fixture.run(code).await;
    assert_eq!(seen.stdout, "['getpass', 'termios']\n", "{seen:?}");
    let seen = fixture
        .run("import pandas as pd\npd.DataFrame({1: [2]})")
        .await;
    assert!(types(&seen).contains(&DATA));
    let seen = fixture
        .run("import sys\nprint(sorted(modules() - after), 'matplotlib' in sys.modules)")
        .await;
    assert_eq!(seen.stdout, "['getpass', 'termios'] False\n");
    // A figure loads nothing that the backend does not load.
    let seen = fixture
        .run("import matplotlib.pyplot as plt\nplt.plot([1])\nplt.gcf().canvas.draw()\nNone")
        .await;
    assert!(types(&seen).contains(&CHART));
    let seen = fixture
        .run("[one for one in sys.modules if one.startswith(('e2b', 'pydantic'))]")
        .await;
    assert_eq!(seen.result(), "[]");
}
