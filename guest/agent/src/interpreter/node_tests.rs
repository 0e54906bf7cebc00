//! Contexts with the driver of JavaScript and TypeScript, outside of a guest. They need Node, acorn and esbuild, and are skipped without.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use super::fixture::{fixture_of, until_exists, Fixture, FAILED, OK, TIMES};
use super::language_rows::{check, Expected, Row};
use crate::wire::sandbox::v1::cell_event::Event;
use crate::wire::sandbox::v1::{CellOutcome, CellVariables, ContextState, CreateContextRequest};
use Expected::{Err, Fails, Out, Part};

/// Whether the programs of the driver exist.
static HAS_NODE: LazyLock<bool> = LazyLock::new(|| {
    let program = "process.exit(require('vm').constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER ? 0 : 1)";
    let started = Command::new("node").args(["-e", program]).output();
    let has = started.is_ok_and(|output| output.status.success())
        && Path::new("/usr/share/nodejs/acorn").exists()
        && Path::new("/usr/bin/esbuild").exists();
    if !has {
        eprintln!(
            "skipped: the packages nodejs (20 or newer), node-acorn and esbuild are not installed"
        );
    }
    has
});

async fn node(language: &str) -> Option<Fixture> {
    match *HAS_NODE {
        true => Some(fixture_of(language, TIMES).await),
        false => None,
    }
}

/// A result that is shown as text alone.
macro_rules! text {
    ($text:expr) => {
        Part("text/plain", $text)
    };
}

#[tokio::test]
async fn runs_cells_of_javascript() {
    let Some(fixture) = node("javascript").await else {
        return;
    };
    let rows: &[Row] = &[
        ("1 + 1", &[text!("2")]),
        ("const x = 5; let y = 'a'; var z", &[]),
        ("const x = 6; y + x", &[text!("'a6'")]),
        ("console.log('out', { a: 1 }); console.error('problem')", &[Out("out { a: 1 }\n"), Err("problem\n")]),
        ("process.stdout.write('a'); process.stdout.write(Buffer.from('b')); undefined", &[Out("ab")]),
        ("({ a: 1, b: [1, 2] })", &[text!("{ a: 1, b: [ 1, 2 ] }"), Part("application/json", "{\"a\":1,\"b\":[1,2]}")]),
        ("{ a: 'x' }", &[text!("{ a: 'x' }"), Part("application/json", "{\"a\":\"x\"}")]),
        ("{ let inner = 3; inner }", &[text!("3")]),
        ("const circle = []; circle.push(circle); circle", &[text!("<ref *1> [ [Circular *1] ]")]),
        ("new Map([[1, { a: 2n }]])", &[text!("Map(1) { 1 => { a: 2n } }")]),
        ("await new Promise((resolve) => setTimeout(() => resolve(3), 20))", &[text!("3")]),
        ("const later = await Promise.resolve(4); [await later]", &[text!("[ 4 ]"), Part("application/json", "[4]")]),
        ("for await (const n of [Promise.resolve(1)]) console.log(n)", &[Out("1\n")]),
        ("import fs, { existsSync as exists } from 'node:fs'\nimport * as path from 'path'\nexists('/') && fs.existsSync(path.join('/', 'usr'))", &[text!("true")]),
        ("const os = require('os'); typeof os.cpus", &[text!("'function'")]),
        ("(await import('node:util')).inspect(1)", &[text!("'1'")]),
        ("import { nothing } from 'fs'", &[Fails("SyntaxError", "does not provide an export named 'nothing'", 1)]),
        ("export const shared = 7\nexport default shared", &[text!("7")]),
        ("import.meta.dirname === process.cwd()", &[text!("true")]),
        ("function f(n) {\n  return n.a.b\n}\n\nf({})", &[Fails("TypeError", "reading 'b'", 2)]),
        ("\nnotDefined", &[Fails("ReferenceError", "notDefined", 2)]),
        ("throw { code: 1 }", &[Fails("Thrown", "{ code: 1 }", 0)]),
        ("class Odd extends Error { name = 'Odd' }\nawait 1\nthrow new Odd('why')", &[Fails("Odd", "why", 3)]),
        ("for (;;", &[Fails("SyntaxError", "end of input", 1)]),
        ("function g() {\n  return [1,\n", &[Fails("SyntaxError", "end of input", 3)]),
        ("let a = 1\nlet b = = 2", &[Fails("SyntaxError", "Unexpected token", 2)]),
        ("import q from 'fs'\nawait q.x(", &[Fails("SyntaxError", "Unexpected token", 2)]),
        ("`open", &[Fails("SyntaxError", "end of input", 1)]),
        ("process.exit(3)", &[Fails("ProcessExit", "3", 1)]),
        ("try { process.exit() } catch { console.log('never') } finally { console.log('never') }", &[Fails("ProcessExit", "0", 1)]),
        ("Promise.reject(new Error('unhandled')); undefined", &[Fails("Error", "unhandled", 1)]),
        ("setTimeout(() => { throw new Error('late') }, 20); await new Promise(() => {})", &[Fails("Error", "late", 1)]),
        ("require('child_process').execSync('echo raw >&2; exit 4', { stdio: 'inherit' })", &[Err("raw\n"), Fails("Error", "Command failed", 1)]),
        ("require('fs').readFileSync(0).length + require('fs').readdirSync('/proc/self/fd').length * 0", &[text!("0")]),
        ("require('child_process').execSync('test -e /proc/self/fd/3 && echo open || echo closed').toString()", &[text!("'closed\\n'")]),
        ("", &[]),
        ("// nothing", &[]),
        ("x", &[text!("6")]),
    ];
    check(&fixture, rows).await;
}

