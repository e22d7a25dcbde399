//! What may be known.

use std::convert::Infallible;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{
        Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{Stream, StreamExt as _};
use serde::Deserialize;
use store::Store;
use utoipa::IntoParams;

use super::{
    Api,
    problem::Problem,
    read::{Asked, Body, Named},
};
use crate::{
    board::{
        Trial, WATCHERS_MAX,
        model::{
            AttentionPage, DuplicatePage, Moment, OrderDetail, OrderFilter, OrderPage, Overview,
            Part, SettingsView, UnreadablePage,
        },
    },
    door::Reader,
    preview::Preview,
    transport::Transport,
};

type Answer<V> = Result<Json<V>, Problem>;

/// Where a page begins, and how long it is.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageParams {
    /// `next` of the page before; without it the first page.
    #[param(example = "1042")]
    cursor: Option<String>,
    /// Rows, 1 to 200; 50 if it is left out.
    limit: Option<usize>,
}

/// Which orders.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OrderParams {
    /// An order's name, its id, its deal, `shop/id`, the buyer's e-mail, or the contact's id on the portal.
    #[serde(default)]
    query: String,
    /// Only those that stand there.
    part: Option<Part>,
    /// Only those that a person should look at.
    #[serde(default)]
    attention: bool,
    /// Only those of which a second deal is known.
    #[serde(default)]
    duplicates: bool,
    /// `next` of the page before; without it the first page.
    #[param(example = "1042")]
    cursor: Option<String>,
    /// Rows, 1 to 200; 50 if it is left out.
    limit: Option<usize>,
}

/// How much of an order.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DetailParams {
    /// Ask the portal how it shows the deal now, within its limits.
    #[serde(default)]
    portal: bool,
}

/// The whole at a glance.
#[utoipa::path(get, path = "/api/v1/overview", tag = "look",
    responses((status = 200, body = Overview)))]
pub(super) async fn overview<S: Store, T: Transport>(
    State(api): State<Api<S, T>>,
    _: Reader,
) -> Answer<Overview> {
    Ok(Json(api.board.overview().await?))
}

/// The overview as server-sent events: one at once, then one when it changes, at most one per second.
#[utoipa::path(get, path = "/api/v1/events", tag = "look",
    responses((status = 200, description = "Events `overview`, each with an Overview as JSON", content_type = "text/event-stream", body = String)))]
pub(super) async fn events<S: Store, T: Transport>(
    State(api): State<Api<S, T>>,
    _: Reader,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let Some(live) = api.board.live() else {
        let detail = format!("{WATCHERS_MAX} watch already");
        let remedy = "close another window, or ask for /api/v1/overview from time to time";
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            detail,
            remedy,
        ));
    };
    let events = live.map(|it| {
        let event = Event::default().event("overview").json_data(&it);
        // Plain values always serialise.
        Ok(event.unwrap_or_default())
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// Orders, the newest first: all, those of a filter, those that a query finds.
#[utoipa::path(get, path = "/api/v1/orders", tag = "look", params(OrderParams),
    responses((status = 200, body = OrderPage)))]
pub(super) async fn orders<S: Store, T: Transport>(
    State(api): State<Api<S, T>>,
    _: Reader,
    Asked(asked): Asked<OrderParams>,
) -> Answer<OrderPage> {
    let filter = OrderFilter {
        part: asked.part,
        attention: asked.attention,
        duplicates: asked.duplicates,
    };
    let cursor = asked.cursor.as_deref();
    let page = api.board.orders(&asked.query, &filter, cursor, asked.limit);
    Ok(Json(page.await?))
}

/// All about one order.
#[utoipa::path(get, path = "/api/v1/orders/{shop}/{id}", tag = "look",
    params(("shop" = String, Path, example = "acme.myshopify.com"), ("id" = u64, Path), DetailParams),
    responses((status = 200, body = OrderDetail)))]
