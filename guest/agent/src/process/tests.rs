//! Processes of a sandbox that need neither a VM nor privileges.

use std::fs;
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_stream::StreamExt;
use tonic::{Code, Status};

use super::kept_output::Start;
use super::request::Spec;
use super::sandbox_processes::{EventStream, SandboxProcesses};
use super::state::Times;
use super::table::Selector;
use crate::execution::WorkingDirectory;
use crate::lifecycle::Lifecycle;
use crate::reaper::Reaper;
use crate::sandbox::{Sandbox, Settings};
use crate::wire::guest::AdoptRequest;
use crate::wire::sandbox::v1::process_event::Event;
use crate::wire::sandbox::v1::{ProcessEnded, ProcessStream, StartRequest, StreamInputRequest};

pub const TIMES: Times = Times {
    patience: Duration::from_secs(30),
    keep_alive: Duration::from_secs(30),
    settling: Duration::from_millis(100),
    input: Duration::from_millis(200),
    kept: Duration::from_secs(600),
};

pub struct Fixture {
    pub directory: TempDir,
    pub processes: SandboxProcesses,
}

pub fn fixture() -> Fixture {
    fixture_with(TIMES, AdoptRequest::default())
}

pub fn fixture_with(times: Times, adopted: AdoptRequest) -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::default();
    sandbox.set(Settings::from_request(adopted).unwrap());
    let place = WorkingDirectory::in_test(directory.path());
    let processes = SandboxProcesses::new(
        sandbox,
        Lifecycle::booted(),
        place,
        Reaper::start().unwrap(),
        times,
    );
    Fixture {
        directory,
        processes,
    }
}

impl Fixture {
    pub fn start(&self, request: StartRequest) -> Client {
        self.try_start(request).unwrap()
    }

    fn try_start(&self, request: StartRequest) -> Result<Client, Status> {
        let (credit, credits) = mpsc::unbounded_channel();
        let credits = Box::pin(UnboundedReceiverStream::new(credits));
        let events = self
            .processes
            .start(Spec::from_request(request)?, credits)?;
        Ok(Client { events, credit })
    }

    pub fn attach(&self, pid: u32, start: Start) -> Result<Client, Status> {
        let (credit, credits) = mpsc::unbounded_channel();
        let credits = Box::pin(UnboundedReceiverStream::new(credits));
        let selector = Selector::Pid(pid);
        let events = self.processes.attach(&selector, |_| start, credits)?;
        Ok(Client { events, credit })
    }

    /// Waits until a process has ended.
    pub async fn ended(&self, pid: u32) -> ProcessEnded {
        let ended = async {
            loop {
                let all = self.processes.list();
                let found = all.into_iter().find(|process| process.pid == pid);
                if let Some(ended) = found.unwrap().ended {
                    return ended;
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(60), ended).await.unwrap()
    }
}

pub struct Client {
    pub events: EventStream,
    credit: mpsc::UnboundedSender<Result<u32, Status>>,
}

/// All that a client has seen of a process.
#[derive(Debug, Default)]
pub struct Seen {
    pub outputs: [Vec<u8>; 2],
    pub gaps: Vec<(u64, u64)>,
    pub ended: ProcessEnded,
}

impl Seen {
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.outputs[0]).into_owned()
    }
}

impl Client {
    pub fn grant(&self, bytes: u32) {
        self.credit.send(Ok(bytes)).unwrap();
    }

    pub async fn next(&mut self) -> Event {
        let next = timeout(Duration::from_secs(60), self.events.next()).await;
        let next = next.expect("no event").expect("no more events");
        next.unwrap().event.unwrap()
    }

