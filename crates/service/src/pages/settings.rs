//! The settings that hold, and the mapping tried on an order.

use askama::Template;
use axum::{extract::State, response::Response};
use http::{StatusCode, request::Parts};
use store::Store;

use super::{
    Pages,
    frame::{Frame, Here},
    order_key,
    show::{broken, page},
};
use crate::{
    board::{
        BoardError, Trial,
        model::{OrderFilter, SettingsView},
    },
    door::{Fields, Reader},
    preview::{Field, Preview},
    transport::Transport,
};

#[derive(Template)]
#[template(path = "settings.html")]
struct Page {
    frame: Frame,
    view: Option<SettingsView>,
    query: String,
    tried: Tried,
}

/// What came of trying the mapping.
enum Tried {
    /// Nobody asked.
    Nothing,
    /// Not exactly one order fits.
    Missed,
    /// The deal.
    Deal(Box<Preview>),
}

/// `GET /settings?try=1042`
pub(super) async fn show<S: Store, T: Transport>(
    State(pages): State<Pages<S, T>>,
    Reader(who): Reader,
    parts: Parts,
) -> Response {
    let frame = pages.frame(&parts, Here::Settings, who).await;
    let asked = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let query = asked.one("try").trim();
    let tried = match tried(&pages, query).await {
        Ok(tried) => tried,
        Err(error) => return broken(frame, &error),
    };
    let template = Page {
        view: pages.board.settings(),
        query: query.to_owned(),
        tried,
        frame,
    };
    page(StatusCode::OK, &template)
}

async fn tried<S: Store, T: Transport>(
    pages: &Pages<S, T>,
    query: &str,
) -> Result<Tried, BoardError> {
    if query.is_empty() {
        return Ok(Tried::Nothing);
    }
    let found = pages
        .board
        .orders(query, &OrderFilter::default(), None, Some(2))
        .await?;
    let key = match found.rows.as_slice() {
        [row] => order_key(&row.order.shop, row.order.id),
        _ => None,
    };
    let Some(key) = key else {
        return Ok(Tried::Missed);
    };
    let deal = pages.board.try_mapping(&Trial::Order(key)).await?;
    Ok(Tried::Deal(Box::new(deal)))
}

impl Frame {
    /// A value of a field as people read it.
    fn value(&self, field: &Field) -> String {
        if let Some(labels) = field.labels.as_ref().filter(|it| !it.is_empty()) {
            return labels.join(", ");
        }
        match &field.value {
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(serde_json::Value::Null) => "–".to_owned(),
            Some(other) => other.to_string(),
            None => self
                .t("only the portal knows", "известно только порталу")
                .to_owned(),
        }
    }
}
