//! The whole at a glance.

use askama::Template;
use axum::{extract::State, response::Response};
use http::{StatusCode, request::Parts};
use store::Store;

use super::{
    Pages,
    chart::{self, Chart},
    frame::{Frame, Here, millis_text},
    show::{broken, page},
    verdict::{Verdict, verdict},
};
use crate::{
    board::{BoardError, model::Overview},
    door::{Reader, Who},
    transport::Transport,
};

/// The bar of all orders, in its own units.
const BAR_WIDTH: f64 = 1_000.0;

/// The page.
#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    frame: Frame,
    now: Now,
}

/// What is renewed while the page is open.
#[derive(Template)]
#[template(path = "parts/overview.html")]
struct Now {
    frame: Frame,
    view: Overview,
    verdict: Verdict,
    shares: Vec<Share>,
    throughput: Chart,
    latency: Chart,
}

/// A part of the bar.
#[derive(Debug)]
struct Share {
    class: &'static str,
    x: f64,
    width: f64,
}

/// `GET /`
pub(super) async fn show<S: Store, T: Transport>(
    State(pages): State<Pages<S, T>>,
    Reader(who): Reader,
    parts: Parts,
) -> Response {
    let frame = pages.frame(&parts, Here::Overview, who.clone()).await;
    match look(&pages, &parts, who).await {
        Ok(now) => page(StatusCode::OK, &Page { frame, now }),
        Err(error) => broken(frame, &error),
    }
}

/// `GET /overview/now`
pub(super) async fn now<S: Store, T: Transport>(
    State(pages): State<Pages<S, T>>,
    Reader(who): Reader,
    parts: Parts,
) -> Response {
    match look(&pages, &parts, who).await {
        Ok(now) => page(StatusCode::OK, &now),
        Err(error) => broken(Frame::outside(&parts), &error),
    }
}

async fn look<S: Store, T: Transport>(
    pages: &Pages<S, T>,
    parts: &Parts,
    who: Who,
) -> Result<Now, BoardError> {
    let view = pages.board.overview().await?;
    let frame = Frame::inside(parts, Here::Overview, who, 0);
    let lang = frame.lang;
    Ok(Now {
        verdict: verdict(&view, &frame),
        shares: shares(&view, &frame),
        throughput: chart::throughput(&view.day, lang),
        latency: chart::latency(&view.day, lang, |it| millis_text(it, lang)),
        frame,
        view,
    })
}

fn shares(view: &Overview, frame: &Frame) -> Vec<Share> {
    let mut begin = 0.0;
    let filled = view.parts.iter().filter(|it| 0 < it.orders);
    filled
        .map(|it| {
            let width = BAR_WIDTH * it.orders as f64 / view.orders.max(1) as f64;
            let share = Share {
                class: frame.part_word(&it.part),
                x: begin,
                width,
            };
            begin += width;
            share
        })
        .collect()
}
