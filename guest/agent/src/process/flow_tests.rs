//! The flow of output from processes to clients.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{kill_process_group, Pid, Signal};
use tokio::time::{sleep, timeout};
use tokio_stream::StreamExt;
use tonic::Code;

use super::kept_output::Start;
use super::state::Times;
use super::table::Selector;
use super::tests::{fixture, fixture_with, shell, Client, TIMES};
use crate::wire::guest::AdoptRequest;
use crate::wire::sandbox::v1::process_event::Event;

const KEPT: u64 = 256 << 10;

#[tokio::test]
async fn sends_no_output_without_credit() {
    let fixture = fixture();
    let mut client = fixture.start(shell("printf %070dabc 0"));
    let pid = client.pid().await;
    fixture.ended(pid).await;
    // A message counts 64 bytes at least.
    client.grant(63);
    let silence = timeout(Duration::from_millis(50), client.events.next()).await;
    assert!(silence.is_err(), "{silence:?}");
    client.grant(8);
    let Event::Output(output) = client.next().await else {
        panic!("no output");
    };
    assert_eq!((output.offset, output.data.len()), (0, 71));
    assert!(output.data.ends_with(b"0a"));
    assert_eq!(client.finish().await.stdout(), "bc");
}

#[tokio::test]
async fn keeps_the_last_output_of_a_process_without_a_reader() {
    let fixture = fixture();
    let mut client = fixture.start(shell("head -c 3000000 /dev/zero; echo end"));
    let pid = client.pid().await;
    drop(client);
    fixture.ended(pid).await;
    let seen = fixture
        .attach(pid, Start::Offsets(vec![7, 0]))
        .unwrap()
        .finish()
        .await;
    let to = 3_000_004 - KEPT;
    assert_eq!(seen.gaps, [(7, to)]);
    assert_eq!(seen.outputs[0].len() as u64, KEPT);
    assert!(seen.outputs[0].ends_with(b"\0end\n"));
    let seen = fixture
        .attach(pid, Start::Offsets(vec![3_000_000, 0]))
        .unwrap()
        .finish()
        .await;
    assert_eq!(seen.stdout(), "end\n");
    let seen = fixture.attach(pid, Start::Now).unwrap().finish().await;
    assert_eq!((seen.stdout().as_str(), seen.ended.exit_code), ("", 0));
    let refused = fixture
        .attach(pid, Start::Offsets(vec![3_000_005, 0]))
        .err()
        .unwrap();
    assert_eq!(
        (refused.code(), refused.message()),
        (
            Code::InvalidArgument,
            "offsets.stdout: is beyond the 3000004 bytes that the process has written"
        )
    );
}

#[tokio::test]
async fn waits_for_a_client_that_reads_slowly() {
    let times = Times {
        patience: Duration::from_secs(4),
        ..TIMES
    };
    let fixture = fixture_with(times, AdoptRequest::default());
    let mut client = fixture.start(shell("head -c 2000000 /dev/zero"));
    client.pid().await;
    // Long enough for the process to fill pipe and kept output, and for the agent to lose patience if it did not count
    // from the last time that the client took something.
    for _ in 0..4 {
        sleep(Duration::from_millis(1250)).await;
        client.grant(64);
        client.next().await;
    }
    let seen = client.finish().await;
    assert_eq!(seen.gaps, []);
    assert_eq!(seen.outputs[0].len(), 2_000_000 - 4 * 64);
}

#[tokio::test]
async fn reports_the_end_after_output_that_waits_in_the_pipe() {
    let fixture = fixture();
    let mut client = fixture.start(shell("head -c 300000 /dev/zero"));
    let pid = client.pid().await;
    // More than is kept has been written, and the pipe holds the rest.
    fixture.ended(pid).await;
    let seen = client.finish().await;
    assert_eq!(
        (seen.outputs[0].len(), seen.gaps.as_slice()),
        (300_000, &[][..])
    );
}

