//! Orders of which a second deal was seen.

use askama::Template;
use axum::{extract::State, response::Response};
use http::{StatusCode, request::Parts};
use store::Store;

use super::{
    Pages,
    frame::{Frame, Here},
    pager::Pager,
    show::{broken, page},
};
use crate::{
    board::model::DuplicatePage,
    door::{Fields, Reader},
    transport::Transport,
};

/// Sets of one page.
const SETS: usize = 30;

#[derive(Template)]
#[template(path = "duplicates.html")]
struct Page {
    frame: Frame,
    page: DuplicatePage,
    pager: Pager,
}

/// `GET /duplicates?after=…`
pub(super) async fn show<S: Store, T: Transport>(
    State(pages): State<Pages<S, T>>,
    Reader(who): Reader,
    parts: Parts,
) -> Response {
    let frame = pages.frame(&parts, Here::Duplicates, who).await;
    let asked = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let after = asked.one("after");
    let found = pages.board.duplicates(Some(after), Some(SETS)).await;
    let found = match found {
        Ok(found) => found,
        Err(error) => return broken(frame, &error),
    };
    let template = Page {
        pager: Pager::new("/duplicates", &[], after, found.next.as_deref()),
        page: found,
        frame,
    };
    page(StatusCode::OK, &template)
}
