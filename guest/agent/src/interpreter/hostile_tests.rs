//! Cells that attack the driver or the agent.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::fixture::{fixture, fixture_with, until_exists, OK, TIMES};
use super::limits::Times;
use crate::wire::sandbox::v1::{CellOutcome, CellVariables, ContextState};

#[tokio::test]
async fn drops_results_that_are_too_large() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let seen = fixture
        .run("class A:\n  def _repr_html_(self): return 'x' * 9_000_000\nA()")
        .await;
    assert_eq!(seen.dropped, [("text/html".to_owned(), 9_000_000)]);
    assert_eq!((seen.parts.len(), seen.outcome()), (1, OK));
    let seen = fixture.run("class B:\n  def _repr_html_(self): return 'y' * 8_000_000\nfor i in range(5): display(B())").await;
    assert_eq!((seen.dropped.len(), seen.outcome()), (1, OK));
}

#[tokio::test]
async fn truncates_endless_text() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let seen = fixture
        .run("for i in range(80): print('x' * 1_000_000)")
        .await;
    assert!(seen.ended.text_truncated);
    assert!(
        seen.stdout.len() <= 64 << 20 && seen.stdout.len() > 60_000_000,
        "{}",
        seen.stdout.len()
    );
    assert_eq!(seen.gaps, []);
    assert_eq!(fixture.run("print('next')").await.stdout, "next\n");
}

#[tokio::test]
async fn does_not_wait_for_a_client_that_does_not_read() {
    let impatient = Times {
        patience: Duration::from_millis(600),
        ..TIMES
    };
    let Some(fixture) = fixture_with(impatient).await else {
        return;
    };
    let mut cell = fixture.cell("for i in range(20): print('x' * 1_000_000)");
    cell.detach = true;
    let mut client = fixture.start(cell);
    let number = client.accepted().await;
    let other = fixture.start(fixture.cell("'other'"));
    assert_eq!(other.finish().await.result(), "'other'");
    let seen = client.finish().await;
    assert_eq!((seen.gaps.len(), seen.outcome()), (1, OK));
    assert!(number > 0);
}

#[tokio::test]
async fn ends_although_a_child_holds_its_output() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let began = Instant::now();
    let seen = fixture
        .run("import subprocess\nchild = subprocess.Popen(['sleep', '60'])\nprint('started')")
        .await;
    assert_eq!((seen.stdout.as_str(), seen.outcome()), ("started\n", OK));
    let seen = fixture.run("!sleep 60 &").await;
    assert_eq!(seen.outcome(), OK);
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
    fixture.run("child.kill()").await;
}

#[tokio::test]
async fn ends_a_driver_that_breaks_the_protocol() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let write = "import os, stat, time\nfor fd in range(3, 64):\n  try:\n    if stat.S_ISSOCK(os.fstat(fd).st_mode): ACT\n  except OSError: pass\ntime.sleep(20)";
    let acts = [
        "os.write(fd, b'\\xff' * 100)",
        "os.write(fd, bytes([0, 0, 0, 2, 0, 0, 0, 0]) + b'{}')",
        // A forged end of another cell.
        "m = b'{\"type\":\"ended\",\"cell\":99}'; os.write(fd, bytes([0, 0, 0, len(m), 0, 0, 0, 0]) + m)",
        "os.close(fd)",
        "\n     if os.fork() == 0: os.write(fd, b'x' * 9); os._exit(0)",
    ];
    for act in acts {
        let seen = fixture.run(&write.replace("ACT", act)).await;
        let expected = (CellOutcome::DriverBroken, CellVariables::Lost);
        // asyncio has a socket, too, in whose place nothing happens; the driver may notice a closed one first.
        assert!(
            [expected, (CellOutcome::Died, CellVariables::Lost)].contains(&seen.outcome()),
            "{act}: {seen:?}"
        );
        fixture.contexts.restart(&fixture.id).await.unwrap();
    }
    assert_eq!(fixture.run("1").await.outcome(), OK);
}

#[tokio::test]
async fn accepts_a_forged_end_of_the_own_cell() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let forged = "import os, stat, time\nm = b'{\"type\":\"ended\",\"cell\":1}'\nfor fd in range(3, 64):\n  try:\n    if stat.S_ISSOCK(os.fstat(fd).st_mode): os.write(fd, bytes([0, 0, 0, len(m), 0, 0, 0, 0]) + m)\n  except OSError: pass\ntime.sleep(0.2)";
    assert_eq!(fixture.run(forged).await.outcome(), OK);
    // The true end ends a cell that does not run any more.
    fixture.until_state(ContextState::Dead).await;
}

