//! What flagging a duplicate would write, before anybody decides.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use http::{StatusCode, request::Parts};
use kernel::DealId;
use store::Store;

use super::{
    Pages,
    frame::{Frame, Here},
    order_key,
    show::{not_done, nothing, page},
};
use crate::{
    door::Reader,
    operator::{Becomes, FlagPreview},
    transport::Transport,
};

#[derive(Template)]
#[template(path = "flagging.html")]
struct Page {
    frame: Frame,
    order_href: String,
    view: FlagPreview,
}

/// `GET /orders/{shop}/{id}/flagging/{deal}`
pub(super) async fn show<S: Store, T: Transport>(
    State(pages): State<Pages<S, T>>,
    Reader(who): Reader,
    Path((shop, id, deal)): Path<(String, u64, u64)>,
    parts: Parts,
) -> Response {
    let frame = pages.frame(&parts, Here::Duplicates, who).await;
    let Some(key) = order_key(&shop, id) else {
        return nothing(frame);
    };
    match pages.operators.preview(&key, DealId(deal)).await {
        Ok(view) => {
            let order_href = format!("/orders/{shop}/{id}");
            page(
                StatusCode::OK,
                &Page {
                    frame,
                    order_href,
                    view,
                },
            )
        }
        Err(refused) => {
            let says = frame.said(&refused.says()).to_owned();
            not_done(frame, says)
        }
    }
}
