//! What merchants and people in the CRM do.

use std::time::Duration;

use rand::{RngExt as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};
use simulators::bitrix24::Deal;

use crate::{
    mapped::STATE,
    script::{CALM_FRESH, CALM_PAUSE, SETTLE},
    world::{ORDER_FIELD, World},
};

/// A manager's user id.
pub const MANAGER: u64 = 7;

/// A tool that wrote deals before onedeal came.
pub const OLD_TOOL: u64 = 8;

/// What a manager types into a title.
pub const MANAGERS_TITLE: &str = "Called the buyer: ";

/// Crowds that come in beside a poisonous order.
const POISON_CROWDS: usize = 4;

/// Orders of one such crowd.
const POISON_CROWD: usize = 10;

/// Edits of an order whose deal got another key.
const REKEYED_EDITS: usize = 12;

/// Subscriptions that the shop's owner removes.
pub const OWNERS_TOPICS: [&str; 4] = [
    "orders/create",
    "orders/updated",
    "orders/paid",
    "orders/edited",
];

const STAGES: [&str; 5] = ["PREPARATION", "EXECUTING", "LOSE", "APOLOGY", "C9:NEW"];

/// The merchant: places orders, then works on them.
pub async fn merchant(world: World) {
    let mut rng = world.chance(1);
    let script = world.script.clone();
    for number in 0..script.orders {
        let order = world.shop.place_order();
        world.trace.say(|| format!("----- order {order} is placed"));
        if script.poison == Some(number) {
            world.network.poison(Some(order));
        } else if script.refused == Some(number) {
            world.network.refuse(Some(order));
        }
        if rng.random_bool(script.legacy) {
            legacy(&world, &mut rng, order);
        }
        let pause = if script.crowd {
            Duration::from_millis(rng.random_range(0..20))
        } else {
            world.moment(&mut rng, script.orders * 3)
        };
        tokio::time::sleep(pause).await;
    }
    for _ in 0..if script.calm { CALM_FRESH } else { 0 } {
        tokio::time::sleep(CALM_PAUSE).await;
        let order = world.shop.place_order();
        world
            .trace
            .say(|| format!("----- order {order} is placed while others wait"));
    }
    if script.crowd && script.poison.is_some() {
        crowd_around_poison(&world, &mut rng).await;
    }
    for _ in 0..script.merchant_actions {
        tokio::time::sleep(world.moment(&mut rng, script.merchant_actions * 2)).await;
        if let Some((order, what)) = world.shop.act() {
            world.trace.say(|| format!("----- order {order}: {what}"));
        }
        if rng.random_bool(0.1) {
            world.back_up();
        }
    }
}

