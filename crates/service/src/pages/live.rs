//! `GET /live`: tells an open page that something changed. It carries no data: the page asks for what it shows.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use futures_util::StreamExt as _;
use http::StatusCode;
use store::Store;

use super::Pages;
use crate::{door::Reader, transport::Transport};

/// After this time the browser connects anew, and the door looks at it again. A connection on which a browser sends nothing
/// is closed after 30 s, without a farewell.
const CONNECTION_MAX: Duration = Duration::from_secs(25);

/// How soon a browser connects anew.
const AGAIN: Duration = Duration::from_millis(200);

/// The stream of one page.
pub(super) async fn listen<S: Store, T: Transport>(
    State(pages): State<Pages<S, T>>,
    _: Reader,
) -> Response {
    let Some(changes) = pages.board.live() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many pages watch\n").into_response();
    };
    let events = changes.map(|_| {
        // Without data a browser passes no event on.
        let event = Event::default().event("changed").data("look again");
        Ok::<_, Infallible>(event.retry(AGAIN))
    });
    let end = Box::pin(tokio::time::sleep(CONNECTION_MAX));
    Sse::new(events.take_until(end)).into_response()
}
