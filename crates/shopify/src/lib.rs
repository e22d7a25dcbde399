//! Shopify webhooks and Admin GraphQL without sockets: signatures, headers, order wire types.
//!
//! The order of use at intake: [`WebhookHeaders::read`], [`signature::Secrets::verify`] over the raw body,
//! [`order_id`] to file the delivery, and later [`order::from_webhook`] or [`order::from_graphql`]. Both give one
//! normal form, so that the same state of an order is the same [`order::Order`] whichever way it came.
//!
//! The order of use with the Admin API: an [`endpoint::Endpoint`] builds requests out of the documents in [`graphql`],
//! [`probe`] and [`subscriptions`]; [`reply::read`] tells an answer from a refusal by HTTP status; the readers in
//! [`answer`] and beside the documents tell data from GraphQL's own errors.

pub mod answer;
pub mod endpoint;
pub mod graphql;
mod headers;
mod intake;
pub mod order;
pub mod probe;
mod read;
pub mod reply;
pub mod signature;
pub mod subscriptions;
pub mod token;
mod topic;
mod unreadable;

pub use headers::{HEADER_BYTES_MAX, MissingHeader, WebhookHeaders};
pub use intake::order_id;
pub use topic::{Carries, Topic};
pub use unreadable::Unreadable;
