//! How questions are read: what cannot be understood is answered with a problem.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{StatusCode, request::Parts},
};
use kernel::{OrderId, OrderKey, ShopDomain};
use serde::{Deserialize, de::DeserializeOwned};

use super::problem::Problem;

/// The parameters of a question.
pub(super) struct Asked<Q>(pub(super) Q);

impl<A: Send + Sync, Q: DeserializeOwned> FromRequestParts<A> for Asked<Q> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &A) -> Result<Self, Problem> {
        let read = Query::<Q>::try_from_uri(&parts.uri);
        read.map(|Query(it)| Self(it)).map_err(|error| {
            let detail = format!("a parameter cannot be read: {}", error.body_text());
            Problem::bad(detail, "GET /api/openapi.json says what each may be")
        })
    }
}

/// The order that a path names.
pub(super) struct Named(pub(super) OrderKey);

impl<A: Send + Sync> FromRequestParts<A> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &A) -> Result<Self, Problem> {
        let none = || {
            let detail = "the path names no order";
            let remedy = "write it like /api/v1/orders/acme.myshopify.com/6130000000001";
            Problem::new(StatusCode::NOT_FOUND, detail, remedy)
        };
        let read = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((shop, id)) = read.map_err(|_| none())?;
        key(&shop, id.parse().ok()).map(Self).ok_or_else(none)
    }
}

/// An order, named in a body.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderName {
    /// The shop's permanent name.
    #[schema(example = "acme.myshopify.com")]
    pub(super) shop: String,
    /// Shopify's order id.
    pub(super) id: u64,
}

impl OrderName {
    pub(super) fn key(&self) -> Result<OrderKey, Problem> {
        key(&self.shop, Some(self.id)).ok_or_else(|| {
            let detail = "the body names a shop that is none";
            Problem::bad(detail, "write it like acme.myshopify.com")
        })
    }
}

fn key(shop: &str, id: Option<u64>) -> Option<OrderKey> {
    Some(OrderKey {
        shop: ShopDomain::parse(shop).ok()?,
        order: OrderId(id?),
    })
}

/// A body, whatever it says.
pub(super) struct Body(pub(super) Bytes);

impl<A: Send + Sync> FromRequest<A> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &A) -> Result<Self, Problem> {
        let body = Bytes::from_request(request, state).await;
        body.map(Self).map_err(|error| {
            let detail = error.body_text();
            Problem::new(error.status(), detail, "send a smaller body, whole")
        })
    }
}

impl Body {
    /// The body as JSON.
    pub(super) fn json<R: DeserializeOwned>(&self) -> Result<R, Problem> {
        serde_json::from_slice(&self.0).map_err(|error| {
            let detail = format!(
                "the body cannot be read (line {}, column {}): {}",
                error.line(),
                error.column(),
                classified(&error)
            );
            Problem::bad(detail, "GET /api/openapi.json says what it may be")
        })
    }
}

/// What is wrong, without the words of the body.
fn classified(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Syntax => "it is no JSON",
        serde_json::error::Category::Eof => "it ends too soon",
        serde_json::error::Category::Data => "a member is missing, unknown or of another kind",
        serde_json::error::Category::Io => "it did not arrive",
    }
}
