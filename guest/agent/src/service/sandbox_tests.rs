//! A living sandbox, called by gRPC over a byte stream.

use std::time::Duration;

use bytes::Bytes;
use tokio::io::duplex;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_stream::StreamExt;
use tonic::{Code, Status, Streaming};

use super::tests::{bash, connect, fixture, serve, Fixture};
use crate::wire::guest::guest_attach_request::Part as AttachPart;
use crate::wire::guest::guest_service_client::GuestServiceClient;
use crate::wire::guest::guest_start_request::Part;
use crate::wire::guest::{
    AdoptRequest, Credit, FreezeRequest, GuestAttachRequest, GuestStartRequest, PrimeRequest,
    RefreshRequest, SetClockRequest, StatsRequest, ThawRequest,
};
use crate::wire::sandbox::v1::process_event::Event;
use crate::wire::sandbox::v1::process_selector::Selector;
use crate::wire::sandbox::v1::{
    CloseInputRequest, ListProcessesRequest, ProcessEvent, ProcessSelector, ResizeRequest,
    SendInputRequest, SignalRequest, StartRequest, StatRequest, StreamInputRequest,
};

async fn adopted() -> Fixture {
    let mut fixture = fixture().await;
    fixture.lifecycle.refresh_in_test();
    let request = AdoptRequest {
        env: [("GREETING".to_owned(), "hello".to_owned())].into(),
        cwd: String::new(),
    };
    let answer = fixture.guest.adopt(request).await.unwrap().into_inner();
    assert!(answer.disk_bytes > 0);
    fixture
}

fn shell(script: &str) -> StartRequest {
    StartRequest {
        command: "sh".to_owned(),
        args: vec!["-c".to_owned(), script.to_owned()],
        ..Default::default()
    }
}

/// A started process, as the host sees it.
struct Started {
    parts: mpsc::UnboundedSender<GuestStartRequest>,
    events: Streaming<ProcessEvent>,
    process: Option<ProcessSelector>,
}

async fn try_start(fixture: &mut Fixture, first: Part) -> Result<Started, Status> {
    let (parts, requests) = mpsc::unbounded_channel();
    parts.send(GuestStartRequest { part: Some(first) }).unwrap();
    let requests = UnboundedReceiverStream::new(requests);
    let mut events = fixture.processes.start(requests).await?.into_inner();
    let first = events.message().await?.unwrap().event;
    let Some(Event::Started(started)) = first else {
        panic!("{first:?}");
    };
    Ok(Started {
        parts,
        events,
        process: Some(ProcessSelector {
            selector: Some(Selector::Pid(started.pid)),
        }),
    })
}

async fn start(fixture: &mut Fixture, request: StartRequest) -> Started {
    try_start(fixture, Part::Start(request)).await.unwrap()
}

impl Started {
    fn grant(&self, bytes: u32) {
        let part = Some(Part::Credit(Credit { bytes }));
        self.parts.send(GuestStartRequest { part }).unwrap();
    }

    async fn next(&mut self) -> Event {
        let next = timeout(Duration::from_secs(60), self.events.message()).await;
        next.expect("no event").unwrap().unwrap().event.unwrap()
    }
}

#[tokio::test]
async fn opens_processes_and_files_once_adopted() {
    let mut fixture = fixture().await;
    for refreshed in [false, true] {
        let refused = try_start(&mut fixture, Part::Start(shell("true"))).await;
        assert_eq!(refused.err().unwrap().code(), Code::FailedPrecondition);
        let refused = fixture.files.stat(StatRequest::default()).await;
        assert_eq!(refused.unwrap_err().code(), Code::FailedPrecondition);
        let clock = SetClockRequest { unix_nanos: 0 };
        let refused = fixture.guest.set_clock(clock).await.unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition);
        if !refreshed {
            let refused = fixture.guest.adopt(AdoptRequest::default()).await;
            assert_eq!(refused.unwrap_err().code(), Code::FailedPrecondition);
            fixture.lifecycle.refresh_in_test();
        }
    }
    // The VM is still unused after an invalid request.
    let invalid = AdoptRequest {
        cwd: "\0".to_owned(),
        ..Default::default()
    };
    let refused = fixture.guest.adopt(invalid).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().starts_with("cwd: "), "{refused:?}");
    fixture.guest.adopt(AdoptRequest::default()).await.unwrap();
    let refused = fixture.guest.adopt(AdoptRequest::default()).await;
    assert_eq!(refused.unwrap_err().code(), Code::FailedPrecondition);
    let refused = fixture.executions.execute_stream(bash("true")).await;
    assert_eq!(refused.unwrap_err().code(), Code::FailedPrecondition);
    let prime = PrimeRequest {
        program: Some(bash("true")),
    };
    let refused = fixture.guest.prime(prime).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    let clock = SetClockRequest { unix_nanos: -1 };
    let refused = fixture.guest.set_clock(clock).await.unwrap_err();
    assert_eq!(
        refused.message(),
        "unix_nanos: is -1, which lies before 2020"
    );
    start(&mut fixture, shell("true")).await;
    let stats = fixture.guest.stats(StatsRequest {}).await.unwrap();
    assert!(stats.into_inner().disk_total_bytes > 0);
}

