//! Contexts with the driver of Bash, outside of a guest.

use std::fs;

use super::fixture::{fixture_of, Fixture, FAILED, OK, TIMES};
use super::language_rows::{check, Expected, Row};
use crate::wire::sandbox::v1::cell_event::Event;
use crate::wire::sandbox::v1::{CellOutcome, CellVariables, ContextState};
use Expected::{Err, Fails, Out};

async fn bash() -> Fixture {
    fixture_of("bash", TIMES).await
}

#[tokio::test]
async fn runs_cells_of_bash_in_one_shell() {
    let rows: &[Row] = &[
        (
            "x=1; echo hello; echo problem >&2",
            &[Out("hello\n"), Err("problem\n")],
        ),
        ("echo $x", &[Out("1\n")]),
        ("f() {\n  false\n}\n\nf", &[Fails("ExitStatus", "1", 5)]),
        (
            "echo a\n(exit 4)",
            &[Out("a\n"), Fails("ExitStatus", "4", 2)],
        ),
        ("false || true", &[]),
        ("f && echo never; true", &[]),
        ("y=$(false)", &[Fails("ExitStatus", "1", 1)]),
        (
            "nosuchcommand",
            &[
                Err("line 1: nosuchcommand: command not found"),
                Fails("ExitStatus", "127", 1),
            ],
        ),
        ("declare -A m=([a]=1)\narr=(1 2 3)", &[]),
        ("echo ${m[a]} ${#arr[@]}", &[Out("1 3\n")]),
        ("cd /usr", &[]),
        ("pwd", &[Out("/usr\n")]),
        (
            "export E=inherited; bash -c 'echo $E'",
            &[Out("inherited\n")],
        ),
        ("printf 'no newline'", &[Out("no newline")]),
        (
            "cat <<END\n$x and\n  lines\nEND",
            &[Out("1 and\n  lines\n")],
        ),
        ("# nothing", &[]),
        ("", &[]),
        ("read line; echo \"$? <$line>\"; cat", &[Out("1 <>\n")]),
        (
            "shopt -s extglob\n[[ ab == +(a|b) ]] && echo ok",
            &[Out("ok\n")],
        ),
        (
            "for i in 1 2; do",
            &[
                Err("unexpected end of file"),
                Fails("SyntaxError", "unexpected end of file", 2),
            ],
        ),
        (
            "echo 'a",
            &[
                Err("unexpected EOF"),
                Fails("SyntaxError", "unexpected EOF", 1),
            ],
        ),
        (
            "if true; then\n  echo a\nfi )",
            &[
                Err("near unexpected token"),
                Fails("SyntaxError", "unexpected token", 3),
            ],
        ),
        ("bash -c 'exit 2'", &[Fails("ExitStatus", "2", 1)]),
        ("return 3", &[Fails("ExitStatus", "3", 0)]),
        (
            "ls -l /proc/self/fd | grep socket",
            &[Fails("ExitStatus", "1", 1)],
        ),
        ("trap 'echo end' EXIT; echo begin", &[Out("begin\nend\n")]),
        (
            "trap 'echo $BASH_COMMAND >&2' DEBUG; true",
            &[Err("true\n")],
        ),
        ("echo $x", &[Out("1\n")]),
    ];
    check(&bash().await, rows).await;
}

#[tokio::test]
async fn ends_a_cell_of_bash_and_not_the_shell() {
    let rows: &[Row] = &[
        ("x=1; exit 3; echo never", &[Fails("ExitStatus", "3", 1)]),
        (
            "f() { exit $1; echo never; }; for i in 1 2; do f 4; echo never; done",
            &[Fails("ExitStatus", "4", 1)],
        ),
        ("exit", &[]),
        (
            "x=2\nset -euo pipefail\necho a\nfalse\necho never",
            &[Out("a\n"), Fails("ExitStatus", "1", 4)],
        ),
        ("false | true\necho never", &[Fails("ExitStatus", "1", 1)]),
        (
            "f() { false; echo never; }\nf\necho never",
            &[Fails("ExitStatus", "1", 2)],
        ),
        (
            "if false; then :; fi; false || echo handled",
            &[Out("handled\n")],
        ),
        (
            "y=3; echo $undefined; echo never",
            &[
                Err("undefined: unbound variable"),
                Fails("ExitStatus", "1", 0),
            ],
        ),
        (
            "echo $x $y; echo ${undefined:?missing}",
            &[
                Out("2 3\n"),
                Err("undefined: missing"),
                Fails("ExitStatus", "1", 0),
            ],
        ),
        (
            "trap 'echo cleaned' EXIT; ls /nowhere 2>/dev/null; echo never",
            &[Out("cleaned\n"), Fails("ExitStatus", "2", 1)],
        ),
        (
            "trap 'echo noticed' ERR; false; echo never",
            &[Out("noticed\n"), Fails("ExitStatus", "1", 0)],
        ),
        ("set +eu; echo $x $y $undefined", &[Out("2 3\n")]),
        ("builtin exit 9", &[Fails("ExitStatus", "9", 0)]),
        ("declare -i n=5; z=6", &[]),
        (
            "echo $((n + z)); set -x; : traced",
            &[Out("11\n"), Err("+ : traced\n")],
        ),
        ("set +x", &[Err("+ set +x\n")]),
    ];
    check(&bash().await, rows).await;
}

