//! What may be done.

use axum::{Json, extract::State, http::StatusCode};
use kernel::CommandSeq;
use serde::{Deserialize, Serialize};
use store::Store;
use utoipa::{IntoParams, ToSchema};

use super::{
    Api,
    document::ActionSchema,
    problem::Problem,
    read::{Asked, Body, Named, OrderName},
};
use crate::{
    door::{Operator, Reader, Role, Via},
    operator::{Action, Done, LogLine, PAGE_MAX, Refused, Who},
    transport::Transport,
};

/// The same action for several orders.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Bulk {
    /// The orders; at most 200.
    orders: Vec<OrderName>,
    /// What to do about each.
    #[schema(value_type = ActionSchema)]
    action: Action,
}

/// What became of one action of several.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BulkResult {
    /// The shop's permanent name.
    shop: String,
    /// Shopify's order id.
    id: u64,
    /// The number of the wish, where it was taken.
    command: Option<u64>,
    /// Why it was not taken, and what to do.
    refused: Option<Problem>,
}

/// A wish was written down; the order's turn takes it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Taken {
    /// Its number in the operators' log.
    command: u64,
    /// The same was asked before and waits: this is that one.
    already: bool,
}

impl From<Done> for Taken {
    fn from(done: Done) -> Self {
        Self {
            command: done.command.0,
            already: done.already,
        }
    }
}

/// Which lines of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LogParams {
    /// Only lines before this number.
    before: Option<u64>,
}

/// Does something about an order: it is written down now, and done in the order's own turn.
#[utoipa::path(post, path = "/api/v1/orders/{shop}/{id}/actions", tag = "act",
    params(("shop" = String, Path, example = "acme.myshopify.com"), ("id" = u64, Path)),
    request_body = ActionSchema,
    responses((status = 202, body = Taken)))]
pub(super) async fn perform<S: Store, T: Transport>(
    State(api): State<Api<S, T>>,
    Operator(who): Operator,
    Named(key): Named,
    body: Body,
) -> Result<(StatusCode, Json<Taken>), Problem> {
    let action: Action = body.json()?;
    let done = api.operators.perform(&name(&who), &key, action).await?;
    Ok((StatusCode::ACCEPTED, Json(done.into())))
}

/// Does the same about several orders.
#[utoipa::path(post, path = "/api/v1/actions", tag = "act", request_body = Bulk,
    responses((status = 200, body = Vec<BulkResult>)))]
pub(super) async fn perform_all<S: Store, T: Transport>(
    State(api): State<Api<S, T>>,
    Operator(who): Operator,
    body: Body,
) -> Result<Json<Vec<BulkResult>>, Problem> {
    let bulk: Bulk = body.json()?;
    let keys = bulk
        .orders
        .iter()
        .map(OrderName::key)
        .collect::<Result<Vec<_>, _>>()?;
    let results = api
        .operators
        .perform_all(&name(&who), &keys, &bulk.action)
        .await?;
    let results = results.into_iter().map(|(key, result)| {
        let (command, refused) = match result {
            Ok(done) => (Some(done.command.0), None),
            Err(refused) => (None, Some(Problem::from(refused))),
        };
        BulkResult {
            shop: key.shop.to_string(),
            id: key.order.0,
            command,
            refused,
        }
    });
    Ok(Json(results.collect()))
}

/// What operators asked for, the newest first, and what became of it.
#[utoipa::path(get, path = "/api/v1/log", tag = "look", params(LogParams),
    responses((status = 200, body = Vec<Object>)))]
pub(super) async fn log<S: Store, T: Transport>(
    State(api): State<Api<S, T>>,
    _: Reader,
    Asked(asked): Asked<LogParams>,
) -> Result<Json<Vec<LogLine>>, Problem> {
    let before = asked.before.map(CommandSeq);
    let lines: Result<_, Refused> = api.operators.log(None, before, PAGE_MAX).await;
    Ok(Json(lines?))
}

/// Who asked, for the log: tokens have no names of their own.
fn name(who: &crate::door::Who) -> Who {
    let via = match who.via {
        Via::Token => "API",
        Via::Session => "dashboard",
        Via::Loopback => "this machine",
    };
    let role = match who.role {
        Role::Operator => "operator",
        Role::Reader => "reader",
    };
    Who::new(&format!("{role} ({via})"))
}