#[tokio::test]
async fn bounds_hostile_values() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let rows = [
        (
            "class A:\n  def _repr_html_(self): raise ValueError('bad')\nA()",
            CellOutcome::Ok,
        ),
        (
            "class E(Exception):\n  def __str__(self): raise KeyError\nraise E",
            CellOutcome::Error,
        ),
        ("raise Exception('x' * 10_000_000)", CellOutcome::Error),
        (
            "raise Exception('\\ud800' * 10_000 + '\\x00' * 10_000)",
            CellOutcome::Error,
        ),
        ("def f(n): return f(n + 1)\nf(0)", CellOutcome::Error),
        (
            "raise ExceptionGroup('g', [ValueError(1)])",
            CellOutcome::Error,
        ),
        ("exec('x' * 100_000 + ' = = 1')", CellOutcome::Error),
        ("import sys\nsys.stdout = None", CellOutcome::Ok),
        (
            "sys.stdout = sys.__stdout__\nsys.stderr.write('\\ud800\\n')\nNone",
            CellOutcome::Ok,
        ),
        (
            "import os\nif os.fork() == 0:\n  print('child'); os._exit(0)\nos.wait()\nNone",
            CellOutcome::Ok,
        ),
        (
            "import os\nchild = os.fork()\nprint('both')",
            CellOutcome::Ok,
        ),
        ("breakpoint()", CellOutcome::Error),
        ("%nosuchmagic", CellOutcome::Error),
        ("raise KeyboardInterrupt", CellOutcome::Error),
        (
            "import asyncio\nraise asyncio.CancelledError",
            CellOutcome::Error,
        ),
        (
            "import signal\nsignal.raise_signal(signal.SIGURG)\n1",
            CellOutcome::Ok,
        ),
        ("print('a' * 100_000_000, flush=True)", CellOutcome::Ok),
    ];
    for (code, outcome) in rows {
        let seen = fixture.run(code).await;
        assert_eq!(
            seen.outcome(),
            (outcome, CellVariables::Kept),
            "{code}: {:?}",
            seen.errors
        );
    }
    assert_eq!(fixture.run("1").await.result(), "1");
}

#[tokio::test]
async fn describes_variables_without_running_code() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let code = "class Sly:\n  def __repr__(self): import time; time.sleep(60)\n  __len__ = __repr__\nclass list(Sly): pass\nb = [1, 2, Sly()]\na = Sly(); c = 'x' * 1000; d = {1: list()}; e = 10 ** 1000; f = list()\nNone";
    fixture.run(code).await;
    let answer = fixture.contexts.inspect(&fixture.id).await.unwrap();
    let shown: Vec<_> = answer
        .variables
        .iter()
        .map(|one| (one.name.as_str(), one.r#type.as_str(), one.length))
        .collect();
    for expected in [
        ("a", "Sly", None),
        ("b", "list", Some(3)),
        ("c", "str", Some(1000)),
        ("d", "dict", Some(1)),
        ("f", "list", None),
    ] {
        assert!(shown.contains(&expected), "{expected:?} {shown:?}");
    }
    assert!(
        answer.variables.iter().all(|one| one.text.len() <= 200),
        "{answer:?}"
    );
    let mut client = fixture.start(fixture.cell("import time; time.sleep(60)"));
    client.accepted().await;
    let refused = fixture.contexts.inspect(&fixture.id).await.unwrap_err();
    assert!(
        refused.message().starts_with("CONTEXT_BUSY: "),
        "{refused:?}"
    );
    fixture.contexts.interrupt(&fixture.id, 0).unwrap();
    client.finish().await;
    fixture
        .run("for i in range(3000): globals()[f'v{i}'] = 'ü\\n' * 100")
        .await;
    let answer = fixture.contexts.inspect(&fixture.id).await.unwrap();
    assert!(
        answer.truncated && answer.variables.len() > 50,
        "{}",
        answer.variables.len()
    );
}

#[tokio::test]
async fn loses_no_text_when_many_signals_interrupt_it() {
    let Some(fixture) = fixture().await else {
        return;
    };
    for round in 0..5 {
        let written = fixture.path(&format!("written-{round}"));
        let code = format!(
            "for i in range(10**9):\n  print(i, end=' ')\n  if i == 1000: open('{written}', 'w').close()"
        );
        let mut client = fixture.start(fixture.cell(&code));
        client.accepted().await;
        client.grant(u32::MAX);
        until_exists(written).await;
        sleep(Duration::from_millis(100 + round)).await;
        for _ in 0..20 {
            let _ = fixture.contexts.interrupt(&fixture.id, 0);
            sleep(Duration::from_millis(3)).await;
        }
        let seen = client.finish().await;
        assert_eq!(seen.ended.outcome(), CellOutcome::Interrupted);
        let names: Vec<&str> = seen.errors.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["KeyboardInterrupt"]);
        let numbers = seen.stdout.split_whitespace();
        let last = numbers.clone().count();
        assert!(last > 0 && numbers.eq((0..last).map(|number| number.to_string())));
    }
}