#[tokio::test]
async fn restores_variables_and_directory_of_a_cell_of_bash() {
    let fixture = bash().await;
    fixture
        .run("export OLD='a b'; declare -a LIST=(1 2); cd /")
        .await;
    let seen = fixture
        .run_with("echo \"$OLD $NEW $LIST\"; pwd; OLD=x; cd /tmp", |cell| {
            let pairs = [("OLD", "'\"\n$x `ls`"), ("NEW", "ü"), ("LIST", "one")];
            let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
            cell.env = pairs.into();
            cell.cwd = "/usr".to_owned();
        })
        .await;
    assert_eq!(seen.stdout, "'\"\n$x `ls` ü one\n/usr\n", "{seen:?}");
    let seen = fixture
        .run("echo \"$OLD ${NEW-none} ${LIST[1]}\"; pwd; bash -c 'echo $OLD'")
        .await;
    assert_eq!(seen.stdout, "a b none 2\n/\na b\n");
    let cells = [
        ("/nowhere", "A", "No such file"),
        ("", "a.b", "a.b"),
        ("", "UID", "UID"),
    ];
    for (directory, name, problem) in cells {
        let seen = fixture
            .run_with("echo never", |cell| {
                cell.cwd = directory.to_owned();
                cell.env = [(name.to_owned(), "1".to_owned())].into();
            })
            .await;
        assert_eq!(
            (seen.errors[0].name.as_str(), seen.outcome()),
            ("CellNotStarted", FAILED)
        );
        assert!(seen.errors[0].value.contains(problem), "{seen:?}");
        assert_eq!(seen.stdout, "");
    }
    assert_eq!(fixture.run("echo ${A-none}").await.stdout, "none\n");
}

#[tokio::test]
async fn interrupts_cells_of_bash_that_end_at_errors() {
    let fixture = bash().await;
    fixture.run("set -e; x=7").await;
    // The shell must survive the first one as it was: the second one is a cell of it, too.
    for _ in 0..2 {
        fixture.interrupted("while :; do :; done").await;
    }
    let seen = fixture.run("[[ $- == *e* ]] && echo $x").await;
    assert_eq!(seen.stdout, "7\n");
}

#[tokio::test]
async fn interrupts_a_cell_of_bash_and_keeps_its_variables() {
    let fixture = bash().await;
    fixture.run("x=7").await;
    let cells = [
        "while :; do :; done",
        "sleep 60; echo never",
        "f() { for i in 1 2 3; do sleep 60; done; }; f; echo never",
        "sleep 60 | cat",
        "cat <(sleep 60); sleep 60",
        "bash -c 'while :; do :; done'",
    ];
    for code in cells {
        let seen = fixture.interrupted(code).await;
        assert_eq!(
            (seen.errors[0].name.as_str(), seen.stdout.as_str()),
            ("Interrupted", ""),
            "{code}"
        );
    }
    assert_eq!(fixture.run("echo $x").await.stdout, "7\n");
    let seen = fixture
        .run_with("x=8; while :; do :; done", |cell| cell.timeout_secs = 1)
        .await;
    assert_eq!(seen.outcome(), (CellOutcome::TimedOut, CellVariables::Kept));
    let seen = fixture
        .run_with("trap '' INT; while :; do :; done", |cell| {
            // Longer than the shell takes to become deaf on a busy machine.
            cell.timeout_secs = 5
        })
        .await;
    assert_eq!(seen.outcome(), (CellOutcome::TimedOut, CellVariables::Lost));
    fixture.contexts.restart(&fixture.id).await.unwrap();
    assert_eq!(fixture.run("echo ${x-none}").await.stdout, "none\n");
}