/// Whenever the poisonous order is about to be tried again, others come in that may travel with it.
async fn crowd_around_poison(world: &World, rng: &mut ChaCha8Rng) {
    for _ in 0..POISON_CROWDS {
        let before = world.network.poisoned();
        for _ in 0..2 * SETTLE.as_secs() {
            if before < world.network.poisoned() {
                break;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let early = Duration::from_millis(rng.random_range(0..2_500));
        tokio::time::sleep(SETTLE.saturating_sub(early)).await;
        for _ in 0..POISON_CROWD {
            let order = world.shop.place_order();
            world
                .trace
                .say(|| format!("----- order {order} is placed beside the poisonous one"));
            tokio::time::sleep(Duration::from_millis(rng.random_range(0..300))).await;
        }
    }
}

/// A deal that is there before the order's first webhook: of another tool, or one that only looks like the order's.
fn legacy(world: &World, rng: &mut ChaCha8Rng, order: u64) {
    let originator = "shopify:acme-demo.myshopify.com";
    let mut fields = Map::from_iter([
        ("title".to_owned(), json!("Old deal")),
        (ORDER_FIELD.to_owned(), json!(order.to_string())),
    ]);
    match rng.random_range(0..5) {
        // Written by seed.md's system: to be adopted.
        0 | 1 => {}
        // The portal finds it equal, we must not.
        2 => {
            fields.insert(ORDER_FIELD.to_owned(), json!(format!("{order} ")));
        }
        3 => {
            fields.remove(ORDER_FIELD);
            fields.insert("originatorId".to_owned(), json!(originator.to_uppercase()));
            fields.insert("originId".to_owned(), json!(order.to_string()));
        }
        // It belongs to something else.
        _ => {
            fields.insert("originatorId".to_owned(), json!("marketplace"));
            fields.insert("originId".to_owned(), json!(format!("m-{order}")));
        }
    }
    let deal = world.portal.create_deal(OLD_TOOL, fields);
    world
        .trace
        .say(|| format!("----- deal {deal} looks like order {order}"));
}

/// The shop's owner: removes webhook subscriptions, and has tokens renewed, without telling anybody.
pub async fn owner(world: World) {
    let mut rng = world.chance(3);
    let times = world.script.unsubscribes;
    for _ in 0..times {
        tokio::time::sleep(world.moment(&mut rng, times)).await;
        for topic in OWNERS_TOPICS {
            if rng.random_bool(0.5) {
                world.unsubscribe(topic);
            }
        }
        world.shop.revoke_tokens();
    }
}

/// The managers: edit, move, close, copy, delete, restore and merge deals.
pub async fn managers(world: World) {
    let mut rng = world.chance(2);
    let script = world.script.clone();
    for _ in 0..script.people_actions {
        tokio::time::sleep(world.moment(&mut rng, script.people_actions)).await;
        let deals: Vec<Deal> = world
            .portal
            .deals()
            .into_iter()
            .filter(|it| !it.deleted)
            .collect();
        if let Some(deal) = deals.choose(&mut rng) {
            if script.mapped.is_some() && rng.random_bool(0.4) {
                take_over(&world, &mut rng, deal.id);
            } else {
                manage(&world, &mut rng, deal);
            }
        }
    }
    if script.rekey {
        let linked = world
            .portal
            .deals()
            .into_iter()
            .find(|it| !it.deleted && it.created_by == 1);
        if let Some(deal) = linked {
            world
                .trace
                .say(|| format!("----- a person gives deal {} another key", deal.id));
            world.portal.edit_deal(
                MANAGER,
                deal.id,
                Map::from_iter([("originId".to_owned(), json!("another"))]),
            );
            edit_again_and_again(&world, &mut rng, &deal).await;
        }
    }
}

/// The order whose deal has another key now changes for long enough that nothing sent before can excuse a write.
async fn edit_again_and_again(world: &World, rng: &mut ChaCha8Rng, deal: &Deal) {
    let Ok(order) = deal.origin_id.parse() else {
        return;
    };
    for _ in 0..REKEYED_EDITS {
        tokio::time::sleep(Duration::from_millis(rng.random_range(30_000..90_000))).await;
        if world.shop.edit(order) {
            world
                .trace
                .say(|| format!("----- order {order}: edit, its deal has another key"));
        }
    }
}

fn manage(world: &World, rng: &mut ChaCha8Rng, deal: &Deal) {
    let id = deal.id;
    match rng.random_range(0..10) {
        0..=2 => {
            let title = format!("{MANAGERS_TITLE}{id}");
            world.portal.edit_deal(
                MANAGER,
                id,
                Map::from_iter([("title".to_owned(), Value::String(title))]),
            );
            world
                .trace
                .say(|| format!("----- a person edits deal {id}"));
        }
        3..=5 => {
            let reopens = deal.stage_semantic != "P" && rng.random_bool(0.5);
            if reopens {
                world.portal.move_deal(MANAGER, id, "PREPARATION");
                world
                    .trace
                    .say(|| format!("----- a person opens deal {id} again"));
            } else if let Some(stage) = STAGES.choose(rng) {
                world.portal.move_deal(MANAGER, id, stage);
                world
                    .trace
                    .say(|| format!("----- a person moves deal {id} to {stage}"));
            }
        }
        6 => {
            world.portal.delete_deal(MANAGER, id);
            world
                .trace
                .say(|| format!("----- a person deletes deal {id}"));
        }
        7 => {
            world.portal.delete_deal(MANAGER, id);
            let restored = world.portal.restore_deal(MANAGER, id);
            world.trace.say(|| {
                format!("----- a person deletes deal {id} and restores it as {restored:?}")
            });
        }
        8 => {
            let marked = rng.random_bool(0.7);
            let copy = copy(world, deal, marked);
            world
                .trace
                .say(|| format!("----- a person copies deal {id} as {copy} (mark: {marked})"));
        }
        _ => {
            let comment = format!("{MANAGERS_TITLE}ask for the address");
            world.portal.edit_deal(
                MANAGER,
                id,
                Map::from_iter([("comments".to_owned(), json!(comment))]),
            );
            world
                .trace
                .say(|| format!("----- a person comments deal {id}"));
        }
    }
}

/// What people do where the shop has a mapping of its own: write into a field that is kept current for them, clear it,
/// take the contact out, move the deal to another funnel.
fn take_over(world: &World, rng: &mut ChaCha8Rng, id: u64) {
    let what = match rng.random_range(0..8) {
        0..=3 => {
            let state = json!(format!("{MANAGERS_TITLE}{id}"));
            edit(world, id, STATE, state);
            "takes a field over"
        }
        4 => {
            edit(world, id, STATE, json!(""));
            "clears a field"
        }
        5 => {
            world.portal.set_deal_contacts(MANAGER, id, &[]);
            "takes the contact out"
        }
        _ => {
            world.portal.move_deal_to_category(MANAGER, id, 9);
            "moves the deal to another funnel"
        }
    };
    world
        .trace
        .say(|| format!("----- a person {what}: deal {id}"));
}

fn edit(world: &World, deal: u64, field: &str, value: Value) {
    world
        .portal
        .edit_deal(MANAGER, deal, Map::from_iter([(field.to_owned(), value)]));
}

/// A copy keeps the external key, and the additional text where people copy that too.
fn copy(world: &World, deal: &Deal, marked: bool) -> u64 {
    let mut fields = Map::from_iter([
        ("title".to_owned(), json!(deal.title)),
        ("originatorId".to_owned(), json!(deal.originator_id)),
        ("originId".to_owned(), json!(deal.origin_id)),
        (
            "opportunity".to_owned(),
            json!(deal.opportunity.to_string()),
        ),
    ]);
    if marked {
        fields.insert("additionalInfo".to_owned(), json!(deal.additional_info));
    }
    world.portal.create_deal(MANAGER, fields)
}
