//! A simulated Shopify shop: orders with exact money, webhook deliveries with every known oddity, a fake Admin API.
//!
//! The shop is a value without threads. Merchant actions queue deliveries; whoever owns the shop takes the due ones,
//! carries them to the receiver (in process, or with [`Deliverer`] over HTTP) and reports the outcome, upon which the
//! shop schedules a retry of the original bytes. Time is tokio's, chance comes from one seed: the same seed and the
//! same calls at the same (paused) times give the same bytes. Facts §9 is the specification.

mod act;
mod address;
mod admin;
mod body;
mod config;
mod deliverer;
mod delivery;
mod discount;
mod emit;
mod faults;
mod forge;
mod generate;
mod hints;
mod money;
mod order;
mod queue;
mod sample;
mod shop;
mod state;
#[cfg(test)]
mod tests;
mod truth;
mod wire;

pub use config::{OrderShape, ShopConfig, Subscriptions, WebhookIdOnRetry};
pub use deliverer::Deliverer;
pub use delivery::{CONNECT_TIMEOUT, Delivery, TOTAL_TIMEOUT};
pub use faults::ShopFaults;
pub use queue::{RETRY_GAPS, retry_gap};
pub use sample::composed_order;
pub use shop::Shop;
pub use truth::{Acknowledged, OrderStamp, OrderState, OrderTruth, ShopStats};
pub use wire::{sign, wire_bytes};