    async fn text(&mut self) -> String {
        match self.next().await {
            Event::Output(output) => String::from_utf8(output.data.into()).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    pub async fn pid(&mut self) -> u32 {
        match self.next().await {
            Event::Started(started) => started.pid,
            other => panic!("{other:?}"),
        }
    }

    /// Reads to the end, and grants what it has read.
    pub async fn finish(mut self) -> Seen {
        self.grant(64 << 10);
        let mut seen = Seen::default();
        let mut positions: [Option<u64>; 2] = [None; 2];
        loop {
            match self.next().await {
                Event::Output(output) => {
                    let index = usize::from(output.stream() == ProcessStream::Stderr);
                    let position = positions[index].get_or_insert(output.offset);
                    assert_eq!(output.offset, *position);
                    *position += output.data.len() as u64;
                    seen.outputs[index].extend(&output.data);
                    self.grant(output.data.len().max(64) as u32);
                }
                Event::Gap(gap) => {
                    let index = usize::from(gap.stream() == ProcessStream::Stderr);
                    assert_eq!(positions[index].unwrap_or(gap.from), gap.from);
                    positions[index] = Some(gap.to);
                    seen.gaps.push((gap.from, gap.to));
                }
                Event::Ended(ended) => {
                    assert!(self.events.next().await.is_none(), "the end comes last");
                    return Seen { ended, ..seen };
                }
                Event::Started(_) | Event::KeepAlive(_) => {}
            }
        }
    }
}

pub fn shell(script: &str) -> StartRequest {
    StartRequest {
        command: "sh".to_owned(),
        args: vec!["-c".to_owned(), script.to_owned()],
        ..Default::default()
    }
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> std::collections::HashMap<String, String> {
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

#[tokio::test]
async fn streams_output_and_reports_the_end() {
    let fixture = fixture_with(
        TIMES,
        AdoptRequest {
            env: pairs([("A", "sandbox"), ("B", "sandbox")]),
            cwd: "sub".to_owned(),
        },
    );
    fs::create_dir(fixture.directory.path().join("sub")).unwrap();
    let seen = fixture
        .start(StartRequest {
            env: pairs([("B", "process")]),
            ..shell("echo $A $B; basename $PWD; cat; echo err >&2; kill -TERM $$")
        })
        .finish()
        .await;
    assert_eq!(seen.stdout(), "sandbox process\nsub\n");
    assert_eq!(seen.outputs[1], b"err\n");
    assert_eq!((seen.ended.exit_code, seen.ended.signal), (143, 15));
    assert!(seen.ended.duration_ms > 0.0 && !seen.ended.timed_out);
    assert_eq!(seen.ended.killed_process, "");
}

#[tokio::test]
async fn starts_nothing_for_an_impossible_request() {
    let fixture = fixture();
    for (request, field) in [
        (
            StartRequest {
                command: "no-such-command".to_owned(),
                ..Default::default()
            },
            "command: cannot run \"no-such-command\": ",
        ),
        (
            StartRequest {
                command: "/etc/passwd".to_owned(),
                ..Default::default()
            },
            "command: cannot run \"/etc/passwd\": ",
        ),
        (
            StartRequest {
                cwd: "nowhere".to_owned(),
                ..shell("true")
            },
            "cwd: cannot be ",
        ),
        (
            StartRequest {
                env: pairs([("PATH", "/nowhere")]),
                ..shell("true")
            },
            "command: cannot run \"sh\": ",
        ),
    ] {
        let refused = fixture.try_start(request).err().unwrap();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
        assert!(refused.message().starts_with(field), "{refused:?}");
    }
    assert_eq!(fixture.processes.list(), []);
}

#[tokio::test]
async fn outlives_its_stream_unless_it_ends_with_it() {
    let fixture = fixture();
    for ends in [false, true] {
        let mut client = fixture.start(StartRequest {
            end_with_stream: ends,
            stdin: true,
            ..shell("read line; echo $line")
        });
        let pid = client.pid().await;
        drop(client);
        if ends {
            assert_eq!(fixture.ended(pid).await.signal, 9);
        } else {
            sleep(Duration::from_millis(50)).await;
            send(&fixture, pid, "late\n").await.unwrap();
            let seen = fixture.attach(pid, Start::Kept).unwrap().finish().await;
            assert_eq!(seen.stdout(), "late\n");
        }
    }
}

async fn send(fixture: &Fixture, pid: u32, data: &str) -> Result<(), Status> {
    let data = Bytes::copy_from_slice(data.as_bytes());
    fixture
        .processes
        .input(&Selector::Pid(pid))?
        .send(data)
        .await
}

#[tokio::test]
async fn feeds_and_closes_the_input() {
    let fixture = fixture();
    let mut client = fixture.start(StartRequest {
        stdin: true,
        ..shell("cat; echo end")
    });
    let pid = client.pid().await;
    send(&fixture, pid, "one ").await.unwrap();
    let input = fixture.processes.input(&Selector::Pid(pid)).unwrap();
    input.send_patiently(Bytes::from("two\n")).await.unwrap();
    input.close().unwrap();
    assert_eq!(client.finish().await.stdout(), "one two\nend\n");
    for refused in [send(&fixture, pid, "three").await, input.close()] {
        assert_eq!(refused.unwrap_err().code(), Code::NotFound);
    }
}

#[tokio::test]
async fn takes_no_input_after_its_end() {
    let fixture = fixture();
    let go = fixture.directory.path().join("go");
    let code = format!("until [ -e {} ]; do sleep 0.01; done; cat", go.display());
    let mut client = fixture.start(StartRequest {
        stdin: true,
        ..shell(&code)
    });
    let pid = client.pid().await;
    let input = fixture.processes.input(&Selector::Pid(pid)).unwrap();
    // More than the pipe takes, so that the end waits.
    let block = "x".repeat(64 << 10);
    for _ in 0..3 {
        send(&fixture, pid, &block).await.unwrap();
    }
    input.close().unwrap();
    for refused in [send(&fixture, pid, "late").await, input.close()] {
        assert_eq!(refused.unwrap_err().code(), Code::FailedPrecondition);
    }
    fs::write(go, "").unwrap();
    assert_eq!(client.finish().await.outputs[0].len(), 3 * block.len());
}

#[tokio::test]
async fn limits_ends_that_a_terminal_does_not_take() {
    let fixture = fixture();
    let mut client = fixture.start(StartRequest {
        pty: Some(crate::wire::sandbox::v1::TerminalSize { rows: 1, cols: 1 }),
        ..shell("stty raw -echo; echo ready; exec sleep 100")
    });
    let pid = client.pid().await;
    client.grant(1000);
    client.next().await;
    let input = fixture.processes.input(&Selector::Pid(pid)).unwrap();
    // More than its queue takes.
    send(&fixture, pid, &"x".repeat(64 << 10)).await.unwrap();
    let closed: Vec<_> = (0..17).map(|_| input.close()).collect();
    assert!(closed[..16].iter().all(Result::is_ok), "{closed:?}");
    let refused = closed[16].as_ref().unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(
        refused.message().starts_with("PROCESS_LIMIT: 16 ends"),
        "{refused:?}"
    );
    let killed = fixture.processes.signal(&Selector::Pid(pid), 9, true);
    killed.unwrap();
}

#[tokio::test]
async fn ends_a_stream_of_input_with_its_process() {
    let fixture = fixture();
    let mut client = fixture.start(StartRequest {
        stdin: true,
        ..shell("read line; echo $line; exit 3")
    });
    let pid = client.pid().await;
    let input = fixture.processes.input(&Selector::Pid(pid)).unwrap();
    let part = StreamInputRequest {
        data: Bytes::from_static(b"one\n"),
        ..Default::default()
    };
    // A client that sends no more, and does not end its stream.
    let parts = tokio_stream::iter([Ok(part)]).chain(tokio_stream::pending());
    let ended = timeout(Duration::from_secs(60), input.stream(parts)).await;
    let ended = ended.expect("the stream must end").unwrap_err();
    assert_eq!(ended.code(), Code::NotFound);
    assert!(
        ended.message().starts_with("PROCESS_UNKNOWN: "),
        "{ended:?}"
    );
    assert_eq!(client.finish().await.ended.exit_code, 3);
}

#[tokio::test]
async fn refuses_input_that_is_not_read() {
    let fixture = fixture();
    let mut client = fixture.start(StartRequest {
        stdin: true,
        ..shell("sleep 100")
    });
    let pid = client.pid().await;
    let block = "x".repeat(64 << 10);
    // 1 MiB waits, and one block is in the pipe.
    for _ in 0..17 {
        send(&fixture, pid, &block).await.unwrap();
    }
    let refused = send(&fixture, pid, &block).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    fixture
        .processes
        .signal(&Selector::Pid(pid), 9, false)
        .unwrap();
    assert_eq!(client.finish().await.ended.signal, 9);

    let mut client = fixture.start(shell("cat; sleep 100"));
    let without = client.pid().await;
    let refused = send(&fixture, without, "x").await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().contains("set stdin"), "{refused:?}");
}

#[tokio::test]
async fn signals_a_process_or_its_whole_group() {
    let fixture = fixture();
    for whole_group in [false, true] {
        let mut client = fixture.start(shell(
            "trap 'echo parent; trap - USR1; wait; exit 3' USR1; \
             (trap 'echo child; exit' USR1; echo ready; while :; do sleep 0.01; done) & \
             while :; do sleep 0.01; done",
        ));
        client.grant(64);
        let pid = client.pid().await;
        client.next().await;
        let selector = Selector::Pid(pid);
        fixture
            .processes
            .signal(&selector, 10, whole_group)
            .unwrap();
        let mut said = String::new();
        if !whole_group {
            client.grant(64);
            said += &client.text().await;
            // The child says nothing.
            sleep(Duration::from_millis(100)).await;
            fixture.processes.signal(&selector, 9, true).unwrap();
        }
        said += &client.finish().await.stdout();
        assert!(said.contains("parent"), "{said}");
        assert_eq!(said.contains("child"), whole_group, "{said}");
        let refused = fixture.processes.signal(&selector, 15, false).unwrap_err();
        assert_eq!(refused.code(), Code::NotFound);
        assert!(refused.message().starts_with("PROCESS_UNKNOWN: "));
    }
}

#[tokio::test]
async fn finds_processes_by_their_tags() {
    let fixture = fixture();
    let tagged = || StartRequest {
        tag: "server".to_owned(),
        ..shell("sleep 100")
    };
    let mut client = fixture.start(tagged());
    let pid = client.pid().await;
    let refused = fixture.try_start(tagged()).err().unwrap();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(
        refused.message(),
        format!("TAG_TAKEN: process {pid} has the tag")
    );
    let server = Selector::Tag("server".to_owned());
    fixture.processes.signal(&server, 9, false).unwrap();
    client.finish().await;
    fixture.start(tagged());
    let all = fixture.processes.list();
    let tags: Vec<_> = all
        .iter()
        .map(|one| (one.tag.as_str(), one.ended.is_some()))
        .collect();
    assert_eq!(tags, [("server", true), ("server", false)]);
    fixture.processes.signal(&server, 9, true).unwrap();
    let refused = fixture
        .processes
        .signal(&Selector::Tag("x".to_owned()), 9, false);
    assert!(refused
        .unwrap_err()
        .message()
        .starts_with("PROCESS_UNKNOWN: "));
}

#[tokio::test]
async fn kills_a_process_whose_time_has_passed() {
    let fixture = fixture();
    let seen = fixture
        .start(StartRequest {
            timeout_secs: 1,
            ..shell("trap '' TERM; echo begun; sleep 100; sleep 100")
        })
        .finish()
        .await;
    assert!(seen.ended.timed_out);
    assert_eq!((seen.ended.exit_code, seen.ended.signal), (137, 9));
    assert_eq!(seen.stdout(), "begun\n");
}

#[tokio::test]
async fn limits_processes_and_attached_streams() {
    let fixture = fixture();
    let mut clients = Vec::new();
    for _ in 0..64 {
        clients.push(fixture.start(StartRequest {
            end_with_stream: true,
            ..shell("exec sleep 100")
        }));
    }
    let refused = fixture.try_start(shell("true")).err().unwrap();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(
        refused.message().starts_with("PROCESS_LIMIT: "),
        "{refused:?}"
    );
    let pid = clients[0].pid().await;
    for _ in 0..64 {
        clients.push(fixture.attach(pid, Start::Kept).unwrap());
    }
    let refused = fixture.attach(pid, Start::Kept).err().unwrap();
    assert_eq!(
        (refused.code(), refused.message()),
        (
            Code::ResourceExhausted,
            "PROCESS_LIMIT: 128 streams of Start and Attach are open in the sandbox, which is the limit: end one of them"
        )
    );
    let streams: Vec<_> = (0..8)
        .map(|_| fixture.processes.admit_input_stream().unwrap())
        .collect();
    let refused = fixture.processes.admit_input_stream().unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(
        refused
            .message()
            .starts_with("PROCESS_LIMIT: 8 calls of StreamInput "),
        "{refused:?}"
    );
    drop((streams, clients));
    fixture.ended(pid).await;
    fixture.start(shell("true")).finish().await;
}
