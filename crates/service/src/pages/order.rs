//! All about one order.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use http::{StatusCode, request::Parts};
use store::Store;

use super::{
    Pages,
    frame::{Frame, Here},
    order_key,
    show::{broken, nothing, page},
};
use crate::{
    board::model::OrderDetail,
    door::{Fields, Reader},
    transport::Transport,
};

#[derive(Template)]
#[template(path = "order.html")]
struct Page {
    frame: Frame,
    view: OrderDetail,
}

/// `GET /orders/{shop}/{id}?portal=1`
pub(super) async fn show<S: Store, T: Transport>(
    State(pages): State<Pages<S, T>>,
    Reader(who): Reader,
    Path((shop, id)): Path<(String, u64)>,
    parts: Parts,
) -> Response {
    let frame = pages.frame(&parts, Here::Orders, who).await;
    let Some(key) = order_key(&shop, id) else {
        return nothing(frame);
    };
    let asked = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes());
    match pages
        .board
        .order(&key, !asked.one("portal").is_empty())
        .await
    {
        Ok(view) => page(StatusCode::OK, &Page { frame, view }),
        Err(error) => broken(frame, &error),
    }
}
