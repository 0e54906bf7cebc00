//! Contexts that are kernels of Jupyter: that of Python, which `setup/ipython.sh` fetches.

use super::super::fixture::{Fixture, FAILED, OK};
use super::{check_ends, check_interrupts_as, fixture_with_jupyter, End};
use crate::wire::sandbox::v1::cell_event::Event;
use crate::wire::sandbox::v1::CellOutcome;

const KERNEL: &str = "kernel:python3";

async fn kernel() -> Option<Fixture> {
    fixture_with_jupyter(KERNEL).await
}

#[tokio::test]
async fn runs_cells_of_a_kernel() {
    let Some(fixture) = kernel().await else {
        return;
    };
    assert!(fixture.contexts.languages().contains(&KERNEL.to_owned()));
    let seen = fixture
        .run("import sys\nx = 20\nprint('out'); print('err', file=sys.stderr)\nx + 1")
        .await;
    assert_eq!(
        (
            seen.stdout.as_str(),
            seen.stderr.as_str(),
            seen.result().as_str(),
            seen.outcome()
        ),
        ("out\n", "err\n", "21", OK)
    );
    assert_eq!(seen.ended.execution_count, 1);
    let seen = fixture.run("\n1 / 0").await;
    let error = &seen.errors[0];
    assert_eq!(
        (error.name.as_str(), error.value.as_str(), seen.outcome()),
        ("ZeroDivisionError", "division by zero", FAILED)
    );
    assert!(
        error
            .traceback
            .contains("ZeroDivisionError: division by zero")
            && !error.traceback.contains('\u{1b}')
    );
    let seen = fixture
        .run("from IPython.display import display, HTML, Image\nh = display(HTML('0'), display_id='d')\nfor i in range(500): h.update(HTML(str(i)))\nImage(data=bytes(range(256)) * 400, format='png')")
        .await;
    let (_, image) = seen
        .parts
        .iter()
        .find(|(mime, _)| mime == "image/png")
        .unwrap();
    assert_eq!((image.len(), seen.outcome()), (102_400, OK));
    assert!((1..100).contains(&seen.updates), "{}", seen.updates);
    assert!(
        seen.parts.iter().any(|(_, data)| data == b"499"),
        "{seen:?}"
    );
    let seen = fixture.run("input()").await;
    assert_eq!(seen.errors[0].name, "StdinNotImplementedError");
    let seen = fixture
        .run_with("1", |cell| cell.cwd = "/usr".to_owned())
        .await;
    assert_eq!(seen.errors[0].name, "CellNotStarted");
    assert_eq!(fixture.run("x").await.result(), "20");
    let seen = fixture.run("get_ipython().history_manager.enabled").await;
    assert_eq!(seen.result(), "False");
}

#[tokio::test]
async fn answers_the_input_of_a_kernel() {
    let Some(fixture) = kernel().await else {
        return;
    };
    let mut cell = fixture.cell("print(input('name? '))");
    cell.stdin = true;
    let mut client = fixture.start(cell);
    client.accepted().await;
    client.grant(1 << 20);
    let asked = client
        .until(|event| matches!(event, Event::InputRequest(_)))
        .await;
    let contexts = &fixture.contexts;
    contexts
        .send_input(&fixture.id, asked.cell, "Ada", false)
        .unwrap();
    assert_eq!(client.finish().await.stdout, "Ada\n");
    let mut cell = fixture.cell("input()");
    cell.stdin = true;
    let mut client = fixture.start(cell);
    client.accepted().await;
    client.grant(1 << 20);
    client
        .until(|event| matches!(event, Event::InputRequest(_)))
        .await;
    fixture.contexts.interrupt(&fixture.id, 0).unwrap();
    let seen = client.finish().await;
    assert_eq!(seen.ended.outcome(), CellOutcome::Interrupted);
}

#[tokio::test]
async fn interrupts_a_cell_of_a_kernel_and_keeps_its_variables() {
    let Some(fixture) = kernel().await else {
        return;
    };
    fixture.run("x = 7; import time").await;
    let cells = ["while True: pass", "time.sleep(60); print('never')"];
    check_interrupts_as(&fixture, &cells, "KeyboardInterrupt", "print(x)", "7\n").await;
}

/// Signals that the agent repeats reach the kernel while it formats the traceback of the first.
#[tokio::test]
async fn ends_cells_that_a_kernel_does_not_answer() {
    let Some(fixture) = kernel().await else {
        return;
    };
    let slow =
        "import time\ndef slow(*_, **__): time.sleep(60)\nget_ipython().showtraceback = slow";
    fixture.run(slow).await;
    let cells = ["while True: pass"];
    check_interrupts_as(&fixture, &cells, "KeyboardInterrupt", "print(7)", "7\n").await;
    fixture.run("get_ipython().run_cell = None").await;
    let seen = fixture.run("1").await;
    assert_eq!(seen.errors[0].name, "NoReply", "{seen:?}");
    assert_eq!(seen.outcome(), FAILED);
}

#[tokio::test]
async fn bounds_hostile_cells_of_a_kernel() {
    let Some(fixture) = kernel().await else {
        return;
    };
    let seen = fixture
        .run("for i in range(100): print('x' * 1_000_000)")
        .await;
    assert!(
        seen.ended.text_truncated && seen.outcome() == OK,
        "{:?}",
        seen.ended
    );
    let rows = [
        ("raise Exception('x' * 10_000_000)", FAILED),
        (
            "class A:\n  def _repr_html_(self): return 'x' * 9_000_000\nA()",
            OK,
        ),
    ];
    for (code, outcome) in rows {
        let seen = fixture.run(code).await;
        assert_eq!(seen.outcome(), outcome, "{code}");
    }
    let driver = "import os, time\nparent = os.getppid()\n";
    let breaking = [
        ("import os; os._exit(3)".to_owned(), End::Died(3)),
        (
            "import os; os.kill(os.getpid(), 9)".to_owned(),
            End::Died(137),
        ),
        (
            format!("{driver}os.kill(parent, 9); time.sleep(20)"),
            End::Died(137),
        ),
    ];
    check_ends(&fixture, &breaking).await;
    // The socket of the driver is in another process, which a cell cannot reach.
    let seen = fixture
        .run(
            "import os\nfds = f'/proc/{os.getppid()}/fd/'\n\
             for fd in os.listdir(fds):\n  if os.readlink(fds + fd).startswith('socket:'): open(fds + fd, 'wb')",
        )
        .await;
    assert_eq!(seen.errors[0].name, "OSError", "{seen:?}");
}
