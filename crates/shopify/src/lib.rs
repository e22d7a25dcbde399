//! Shopify webhooks and Admin GraphQL without sockets: signatures, headers, order wire types.
//!
//! The order of use at intake: [`WebhookHeaders::read`], [`signature::Secrets::verify`] over the raw body,
//! [`order_id`] to file the delivery, and later [`order::from_webhook`] or [`order::from_graphql`]. Both give one
//! normal form, so that the same state of an order is the same [`order::Order`] whichever way it came.

pub mod answer;
pub mod graphql;
mod headers;
mod intake;
pub mod order;
mod read;
pub mod signature;
mod topic;
mod unreadable;

pub use headers::{HEADER_BYTES_MAX, MissingHeader, WebhookHeaders};
pub use intake::order_id;
pub use topic::{Carries, Topic};
pub use unreadable::Unreadable;
