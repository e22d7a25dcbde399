//! What operators asked for, and what became of it.

use askama::Template;
use axum::{extract::State, response::Response};
use http::{StatusCode, request::Parts};
use kernel::CommandSeq;
use store::Store;

use super::{
    Pages,
    frame::{Frame, Here},
    pager::Pager,
    show::{not_done, page},
};
use crate::{
    door::{Fields, Reader},
    operator::{LogLine, LogResult},
    transport::Transport,
};

/// Lines of one page.
const LINES: usize = 100;

#[derive(Template)]
#[template(path = "log.html")]
struct Page {
    frame: Frame,
    lines: Vec<LogLine>,
    pager: Pager,
}

/// `GET /log?after=…`
pub(super) async fn show<S: Store, T: Transport>(
    State(pages): State<Pages<S, T>>,
    Reader(who): Reader,
    parts: Parts,
) -> Response {
    let frame = pages.frame(&parts, Here::Log, who).await;
    let asked = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let after = asked.one("after");
    let before = after.parse().ok().map(CommandSeq);
    let lines = match pages.operators.log(None, before, LINES).await {
        Ok(lines) => lines,
        Err(refused) => {
            let says = frame.said(&refused.says()).to_owned();
            return not_done(frame, says);
        }
    };
    let last = lines.last().map(|it| it.command.0.to_string());
    let next = last.filter(|_| lines.len() == LINES);
    let template = Page {
        pager: Pager::new("/log", &[], after, next.as_deref()),
        lines,
        frame,
    };
    page(StatusCode::OK, &template)
}