#[tokio::test]
async fn runs_cells_of_typescript() {
    let Some(fixture) = node("typescript").await else {
        return;
    };
    let rows: &[Row] = &[
        ("const x: number = 5; x * 2", &[text!("10")]),
        ("enum Color { Red, Green = 4 }\nColor.Green", &[text!("4")]),
        ("Color[0]", &[text!("'Red'")]),
        ("const enum Size { Small = 'S' }\nSize.Small", &[text!("'S'")]),
        ("interface A { b: string }\ntype T<K> = K | A", &[]),
        ("let y: T<string> = 'a'; y + x", &[text!("'a5'")]),
        ("const x: string = 'again'; x", &[text!("'again'")]),
        ("'text' as unknown as number", &[text!("'text'")]),
        ("let maybe: string | undefined; maybe!", &[]),
        ("({ a: 1 } satisfies object)", &[text!("{ a: 1 }"), Part("application/json", "{\"a\":1}")]),
        ("{ a: 1 as number }", &[text!("{ a: 1 }"), Part("application/json", "{\"a\":1}")]),
        ("class P { constructor(private readonly n: number) {} get() { return this.n } }\nnew P(3).get()", &[text!("3")]),
        ("abstract class Q<T> { abstract f(): T; declare g: T; static s = 1 }\nQ.s", &[text!("1")]),
        ("namespace N { export const v = 1 }\nN.v", &[text!("1")]),
        ("function over(a: string): string\nfunction over(a: any) { return a }\nover('o')", &[text!("'o'")]),
        ("const generic = <K,>(k: K): K => k; generic<number>(3)", &[text!("3")]),
        ("function seal(c: Function) { Object.seal(c) }\n@seal\nclass D {}\nObject.isSealed(D)", &[text!("true")]),
        ("await Promise.resolve<number>(4)", &[text!("4")]),
        ("import { existsSync, type PathLike } from 'node:fs'\nimport type { Stats } from 'fs'", &[]),
        ("import { Stats as Shape, NotThere } from 'fs'\nNotThere", &[]),
        ("existsSync('/')", &[text!("true")]),
        ("import fs = require('fs')\nfs.existsSync('/')", &[text!("true")]),
        ("function f(a: number): string {\n  interface Q { a: number }\n\n  throw new RangeError('bad ' + a)\n}\n\nf(3)", &[Fails("RangeError", "bad 3", 4)]),
        ("type A1 = 1\ntype A2 = 2\nawait 1\nnotDefined", &[Fails("ReferenceError", "notDefined", 4)]),
        ("\nlet a: number = ;", &[Fails("SyntaxError", "Unexpected", 2)]),
        ("const q: {\n  a: string", &[Fails("SyntaxError", "end of file", 2)]),
        ("function h(a: number", &[Fails("SyntaxError", "end of file", 1)]),
        ("console.log(`${y}` as string)", &[Out("a\n")]),
        ("x", &[text!("'again'")]),
    ];
    check(&fixture, rows).await;
}

