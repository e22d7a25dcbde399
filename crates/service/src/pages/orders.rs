//! The list of orders: searched, filtered, page by page.

use askama::Template;
use axum::{extract::State, response::Response};
use http::{StatusCode, request::Parts};
use store::Store;

use super::{
    Pages,
    frame::{Frame, Here},
    pager::{Pager, href},
    show::{broken, page},
};
use crate::{
    board::model::{OrderFilter, OrderPage, Part},
    door::{Fields, Reader},
    transport::Transport,
};

/// Orders of one page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "orders.html")]
struct Page {
    frame: Frame,
    query: String,
    /// What a new search keeps of this one.
    kept: Vec<Kept>,
    filters: Vec<Filter>,
    is_narrowed: bool,
    page: OrderPage,
    pager: Pager,
}

struct Kept {
    name: &'static str,
    value: String,
}

struct Filter {
    href: String,
    label: &'static str,
    current: bool,
}

/// `GET /orders?q=1042&part=linked&only=attention&after=…`
pub(super) async fn show<S: Store, T: Transport>(
    State(pages): State<Pages<S, T>>,
    Reader(who): Reader,
    parts: Parts,
) -> Response {
    let frame = pages.frame(&parts, Here::Orders, who).await;
    let asked = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let (query, after) = (asked.one("q").trim(), asked.one("after"));
    let (part, only) = (asked.one("part"), asked.one("only"));
    let filter = OrderFilter {
        part: Part::ALL.into_iter().find(|it| frame.part_word(it) == part),
        attention: only == "attention",
        duplicates: only == "duplicates",
    };
    let found = pages
        .board
        .orders(query, &filter, Some(after), Some(ROWS))
        .await;
    let found = match found {
        Ok(found) => found,
        Err(error) => return broken(frame, &error),
    };
    let kept = [("q", query), ("part", part), ("only", only)];
    let template = Page {
        query: query.to_owned(),
        kept: [("part", part), ("only", only)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| Kept {
                name,
                value: value.to_owned(),
            })
            .collect(),
        filters: filters(&frame, query, part, only),
        is_narrowed: kept.iter().any(|(_, value)| !value.is_empty()),
        pager: Pager::new("/orders", &kept, after, found.next.as_deref()),
        page: found,
        frame,
    };
    page(StatusCode::OK, &template)
}

fn filters(frame: &Frame, query: &str, part: &str, only: &str) -> Vec<Filter> {
    let all = [(("", ""), frame.t("all", "все"))];
    let parts = Part::ALL.map(|it| ((frame.part_word(&it), ""), frame.part_label(&it)));
    let others = [
        (
            ("", "attention"),
            frame.t("needs attention", "требует внимания"),
        ),
        (("", "duplicates"), frame.t("second deals", "вторые сделки")),
    ];
    let choices = all.into_iter().chain(parts).chain(others);
    choices
        .map(|((its_part, its_only), label)| Filter {
            href: href(
                "/orders",
                [("q", query), ("part", its_part), ("only", its_only)],
            ),
            label,
            current: (its_part, its_only) == (part, only),
        })
        .collect()
}