#[tokio::test]
async fn sends_as_much_output_as_was_granted() {
    let mut fixture = adopted().await;
    let mut process = start(
        &mut fixture,
        // One write, so that it arrives as one.
        shell("printf '%070d%s\\n' 0 $GREETING; exit 3"),
    )
    .await;
    process.grant(72);
    let Event::Output(output) = process.next().await else {
        panic!("no output");
    };
    assert_eq!(output.data.len(), 72);
    assert!(output.data.ends_with(b"0he"));
    let more = timeout(Duration::from_millis(200), process.events.message()).await;
    assert!(more.is_err(), "{more:?}");
    process.grant(100);
    let Event::Output(output) = process.next().await else {
        panic!("no output");
    };
    assert_eq!((output.offset, &output.data[..]), (72, &b"llo\n"[..]));
    let Event::Ended(ended) = process.next().await else {
        panic!("no end");
    };
    assert_eq!(ended.exit_code, 3);
    assert!(process.events.message().await.unwrap().is_none());
}

#[tokio::test]
async fn exchanges_input_and_signals() {
    let mut fixture = adopted().await;
    let request = StartRequest {
        stdin: true,
        tag: "cat".to_owned(),
        ..shell("cat; sleep 100")
    };
    let mut process = start(&mut fixture, request).await;
    process.grant(64 << 10);
    let selector = || process.process.clone();
    let part = |process, data: &'static str| StreamInputRequest {
        process,
        data: Bytes::from(data),
        ..Default::default()
    };
    let parts = tokio_stream::iter([part(selector(), "one "), part(None, "two ")]);
    fixture.processes.stream_input(parts).await.unwrap();
    let input = |bytes: Vec<u8>| SendInputRequest {
        process: selector(),
        data: bytes.into(),
        ..Default::default()
    };
    let sent = fixture.processes.send_input(input(b"three".to_vec()));
    sent.await.unwrap();
    let refused = fixture.processes.send_input(input(vec![0; 70_000])).await;
    assert_eq!(
        refused.unwrap_err().message(),
        "data: has 70000 bytes, at most 65536 are allowed"
    );
    let close = CloseInputRequest {
        process: selector(),
        ..Default::default()
    };
    fixture.processes.close_input(close).await.unwrap();
    let mut seen = String::new();
    while seen != "one two three" {
        match process.next().await {
            Event::Output(output) => seen.push_str(&String::from_utf8_lossy(&output.data)),
            other => panic!("{other:?}"),
        }
    }
    let signal = |signal| SignalRequest {
        process: process.process.clone(),
        signal,
        whole_group: true,
        ..Default::default()
    };
    for number in [0, 65] {
        let refused = fixture.processes.signal(signal(number)).await.unwrap_err();
        let expected = format!("signal: is {number}, must be 1 to 64");
        assert_eq!(
            (refused.code(), refused.message()),
            (Code::InvalidArgument, expected.as_str())
        );
    }
    let resize = ResizeRequest {
        process: process.process.clone(),
        ..Default::default()
    };
    let refused = fixture.processes.resize(resize).await.unwrap_err();
    assert_eq!(refused.message(), "size: is missing");
    let all = fixture
        .processes
        .list_processes(ListProcessesRequest::default());
    let all = all.await.unwrap().into_inner().processes;
    assert_eq!((all.len(), all[0].tag.as_str()), (1, "cat"));
    fixture.processes.signal(signal(9)).await.unwrap();
    let Event::Ended(ended) = process.next().await else {
        panic!("no end");
    };
    assert_eq!(ended.signal, 9);
}

