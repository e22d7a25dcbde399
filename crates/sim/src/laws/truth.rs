//! S3, S4: what the deal says is what the order says.

use rust_decimal::Decimal;
use simulators::{
    bitrix24::{ChangeKind, Deal},
    shopify::OrderTruth,
};

use super::{
    Breach, View, breach,
    view::{API_USER, OrderView, has_number, has_pair},
};

/// Every acknowledged delivery is in the ledger, folded.
pub(super) fn nothing_lost(view: &View, found: &mut Vec<Breach>) {
    if view.halted() {
        return;
    }
    let judged = |it: &&OrderView| it.owed && !view.unknowable(it);
    for order in view.orders.iter().filter(judged) {
        let id = order.truth.id;
        let Some(newest) = &order.state.newest else {
            found.push(breach(format!(
                "order {id} was acknowledged and is not known"
            )));
            continue;
        };
        if newest.version.updated_at != order.truth.updated_at {
            let (known, truth) = (newest.version.updated_at, order.truth.updated_at);
            found.push(breach(format!(
                "order {id} is known as of {known}, its newest state is of {truth}"
            )));
        }
    }
}

/// The linked deal carries the newest state of what Shopify owns.
pub(super) fn newest_state(view: &View, found: &mut Vec<Breach>) {
    // An update that lands later than assumed may be the last one to write: S4 needs A-D (protocol §3).
    if view.script.late || view.halted() {
        return;
    }
    for (order, deal) in linked(view).filter(|(order, _)| !view.unknowable(order)) {
        let id = order.truth.id;
        let total = order.truth.current_total.round_dp(2);
        if deal.opportunity != total && !edited_by_people(view, deal, |it| it.opportunity) {
            found.push(breach(format!(
                "deal {} of order {id} says {}, Shopify says {total}",
                deal.id, deal.opportunity
            )));
        }
        if deal.currency_id != order.truth.currency {
            found.push(breach(format!(
                "deal {} of order {id} is in {:?}",
                deal.id, deal.currency_id
            )));
        }
        if !order.state.rows_are_theirs && rows_sum(deal) != total {
            found.push(breach(format!(
                "the rows of deal {} of order {id} add up to {}, not {total}",
                deal.id,
                rows_sum(deal)
            )));
        }
        let stage = wanted_stage(&order.truth);
        if let Some(semantic) = stage
            && deal.stage_semantic != semantic
            && !moved_by_people(view, deal)
        {
            found.push(breach(format!(
                "deal {} of order {id} stands in {}, it should be {semantic}",
                deal.id, deal.stage_id
            )));
        }
    }
}

/// The linked deal has its key in both places, its title, and its contact.
pub(super) fn complete(view: &View, found: &mut Vec<Breach>) {
    if view.halted() {
        return;
    }
    for (order, deal) in linked(view) {
        let id = order.truth.id;
        if !has_pair(deal, id) {
            found.push(breach(format!(
                "deal {} of order {id} lacks the origin pair",
                deal.id
            )));
        }
        if !view.script.no_field
            && !has_number(deal, id)
            && !edited_by_people(view, deal, |it| it.uf.clone())
        {
            found.push(breach(format!(
                "deal {} of order {id} lacks the order's number",
                deal.id
            )));
        }
        if deal.title.is_empty() {
            found.push(breach(format!(
                "deal {} of order {id} lacks a title",
                deal.id
            )));
        }
        let known = order
            .state
            .newest
            .as_ref()
            .and_then(|it| kernel::contact::ContactWish::of(&it.order.buyer));
        let taken_out = edited_by_people(view, deal, |it| it.contact_ids.clone());
        if known.is_some() && deal.contact_ids.is_empty() && !taken_out {
            found.push(breach(format!(
                "deal {} of order {id} lacks its contact",
                deal.id
            )));
        }
    }
    for (order, deal) in linked(view) {
        let buys = order.truth.body_json["company"]["id"].as_u64();
        let company = view.companies.iter().find(|it| it.id == deal.company_id);
        let own = company.and_then(|it| it.origin_id.parse().ok());
        let theirs = edited_by_people(view, deal, |it| it.company_id);
        // A delivery may have come without its company, as bodies may lack what is optional.
        let known = order.state.newest.as_ref();
        let known = known.and_then(|it| it.order.beside.company).map(|it| it.id);
        if known.is_some() && known == buys && own != buys && !theirs {
            found.push(breach(format!(
                "deal {} of order {} shows the company {own:?}, not {buys:?}",
                deal.id, order.truth.id
            )));
        }
    }
    for contact in view
        .contacts
        .iter()
        .filter(|it| it.created_by == API_USER && !it.deleted)
    {
        // An order that rests without a deal does not look after its buyer's contact.
        let linked = view
            .orders
            .iter()
            .filter(|it| it.state.deal().is_some() && it.state.parked.is_none());
        let of_email = linked.filter_map(|it| it.state.newest.as_ref()).any(|it| {
            let customer = it.order.buyer.customer.map(|it| it.to_string());
            customer.as_deref() == Some(contact.origin_id.as_str())
                && it.order.buyer.email.is_some()
        });
        // In a world where creates land later than is ever waited for, a person may have a second contact that nobody knows.
        let unknown = view.script.late
            && view.contacts.iter().any(|it| {
                it.id != contact.id && it.origin_id == contact.origin_id && !it.emails.is_empty()
            });
        if of_email && contact.emails.is_empty() && !unknown && !view.script.loses_ledger() {
            found.push(breach(format!(
                "contact {} ({}) lacks its e-mail",
                contact.id, contact.origin_id
            )));
        }
    }
}

/// Orders with their linked deal, where the deal is still there and still ours to write.
pub(super) fn linked(view: &View) -> impl Iterator<Item = (&OrderView, &Deal)> {
    view.orders
        .iter()
        .filter(|it| it.owed && !view.waits_for_operator(it) && !view.was_rekeyed(it.truth.id))
        .filter_map(|order| {
            let linked = order.state.deal()?;
            let deal = view
                .deals
                .iter()
                .find(|it| it.id == linked.0 && !it.deleted)?;
            Some((order, deal))
        })
}

fn rows_sum(deal: &Deal) -> Decimal {
    deal.rows
        .iter()
        .map(|it| it.price * it.quantity)
        .sum::<Decimal>()
        .round_dp(2)
}

/// The end that the default rules want; `None` = the manager's business.
fn wanted_stage(truth: &OrderTruth) -> Option<&'static str> {
    let status = truth.financial_status.as_str();
    if truth.cancelled || status == "refunded" || status == "voided" {
        Some("F")
    } else if status == "paid" && truth.fulfillment_status.as_deref() == Some("fulfilled") {
        Some("S")
    } else {
        None
    }
}

/// People moved or closed the deal: where it stands is theirs.
fn moved_by_people(view: &View, deal: &Deal) -> bool {
    edited_by_people(view, deal, |it| it.stage_id.clone()) || deal.created_by != API_USER
}

pub(super) fn edited_by_people<T: PartialEq>(
    view: &View,
    deal: &Deal,
    of: impl Fn(&Deal) -> T,
) -> bool {
    view.journal.iter().filter(|it| it.id == deal.id && it.who != API_USER).any(|it| {
        it.kind == ChangeKind::Created
            || it.kind == ChangeKind::Restored
            || matches!((&it.before, &it.after), (Some(before), Some(after)) if of(before) != of(after))
    })
}
