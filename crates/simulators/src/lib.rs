//! A Shopify shop and a Bitrix24 portal to test against, with every documented oddity and fault.
//!
//! Both are axum routers with state of their own, built from the peers' published behaviour alone: nothing here
//! knows how onedeal builds or reads a request, so a misreading on one side cannot hide behind the same on the other.

pub mod bitrix24;
pub mod shopify;
