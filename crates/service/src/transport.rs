//! The way a request takes to a peer, as a seam: reqwest in the product, simulated portals in the simulation.

use std::future::Future;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;

/// Why no whole answer came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendError {
    /// Nothing of the request left this machine: no connection.
    NotSent,
    /// The request left, wholly or in part; whether it was executed is unknown.
    Lost,
}

/// Sends one request and waits for the whole answer.
pub trait Transport: Clone + Send + Sync + 'static {
    /// Sends once: never repeats, never follows a redirect.
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Response<Bytes>, SendError>> + Send;
}

/// Real HTTP.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    client: reqwest::Client,
}

/// A client that could not be built.
#[derive(Debug, thiserror::Error)]
#[error("failed to set up the HTTP client")]
pub struct BuildTransportError(#[source] reqwest::Error);

impl HttpTransport {
    /// A client that never acts on its own: no redirects, no repeats, no proxies from the environment.
    ///
    /// # Errors
    /// TLS could not be set up.
    pub fn new() -> Result<Self, BuildTransportError> {
        // Another part of the program may have chosen the provider first; any provider will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .build()
            .map_err(BuildTransportError)?;
        Ok(Self { client })
    }
}

impl Transport for HttpTransport {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let request = reqwest::Request::try_from(request.map(reqwest::Body::from))
            .map_err(|_| SendError::NotSent)?;
        let answer = self
            .client
            .execute(request)
            .await
            .map_err(|error| classify(&error))?;
        let answer: Response<reqwest::Body> = answer.into();
        let (head, body) = answer.into_parts();
        let limited = http_body_util::Limited::new(body, bitrix24::ANSWER_BYTES_MAX);
        let body = limited
            .collect()
            .await
            .map_err(|_| SendError::Lost)?
            .to_bytes();
        Ok(Response::from_parts(head, body))
    }
}

/// Only a failure to connect is sure; anything later may have reached the peer.
fn classify(error: &reqwest::Error) -> SendError {
    if error.is_connect() || error.is_builder() {
        SendError::NotSent
    } else {
        SendError::Lost
    }
}
