//! A state of the order arrives.

use crate::{
    context::Context,
    mapping::Recreate,
    money,
    order::{Order, Payment},
    presence::Presence,
    remark::Remark,
    rules::REFUSALS_MAX,
    state::{Notice, OrderState, ParkReason, Retry, Seen},
    version::{Freshness, Source, Version, compare},
};

pub(super) fn order_seen(
    state: &mut OrderState,
    order: &Order,
    source: Source,
    creation: bool,
    ctx: &Context<'_>,
) -> Vec<Remark> {
    let version = Version::of(order, source);
    let Some(known) = &mut state.newest else {
        state.began_with_update = !creation;
        return accept(state, order, version, false, ctx);
    };
    known.order.fill_lasting_from(order);
    match compare(&version, &known.version) {
        Freshness::Newer => accept(state, order, version, false, ctx),
        Freshness::NewerContested => {
            let mut remarks = accept(state, order, version, true, ctx);
            remarks.push(Remark::Contested);
            remarks
        }
        Freshness::OlderContested => {
            contest(state, source);
            vec![Remark::Contested]
        }
        Freshness::Repeat => {
            // The same state, said later or by a better source: it must win the ties that this one would win.
            if let Some(known) = &mut state.newest {
                let confirmed = version.source == Source::Api;
                known.version = known.version.clone().max(version);
                known.order.fill_from(order);
                known.contested &= !confirmed;
                if confirmed {
                    state.notices.remove(&Notice::Contested);
                }
            }
            vec![Remark::Repeated]
        }
        Freshness::Older => {
            vec![Remark::Outdated {
                arrived: version.updated_at,
                known: known.version.updated_at,
            }]
        }
    }
}

fn accept(
    state: &mut OrderState,
    order: &Order,
    version: Version,
    contested: bool,
    ctx: &Context<'_>,
) -> Vec<Remark> {
    let mut remarks = vec![Remark::Accepted(version.updated_at)];
    let source = version.source;
    let paid = |it: &Order| it.payment == Payment::Paid;
    let paid_before = state.newest.as_ref().is_some_and(|it| paid(&it.order));
    state.recreate |= match ctx.mapping.recreate() {
        Recreate::Never => false,
        Recreate::OnPayment => paid(order) && !paid_before,
        Recreate::Always => true,
    };
    let mut filled = order.clone();
    if let Some(known) = &state.newest {
        filled.fill_from(&known.order);
    }
    filled.beside.deleted |= state.deleted_in_shop;
    state.newest = Some(Seen {
        version,
        order: filled,
        contested: false,
    });
    state.not_shown.clear();
    state.notices.remove(&Notice::Contested);
    // What happens to this state happens anew.
    for notice in [
        Notice::Contested,
        Notice::ContactRefused,
        Notice::CompanyRefused,
    ] {
        state.asked.dismissed.remove(&notice);
    }
    if money::not_carried(order.total).is_zero() {
        state.notices.remove(&Notice::DigitsLost);
        state.asked.dismissed.remove(&Notice::DigitsLost);
    } else {
        state.notice(Notice::DigitsLost);
    }
    if contested {
        contest(state, source);
    }
    remarks.extend(mapped(state, ctx));
    wake(state, ctx);
    remarks
}

/// The deal stays as it is, unless a rule of the mapping says otherwise by `order.deleted`.
pub(super) fn deleted_in_shop(state: &mut OrderState, ctx: &Context<'_>) -> Vec<Remark> {
    state.deleted_in_shop = true;
    state.notice(Notice::DeletedInShop);
    if let Some(known) = &mut state.newest {
        known.order.beside.deleted = true;
    }
    let mut remarks = vec![Remark::DeletedInShop];
    remarks.extend(mapped(state, ctx));
    remarks
}

/// Whether the mapping wants a deal, and which of its rules fail: each is told once, for as long as it fails.
fn mapped(state: &mut OrderState, ctx: &Context<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let Some(Seen { order, .. }) = &state.newest else {
        return remarks;
    };
    let unwanted = !ctx.mapping.wants(order);
    if unwanted && !state.unwanted && state.presence == Presence::Absent {
        remarks.push(Remark::Unwanted);
    }
    state.unwanted = unwanted;
    let failing = ctx.mapping.unmapped(order);
    let lasts = |it: &Notice| match it {
        Notice::Unmapped(known) => failing.contains(known),
        Notice::Contested
        | Notice::ChangedAfterDeletion
        | Notice::OtherDeal(_)
        | Notice::LateLanding(_)
        | Notice::DeletedInShop
        | Notice::ContactRefused
        | Notice::Unreadable
        | Notice::DigitsLost
        | Notice::CompanyRefused
        | Notice::SeveralMatch { .. } => true,
    };
    state.notices.retain(lasts);
    state.asked.dismissed.retain(lasts);
    for unmapped in failing {
        if state.notice(Notice::Unmapped(unmapped.clone())) {
            remarks.push(Remark::Unmapped(unmapped));
        }
    }
    remarks
}

/// Marks the order: an answer of the Admin API settles the matter, anything else leaves it open.
fn contest(state: &mut OrderState, source: Source) {
    let Some(newest) = &mut state.newest else {
        return;
    };
    if source != Source::Api && newest.version.source != Source::Api {
        newest.contested = true;
        state.notice(Notice::Contested);
    }
}

/// A newer version gives an order that was parked for its content another chance, and a deleted deal another look.
fn wake(state: &mut OrderState, ctx: &Context<'_>) {
    let wakes = state.parked.as_ref().is_some_and(|it| match it.why {
        ParkReason::Poison | ParkReason::Refused(_) | ParkReason::NamesAnother(_) => true,
        ParkReason::AnotherLedger(_)
        | ParkReason::Mismatch(_)
        | ParkReason::Operator
        | ParkReason::Ignored => false,
    });
    if wakes {
        state.parked = None;
        let refusals = state.retry.refusals.min(REFUSALS_MAX - 1);
        let company = state.retry.company;
        state.retry = Retry {
            refusals,
            company,
            ..Retry::default()
        };
    }
    if let Presence::Tombstone(_) = state.presence {
        state.audits.push(ctx.now);
        state.notice_anew(Notice::ChangedAfterDeletion);
    }
}