pub(super) async fn order<S: Store, T: Transport>(
    State(api): State<Api<S, T>>,
    _: Reader,
    Named(key): Named,
    Asked(asked): Asked<DetailParams>,
) -> Answer<OrderDetail> {
    Ok(Json(api.board.order(&key, asked.portal).await?))
}

/// An order's history, the oldest line first.
#[utoipa::path(get, path = "/api/v1/orders/{shop}/{id}/timeline", tag = "look",
    params(("shop" = String, Path, example = "acme.myshopify.com"), ("id" = u64, Path)),
    responses((status = 200, body = Vec<Moment>)))]
pub(super) async fn timeline<S: Store, T: Transport>(
    State(api): State<Api<S, T>>,
    _: Reader,
    Named(key): Named,
) -> Answer<Vec<Moment>> {
    Ok(Json(api.board.timeline(&key).await?))
}

/// The deal that an order in the ledger becomes under the mapping that holds. Nothing is written anywhere.
#[utoipa::path(get, path = "/api/v1/orders/{shop}/{id}/mapping", tag = "look",
    params(("shop" = String, Path, example = "acme.myshopify.com"), ("id" = u64, Path)),
    responses((status = 200, body = Preview)))]
pub(super) async fn mapping_of<S: Store, T: Transport>(
    State(api): State<Api<S, T>>,
    _: Reader,
    Named(key): Named,
) -> Answer<Preview> {
    Ok(Json(api.board.try_mapping(&Trial::Order(key)).await?))
}

/// Orders that need a person, the newest first.
#[utoipa::path(get, path = "/api/v1/attention", tag = "look", params(PageParams),
    responses((status = 200, body = AttentionPage)))]
pub(super) async fn attention<S: Store, T: Transport>(
    State(api): State<Api<S, T>>,
    _: Reader,
    Asked(page): Asked<PageParams>,
) -> Answer<AttentionPage> {
    let cursor = page.cursor.as_deref();
    Ok(Json(api.board.attention(cursor, page.limit).await?))
}

/// Deliveries that could not be read, the newest first.
#[utoipa::path(get, path = "/api/v1/unreadable", tag = "look", params(PageParams),
    responses((status = 200, body = UnreadablePage)))]
pub(super) async fn unreadable<S: Store, T: Transport>(
    State(api): State<Api<S, T>>,
    _: Reader,
    Asked(page): Asked<PageParams>,
) -> Answer<UnreadablePage> {
    let cursor = page.cursor.as_deref();
    Ok(Json(api.board.unreadable(cursor, page.limit).await?))
}

/// Orders with more than one deal, the newest first.
#[utoipa::path(get, path = "/api/v1/duplicates", tag = "look", params(PageParams),
    responses((status = 200, body = DuplicatePage)))]
pub(super) async fn duplicates<S: Store, T: Transport>(
    State(api): State<Api<S, T>>,
    _: Reader,
    Asked(page): Asked<PageParams>,
) -> Answer<DuplicatePage> {
    let cursor = page.cursor.as_deref();
    Ok(Json(api.board.duplicates(cursor, page.limit).await?))
}

/// The settings that hold, without secrets; `null` where the service was not told them.
#[utoipa::path(get, path = "/api/v1/settings", tag = "look",
    responses((status = 200, body = Option<SettingsView>)))]
pub(super) async fn settings<S: Store, T: Transport>(
    State(api): State<Api<S, T>>,
    _: Reader,
) -> Json<Option<SettingsView>> {
    Json(api.board.settings())
}

/// The deal that an order would become. The body is a webhook's, or an order node of the Admin API. Nothing is written
/// anywhere.
#[utoipa::path(post, path = "/api/v1/mapping/try", tag = "look",
    request_body(content = Object, content_type = "application/json"),
    responses((status = 200, body = Preview)))]
pub(super) async fn try_mapping<S: Store, T: Transport>(
    State(api): State<Api<S, T>>,
    _: Reader,
    Body(body): Body,
) -> Answer<Preview> {
    Ok(Json(api.board.try_mapping(&Trial::Body(body)).await?))
}