#[tokio::test]
async fn bounds_hostile_cells_of_bash() {
    let fixture = bash().await;
    let kept = [
        "unset -f exit; set -- a b; IFS=x; set -f; shopt -s nullglob nocasematch; LC_ALL=C",
        "echo() { builtin echo hidden; }; cd() { :; }; read() { return 9; }; alias x=y; unset PATH",
        "exec 3>/dev/null 9</dev/null; exec 3>&-",
        "sleep 20 & disown",
        "for i in {1..300}; do :; done; (exec 250>&1; builtin echo x >&250) >/dev/null",
        "trap 'while :; do :; done' URG",
    ];
    for code in kept {
        let seen = fixture.run(code).await;
        assert_eq!(seen.outcome(), OK, "{code}: {seen:?}");
    }
    let seen = fixture
        .run("/usr/bin/yes 0123456789 | /usr/bin/head -c 100000000")
        .await;
    assert!(
        seen.ended.text_truncated && seen.outcome() == OK,
        "{:?}",
        seen.ended
    );
    let large = format!(": {}\nbuiltin echo large", " 12345678".repeat(100_000));
    assert_eq!(fixture.run(&large).await.stdout, "large\n");
    assert_eq!(fixture.run("builtin echo \"a\0b\"").await.stdout, "ab\n");
    let breaking = [
        ("for f in /proc/$$/fd/*; do [[ $(readlink $f) != socket:* ]] || echo garbage >&${f##*/}; done; sleep 5", CellOutcome::DriverBroken, None),
        ("kill -9 $$", CellOutcome::Died, Some(137)),
        ("exec /bin/false", CellOutcome::Died, Some(1)),
        (
            "ulimit -v 100000; a=xxxxxxxx; while :; do a+=$a; done",
            CellOutcome::Died,
            None,
        ),
    ];
    for (code, outcome, exit_code) in breaking {
        fixture.contexts.restart(&fixture.id).await.unwrap();
        let seen = fixture.run(code).await;
        assert_eq!(
            seen.outcome(),
            (outcome, CellVariables::Lost),
            "{code}: {seen:?}"
        );
        assert_eq!(
            exit_code.unwrap_or(seen.ended.exit_code),
            seen.ended.exit_code,
            "{code}"
        );
        assert_eq!(fixture.state(), ContextState::Dead, "{code}");
    }
}

#[tokio::test]
async fn describes_variables_and_functions_of_bash() {
    let fixture = bash().await;
    fixture
        .run("s='q\"\\ü'; declare -A m=([a]=1); l=(1 2 3); declare -i n=4; g() { :; }; b=$'\\xff\\n'; text=t; printf -v long '%5000d' 1")
        .await;
    let answer = fixture.contexts.inspect(&fixture.id).await.unwrap();
    let shown: Vec<_> = answer
        .variables
        .iter()
        .map(|one| {
            (
                one.name.as_str(),
                one.r#type.as_str(),
                one.length,
                one.text.as_str(),
            )
        })
        .collect();
    for expected in [
        ("g", "function", None, "g()"),
        ("l", "array", Some(3), "(1 2 3)"),
        ("m", "map", Some(1), "(a=1)"),
        ("n", "integer", None, "4"),
        ("s", "string", Some(4), "q\"\\ü"),
        ("text", "string", Some(1), "t"),
    ] {
        assert!(shown.contains(&expected), "{expected:?} {shown:?}");
    }
    assert_eq!(shown.len(), 8, "{shown:?}");
    fixture
        .run("for i in {1..2000}; do printf -v v$i '%100d' $i; done")
        .await;
    let answer = fixture.contexts.inspect(&fixture.id).await.unwrap();
    assert!(answer.truncated && answer.variables.len() > 50);
}

#[tokio::test]
async fn refreshes_the_random_numbers_of_bash() {
    let fixture = bash().await;
    let go = fixture.path("go");
    let draw = format!(
        "RANDOM=1; echo seeded >&2; until [[ -e {go} ]]; do sleep 0.01; done; sleep 0.01; echo $RANDOM $RANDOM $RANDOM"
    );
    fs::write(&go, "").unwrap();
    let first = fixture.run(&draw).await.stdout;
    assert_eq!(fixture.run(&draw).await.stdout, first);
    fs::remove_file(&go).unwrap();
    let mut client = fixture.start(fixture.cell(&draw));
    client.grant(1000);
    client.until(|event| matches!(event, Event::Text(_))).await;
    fixture.contexts.refresh();
    fs::write(&go, "").unwrap();
    assert_ne!(client.finish().await.stdout, first);
    fixture.run("RANDOM=1").await;
    let second = fixture.run("RANDOM=1; echo $RANDOM").await.stdout;
    fixture.run("RANDOM=1").await;
    fixture.contexts.refresh();
    assert_ne!(fixture.run("echo $RANDOM").await.stdout, second);
}
