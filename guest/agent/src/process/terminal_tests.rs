//! Processes with a terminal.

use bytes::Bytes;

use super::request::TerminalSize;
use super::table::Selector;
use super::tests::{fixture, shell, Client, Fixture};
use crate::wire::sandbox::v1::process_event::Event;
use crate::wire::sandbox::v1::{self as wire, ProcessStream, StartRequest};

struct Session {
    fixture: Fixture,
    client: Client,
    selector: Selector,
    seen: String,
}

impl Session {
    async fn start(script: &str) -> Self {
        let fixture = fixture();
        let mut client = fixture.start(StartRequest {
            pty: Some(wire::TerminalSize { rows: 24, cols: 80 }),
            ..shell(script)
        });
        client.grant(64 << 10);
        let selector = Selector::Pid(client.pid().await);
        Self {
            fixture,
            client,
            selector,
            seen: String::new(),
        }
    }

    async fn see(&mut self, expected: &str) {
        let end = loop {
            if let Some(start) = self.seen.find(expected) {
                break start + expected.len();
            }
            match self.client.next().await {
                Event::Output(output) => {
                    assert_eq!(output.stream(), ProcessStream::Pty);
                    self.seen.push_str(&String::from_utf8_lossy(&output.data));
                }
                other => panic!("{other:?} after {:?}", self.seen),
            }
        };
        self.seen.drain(..end);
    }

    async fn type_in(&self, text: &'static str) {
        let input = self.fixture.processes.input(&self.selector).unwrap();
        input.send(Bytes::from(text)).await.unwrap();
    }
}

#[tokio::test]
async fn has_a_terminal_that_can_be_resized() {
    let mut session = Session::start(
        "trap 'notified=1' WINCH; tty; stty size; echo $TERM; \
         until [ \"$notified $(stty size)\" = '1 30 100' ]; do sleep 0.01; done; echo resized; \
         while read line; do echo \"<$line>\"; done; echo end",
    )
    .await;
    session.see("/dev/pts/").await;
    session.see("24 80").await;
    session.see("xterm-256color").await;
    let size = TerminalSize {
        rows: 30,
        columns: 100,
    };
    let processes = &session.fixture.processes;
    processes.resize(&session.selector, size).unwrap();
    session.see("resized").await;
    session.type_in("hello\n").await;
    session.see("<hello>").await;
    let input = session.fixture.processes.input(&session.selector).unwrap();
    input.close().unwrap();
    session.see("end").await;
    assert_eq!(session.client.finish().await.ended.exit_code, 0);
}

#[tokio::test]
async fn ends_the_input_within_a_line() {
    let mut session = Session::start("cat; echo; echo end").await;
    session.type_in("partial").await;
    let input = session.fixture.processes.input(&session.selector).unwrap();
    input.close().unwrap();
    session.see("end").await;
}

#[tokio::test]
async fn interrupts_the_foreground_process() {
    let mut session = Session::start(
        "trap got=1 INT; echo ready; until [ $got ]; do sleep 0.01; done; echo interrupted",
    )
    .await;
    session.see("ready").await;
    session.type_in("\x03").await;
    session.see("interrupted").await;
    let seen = session.client.finish().await;
    assert_eq!(seen.ended.exit_code, 0);
}

#[tokio::test]
async fn refuses_to_resize_a_process_without_a_terminal() {
    let fixture = fixture();
    let mut client = fixture.start(shell("sleep 100"));
    let selector = Selector::Pid(client.pid().await);
    let size = TerminalSize {
        rows: 1,
        columns: 1,
    };
    let refused = fixture.processes.resize(&selector, size).unwrap_err();
    assert!(refused.message().contains("set pty"), "{refused:?}");
    fixture.processes.signal(&selector, 9, true).unwrap();
}
