//! An operator of the service: does everything that may be done, at any moment, twice, about wrong deals, while the process
//! lives and while it is dead.

use std::time::Duration;

use kernel::{
    DealId, DeliverySeq, Elapsed, OrderId, OrderKey, ShopDomain,
    presence::Presence,
    state::{Loser, OrderState},
};
use rand::{RngExt as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, json};
use service::operator::{Action, Done, Refused, Who, accepted, check, wish};
use store::Store as _;

use crate::{
    people::MANAGER,
    world::{Wish, World},
};

/// The operator's source of chance.
const PURPOSE: u64 = 7;

/// A deal that no portal has.
const NO_DEAL: u64 = 9_999_999;

/// So often an operator clicks twice.
const TWICE: f64 = 0.3;

/// So often an operator uses the command line, which writes into the ledger whether a process lives or not.
const COMMAND_LINE: f64 = 0.3;

/// The operator.
pub(crate) async fn operator(world: World) {
    let mut rng = world.chance(PURPOSE);
    let actions = world.script.operator_actions;
    for _ in 0..actions {
        tokio::time::sleep(world.moment(&mut rng, actions)).await;
        let Some((order, action)) = intention(&world, &mut rng).await else {
            continue;
        };
        let times = if rng.random_bool(TWICE) { 2 } else { 1 };
        for _ in 0..times {
            let by_command_line = rng.random_bool(COMMAND_LINE);
            act(&world, order, &action, by_command_line).await;
            tokio::time::sleep(Duration::from_millis(rng.random_range(0..200))).await;
        }
        // Whoever lets an order rest wakes it again, as often as not.
        let rests = matches!(action, Action::Park | Action::Ignore);
        if rests && rng.random_bool(0.5) {
            tokio::time::sleep(world.moment(&mut rng, actions * 2)).await;
            act(&world, order, &Action::Retry, false).await;
        }
    }
}

/// What the operator thinks of next, where there is something to think of.
async fn intention(world: &World, rng: &mut ChaCha8Rng) -> Option<(u64, Action)> {
    let orders = world.shop.orders();
    // Deleted deals are few, and who wants one back comes for it.
    if rng.random_bool(0.3)
        && let Some(order) = deleted(world, orders.iter().map(|it| it.id)).await
    {
        return Some((order, Action::Recreate));
    }
    let order = orders.choose(rng)?.id;
    let state = state_of(world, order).await.unwrap_or_default();
    // What there is to settle is settled first, as often as not.
    if rng.random_bool(0.5)
        && let Some(action) = settles(&state, rng)
    {
        return Some((order, action));
    }
    let action = match rng.random_range(0..10) {
        0 | 1 => Action::SyncNow,
        2 => Action::Retry,
        3 => Action::Park,
        4 => Action::Ignore,
        5..=7 => Action::ChooseDeal {
            deal: DealId(some_deal(world, rng, order)),
        },
        8 => Action::Recreate,
        _ => {
            let last = world.store.counts().await.map_or(0, |it| it.deliveries);
            let delivery = DeliverySeq(rng.random_range(0..=last));
            Action::Replay { delivery }
        }
    };
    Some((order, action))
}

/// The first of these orders whose deal a person deleted.
async fn deleted(world: &World, orders: impl Iterator<Item = u64>) -> Option<u64> {
    for order in orders {
        let state = state_of(world, order).await.unwrap_or_default();
        if let Presence::Tombstone(_) = state.presence {
            return Some(order);
        }
    }
    None
}

/// What the order's page offers.
fn settles(state: &OrderState, rng: &mut ChaCha8Rng) -> Option<Action> {
    if let Presence::Tombstone(_) = state.presence
        && rng.random_bool(0.5)
    {
        return Some(Action::Recreate);
    }
    let losers: Vec<(DealId, Loser)> = state.losers.iter().map(|(id, it)| (*id, *it)).collect();
    if let Some((deal, _)) = losers.choose(rng).copied()
        && rng.random_bool(0.7)
    {
        return Some(match rng.random_range(0..3) {
            0 => Action::ApplyDuplicate { deal },
            1 => Action::DismissDuplicate { deal },
            _ => Action::ChooseDeal { deal },
        });
    }
    let notices: Vec<_> = state.notices.iter().cloned().collect();
    let notice = notices.choose(rng)?.clone();
    Some(Action::DismissNotice { notice })
}

/// A deal to choose: one of the portal's, whosever it is; one that a person has just made; or none at all.
fn some_deal(world: &World, rng: &mut ChaCha8Rng, order: u64) -> u64 {
    let deals = world.portal.deals();
    let theirs: Vec<u64> = deals
        .iter()
        .filter(|it| it.origin_id == order.to_string())
        .map(|it| it.id)
        .collect();
    match rng.random_range(0..10) {
        0 => NO_DEAL,
        1..=3 => {
            let fields = Map::from_iter([("title".to_owned(), json!("Made by hand"))]);
            let deal = world.portal.create_deal(MANAGER, fields);
            world
                .trace
                .say(|| format!("----- a person makes deal {deal} by hand"));
            deal
        }
        4 | 5 => theirs.choose(rng).copied().unwrap_or(NO_DEAL),
        _ => deals.choose(rng).map_or(NO_DEAL, |it| it.id),
    }
}

async fn state_of(world: &World, order: u64) -> Option<OrderState> {
    let record = world.store.order(&key(order)).await.ok().flatten()?;
    serde_json::from_str(record.state.as_deref()?).ok()
}

async fn act(world: &World, order: u64, action: &Action, by_command_line: bool) {
    let answer = if by_command_line {
        Some(write_down(world, order, action).await)
    } else {
        ask(world, order, action).await
    };
    world.trace.say(|| {
        let answer = answer.as_ref().map(|it| match it {
            Ok(done) => format!("wish {}", done.command),
            Err(refused) => refused.to_string(),
        });
        format!("----- an operator says of order {order}: {action:?} -> {answer:?}")
    });
    let command = answer.and_then(Result::ok).map(|it| it.command);
    world.wished(Wish {
        order,
        action: action.clone(),
        command,
    });
}

/// Asks the living process; an answer that a crash overtakes is no answer.
async fn ask(world: &World, order: u64, action: &Action) -> Option<Result<Done, Refused>> {
    let (service, mut died) = world.alive()?;
    let operators = service.operators();
    drop(service);
    let (who, key) = (Who::new("a session"), key(order));
    tokio::select! {
        biased;
        _ = died.wait_for(|it| *it) => None,
        answer = operators.perform(&who, &key, action.clone()) => Some(answer),
    }
}

/// Writes into the ledger beside the process, as the command line does.
async fn write_down(world: &World, order: u64, action: &Action) -> Result<Done, Refused> {
    let key = key(order);
    check(world.store.order(&key).await?.as_ref(), action)?;
    let wish = wish(&Who::new("command line"), &key, action, 0, Elapsed::ZERO)?;
    accepted(world.store.command(wish).await?)
}

fn key(order: u64) -> OrderKey {
    OrderKey {
        shop: ShopDomain::parse("acme-demo.myshopify.com").expect("a well-formed shop"),
        order: OrderId(order),
    }
}