#[tokio::test]
async fn finds_modules_of_the_directory_of_a_cell() {
    let Some(fixture) = node("javascript").await else {
        return;
    };
    let make = "const fs = require('fs'); fs.mkdirSync('deep/node_modules/pack', { recursive: true })
fs.writeFileSync('deep/node_modules/pack/package.json', JSON.stringify({ exports: { import: './m.mjs', require: './c.cjs' } }))
fs.writeFileSync('deep/node_modules/pack/m.mjs', 'export default \"module\"')
fs.writeFileSync('deep/node_modules/pack/c.cjs', 'module.exports = \"common\"')
fs.writeFileSync('deep/own.js', 'exports.own = process.cwd().endsWith(\"deep\"); exports.fail = () => { throw new Error(\"in module\") }')";
    assert_eq!(fixture.run(make).await.outcome(), OK);
    let code = "import pack from 'pack'\nimport { own } from './own.js'\n[pack, own, require('pack'), process.env.A]";
    let seen = fixture
        .run_with(code, |cell| {
            cell.cwd = format!("{}/deep", fixture.directory());
            cell.env = [("A".to_owned(), "'\"\n${x}".to_owned())].into();
        })
        .await;
    assert_eq!(
        seen.result(),
        "[ 'module', true, 'common', '\\'\"\\n${x}' ]",
        "{seen:?}"
    );
    let seen = fixture
        .run("[process.env.A, process.cwd().endsWith('deep')]")
        .await;
    assert_eq!(seen.result(), "[ undefined, false ]");
    let seen = fixture.run("require('./deep/own.js').fail()").await;
    let files = seen.errors[0]
        .frames
        .iter()
        .map(|frame| (frame.file.ends_with("own.js"), frame.line));
    assert_eq!(
        files.collect::<Vec<_>>(),
        [(false, 1), (true, 1)],
        "{seen:?}"
    );
    assert_eq!(fixture.run("require('pack')").await.errors[0].name, "Error");
    let seen = fixture
        .run_with("1", |cell| cell.cwd = "/nowhere".to_owned())
        .await;
    assert!(seen.errors[0].value.contains("ENOENT"), "{seen:?}");
    assert_eq!(seen.outcome(), FAILED);
}