#[tokio::test]
async fn goes_on_without_a_client_that_does_not_read() {
    let times = Times {
        patience: Duration::from_millis(600),
        ..TIMES
    };
    let fixture = fixture_with(times, AdoptRequest::default());
    let began = Instant::now();
    let mut stalled = fixture.start(shell("head -c 2000000 /dev/zero"));
    let pid = stalled.pid().await;
    let other = fixture.attach(pid, Start::Kept).unwrap();
    assert_eq!(fixture.ended(pid).await.exit_code, 0);
    assert!(began.elapsed() >= times.patience, "{:?}", began.elapsed());
    for client in [stalled, other] {
        let seen = client.finish().await;
        assert_eq!(seen.gaps, [(0, 2_000_000 - KEPT)]);
    }
}

#[tokio::test]
async fn serves_other_clients_while_one_does_not_read() {
    let fixture = fixture();
    let mut stalled = fixture.start(shell("head -c 400000 /dev/zero"));
    stalled.pid().await;
    let began = Instant::now();
    let seen = fixture
        .start(shell("head -c 5000000 /dev/zero"))
        .finish()
        .await;
    assert_eq!(seen.outputs[0].len(), 5_000_000);
    assert_eq!(seen.gaps, []);
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn serves_others_while_a_process_floods() {
    let fixture = fixture();
    let mut clients: Vec<Client> = Vec::new();
    for _ in 0..2 {
        clients.push(fixture.start(shell("exec yes")));
    }
    let mut pids = Vec::new();
    for client in &mut clients {
        pids.push(client.pid().await);
    }
    drop(clients);
    let began = Instant::now();
    let seen = fixture.start(shell("echo quick")).finish().await;
    assert_eq!(seen.stdout(), "quick\n");
    sleep(Duration::from_millis(10)).await;
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
    for pid in pids {
        fixture
            .processes
            .signal(&Selector::Pid(pid), 9, true)
            .unwrap();
    }
}

#[tokio::test]
async fn sends_signs_of_life_on_a_silent_stream() {
    let times = Times {
        keep_alive: Duration::from_millis(50),
        ..TIMES
    };
    let fixture = fixture_with(times, AdoptRequest::default());
    let mut client = fixture.start(shell("sleep 100"));
    let pid = client.pid().await;
    for _ in 0..2 {
        assert!(matches!(client.next().await, Event::KeepAlive(_)));
    }
    fixture
        .processes
        .signal(&Selector::Pid(pid), 9, false)
        .unwrap();
    client.finish().await;
}

#[tokio::test]
async fn forgets_an_ended_process_after_a_while() {
    let times = Times {
        kept: Duration::from_millis(100),
        ..TIMES
    };
    let fixture = fixture_with(times, AdoptRequest::default());
    let mut client = fixture.start(shell("echo x"));
    let pid = client.pid().await;
    fixture.ended(pid).await;
    let forgotten = async {
        while !fixture.processes.list().is_empty() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(60), forgotten).await.unwrap();
    assert!(fixture.attach(pid, Start::Kept).is_err());
    let gone = client.events.next().await.unwrap().unwrap_err();
    assert!(gone.message().starts_with("PROCESS_UNKNOWN: "), "{gone:?}");
}

#[tokio::test]
async fn forgets_an_ended_process_after_many_others() {
    let fixture = fixture();
    let mut client = fixture.start(shell("echo x"));
    let pid = client.pid().await;
    fixture.ended(pid).await;
    for number in 0..64 {
        assert_eq!(fixture.processes.list().len(), number + 1);
        fixture.start(shell("true")).finish().await;
    }
    assert_eq!(fixture.processes.list().len(), 64);
    assert!(fixture.attach(pid, Start::Kept).is_err());
    // The client waits for credit.
    let gone = timeout(Duration::from_secs(60), client.events.next()).await;
    let gone = gone.unwrap().unwrap().unwrap_err();
    assert!(gone.message().starts_with("PROCESS_UNKNOWN: "), "{gone:?}");
}

#[tokio::test]
async fn ends_although_another_process_holds_its_pipes() {
    let fixture = fixture();
    let began = Instant::now();
    let mut client = fixture.start(shell("(sleep 100; echo late) & echo $!"));
    let group = Pid::from_raw(client.pid().await.try_into().unwrap()).unwrap();
    let seen = client.finish().await;
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
    let child = seen.stdout().trim().to_owned();
    assert!(
        fs::exists(format!("/proc/{child}")).unwrap(),
        "the other process runs on"
    );
    kill_process_group(group, Signal::KILL).unwrap();
}
