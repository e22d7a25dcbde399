//! A small asynchronous client over reqwest: one request per call, no retries, no pacing.
//!
//! It repeats nothing on its own, since whether a call may be repeated depends on what the caller knows of the object.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use bitrix24::{Outcome, WebhookUrl, client::Client, item};
//!
//! let portal = WebhookUrl::parse("https://example.bitrix24.com/rest/1/s3cr3tc0de/")?;
//! let client = Client::new(portal, reqwest::Client::builder())?;
//! if let Outcome::Done(deal) = client.call(&item::get(item::Entity::Deal, 812)).await.read(item::read_item) {
//!     println!("{}", deal["title"]);
//! }
//! # Ok(())
//! # }
//! ```

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use reqwest::redirect;

use crate::batch::{Batch, read_batch};
use crate::call::{self, Call};
use crate::envelope::{ANSWER_BYTES_MAX, Answer, Reply};
use crate::outcome::Outcome;
use crate::url::WebhookUrl;

/// How long one request may take. The portal cuts its own work off after 60 seconds (facts §5.2); a client that gives
/// up before that turns slow answers into unknown ones.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(70);

/// A client of one portal.
#[derive(Debug, Clone)]
pub struct Client {
    url: WebhookUrl,
    http: reqwest::Client,
}

impl Client {
    /// A client built from `builder`, whose timeout, redirects and retries are set here. The program must have
    /// installed a rustls crypto provider before.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(url: WebhookUrl, builder: reqwest::ClientBuilder) -> Result<Self, reqwest::Error> {
        let http = builder
            .timeout(REQUEST_TIMEOUT)
            // A followed redirect would turn the POST into a GET without parameters.
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .build()?;
        Ok(Self { url, http })
    }

    /// Sends one call.
    pub async fn call(&self, call: &Call) -> Outcome<Answer> {
        call::read(call, self.send(self.url.request(call)).await.reply())
    }

    /// Sends a batch: one outcome per call, in their order.
    pub async fn batch(&self, batch: &Batch) -> Vec<Outcome<Answer>> {
        read_batch(batch, self.send(self.url.batch(batch)).await.reply())
    }

    async fn send(&self, request: http::Request<Bytes>) -> Received {
        let Ok(request) = reqwest::Request::try_from(request) else {
            return Received::NotSent;
        };
        match self.http.execute(request).await {
            Ok(response) => receive(response).await,
            Err(error) if error.is_connect() || error.is_builder() => Received::NotSent,
            Err(_) => Received::Lost,
        }
    }
}

/// What came back, with its body.
enum Received {
    Answer { status: StatusCode, body: Vec<u8> },
    NotSent,
    Lost,
}

impl Received {
    fn reply(&self) -> Reply<'_> {
        match self {
            Self::Answer { status, body } => Reply::Answer {
                status: *status,
                body,
            },
            Self::NotSent => Reply::NotSent,
            Self::Lost => Reply::Lost,
        }
    }
}

async fn receive(mut response: reqwest::Response) -> Received {
    let status = response.status();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Received::Answer { status, body },
            Err(_) => return Received::Lost,
        }
        // One byte too many is enough for the reader to refuse it.
        if body.len() > ANSWER_BYTES_MAX {
            return Received::Answer { status, body };
        }
    }
}
