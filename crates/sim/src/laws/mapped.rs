//! S4 and S5 where the shop has a mapping of its own, and what the catalogue and the policies promise.

use std::collections::BTreeMap;

use serde_json::Value;
use simulators::bitrix24::{Deal, Entity};

use super::{
    Breach, View, breach,
    people::{set_by_people, touched_within_window, updates},
    truth::{edited_by_people, linked},
    view::API_USER,
};
use crate::mapped::{DELIVERY, STATE, delivery, wanted};

/// A field that people took over is not written over.
pub(super) fn taken_over(view: &View, found: &mut Vec<Breach>) {
    for (at, change, before, after) in updates(view) {
        let theirs = text(before, STATE) != text(after, STATE)
            && set_by_people(view, at, change.id, |it| text(it, STATE))
            // Nothing tells a new ledger of a field that a person cleared before its time.
            && (!text(before, STATE).is_empty()
                || (cleared(view, at, change.id) && !view.script.loses_ledger()))
            && !we_wrote(view, at, &text(before, STATE));
        if theirs && !touched_within_window(view, at, change) {
            found.push(breach(format!(
                "{STATE} of deal {} written over: {:?} by {:?}",
                change.id,
                text(before, STATE),
                text(after, STATE)
            )));
        }
    }
}

/// Whether a person cleared the field: a deal that never had it is nobody's.
fn cleared(view: &View, before: usize, deal: u64) -> bool {
    let changes = view.journal[..before].iter().rev();
    changes
        .filter(|it| it.entity == Entity::Deal && it.id == deal)
        .filter_map(|it| Some((it.who, it.before.as_ref()?, it.after.as_ref()?)))
        .find(|(_, before, after)| text(before, STATE) != text(after, STATE))
        .is_some_and(|(who, _, _)| who != API_USER)
}

/// Whether we ever said this: a deal that a person restored brings our own words back.
fn we_wrote(view: &View, before: usize, state: &str) -> bool {
    let says = |it: &Deal| !state.is_empty() && text(it, STATE) == state;
    view.journal[..before]
        .iter()
        .any(|it| it.who == API_USER && it.after.as_ref().is_some_and(says))
}

/// The fields of the mapping say the order's newest state, as far as they are ours.
pub(super) fn newest_fields(view: &View, found: &mut Vec<Breach>) {
    if view.script.mapped.is_none() || view.script.late || view.halted() {
        return;
    }
    for (order, deal) in linked(view).filter(|(order, _)| !view.unknowable(order)) {
        let id = order.truth.id;
        for (name, value) in wanted(&order.truth) {
            // A new ledger does not know what the one that was lost wrote: it leaves alone what is there.
            let forgotten = name == STATE && (view.script.loses_ledger() || order.was_chosen());
            let theirs = forgotten || edited_by_people(view, deal, |it| text(it, name));
            if text(deal, name) != value && !theirs {
                found.push(breach(format!(
                    "{name} of deal {} of order {id} says {:?}, not {value:?}",
                    deal.id,
                    text(deal, name)
                )));
            }
        }
        let entry = deal.uf.get(DELIVERY).and_then(number);
        if let Some(wanted) = delivery(&order.truth)
            && entry != Some(wanted)
            && !edited_by_people(view, deal, |it| it.uf.get(DELIVERY).cloned())
        {
            found.push(breach(format!(
                "{DELIVERY} of deal {} of order {id} says {entry:?}, not {wanted}",
                deal.id
            )));
        }
    }
}

/// A row is linked to the product of its own variant, or to none.
pub(super) fn own_products(view: &View, found: &mut Vec<Breach>) {
    let codes: BTreeMap<u64, &str> = view
        .products
        .iter()
        .map(|it| (it.id, it.xml_id.as_str()))
        .collect();
    for (order, deal) in linked(view) {
        if order.state.rows_are_theirs {
            continue;
        }
        let lines = order.truth.body_json["line_items"].as_array();
        let variants: Vec<String> = lines
            .into_iter()
            .flatten()
            .filter_map(|it| it["variant_id"].as_u64())
            .map(|it| it.to_string())
            .collect();
        for row in deal.rows.iter().filter(|it| it.product_id != 0) {
            let code = codes.get(&row.product_id).copied().unwrap_or_default();
            if !variants.iter().any(|it| it == code) {
                found.push(breach(format!(
                    "a row of deal {} is linked to product {} ({code:?}), which is none of the order's",
                    deal.id, row.product_id
                )));
            }
        }
    }
}

/// A deal that a person deleted is made again only where the policy says so.
pub(super) fn recreated(view: &View, found: &mut Vec<Breach>) {
    use kernel::mapping::Recreate;
    if matches!(
        view.script.mapped,
        Some(Recreate::OnPayment | Recreate::Always)
    ) {
        return;
    }
    for order in &view.orders {
        if order.recreated() != 0 {
            found.push(breach(format!(
                "the deal of order {} was made again against the policy",
                order.truth.id
            )));
        }
    }
}

fn text(deal: &Deal, name: &str) -> String {
    let value = deal.uf.get(name).and_then(Value::as_str);
    value.unwrap_or_default().to_owned()
}

fn number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str().and_then(|it| it.parse().ok()))
}