#[tokio::test]
async fn detaches_a_host_that_is_gone() {
    let mut fixture = adopted().await;
    let request = StartRequest {
        end_with_stream: true,
        ..shell("echo $$; sleep 100")
    };
    let process = start(&mut fixture, request).await;
    let (events, parts) = (process.events, process.parts);
    drop((events, parts));
    let ended = async {
        loop {
            let all = fixture
                .processes
                .list_processes(ListProcessesRequest::default());
            if all.await.unwrap().into_inner().processes[0].ended.is_some() {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(60), ended).await.unwrap();
}

#[tokio::test]
async fn a_freeze_ends_the_calls_and_no_process() {
    let mut fixture = adopted().await;
    let request = StartRequest {
        end_with_stream: true,
        ..shell("sleep 100")
    };
    let mut process = start(&mut fixture, request).await;
    let waiting = StartRequest {
        stdin: true,
        ..shell("sleep 100")
    };
    let other = start(&mut fixture, waiting).await;
    let part = StreamInputRequest {
        process: other.process.clone(),
        ..Default::default()
    };
    let parts = tokio_stream::iter([part]).chain(tokio_stream::pending());
    let mut processes = fixture.processes.clone();
    let input = tokio::spawn(async move { processes.stream_input(parts).await });
    let refused = fixture.guest.thaw(ThawRequest {}).await;
    assert_eq!(refused.unwrap_err().code(), Code::FailedPrecondition);

    fixture.guest.freeze(FreezeRequest {}).await.unwrap();

    let end = process.events.message().await.unwrap_err();
    assert_eq!(end.code(), Code::Aborted);
    assert_eq!(
        end.message(),
        "FROZEN: the programs of this sandbox stand still"
    );
    assert_eq!(input.await.unwrap().unwrap_err().code(), Code::Aborted);
    let list = || ListProcessesRequest::default();
    let refused = fixture.processes.list_processes(list()).await;
    assert_eq!(refused.unwrap_err().code(), Code::FailedPrecondition);
    let refused = fixture.files.stat(StatRequest::default()).await;
    assert_eq!(refused.unwrap_err().code(), Code::FailedPrecondition);
    let refused = fixture.guest.freeze(FreezeRequest {}).await;
    assert_eq!(refused.unwrap_err().code(), Code::FailedPrecondition);

    // Nothing was saved while this connection was open.
    fixture.guest.thaw(ThawRequest {}).await.unwrap();
    let all = fixture.processes.list_processes(list()).await.unwrap();
    let all = all.into_inner().processes;
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|process| process.ended.is_none()));
}

#[tokio::test]
async fn a_connection_thaws_only_what_it_has_frozen_or_refreshed() {
    let mut fixture = adopted().await;
    fixture.guest.freeze(FreezeRequest {}).await.unwrap();
    let (client, server) = duplex(64 << 10);
    serve(&fixture.services, server);
    let mut second = GuestServiceClient::new(connect(client).await);
    let refused = second.thaw(ThawRequest {}).await.unwrap_err();
    assert!(
        refused.message().contains("Refresh before Thaw"),
        "{refused:?}"
    );
    let nothing = second.refresh(RefreshRequest::default()).await.unwrap_err();
    assert!(nothing.message().starts_with("entropy: "), "{nothing:?}");
    assert!(second.thaw(ThawRequest {}).await.is_err());

    fixture.lifecycle.refresh_in_test();
    assert!(fixture.guest.thaw(ThawRequest {}).await.is_err());
}

#[tokio::test]
async fn requires_the_request_before_credits() {
    let mut fixture = adopted().await;
    let refused = try_start(&mut fixture, Part::Credit(Credit { bytes: 1 })).await;
    let refused = refused.err().unwrap();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let mut process = start(&mut fixture, shell("sleep 100")).await;
    let second = GuestStartRequest {
        part: Some(Part::Start(shell("true"))),
    };
    process.parts.send(second).unwrap();
    let refused = process.events.message().await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let attach = |part| tokio_stream::iter([GuestAttachRequest { part }]);
    for part in [None, Some(AttachPart::Attach(Default::default()))] {
        let refused = fixture.processes.attach(attach(part)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
}
