//! Queues, input, and the beginnings and ends of contexts.

use std::fs;
use std::time::Duration;

use tonic::Code;

use super::fixture::{contexts_in, fixture, python, FAILED, OK, TIMES};
use super::limits::Times;
use super::request;
use crate::lifecycle::Lifecycle;
use crate::wire::sandbox::v1::cell_event::Event;
use crate::wire::sandbox::v1::{
    CellOutcome, CellVariables, ContextState, CreateContextRequest, ExecuteCellRequest,
};

#[tokio::test]
async fn reports_the_death_of_the_interpreter() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let ends = [
        ("import os; os._exit(3)", 3, 0),
        ("import os; os.kill(os.getpid(), 9)", 137, 9),
        ("import ctypes; ctypes.string_at(0)", 139, 11),
    ];
    for (code, exit_code, signal) in ends {
        let queued = fixture.cell("1");
        let client = fixture.start(fixture.cell(&format!(
            "print('before')\nimport time; time.sleep(0.2)\n{code}"
        )));
        let queued = fixture.start(queued);
        let seen = client.finish().await;
        assert_eq!(
            seen.outcome(),
            (CellOutcome::Died, CellVariables::Lost),
            "{code}"
        );
        assert_eq!(
            (seen.ended.exit_code, seen.ended.signal),
            (exit_code, signal),
            "{code}"
        );
        assert_eq!(seen.stdout, "before\n");
        assert_eq!(
            queued.finish().await.outcome(),
            (CellOutcome::Skipped, CellVariables::Lost)
        );
        fixture.contexts.restart(&fixture.id).await.unwrap();
    }
    assert_eq!(fixture.run("1").await.outcome(), OK);
}

#[tokio::test]
async fn runs_queued_cells_in_order() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let first = fixture.start(fixture.cell("import time; time.sleep(0.2); print('first')"));
    let second = fixture.start(fixture.cell("print('second')"));
    assert_eq!(first.finish().await.stdout, "first\n");
    assert_eq!(second.finish().await.stdout, "second\n");
    let mut failing = fixture.cell("import time; time.sleep(0.2); 1/0");
    failing.stop_on_error = true;
    let failing = fixture.start(failing);
    let skipped = fixture.start(fixture.cell("print('never')"));
    assert_eq!(failing.finish().await.outcome(), FAILED);
    assert_eq!(
        skipped.finish().await.outcome(),
        (CellOutcome::Skipped, CellVariables::Kept)
    );
}

#[tokio::test]
async fn answers_input() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let mut cell = fixture.cell("print(input('name? '))");
    cell.stdin = true;
    let mut client = fixture.start(cell);
    let number = client.accepted().await;
    client.grant(1000);
    let event = client
        .until(|event| matches!(event, Event::InputRequest(_)))
        .await;
    assert!(
        matches!(event.event, Some(Event::InputRequest(request)) if request.prompt == "name? ")
    );
    fixture
        .contexts
        .send_input(&fixture.id, number, "Ada", false)
        .unwrap();
    assert_eq!(client.finish().await.stdout, "Ada\n");
    assert!(fixture
        .contexts
        .send_input(&fixture.id, number, "x", false)
        .is_err());
    let seen = fixture.run("input()").await;
    assert_eq!(seen.errors[0].name, "EOFError");
    // Without a client that could answer, or with one that goes away.
    for asked in [false, true] {
        let mut cell = fixture.cell("try: input()\nexcept EOFError as e: print('none')");
        (cell.stdin, cell.detach) = (true, true);
        let mut client = fixture.start(cell);
        let number = client.accepted().await;
        if asked {
            client.grant(1000);
            client
                .until(|event| matches!(event, Event::InputRequest(_)))
                .await;
        }
        drop(client);
        // Another client could answer.
        fixture.until_state(ContextState::Idle).await;
        let seen = fixture.attach(number, 0).unwrap();
        assert_eq!(seen.finish().await.stdout, "none\n");
    }
}

#[tokio::test]
async fn ends_streams_when_a_context_is_restarted_or_removed() {
    let Some(fixture) = fixture().await else {
        return;
    };
    for reason in ["CONTEXT_RESTARTED", "CONTEXT_REMOVED"] {
        let running = fixture.start(fixture.cell("import time; time.sleep(60)"));
        let queued = fixture.start(fixture.cell("1"));
        match reason {
            "CONTEXT_REMOVED" => fixture.contexts.remove(&fixture.id).unwrap(),
            _ => drop(fixture.contexts.restart(&fixture.id).await.unwrap()),
        }
        for client in [running, queued] {
            let ended = client.try_finish().await.unwrap_err();
            assert_eq!(ended.code(), Code::Aborted);
            assert!(ended.message().starts_with(reason), "{ended:?}");
        }
    }
    let refused = fixture.try_start(fixture.cell("1")).err().unwrap();
    assert!(
        refused.message().starts_with("CONTEXT_UNKNOWN: "),
        "{refused:?}"
    );
}

