//! One order against its one deal.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::{Decimal, RoundingStrategy};
use simulators::{
    bitrix24::Deal,
    shopify::{Acknowledged, OrderState, OrderTruth},
};

use super::Reason;
use crate::demo::people::Edits;

/// Decimals that a deal and its rows carry (facts/bitrix24.md §11.2).
const DECIMALS: u32 = 2;

/// Where an order's state wants its deal (design §4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Open,
    Won,
    Lost,
}

/// The newest state that was acknowledged: the largest `updated_at`, within a second the largest trigger time.
///
/// A merged delivery carries a newer body under an older trigger time, so a second that saw one state only is known by its
/// `updated_at` alone.
pub(super) fn expected<'a>(
    order: &'a OrderTruth,
    deliveries: &[&Acknowledged],
) -> Option<&'a OrderState> {
    let told = |state: &OrderState| {
        let second = order.history.iter();
        let alone = 1
            == second
                .filter(|it| it.updated_at == state.updated_at)
                .count();
        deliveries.iter().any(|it| {
            it.updated_at == Some(state.updated_at)
                && (alone || it.triggered_at == state.triggered_at)
        })
    };
    let told = order.history.iter().filter(|it| told(it));
    told.max_by_key(|it| (it.updated_at, it.triggered_at))
}

/// Everything that is wrong with the deal.
pub(super) fn findings(
    order: &OrderTruth,
    expected: Option<&OrderState>,
    deal: &Deal,
    edits: &Edits,
    emails: &BTreeMap<u64, BTreeSet<String>>,
) -> Vec<Reason> {
    let mut found = Vec::new();
    let Some(expected) = expected else {
        return found;
    };
    found.extend(money(order, expected, deal));
    found.extend(stage(order, expected, deal, edits));
    found.extend(title(deal, edits));
    found.extend(contact(order, deal, emails));
    found
}

fn money(order: &OrderTruth, expected: &OrderState, deal: &Deal) -> Option<Reason> {
    let total = expected
        .current_total
        .round_dp_with_strategy(DECIMALS, RoundingStrategy::MidpointAwayFromZero);
    if deal.opportunity != total {
        let (is, should) = (format!("{:.2}", deal.opportunity), format!("{total:.2}"));
        return Some(Reason::Amount(is, should));
    }
    if deal.currency_id != order.currency {
        let (is, should) = (deal.currency_id.clone(), order.currency.clone());
        return Some(Reason::Currency(is, should));
    }
    let sum: Decimal = deal.rows.iter().map(|it| it.price * it.quantity).sum();
    (sum != total).then(|| Reason::Rows(format!("{sum:.2}"), format!("{total:.2}")))
}

/// Rules move a deal out of an open stage, and only a loss moves a won one; a closed deal stays closed.
fn stage(order: &OrderTruth, expected: &OrderState, deal: &Deal, edits: &Edits) -> Option<Reason> {
    let is = deal.stage_semantic.as_str();
    let managers = edits.stages.get(&deal.id);
    let closed_by_manager = managers.is_some_and(|it| it == "APOLOGY");
    let ever = |wish: Wish| order.history.iter().any(|it| wish_of(it) == wish);
    let mut allowed = BTreeSet::new();
    match wish_of(expected) {
        _ if closed_by_manager => allowed.extend(["F"]),
        Wish::Lost => allowed.extend(["F"]),
        Wish::Won => {
            allowed.extend(["S"]);
            allowed.extend(ever(Wish::Lost).then_some("F"));
        }
        Wish::Open => {
            allowed.extend(["P"]);
            allowed.extend(ever(Wish::Won).then_some("S"));
            allowed.extend(ever(Wish::Lost).then_some("F"));
        }
    }
    if !allowed.contains(is) {
        let allowed: Vec<&str> = allowed.into_iter().collect();
        return Some(Reason::Stage(deal.stage_id.clone(), allowed.join("/")));
    }
    let managers = managers.filter(|_| is == "P" || closed_by_manager)?;
    (deal.stage_id != *managers)
        .then(|| Reason::ManagersStage(deal.stage_id.clone(), managers.clone()))
}

fn wish_of(state: &OrderState) -> Wish {
    let payment = state.financial_status.as_str();
    let fulfilled = state.fulfillment_status.as_deref() == Some("fulfilled");
    if state.cancelled || payment == "voided" || payment == "refunded" {
        Wish::Lost
    } else if payment == "paid" && fulfilled {
        Wish::Won
    } else {
        Wish::Open
    }
}

fn title(deal: &Deal, edits: &Edits) -> Option<Reason> {
    let title = edits.titles.get(&deal.id)?;
    (deal.title != *title).then(|| Reason::Title(deal.title.clone(), title.clone()))
}

fn contact(
    order: &OrderTruth,
    deal: &Deal,
    emails: &BTreeMap<u64, BTreeSet<String>>,
) -> Option<Reason> {
    let email = order.email.as_deref()?.trim().to_lowercase();
    let shown = deal.contact_ids.first().and_then(|it| emails.get(it));
    let right = shown.is_some_and(|it| it.contains(&email));
    (!right).then(|| Reason::Contact(deal.contact_ids.clone(), email))
}
