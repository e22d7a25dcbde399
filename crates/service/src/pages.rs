//! The dashboard: pages that the service writes itself, in English and Russian.
//!
//! Invariants: a page only shows what [`crate::board`] says and only does what [`crate::operator`] does; nothing comes from
//! elsewhere and nothing is inline (the policy in `headers`); whatever changes something is a form with a form token, and
//! leads to a page that may be loaded again.

mod act;
mod assets;
mod attention;
mod chart;
mod duplicates;
mod flagging;
mod frame;
mod headers;
mod live;
mod log;
mod login;
mod order;
mod orders;
mod overview;
mod pager;
mod preferences;
mod settings;
mod show;
mod verdict;
mod words;

use axum::{
    Router,
    extract::FromRef,
    middleware,
    routing::{get, post},
};
use http::request::Parts;
use kernel::{OrderId, OrderKey, ShopDomain};
use store::Store;

use self::frame::{Frame, Here};
use crate::{
    board::Board,
    door::{Door, LOGIN_PATH, Who},
    operator::Operators,
    transport::Transport,
};

/// What pages are made from.
pub(crate) struct Pages<S, T> {
    pub(crate) board: Board<S, T>,
    pub(crate) operators: Operators<S, T>,
    pub(crate) door: Door,
}

impl<S, T> Clone for Pages<S, T> {
    fn clone(&self) -> Self {
        Self {
            board: self.board.clone(),
            operators: self.operators.clone(),
            door: self.door.clone(),
        }
    }
}

impl<S, T> FromRef<Pages<S, T>> for Door {
    fn from_ref(pages: &Pages<S, T>) -> Self {
        pages.door.clone()
    }
}

impl<S: Store, T: Transport> Pages<S, T> {
    /// Around a page.
    async fn frame(&self, parts: &Parts, page: Here, who: Who) -> Frame {
        // A ledger that cannot be read is told by the page itself.
        let seen = self.board.overview().await;
        let needs = seen.map_or(0, |it| it.attention.orders);
        Frame::inside(parts, page, who, needs)
    }
}

/// The routes.
pub(crate) fn router<S: Store, T: Transport>(pages: Pages<S, T>) -> Router {
    Router::new()
        .route("/", get(overview::show::<S, T>))
        .route("/overview/now", get(overview::now::<S, T>))
        .route("/live", get(live::listen::<S, T>))
        .route("/orders", get(orders::show::<S, T>))
        .route("/orders/{shop}/{id}", get(order::show::<S, T>))
        .route(
            "/orders/{shop}/{id}/flagging/{deal}",
            get(flagging::show::<S, T>),
        )
        .route("/orders/{shop}/{id}/act", post(act::order::<S, T>))
        .route("/attention", get(attention::show::<S, T>))
        .route("/attention/act", post(act::bulk::<S, T>))
        .route("/duplicates", get(duplicates::show::<S, T>))
        .route("/settings", get(settings::show::<S, T>))
        .route("/log", get(log::show::<S, T>))
        .route(LOGIN_PATH, get(login::form).post(login::enter))
        .route("/logout", post(login::leave))
        .route("/preferences", get(preferences::set))
        .route("/assets/{name}", get(assets::get))
        .with_state(pages)
        .layer(middleware::from_fn(show::refusals))
        .layer(middleware::from_fn(headers::add))
}

/// The order of an address.
fn order_key(shop: &str, id: u64) -> Option<OrderKey> {
    Some(OrderKey {
        shop: ShopDomain::parse(shop).ok()?,
        order: OrderId(id),
    })
}
