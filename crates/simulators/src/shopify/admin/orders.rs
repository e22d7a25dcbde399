//! Orders by id and by `updated_at` (facts §5.5).

use super::super::order::Order;
use super::super::state::State;
use super::document::Document;
use super::faults::READABLE_DAYS;
use super::node;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::time::Duration;

/// Largest page (facts §5.5).
const MAX_PAGE: usize = 250;

/// `orders(first, after, query, sortKey: UPDATED_AT, reverse)`; always sorted by update.
pub(super) fn page(state: &mut State, now: Duration, document: &Document) -> Value {
    let first = document
        .argument("orders", "first")
        .and_then(|first| first.as_u64())
        .unwrap_or(50);
    let first = usize::try_from(first).unwrap_or(MAX_PAGE).min(MAX_PAGE);
    let after = document
        .argument("orders", "after")
        .and_then(|after| position(after.as_str()?));
    let mut found = matching(state, now, &text(document, "orders", "query"));
    found.retain(|(at, order)| after.is_none_or(|after| after < (*at, order.id)));
    let more = first < found.len();
    found.truncate(first);
    let page = state.config.lines_on_page;
    let nodes = found.iter().map(|(_, order)| node::order(order, 0, page));
    let nodes: Vec<Value> = nodes.collect();
    let cursors: Vec<String> = found.iter().map(|(at, order)| cursor(*at, order)).collect();
    let edges: Vec<Value> = nodes
        .iter()
        .zip(&cursors)
        .map(|(node, cursor)| json!({"cursor": cursor, "node": node}))
        .collect();
    json!({
        "nodes": nodes,
        "edges": edges,
        "pageInfo": {
            "hasNextPage": more,
            "hasPreviousPage": after.is_some(),
            "startCursor": cursors.first(),
            "endCursor": cursors.last(),
        },
    })
}

/// `ordersCount(query)`.
pub(super) fn count(state: &mut State, now: Duration, document: &Document) -> Value {
    let found = matching(state, now, &text(document, "ordersCount", "query"));
    json!({"count": found.len(), "precision": "EXACT"})
}

/// `order(id)`; null if there is none.
pub(super) fn one(state: &mut State, now: Duration, document: &Document) -> Value {
    // The cursor of a page of lines is the number of lines before it.
    let skip = document
        .nested_argument("lineItems", "after")
        .and_then(|after| after.as_str()?.parse().ok());
    by_gid(
        state,
        now,
        &text(document, "order", "id"),
        skip.unwrap_or(0),
    )
}

/// `nodes(ids)`, a null for each that does not exist.
pub(super) fn many(state: &mut State, now: Duration, document: &Document) -> Value {
    let ids = document.argument("nodes", "ids").unwrap_or_default();
    let ids = ids.as_array().map_or(&[][..], Vec::as_slice);
    Value::Array(
        ids.iter()
            .take(MAX_PAGE)
            .map(|id| by_gid(state, now, id.as_str().unwrap_or_default(), 0))
            .collect(),
    )
}

fn by_gid(state: &State, now: Duration, gid: &str, skip: usize) -> Value {
    let id = gid
        .strip_prefix("gid://shopify/Order/")
        .and_then(|id| id.parse::<u64>().ok());
    let order = id
        .and_then(|id| state.orders.get(&id))
        .filter(|order| !order.deleted && readable(state, now, order));
    let page = state.config.lines_on_page;
    order.map_or(Value::Null, |order| node::order(order, skip, page))
}

/// Without `read_all_orders`, older orders are as if they did not exist (facts §5.3).
fn readable(state: &State, now: Duration, order: &Order) -> bool {
    let all = state.config.scopes.iter().any(|it| it == "read_all_orders");
    let oldest = state.wall(now) - SignedDuration::from_hours(24 * READABLE_DAYS);
    all || oldest <= order.created
}

fn text(document: &Document, field: &str, argument: &str) -> String {
    document
        .argument(field, argument)
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Orders with the time by which the search knows them, in its order.
fn matching<'a>(state: &'a State, now: Duration, query: &str) -> Vec<(Timestamp, &'a Order)> {
    let bounds = bounds(query, state.config.offset_hours);
    let mut found: Vec<(Timestamp, &Order)> = state
        .orders
        .values()
        .filter(|order| !order.deleted && readable(state, now, order))
        .filter_map(|order| Some((state.indexed(now, order.id)?, order)))
        .filter(|(updated, order)| {
            bounds
                .iter()
                .all(|bound| bound.admits(order.created, *updated))
        })
        .collect();
    found.sort_unstable_by_key(|(updated, order)| (*updated, order.id));
    found
}

struct Bound {
    created: bool,
    comparator: String,
    at: Timestamp,
}

impl Bound {
    fn admits(&self, created: Timestamp, updated: Timestamp) -> bool {
        let value = if self.created { created } else { updated };
        match self.comparator.as_str() {
            ">=" => self.at <= value,
            ">" => self.at < value,
            "<=" => value <= self.at,
            "<" => value < self.at,
            _ => value == self.at,
        }
    }
}

/// The time comparisons of a search query; other terms are ignored, as is everything but AND.
fn bounds(query: &str, zone: i8) -> Vec<Bound> {
    let mut found = Vec::new();
    for (created, name) in [(false, "updated_at:"), (true, "created_at:")] {
        for part in query.split(name).skip(1) {
            let value = part.trim_start_matches(['<', '>', '=']);
            let comparator = part[..part.len() - value.len()].to_owned();
            let quoted = value
                .strip_prefix('\'')
                .and_then(|rest| rest.split('\'').next());
            let at = match quoted {
                Some(text) => text.parse().ok().or_else(|| midnight(text, zone)),
                // Unquoted, everything from the `T` on is ignored and the shop's zone is used (facts §5.5).
                None => midnight(
                    value.split(['T', ' ', ')']).next().unwrap_or_default(),
                    zone,
                ),
            };
            found.extend(at.map(|at| Bound {
                created,
                comparator,
                at,
            }));
        }
    }
    found
}

fn midnight(date: &str, zone: i8) -> Option<Timestamp> {
    let date: Date = date.parse().ok()?;
    let zone = TimeZone::fixed(Offset::from_hours(zone).ok()?);
    date.to_zoned(zone).ok().map(|zoned| zoned.timestamp())
}

fn cursor(updated: Timestamp, order: &Order) -> String {
    STANDARD.encode(json!({"last_id": order.id, "last_value": updated.as_second()}).to_string())
}

fn position(cursor: &str) -> Option<(Timestamp, u64)> {
    let value: Value = serde_json::from_slice(&STANDARD.decode(cursor).ok()?).ok()?;
    let at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(value["last_value"].as_i64()?);
    Some((at, value["last_id"].as_u64()?))
}
