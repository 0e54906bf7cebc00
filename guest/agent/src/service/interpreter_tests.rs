//! The service of the code interpreter, called by gRPC over a byte stream.

use std::fs;

use tokio::io::duplex;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::transport::Channel;
use tonic::{Code, Streaming};

use super::tests::{connect, serve, services};
use super::Services;
use crate::interpreter::fixture::{contexts_in, until_exists, HAS_IPYTHON, TIMES};
use crate::lifecycle::{Lifecycle, Step};
use crate::wire::guest::guest_attach_cell_request::Part as AttachPart;
use crate::wire::guest::guest_execute_cell_request::Part;
use crate::wire::guest::guest_interpreter_service_client::GuestInterpreterServiceClient;
use crate::wire::guest::guest_service_client::GuestServiceClient;
use crate::wire::guest::{
    Credit, FreezeRequest, GuestAttachCellRequest, GuestExecuteCellRequest, ThawRequest,
};
use crate::wire::sandbox::v1::cell_event::Event;
use crate::wire::sandbox::v1::{
    AttachCellRequest, CellEvent, CellOutcome, CreateContextRequest, ExecuteCellRequest,
    ListContextsRequest,
};

type Client = GuestInterpreterServiceClient<Channel>;

async fn client(services: &Services) -> (Client, GuestServiceClient<Channel>) {
    let (client, server) = duplex(64 << 10);
    serve(services, server);
    let channel = connect(client).await;
    (
        Client::new(channel.clone()),
        GuestServiceClient::new(channel),
    )
}

fn adopt(lifecycle: &Lifecycle) {
    lifecycle.refresh_in_test();
    lifecycle.take(Step::Adopt).unwrap();
}

fn python() -> CreateContextRequest {
    CreateContextRequest {
        language: "python".to_owned(),
        ..Default::default()
    }
}

/// Executes a cell with much credit.
async fn execute(client: &mut Client, context_id: &str, code: &str) -> Streaming<CellEvent> {
    let cell = Part::Execute(ExecuteCellRequest {
        context_id: context_id.to_owned(),
        code: code.to_owned(),
        ..Default::default()
    });
    let (parts, requests) = tokio::sync::mpsc::unbounded_channel();
    for part in [cell, Part::Credit(Credit { bytes: 1 << 20 })] {
        parts
            .send(GuestExecuteCellRequest { part: Some(part) })
            .unwrap();
    }
    let requests = UnboundedReceiverStream::new(requests);
    client.execute_cell(requests).await.unwrap().into_inner()
}

async fn until_text(events: &mut Streaming<CellEvent>, text: &str) -> CellEvent {
    loop {
        let event = events.message().await.unwrap().expect("no more events");
        if matches!(&event.event, Some(Event::Text(one)) if one.text.contains(text)) {
            return event;
        }
    }
}

async fn ended(events: &mut Streaming<CellEvent>) -> (String, CellOutcome) {
    let mut all = String::new();
    while let Some(event) = events.message().await.unwrap() {
        match event.event.unwrap() {
            Event::Text(text) => all.push_str(&text.text),
            Event::Ended(ended) => return (all, ended.outcome()),
            _ => {}
        }
    }
    panic!("no end");
}

#[tokio::test]
async fn serves_contexts_only_in_a_living_sandbox() {
    let directory = tempfile::tempdir().unwrap();
    let (lifecycle, services) = services(directory.path());
    let (mut client, _guest) = client(&services).await;
    let refused = client.list_contexts(ListContextsRequest::default()).await;
    assert_eq!(refused.unwrap_err().code(), Code::FailedPrecondition);
    adopt(&lifecycle);
    let listed = client.list_contexts(ListContextsRequest::default()).await;
    assert_eq!(listed.unwrap().into_inner().contexts, []);
    let part = Some(Part::Credit(Credit { bytes: 1 }));
    let refused = client
        .execute_cell(tokio_stream::iter([GuestExecuteCellRequest { part }]))
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
    let mut request = python();
    request.language = "cobol".to_owned();
    let refused = client.create_context(request).await;
    assert_eq!(refused.unwrap_err().code(), Code::Unimplemented);
}