#[tokio::test]
async fn interrupts_a_cell_of_javascript_and_keeps_its_variables() {
    for language in ["javascript", "typescript"] {
        let Some(fixture) = node(language).await else {
            return;
        };
        let cells = [
            "globalThis.x = 1; for (;;) { try { while (true) {} } catch {} finally { continue } }",
            "await new Promise(() => {})",
            "try { await new Promise(() => {}) } finally { console.log('cleaned') }",
            "while (true) { try { await new Promise(() => {}) } catch {} }",
            "await (async () => { while (true) await new Promise((resolve) => setTimeout(resolve, 1)) })()",
            "require('child_process').execSync('sleep 60')",
            "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
            "setTimeout(() => { while (true) {} }, 1); await new Promise(() => {})",
            "/^(a+)+$/.test('a'.repeat(60) + 'b')",
            "while (true) console.log('text')",
        ];
        for code in cells {
            let code = format!("console.log('begun'); {code}");
            let seen = fixture
                .interrupt_after(&code, |event| matches!(event, Event::Text(_)))
                .await;
            assert_eq!(
                seen.outcome(),
                (CellOutcome::Interrupted, CellVariables::Kept),
                "{code}: {:?}",
                seen.errors
            );
            let cleaned = code.contains("cleaned");
            assert_eq!(seen.stdout == "cleaned\n", cleaned, "{code}");
            assert_eq!(fixture.run("x").await.result(), "1", "{code}");
        }
        let seen = fixture
            .run_with("while (true) {}", |cell| cell.timeout_secs = 1)
            .await;
        assert_eq!(seen.outcome(), (CellOutcome::TimedOut, CellVariables::Kept));
        let deaf = "require('child_process').execSync(\"trap '' INT; sleep 60\")";
        // Longer than the shell takes to become deaf on a busy machine.
        let seen = fixture.run_with(deaf, |cell| cell.timeout_secs = 5).await;
        assert_eq!(seen.outcome(), (CellOutcome::TimedOut, CellVariables::Lost));
    }
}

#[tokio::test]
async fn keeps_nothing_for_lines_that_are_written() {
    let Some(fixture) = node("javascript").await else {
        return;
    };
    let code = "let called = 0; const count = () => void (called += 1)\n\
        const before = process.memoryUsage.rss()\n\
        for (let i = 0; i < 3e6; i++) process.stdout.write('', count)\n\
        const bytes = process.memoryUsage.rss() - before\n\
        await new Promise(setImmediate);\n[called, bytes < 100e6]";
    let seen = fixture.run(code).await;
    assert_eq!(seen.result(), "[ 3000000, true ]", "{seen:?}");
}

#[tokio::test]
async fn bounds_hostile_cells_of_javascript() {
    let Some(fixture) = node("javascript").await else {
        return;
    };
    let kept = [
        ("for (let i = 0; i < 80; i++) process.stdout.write('x'.repeat(1e6))", OK),
        ("for (let i = 0; i < 50000; i++) console.log('line', i)", OK),
        ("class E extends Error { get message() { throw 1 } get stack() { throw 2 } }\nthrow new E()", FAILED),
        ("throw new Error('x'.repeat(1e7))", FAILED),
        ("throw new Error('\\ud800'.repeat(1e5) + '\\0'.repeat(1e5))", FAILED),
        ("throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 } })", FAILED),
        ("const deep = () => deep(); deep()", FAILED),
        ("({ [require('util').inspect.custom]() { throw new Error('bad') } })", FAILED),
        ("({ toJSON() { throw new Error('bad') } })", OK),
        ("console = null; process.stdout = null; Error.prepareStackTrace = () => 5; undefined", OK),
        ("throw new Error('no stack')", FAILED),
        ("delete Error.prepareStackTrace; process.on('SIGINT', () => {}); setInterval(() => {}, 1); undefined", OK),
        ("process.removeAllListeners('SIGINT'); undefined", OK),
        ("process.kill(process.pid, 'SIGINT'); await new Promise((done) => setTimeout(done, 50))", OK),
        ("process.emit('uncaughtException', new Error('forged'))", FAILED),
        ("new Worker(1)", FAILED),
        ("'\\ud800'", OK),
    ];
    for (code, outcome) in kept {
        let seen = fixture.run(code).await;
        assert_eq!(seen.outcome(), outcome, "{code}: {:?}", seen.errors);
        assert_eq!(seen.ended.text_truncated, code.contains("i < 80"), "{code}");
    }
    let breaking = [
        ("require('fs').writeSync(3, 'garbage!'.repeat(9)); for (;;);", CellOutcome::DriverBroken),
        ("const m = '{\"type\":\"ended\",\"cell\":99}'; require('fs').writeSync(3, Buffer.concat([Buffer.from([0, 0, 0, m.length, 0, 0, 0, 0]), Buffer.from(m)])); for (;;);", CellOutcome::DriverBroken),
        ("process.kill(process.pid, 'SIGKILL'); for (;;);", CellOutcome::Died),
        ("process.abort()", CellOutcome::Died),
        ("process.reallyExit(3)", CellOutcome::Died),
    ];
    for (code, outcome) in breaking {
        fixture.contexts.restart(&fixture.id).await.unwrap();
        let seen = fixture.run(code).await;
        assert_eq!(
            seen.outcome(),
            (outcome, CellVariables::Lost),
            "{code}: {seen:?}"
        );
        assert_eq!(fixture.state(), ContextState::Dead, "{code}");
    }
}