#[tokio::test]
async fn keeps_contexts_apart() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let other = fixture
        .contexts
        .create(request::spec(python()).unwrap())
        .await
        .unwrap();
    fixture.run("x = 1").await;
    let cell = ExecuteCellRequest {
        context_id: other.id.clone(),
        ..fixture.cell("x")
    };
    assert_eq!(
        fixture.start(cell).finish().await.errors[0].name,
        "NameError"
    );
    let listed = fixture.contexts.list();
    assert_eq!(
        (listed.len(), listed[1].id.as_str()),
        (2, other.id.as_str())
    );
    assert!(listed[0].memory_bytes > 10 << 20, "{listed:?}");
}

#[tokio::test]
async fn names_an_interpreter_that_does_not_become_ready() {
    let directory = tempfile::tempdir().unwrap();
    let drivers = directory.path().join("drivers");
    fs::create_dir(&drivers).unwrap();
    fs::write(drivers.join("bash.sh"), "exec sleep 60").unwrap();
    let times = Times {
        start: Duration::from_millis(200),
        ..TIMES
    };
    let contexts = contexts_in(directory.path(), Lifecycle::booted(), times);
    let spec = CreateContextRequest {
        language: "bash".to_owned(),
        ..Default::default()
    };
    let refused = contexts
        .create(request::spec(spec).unwrap())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Internal);
    assert!(
        refused
            .message()
            .contains("interpreter of bash has not become ready within 200ms"),
        "{refused}"
    );
    let left: Vec<_> = contexts
        .list()
        .into_iter()
        .map(|context| context.state())
        .collect();
    assert_eq!(left, []);
}

#[tokio::test]
async fn limits_the_number_of_contexts() {
    let Some(fixture) = fixture().await else {
        return;
    };
    for _ in 1..8 {
        fixture
            .contexts
            .create(request::spec(python()).unwrap())
            .await
            .unwrap();
    }
    let refused = fixture
        .contexts
        .create(request::spec(python()).unwrap())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(
        refused.message().starts_with("CONTEXT_LIMIT: "),
        "{refused:?}"
    );
    assert_eq!(refused.message().matches(" MiB").count(), 8, "{refused:?}");
}

#[tokio::test]
async fn names_the_languages_of_the_image() {
    let directory = tempfile::tempdir().unwrap();
    let contexts = contexts_in(directory.path(), Lifecycle::booted(), TIMES);
    let spec = request::spec(CreateContextRequest {
        language: "cobol".to_owned(),
        ..Default::default()
    });
    let refused = contexts.create(spec.unwrap()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unimplemented);
    // Kernels that this machine has may follow.
    let named = "LANGUAGE_UNSUPPORTED: the image has no driver for \"cobol\": it has python, javascript, typescript, bash, r, java";
    assert!(refused.message().starts_with(named), "{refused:?}");
    assert_eq!(contexts.list(), []);
}

#[tokio::test]
async fn creates_one_shared_context_of_a_language() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let shared = || {
        let request = CreateContextRequest {
            shared: true,
            ..python()
        };
        fixture.contexts.create(request::spec(request).unwrap())
    };
    let (first, second) = tokio::join!(shared(), shared());
    let first = first.unwrap();
    assert!(first.shared);
    assert_eq!(second.unwrap().id, first.id);
    // Beside the one of the fixture.
    assert_eq!(fixture.contexts.list().len(), 2);
    let end = ExecuteCellRequest {
        context_id: first.id.clone(),
        code: "import os; os._exit(3)".to_owned(),
        ..Default::default()
    };
    fixture.start(end).finish().await;
    let dead = shared().await.unwrap();
    assert_eq!(
        (dead.state(), dead.id),
        (ContextState::Dead, first.id.clone())
    );
    fixture.contexts.remove(&first.id).unwrap();
    assert_ne!(shared().await.unwrap().id, first.id);
}

#[test]
fn shared_contexts_have_no_settings_of_their_own() {
    let request = CreateContextRequest {
        shared: true,
        cwd: "/tmp".to_owned(),
        ..python()
    };
    let refused = request::spec(request).unwrap_err().to_string();
    assert!(
        refused.contains("shared: excludes env and cwd"),
        "{refused}"
    );
}

#[tokio::test]
async fn refreshes_what_clones_repeat() {
    let Some(fixture) = fixture().await else {
        return;
    };
    let draw = "import random, tempfile\nrandom.seed(1); tempfile._name_sequence = 1";
    fixture.run(draw).await;
    let first = fixture.run("random.random()").await.result();
    fixture.run(draw).await;
    fixture.contexts.refresh();
    let seen = fixture
        .run("print(tempfile._name_sequence)\nrandom.random()")
        .await;
    assert_eq!(seen.stdout, "None\n");
    assert_ne!(seen.result(), first);
    // In the middle of a cell.
    fixture.run("import time").await;
    let code = "random.seed(1)\nseeded = random.getstate()\nprint('seeded')\n\
        for i in range(6000):\n  if random.getstate() != seeded: break\n  time.sleep(0.01)\nrandom.random()";
    let mut client = fixture.start(fixture.cell(code));
    client.grant(1000);
    client.until(|event| matches!(event, Event::Text(_))).await;
    fixture.contexts.refresh();
    assert_ne!(client.finish().await.result(), first);
}