#[tokio::test]
async fn a_cell_goes_on_after_a_freeze() {
    if !*HAS_IPYTHON {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (lifecycle, mut services) = services(directory.path());
    services.contexts = contexts_in(directory.path(), lifecycle.clone(), TIMES);
    adopt(&lifecycle);
    let (mut client, mut guest) = client(&services).await;
    let created = client.create_context(python()).await.unwrap().into_inner();
    let id = created.context.unwrap().id;
    let go = directory.path().join("go");
    let code = format!(
        "import os, time\nprint('before')\nwhile not os.path.exists({go:?}): time.sleep(0.01)\nprint('after')"
    );
    let mut events = execute(&mut client, &id, &code).await;
    let before = until_text(&mut events, "before").await;

    guest.freeze(FreezeRequest {}).await.unwrap();
    let end = events.message().await.unwrap_err();
    assert_eq!(end.code(), Code::Aborted);
    let refused = client.list_contexts(ListContextsRequest::default()).await;
    assert_eq!(refused.unwrap_err().code(), Code::FailedPrecondition);
    fs::write(go, "").unwrap();
    guest.thaw(ThawRequest {}).await.unwrap();

    let attach = AttachPart::Attach(AttachCellRequest {
        context_id: id.clone(),
        cell: before.cell,
        from_event: before.number + 1,
        ..Default::default()
    });
    let parts = [attach, AttachPart::Credit(Credit { bytes: 1 << 20 })];
    let parts = parts.map(|part| GuestAttachCellRequest { part: Some(part) });
    let attached = client.attach_cell(tokio_stream::iter(parts)).await;
    let outcome = ended(&mut attached.unwrap().into_inner()).await;
    assert_eq!(outcome, ("after\n".to_owned(), CellOutcome::Ok));
    services.contexts.remove(&id).unwrap();
}

#[tokio::test]
async fn a_time_limit_waits_for_a_frozen_sandbox() {
    if !*HAS_IPYTHON {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (lifecycle, mut services) = services(directory.path());
    services.contexts = contexts_in(directory.path(), lifecycle.clone(), TIMES);
    adopt(&lifecycle);
    let (mut client, mut guest) = client(&services).await;
    let created = client.create_context(python()).await.unwrap().into_inner();
    let id = created.context.unwrap().id;
    let (begun, slept) = (
        directory.path().join("begun"),
        directory.path().join("slept"),
    );
    let cell = Part::Execute(ExecuteCellRequest {
        context_id: id.clone(),
        code: format!(
            "import time\nopen({begun:?}, 'w').close()\ntime.sleep(3.5)\nopen({slept:?}, 'w').close()"
        ),
        timeout_secs: 3,
        detach: true,
        ..Default::default()
    });
    let request = tokio_stream::iter([GuestExecuteCellRequest { part: Some(cell) }]);
    drop(client.execute_cell(request).await.unwrap());
    until_exists(begun).await;
    // Outside of a guest programs run on, so the cell ends before its late time limit.
    guest.freeze(FreezeRequest {}).await.unwrap();
    until_exists(slept).await;
    guest.thaw(ThawRequest {}).await.unwrap();
    let attach = AttachPart::Attach(AttachCellRequest {
        context_id: id.clone(),
        cell: 1,
        from_event: 0,
        ..Default::default()
    });
    let parts = [attach, AttachPart::Credit(Credit { bytes: 1 << 20 })];
    let parts = parts.map(|part| GuestAttachCellRequest { part: Some(part) });
    let attached = client.attach_cell(tokio_stream::iter(parts)).await;
    let outcome = ended(&mut attached.unwrap().into_inner()).await;
    assert_eq!(outcome, (String::new(), CellOutcome::Ok));
    services.contexts.remove(&id).unwrap();
}
