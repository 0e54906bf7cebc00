//! The service of files, called by gRPC over a byte stream.

use std::path::Path;
use std::time::Duration;

use prost::Message;
use tokio::io::duplex;
use tokio::time::{sleep, timeout};
use tokio_stream::{Stream, StreamExt};
use tonic::codegen::http;
use tonic::Request;

use super::tests::{connect, fixture, serve, services};
use crate::lifecycle::Step;
use crate::wire::guest::guest_file_service_client::GuestFileServiceClient;
use crate::wire::guest::guest_read_request::Part as ReadPart;
use crate::wire::guest::{Credit, GuestReadRequest};
use crate::wire::sandbox::v1::{ReadRequest, WriteRequest, WriteTarget};

/// The first part of a file, after which the rest does not come.
fn part_of_a_file() -> WriteRequest {
    WriteRequest {
        target: Some(WriteTarget {
            path: "file".to_owned(),
            ..Default::default()
        }),
        data: vec![b'x'; 65_536].into(),
    }
}

#[tokio::test]
async fn writes_and_reads_a_file() {
    let mut fixture = fixture().await;
    fixture.lifecycle.refresh_in_test();
    fixture.lifecycle.take(Step::Adopt).unwrap();
    let parts = (0..100).map(|index| WriteRequest {
        target: (index == 0).then(|| part_of_a_file().target.unwrap()),
        data: vec![index; 65_536].into(),
    });
    let written = fixture.files.write(tokio_stream::iter(parts)).await;
    assert_eq!(written.unwrap().into_inner().entry.unwrap().size, 6_553_600);

    let read = ReadPart::Read(ReadRequest {
        path: "file".to_owned(),
        ..Default::default()
    });
    let credit = ReadPart::Credit(Credit { bytes: u32::MAX });
    let requests = [read, credit].map(|part| GuestReadRequest { part: Some(part) });
    let requests = tokio_stream::iter(requests).chain(tokio_stream::pending());
    let mut responses = fixture.files.read(requests).await.unwrap().into_inner();
    let first = responses.message().await.unwrap().unwrap();
    assert_eq!(first.entry.unwrap().size, 6_553_600);
    let mut content = Vec::new();
    while let Some(response) = responses.message().await.unwrap() {
        content.extend(response.data);
    }
    assert!(content.len() == 6_553_600 && (0..100).all(|at| content[at * 65_536] == at as u8));
}

async fn until_entries(directory: &Path, count: usize) {
    let counted = async {
        while std::fs::read_dir(directory).unwrap().count() != count {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let counted = timeout(Duration::from_secs(60), counted).await;
    counted.unwrap_or_else(|_| panic!("{directory:?} must have {count} entries"));
}

fn unfinished_write() -> Request<impl Stream<Item = WriteRequest>> {
    Request::new(tokio_stream::iter([part_of_a_file()]).chain(tokio_stream::pending()))
}

#[tokio::test]
async fn removes_an_unfinished_file_after_the_deadline_of_its_call() {
    let fixture = fixture().await;
    fixture.lifecycle.refresh_in_test();
    fixture.lifecycle.take(Step::Adopt).unwrap();
    let mut request = unfinished_write();
    request.set_timeout(Duration::from_secs(3));
    let mut files = fixture.files.clone();
    let write = tokio::spawn(async move { files.write(request).await });
    until_entries(fixture.directory.path(), 1).await;
    until_entries(fixture.directory.path(), 0).await;
    write.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn removes_an_unfinished_file_when_the_connection_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let (lifecycle, services) = services(directory.path());
    lifecycle.refresh_in_test();
    lifecycle.take(Step::Adopt).unwrap();
    let (client, server) = duplex(64 << 10);
    serve(&services, server);
    // The end of its runtime ends the host.
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let host = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut files = GuestFileServiceClient::new(connect(client).await);
            tokio::select! {
                _ = files.write(unfinished_write()) => panic!("the write must not end"),
                _ = ended => {}
            }
        });
    });
    until_entries(directory.path(), 1).await;
    end.send(()).unwrap();
    until_entries(directory.path(), 0).await;
    host.join().unwrap();
}

#[tokio::test]
async fn keeps_the_old_file_when_its_replacement_is_cancelled() {
    let fixture = fixture().await;
    fixture.lifecycle.refresh_in_test();
    fixture.lifecycle.take(Step::Adopt).unwrap();
    let file = fixture.directory.path().join("file");
    for _ in 0..20 {
        std::fs::write(&file, "old").unwrap();
        let (client, server) = duplex(64 << 10);
        serve(&fixture.services, server);
        let (client, connection) = h2::client::handshake(client).await.unwrap();
        let connection = tokio::spawn(connection);
        let request = http::Request::post("http://guest/neurovisor.guest.GuestFileService/Write")
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(())
            .unwrap();
        let mut client = client.ready().await.unwrap();
        let (response, mut body) = client.send_request(request, false).unwrap();
        let message = WriteRequest {
            data: "half".into(),
            ..part_of_a_file()
        }
        .encode_to_vec();
        let mut frame = vec![0, 0, 0, 0, message.len() as u8];
        frame.extend(message);
        body.send_data(frame.into(), false).unwrap();
        until_entries(fixture.directory.path(), 2).await;
        body.send_reset(h2::Reason::CANCEL);
        response.await.unwrap_err();
        until_entries(fixture.directory.path(), 1).await;
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");
        connection.abort();
    }
}
