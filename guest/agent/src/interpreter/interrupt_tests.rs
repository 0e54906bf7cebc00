//! Interrupts and time limits of cells.

use tonic::Code;

use super::fixture::{fixture, OK};
use crate::wire::sandbox::v1::cell_event::Event;
use crate::wire::sandbox::v1::{CellOutcome, CellVariables, ContextState};

#[tokio::test]
async fn interrupts_a_cell_and_keeps_its_variables() {
    let Some(fixture) = fixture().await else {
        return;
    };
    fixture.run("x = 1").await;
    for code in [
        "while True: pass",
        "import time\ntime.sleep(60)",
        "import asyncio\nawait asyncio.sleep(60)",
        "!sleep 60",
        "import subprocess\nsubprocess.run(['sleep', '60'])",
    ] {
        let seen = fixture.interrupted(code).await;
        assert_eq!(seen.errors[0].name, "KeyboardInterrupt", "{code}");
    }
    assert_eq!(fixture.run("x").await.result(), "1");
    let refused = fixture.contexts.interrupt(&fixture.id, 0).unwrap_err();
    assert!(
        refused.message().starts_with("CELL_UNKNOWN: "),
        "{refused:?}"
    );
}

#[tokio::test]
async fn raises_one_exception_for_an_interrupt() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let code = "import time\ntry:\n    print('begun')\n    while True: pass\n\
        except KeyboardInterrupt:\n    time.sleep(1.5)\n    print('saved')";
    let seen = fixture
        .interrupt_after(code, |event| matches!(event, Event::Text(_)))
        .await;
    assert_eq!((seen.stdout.as_str(), seen.outcome()), ("saved\n", OK));
}

/// As signals are that arrive before the driver has begun the cell.
#[tokio::test]
async fn repeats_signals_until_one_has_an_effect() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let code =
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('deaf')\ntime.sleep(1.5)\n\
        signal.signal(signal.SIGINT, signal.default_int_handler)\nwhile True: pass";
    let seen = fixture
        .interrupt_after(code, |event| matches!(event, Event::Text(_)))
        .await;
    assert_eq!(
        seen.outcome(),
        (CellOutcome::Interrupted, CellVariables::Kept)
    );
}

#[tokio::test]
async fn ends_a_cell_whose_time_has_passed() {
    let Some(fixture) = fixture().await else {
        return;
    };
    // Longer than the cells take to begin on a busy machine, also below.
    let seen = fixture
        .run_with("x = 2\nwhile True: pass", |cell| cell.timeout_secs = 5)
        .await;
    assert_eq!(seen.outcome(), (CellOutcome::TimedOut, CellVariables::Kept));
    assert_eq!(fixture.run("x").await.result(), "2");
    let deaf = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass";
    let seen = fixture.run_with(deaf, |cell| cell.timeout_secs = 5).await;
    assert_eq!(seen.outcome(), (CellOutcome::TimedOut, CellVariables::Lost));
    assert_eq!((seen.ended.exit_code, seen.ended.signal), (137, 9));
    assert_eq!(fixture.state(), ContextState::Dead);
    let refused = fixture.try_start(fixture.cell("1")).err().unwrap();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(
        refused.message().starts_with("CONTEXT_DEAD: "),
        "{refused:?}"
    );
    fixture.contexts.restart(&fixture.id).await.unwrap();
    let seen = fixture.run("x").await;
    assert_eq!(seen.errors[0].name, "NameError");
}

#[tokio::test]
async fn interrupts_the_cell_of_a_client_that_is_gone() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let mut client = fixture.start(fixture.cell("import time; time.sleep(60)"));
    let cell = client.accepted().await;
    client.grant(1000);
    client
        .until(|event| matches!(event, Event::Started(_)))
        .await;
    drop(client);
    let seen = fixture.attach(cell, 0).unwrap().finish().await;
    assert_eq!(
        seen.outcome(),
        (CellOutcome::Interrupted, CellVariables::Kept)
    );
    let mut detached = fixture.cell("import time; time.sleep(0.3); print('done')");
    detached.detach = true;
    let mut client = fixture.start(detached);
    let cell = client.accepted().await;
    drop(client);
    assert_eq!(
        fixture.attach(cell, 0).unwrap().finish().await.stdout,
        "done\n"
    );
    assert!(fixture.attach(99, 0).is_err());
}
