//! Ends the calls of processes and files when their sandbox is frozen.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::Frame;
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, Request, Response};
use tonic::codegen::{BoxFuture, Service};
use tonic::server::NamedService;
use tonic::Status;

use crate::lifecycle::Lifecycle;

/// A service whose calls end with ABORTED when the sandbox is frozen.
#[derive(Clone)]
pub struct UntilFrozen<S> {
    service: S,
    lifecycle: Lifecycle,
}

impl<S> UntilFrozen<S> {
    pub fn new(service: S, lifecycle: Lifecycle) -> Self {
        Self { service, lifecycle }
    }
}

impl<S: NamedService> NamedService for UntilFrozen<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for UntilFrozen<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Response<Body>, Infallible>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let mut frozen = Box::pin(self.lifecycle.next_freeze());
        let answer = self.service.call(request);
        Box::pin(async move {
            tokio::select! {
                biased;
                () = &mut frozen => Ok(status().into_http()),
                answer = answer => answer.map(|response| {
                    response.map(|body| Body::new(UntilFrozenBody { body, frozen: Some(frozen) }))
                }),
            }
        })
    }
}

fn status() -> Status {
    Status::aborted("FROZEN: the programs of this sandbox stand still")
}

struct UntilFrozenBody<F> {
    body: Body,
    /// `None` after the end.
    frozen: Option<Pin<Box<F>>>,
}

impl<F: Future<Output = ()>> http_body::Body for UntilFrozenBody<F> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(frozen) = &mut self.frozen else {
            return Poll::Ready(None);
        };
        if frozen.as_mut().poll(context).is_ready() {
            self.frozen = None;
            // Cancels the call.
            self.body = Body::empty();
            let mut trailers = HeaderMap::new();
            return Poll::Ready(Some(
                status()
                    .add_header(&mut trailers)
                    .map(|()| Frame::trailers(trailers)),
            ));
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
