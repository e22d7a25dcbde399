//! The Bitrix24 REST API without sockets: builds requests, reads answers into three outcomes.
//!
//! The crate never opens a connection and never reads a clock. It turns a [`Call`] or a [`Batch`] into an
//! `http::Request`, and what came back into an [`Outcome`]: done, refused (the portal surely did nothing), or unknown
//! (it may have happened, and may still happen). The third case is the reason for the crate: Bitrix24 has no
//! idempotency for CRM writes, so a program that reads a lost answer as a failure and repeats an add makes a second deal.
//!
//! ```
//! use bitrix24::{Batch, Call, Halt, Outcome, Reply, WebhookUrl, deals};
//! use http::StatusCode;
//!
//! let portal = WebhookUrl::parse("https://example.bitrix24.com/rest/1/s3cr3tc0de/")?;
//! let select = deals::Select { order_field: "UF_CRM_ORDER".to_owned(), duplicate_field: None };
//! let origins = ["5512345678901".to_owned()];
//! let call = deals::find_by_origin("shopify:example", &origins, &select);
//!
//! let request = portal.request(&call);
//! assert_eq!(request.uri().path(), "/rest/1/s3cr3tc0de/crm.item.list");
//!
//! // Send it with any HTTP client that follows no redirects, then:
//! let body = br#"{"result":{"items":[{"id":812,"originatorId":"shopify:example","originId":"5512345678901"}]},"total":1}"#;
//! match bitrix24::read(&call, Reply::Answer { status: StatusCode::OK, body }) {
//!     Outcome::Done(answer) => assert_eq!(deals::read_found(&answer, &select)?[0].id, 812),
//!     Outcome::Refused(refusal) => println!("not done: {refusal}"),
//!     Outcome::Unknown(unknown) => println!("look before you repeat it: {unknown}"),
//! }
//!
//! // Up to fifty calls travel as one request, and come back as fifty outcomes.
//! let mut batch = Batch::new(Halt::Never);
//! batch.push(call)?;
//! assert_eq!(bitrix24::read_batch(&batch, Reply::Lost).len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod account;
mod batch;
mod call;
#[cfg(feature = "client")]
pub mod client;
pub mod companies;
pub mod contacts;
pub mod deals;
pub mod directory;
mod encode;
mod envelope;
pub mod errors;
pub mod item;
mod outcome;
pub mod products;
pub mod rows;
pub mod timeline;
mod url;
pub mod value;

pub use batch::{BATCH_BYTES_MAX, BATCH_COMMANDS_MAX, Batch, Halt, read_batch};
pub use call::{Call, Effect, PAGE_ROWS, page, read};
pub use encode::{
    COMMAND_BYTES_MAX, COMMAND_DEPTH_MAX, COMMAND_VARIABLES_MAX, NotBatchable, id_of_command,
};
pub use envelope::{ANSWER_BYTES_MAX, Answer, CallTime, Reply};
pub use outcome::{Doubt, Outcome, Refusal, RefusalClass, Unknown};
pub use url::{NotAWebhookUrl, WebhookUrl};
pub use value::Unreadable;
