//! Tells each request where its connection came from: wrong tokens count against that address.

use std::net::IpAddr;

use axum::{
    Router,
    extract::{
        ConnectInfo, Request,
        connect_info::{Connected, IntoMakeServiceWithConnectInfo},
    },
    middleware::{self, Next},
    response::Response,
    serve::IncomingStream,
};
use service::door::Caller;

use super::listener::LimitedListener;

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(IpAddr);

impl Connected<IncomingStream<'_, LimitedListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, LimitedListener>) -> Self {
        Self(stream.remote_addr().ip())
    }
}

/// The routes, each request with its [`Caller`].
pub(super) fn told(routes: Router) -> IntoMakeServiceWithConnectInfo<Router, Peer> {
    routes
        .layer(middleware::from_fn(tell))
        .into_make_service_with_connect_info()
}

async fn tell(
    ConnectInfo(Peer(address)): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(Caller(address));
    next.run(request).await
}
