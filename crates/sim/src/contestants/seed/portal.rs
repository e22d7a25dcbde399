//! The three methods that seed.md calls, each sent once.

use std::time::Duration;

use bitrix24::{Call, Outcome, Reply, WebhookUrl, errors};
use serde_json::{Map, Value, json};
use service::transport::{SendError, Transport};

use super::deal::{WantedDeal, id_text};

/// The way to the portal, and the field by which an order is found there.
#[derive(Debug, Clone)]
pub(super) struct Portal<T> {
    pub(super) url: WebhookUrl,
    pub(super) transport: T,
    pub(super) order_field: String,
    pub(super) timeout: Duration,
}

/// A call without the answer it was made for. Whether the portal did it all the same is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CallFailed {
    /// The portal's error has one of seed.md's marks of a duplicate.
    pub(super) says_duplicate: bool,
}

impl<T: Transport> Portal<T> {
    /// The id of the first deal that the portal lists for an order.
    pub(super) async fn find(&self, order: &str) -> Result<Option<String>, CallFailed> {
        let filter = Map::from_iter([(self.order_field.clone(), order.into())]);
        let params = json!({"filter": filter, "select": ["ID"]});
        let result = self.call("crm.deal.list.json", params).await?;
        let rows = result.as_array().ok_or(NOT_UNDERSTOOD)?;
        let Some(first) = rows.first() else {
            return Ok(None);
        };
        first
            .get("ID")
            .and_then(id_text)
            .map(Some)
            .ok_or(NOT_UNDERSTOOD)
    }

    /// Adds the deal of an order.
    pub(super) async fn add(&self, wanted: &WantedDeal) -> Result<(), CallFailed> {
        let mut fields = wanted.fields.clone();
        fields.insert(self.order_field.clone(), wanted.order.clone().into());
        let result = self
            .call("crm.deal.add.json", json!({"fields": fields}))
            .await?;
        id_text(&result).map(drop).ok_or(NOT_UNDERSTOOD)
    }

    /// Overwrites what a deal has of an order.
    pub(super) async fn update(&self, deal: &str, wanted: &WantedDeal) -> Result<(), CallFailed> {
        let params = json!({"id": deal, "fields": wanted.fields});
        self.call("crm.deal.update.json", params).await.map(drop)
    }

    async fn call(&self, method: &'static str, params: Value) -> Result<Value, CallFailed> {
        let call = Call::new(method, params);
        let sent = self.transport.send(self.url.request(&call));
        let answer = match tokio::time::timeout(self.timeout, sent).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(SendError::NotSent | SendError::Lost)) | Err(_) => return Err(NOT_UNDERSTOOD),
        };
        let reply = Reply::Answer {
            status: answer.status(),
            body: answer.body(),
        };
        // Sure refusals and doubts are all the same here: that is what the document does not tell apart.
        let says_duplicate = match bitrix24::read(&call, reply) {
            Outcome::Done(answer) => return Ok(answer.result),
            Outcome::Refused(refusal) => errors::says_duplicate(&refusal.code, &refusal.text),
            Outcome::Unknown(unknown) => unknown.says_duplicate,
        };
        Err(CallFailed { says_duplicate })
    }
}

/// No answer, or one that says nothing.
const NOT_UNDERSTOOD: CallFailed = CallFailed {
    says_duplicate: false,
};