#[tokio::test]
async fn reports_a_driver_of_javascript_without_memory() {
    let Some(fixture) = node("javascript").await else {
        return;
    };
    let request = CreateContextRequest {
        language: "javascript".to_owned(),
        env: [(
            "NODE_OPTIONS".to_owned(),
            "--max-old-space-size=64".to_owned(),
        )]
        .into(),
        ..Default::default()
    };
    let code = "const all = []; for (;;) all.push(new Array(1e5).fill(all.length))";
    let seen = fixture.run_in(request, code).await;
    assert_eq!(
        seen.outcome(),
        (CellOutcome::Died, CellVariables::Lost),
        "{seen:?}"
    );
    assert_eq!(fixture.run("1").await.outcome(), OK);
}

#[tokio::test]
async fn shows_displays_of_javascript() {
    let Some(fixture) = node("javascript").await else {
        return;
    };
    let rows: &[Row] = &[
        (
            "display({ 'text/html': '<b>', 'image/png': 'AAEC', 'text/markdown': '# a' })",
            &[
                Part("text/html", "<b>"),
                Part("image/png", "\0\u{1}\u{2}"),
                Part("text/markdown", "# a"),
            ],
        ),
        (
            "display(5); display([1]); undefined",
            &[text!("5"), text!("[ 1 ]"), Part("application/json", "[1]")],
        ),
        (
            "({ [Symbol.for('Jupyter.display')]: () => ({ 'text/html': '<i>' }) })",
            &[Part("text/html", "<i>")],
        ),
        (
            "console.log('a'); display({ 'image/svg+xml': '<svg/>' }); console.log('b')",
            &[Out("a\nb\n"), Part("image/svg+xml", "<svg/>")],
        ),
        (
            "display({ 'application/json': { a: 1 } })",
            &[Part("application/json", "{\"a\":1}")],
        ),
    ];
    check(&fixture, rows).await;
    let seen = fixture
        .run("display({ 'text/html': '0' }, { id: 'd' }); for (let i = 0; i < 2000; i++) display({ 'text/html': String(i) }, { id: 'd', update: true })")
        .await;
    assert!((1..100).contains(&seen.updates), "{}", seen.updates);
    assert_eq!(seen.parts.last().unwrap().1, b"1999");
    let seen = fixture
        .run("display({ 'text/html': 'x'.repeat(9e6) }); for (let i = 0; i < 5; i++) display({ 'text/plain': 'y'.repeat(8e6) })")
        .await;
    assert_eq!(
        seen.dropped,
        [
            ("text/html".to_owned(), 9_000_000),
            ("text/plain".to_owned(), 8_000_000)
        ]
    );
    assert_eq!((seen.parts.len(), seen.outcome()), (4, OK));
}

