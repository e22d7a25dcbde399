//! The request pattern of seed.md's algorithm on the same backlog: look for the order by its field, then add, one request
//! each, as fast as the portal takes them. It writes neither contacts nor rows.

use bitrix24::{
    Call, WebhookUrl,
    item::{self, Entity},
};
use serde_json::json;
use service::transport::Transport as _;
use simulators::bitrix24::Portal;
use tokio::time::{Duration, Instant, sleep, sleep_until};

use super::{plan::Plan, report::Drained};
use crate::bench::world::{Appeared, PORTAL_URL, Wire};

/// Orders that are measured; the time of all is computed from them once the burst is spent, since it is the same for each.
const ORDERS_MAX: u64 = 1_000;

/// The field that carries the order's number.
const FIELD: &str = "UF_CRM_1742556489";

/// Sends everything, one order after the other.
pub(super) async fn drain(plan: &Plan) -> anyhow::Result<Drained> {
    let portal = Portal::new(plan.portal());
    let (wire, url) = (
        Wire::new(&portal, plan.network()),
        WebhookUrl::parse(PORTAL_URL)?,
    );
    let pace = Duration::from_secs_f64(1.0 / plan.per_second);
    let measured = plan.orders.min(ORDERS_MAX);
    let mut next = Instant::now();
    for n in 0..measured {
        let order = plan.order(n);
        let fields = json!({"title": order.id(), "opportunity": order.total(), FIELD: order.id()});
        let look = Call::new(
            "crm.item.list",
            json!({"entityTypeId": 2, "filter": {FIELD: order.id()}, "useOriginalUfNames": "Y"}),
        );
        let add = item::add(
            Entity::Deal,
            fields.as_object().cloned().unwrap_or_default(),
        );
        for call in [look, add] {
            // It knows no burst: what it does not wait for, the portal refuses.
            sleep_until(next).await;
            next = Instant::now().max(next) + pace;
            let answer = wire.send(url.request(&call)).await;
            anyhow::ensure!(
                answer.is_ok_and(|it| it.status().is_success()),
                "a request of seed.md's algorithm failed"
            );
        }
    }
    sleep(Duration::from_millis(1)).await;
    let mut appeared = Appeared::default();
    appeared.read_on(&portal);
    let mut drained = Drained::of(plan, &portal, 0, appeared.last_ms, 0);
    let all = plan.orders as f64 / measured as f64;
    drained.seconds *= all;
    drained.requests = (drained.requests as f64 * all) as u64;
    drained.computed_from = (measured < plan.orders).then_some(measured);
    drained.per_order(plan);
    Ok(drained)
}
