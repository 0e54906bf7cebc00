//! Cells of Python, outside of a guest. Without IPython they are skipped.

use std::fs;

use super::fixture::{fixture, until_exists, FAILED, OK};

#[tokio::test]
async fn keeps_variables_between_cells() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let seen = fixture.run("x = 20\nprint('hello')\nx + 1").await;
    assert_eq!(
        (seen.stdout.as_str(), seen.result().as_str(), seen.outcome()),
        ("hello\n", "21", OK)
    );
    assert_eq!(
        (seen.ended.execution_count, seen.origins.as_slice()),
        (1, &[1][..])
    );
    assert_eq!(fixture.run("x").await.result(), "20");
}

#[tokio::test]
async fn reports_errors_with_the_lines_of_the_cell() {
    let Some(fixture) = fixture().await else {
        return;
    };
    fixture.run("def divide(n):\n    return 1 / n").await;
    let seen = fixture.run("\n\ndivide(0)").await;
    assert_eq!(seen.outcome(), FAILED);
    let error = &seen.errors[0];
    assert_eq!(
        (error.name.as_str(), error.value.as_str()),
        ("ZeroDivisionError", "division by zero")
    );
    let frames = error.frames.iter().map(|one| {
        (
            one.file.as_str(),
            one.line,
            one.function.as_str(),
            one.source.as_str(),
        )
    });
    assert_eq!(
        frames.collect::<Vec<_>>(),
        [
            ("<cell 2>", 3, "<module>", "divide(0)"),
            ("<cell 1>", 2, "divide", "    return 1 / n")
        ]
    );
    assert!(
        error
            .traceback
            .contains("ZeroDivisionError: division by zero"),
        "{error:?}"
    );
    assert!(!error.traceback.contains('\u{1b}'), "{error:?}");
}

#[tokio::test]
async fn reports_incomplete_cells_as_syntax_errors() {
    let Some(fixture) = fixture().await else {
        return;
    };
    for code in ["for i in range(3):", "x = (1,", "'''a", "def f(:\n  pass"] {
        let seen = fixture.run(code).await;
        assert_eq!(
            (seen.errors[0].name.as_str(), seen.outcome()),
            ("SyntaxError", FAILED),
            "{code}"
        );
    }
}

#[tokio::test]
async fn survives_the_exits_of_cells() {
    let Some(fixture) = fixture().await else {
        return;
    };
    fixture.run("x = 1").await;
    for code in [
        "exit()",
        "quit()",
        "import sys; sys.exit(3)",
        "raise SystemExit",
    ] {
        let seen = fixture.run(code).await;
        assert_eq!(
            (seen.errors[0].name.as_str(), seen.outcome()),
            ("SystemExit", FAILED),
            "{code}"
        );
        assert_eq!(seen.stderr, "", "{code}");
    }
    assert_eq!(fixture.run("x").await.result(), "1");
}

#[tokio::test]
async fn reads_what_programs_write_before_the_end() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let seen = fixture
        .run("import os\nos.system('echo out; echo err >&2')\nos.write(1, b'\\xff\\n')\nNone")
        .await;
    assert_eq!(
        (seen.stdout.as_str(), seen.stderr.as_str()),
        ("out\n\u{fffd}\n", "err\n")
    );
    let seen = fixture
        .run("print(1)\n!echo 2; echo e >&2\nprint(3)\n!exit 4\n_exit_code")
        .await;
    assert_eq!(
        (
            seen.stdout.as_str(),
            seen.stderr.as_str(),
            seen.result().as_str()
        ),
        ("1\n2\n3\n", "e\n", "4")
    );
}

#[tokio::test]
async fn restores_variables_and_directory_of_a_cell() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let seen = fixture
        .run_with("import os\nprint(os.environ['A'], os.getcwd())", |cell| {
            cell.env = [("A".to_owned(), "'\"\n$x".to_owned())].into();
            cell.cwd = "/usr".to_owned();
        })
        .await;
    assert_eq!(seen.stdout, "'\"\n$x /usr\n");
    assert_eq!(
        fixture
            .run("'A' in os.environ, os.getcwd() == '/usr'")
            .await
            .result(),
        "(False, False)"
    );
    let seen = fixture
        .run_with("1", |cell| cell.cwd = "/nowhere".to_owned())
        .await;
    assert_eq!(
        (seen.errors[0].name.as_str(), seen.outcome()),
        ("FileNotFoundError", FAILED)
    );
}

#[tokio::test]
async fn sends_displays_in_parts_and_few_updates() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let seen = fixture
        .run("from IPython.display import display, HTML, Image\ndisplay(HTML('<b>'))\nImage(data=bytes(range(256)) * 400, format='png')")
        .await;
    let types: Vec<&str> = seen.parts.iter().map(|(mime, _)| mime.as_str()).collect();
    assert_eq!(
        types,
        ["text/plain", "text/html", "image/png", "text/plain"]
    );
    assert_eq!(seen.parts[2].1.len(), 102_400);
    let seen = fixture
        .run("h = display(HTML('0'), display_id='d')\nfor i in range(2000): h.update(HTML(str(i)))")
        .await;
    assert!((1..100).contains(&seen.updates), "{}", seen.updates);
    assert_eq!(seen.parts.last().unwrap().1, b"1999");
}

#[tokio::test]
async fn delivers_late_text_with_the_next_cell() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let (go, written) = (fixture.path("go"), fixture.path("written"));
    let late = format!(
        "import os, threading, time\ndef late():\n  while not os.path.exists('{go}'): time.sleep(0.01)\n  \
         print('late')\n  open('{written}', 'w').close()\nthreading.Thread(target=late).start()"
    );
    assert_eq!(fixture.run(&late).await.stdout, "");
    fs::write(go, "").unwrap();
    until_exists(written).await;
    let seen = fixture.run("print('now')").await;
    assert_eq!(
        (seen.stdout.as_str(), seen.origins.as_slice()),
        ("late\nnow\n", &[1, 2][..])
    );
}

#[tokio::test]
async fn runs_tasks_between_cells() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let counted = fixture.path("counted");
    let code = format!(
        "import asyncio\nn = []\nasync def count():\n  while True:\n    n.append(1); await asyncio.sleep(0.01)\n    \
         if len(n) == 6: open('{counted}', 'w').close()\nt = asyncio.create_task(count())"
    );
    fixture.run(&code).await;
    until_exists(counted).await;
    assert_eq!(fixture.run("len(n) > 5").await.result(), "True");
}