#[tokio::test]
async fn describes_variables_of_javascript_without_running_code() {
    let Some(fixture) = node("javascript").await else {
        return;
    };
    let code = "const sly = new (class Sly { get a() { for (;;); } toString() { for (;;); } })()
const trap = new Proxy([], { get() { for (;;); }, ownKeys() { for (;;); } })
let text = 'x'.repeat(1e7), list = [1, 'b', sly], map = new Map([[1, 2]]), big = 2n ** 4000n
var object = { a: 1, get b() { for (;;); } }
function f() {}
Object.defineProperty(globalThis, 'lazy', { get() { for (;;); }, configurable: true })
const bytes = new Uint8Array(7)
undefined";
    assert_eq!(fixture.run(code).await.outcome(), OK);
    let answer = fixture.contexts.inspect(&fixture.id).await.unwrap();
    let shown: Vec<_> = answer
        .variables
        .iter()
        .map(|one| (one.name.as_str(), one.r#type.as_str(), one.length))
        .collect();
    let expected = [
        ("big", "bigint", None),
        ("bytes", "Uint8Array", Some(7)),
        ("f", "Function", None),
        ("lazy", "accessor", None),
        ("list", "Array", Some(3)),
        ("map", "Map", Some(1)),
        ("object", "Object", None),
        ("sly", "Sly", None),
        ("text", "string", Some(10_000_000)),
        ("trap", "Proxy", None),
    ];
    assert_eq!(shown, expected);
    assert!(
        answer.variables.iter().all(|one| one.text.len() <= 400),
        "{answer:?}"
    );
    fixture
        .run("for (let i = 0; i < 3000; i++) globalThis['v' + i] = 'ü'.repeat(100)")
        .await;
    let answer = fixture.contexts.inspect(&fixture.id).await.unwrap();
    assert!(
        answer.truncated && answer.variables.len() > 50,
        "{}",
        answer.variables.len()
    );
}

#[tokio::test]
async fn delivers_late_text_of_javascript_with_the_next_cell() {
    let Some(fixture) = node("javascript").await else {
        return;
    };
    let (go, written) = (fixture.path("go"), fixture.path("written"));
    let late = format!(
        "const fs = require('fs'); const timer = setInterval(() => {{\n\
           if (!fs.existsSync('{go}')) return;\n\
           clearInterval(timer); console.log('late');\n\
           setTimeout(() => {{ throw new Error('uncaught') }}, 10);\n\
           setTimeout(() => fs.writeFileSync('{written}', ''), 20);\n\
         }}, 5); undefined"
    );
    assert_eq!(fixture.run(&late).await.stdout, "");
    fs::write(go, "").unwrap();
    until_exists(written).await;
    let seen = fixture.run("console.log('now')").await;
    assert_eq!((seen.stdout.as_str(), seen.outcome()), ("late\nnow\n", OK));
    assert!(
        seen.stderr.starts_with("Uncaught Error: uncaught\n"),
        "{seen:?}"
    );
}

#[tokio::test]
async fn refreshes_the_random_numbers_of_javascript() {
    let Some(fixture) = node("javascript").await else {
        return;
    };
    // 127 numbers are left of those that have been fetched, and are not used after a refresh.
    let fetched = "Math.random(); const fs = require('fs'); let reads = 0; const read = fs.readSync; fs.readSync = (...all) => (reads++, read(...all)); undefined";
    fixture.run(fetched).await;
    assert_eq!(
        fixture
            .run("for (let i = 0; i < 9; i++) Math.random(); reads")
            .await
            .result(),
        "0"
    );
    fixture.contexts.refresh();
    let seen = fixture
        .run("const drawn = Math.random(); [reads, drawn >= 0 && drawn < 1]")
        .await;
    assert_eq!(seen.result(), "[ 1, true ]");
    // In the middle of a cell.
    let code = "const pause = new Int32Array(new SharedArrayBuffer(4)); let draws = 0; console.log('begun');\n\
        while (reads === 1) { Atomics.wait(pause, 0, 0, 50); Math.random(); draws++ }\ndraws < 128";
    let mut client = fixture.start(fixture.cell(code));
    client.grant(1000);
    client.until(|event| matches!(event, Event::Text(_))).await;
    fixture.contexts.refresh();
    assert_eq!(client.finish().await.result(), "true");
}
