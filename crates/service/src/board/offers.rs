//! What an operator may do about an order, the most useful first.

use kernel::{
    DealId, DeliverySeq,
    presence::Presence,
    state::{Loser, Notice, OrderState, ParkReason},
};
use store::Store;

use super::{
    Board,
    model::{ActionKind, Offered},
    words::Said,
};
use crate::{operator::Action, transport::Transport};

impl<S: Store, T: Transport> Board<S, T> {
    /// What may be done about an order; there is always something.
    pub(super) fn offers(&self, state: Option<&OrderState>) -> Vec<Offered> {
        let mut offers = Vec::new();
        let Some(state) = state else {
            return vec![plain(Action::SyncNow), plain(Action::Retry)];
        };
        let parked = state.parked.as_ref().map(|it| &it.why);
        let deals = deals_of(state);
        match parked {
            Some(ParkReason::NamesAnother(_) | ParkReason::AnotherLedger(_)) => {
                offers.push(self.choose(&deals));
            }
            Some(
                ParkReason::Poison
                | ParkReason::Refused(_)
                | ParkReason::Mismatch(_)
                | ParkReason::Operator
                | ParkReason::Ignored,
            ) => offers.push(plain(Action::Retry)),
            None => {}
        }
        offers.extend(by_notice(state));
        offers.extend(losers(state));
        if let Presence::Tombstone(_) | Presence::Missing(_) = state.presence
            && !state.unwanted
        {
            offers.push(plain(Action::Recreate));
        }
        offers.push(plain(Action::SyncNow));
        offers.push(plain(Action::Retry));
        offers.push(self.choose(&deals));
        if parked != Some(&ParkReason::Operator) {
            offers.push(plain(Action::Park));
        }
        if parked != Some(&ParkReason::Ignored) {
            offers.push(plain(Action::Ignore));
        }
        once(offers)
    }

    fn choose(&self, deals: &[DealId]) -> Offered {
        Offered {
            action: ActionKind::ChooseDeal,
            label: Said::new("Choose the deal", "Выбрать сделку"),
            does: Said::new(
                "You say which deal is the order's. It is read first, and linked if it belongs to nobody else.",
                "Вы указываете сделку заказа. Сначала она читается и связывается, если ничья.",
            ),
            perform: None,
            deals: deals.iter().map(|it| self.deal_ref(*it)).collect(),
        }
    }
}

/// Folds a stored delivery once more.
pub(super) fn replay(delivery: DeliverySeq) -> Offered {
    plain(Action::Replay { delivery })
}

fn by_notice(state: &OrderState) -> Vec<Offered> {
    let mut offers = Vec::new();
    for notice in &state.notices {
        match notice {
            Notice::OtherDeal(deal) | Notice::LateLanding(deal) => {
                offers.push(plain(Action::DismissDuplicate { deal: *deal }));
            }
            Notice::Contested | Notice::Unreadable => offers.push(plain(Action::SyncNow)),
            Notice::ContactRefused | Notice::CompanyRefused | Notice::Unmapped(_) => {
                offers.push(plain(Action::Retry));
            }
            Notice::ChangedAfterDeletion
            | Notice::DeletedInShop
            | Notice::DigitsLost
            | Notice::SeveralMatch { .. } => {}
        }
        let notice = notice.clone();
        offers.push(plain(Action::DismissNotice { notice }));
    }
    offers
}

fn losers(state: &OrderState) -> Vec<Offered> {
    let mut offers = Vec::new();
    for (deal, step) in state.second_deals() {
        match step {
            Loser::Listed if state.deal().is_some() => {
                offers.push(plain(Action::ApplyDuplicate { deal }));
                offers.push(plain(Action::DismissDuplicate { deal }));
            }
            Loser::ToFlag => offers.push(plain(Action::DismissDuplicate { deal })),
            Loser::Listed | Loser::Flagged | Loser::Settled => {}
        }
    }
    offers
}

/// The deals that an order may belong to.
fn deals_of(state: &OrderState) -> Vec<DealId> {
    let mut deals: Vec<DealId> = state.losers.keys().copied().collect();
    deals.extend(state.deal());
    deals.extend(state.notices.iter().filter_map(Notice::second_deal));
    deals.extend(state.parked.iter().filter_map(|it| match it.why {
        ParkReason::NamesAnother(deal)
        | ParkReason::AnotherLedger(deal)
        | ParkReason::Mismatch(deal) => Some(deal),
        ParkReason::Poison
        | ParkReason::Refused(_)
        | ParkReason::Operator
        | ParkReason::Ignored => None,
    }));
    deals.sort();
    deals.dedup();
    deals
}

/// Each offer once, where it stands first.
fn once(offers: Vec<Offered>) -> Vec<Offered> {
    let mut seen = Vec::new();
    for offer in offers {
        if !seen.contains(&offer) {
            seen.push(offer);
        }
    }
    seen
}

/// An action that needs nothing more to be said.
fn plain(action: Action) -> Offered {
    let (kind, label, does) = words(&action);
    Offered {
        action: kind,
        label,
        does,
        perform: Some(action),
        deals: Vec::new(),
    }
}

fn words(action: &Action) -> (ActionKind, Said, Said) {
    match action {
        Action::SyncNow => (
            ActionKind::SyncNow,
            Said::new("Sync now", "Синхронизировать"),
            Said::new(
                "The shop is asked how the order is, the deal is read, and everything is said again.",
                "Магазин спрашивается о заказе, сделка читается, и всё отправляется заново.",
            ),
        ),
        Action::Retry => (
            ActionKind::Retry,
            Said::new("Retry", "Повторить"),
            Said::new(
                "The order is tried again at once; every pause ends.",
                "Заказ обрабатывается сразу; все паузы заканчиваются.",
            ),
        ),
        Action::Park => (
            ActionKind::Park,
            Said::new("Park", "Отложить"),
            Said::new(
                "Nothing is written for the order until somebody presses Retry.",
                "По заказу ничего не пишется, пока кто-нибудь не нажмёт «Повторить».",
            ),
        ),
        Action::Ignore => (
            ActionKind::Ignore,
            Said::new("Ignore", "Без сделки"),
            Said::new(
                "The order gets no deal, and is not shown as waiting any more.",
                "У заказа не будет сделки, и он больше не числится ожидающим.",
            ),
        ),
        Action::ChooseDeal { deal } => (
            ActionKind::ChooseDeal,
            Said::new(
                format!("Choose deal {deal}"),
                format!("Выбрать сделку {deal}"),
            ),
            Said::new(
                "The deal is read, and linked if it belongs to nobody else.",
                "Сделка читается и связывается, если ничья.",
            ),
        ),
        Action::Recreate => (
            ActionKind::Recreate,
            Said::new("Make the deal again", "Создать сделку снова"),
            Said::new(
                "The deleted deal is looked for once more, and made again if it is not there.",
                "Удалённая сделка ищется ещё раз и создаётся снова, если её нет.",
            ),
        ),
        Action::Replay { delivery } => (
            ActionKind::Replay,
            Said::new("Replay", "Применить снова"),
            Said::new(
                format!("Delivery {delivery} is read once more, as if it had arrived again."),
                format!("Доставка {delivery} читается ещё раз, как если бы пришла снова."),
            ),
        ),
        Action::ApplyDuplicate { deal } => (
            ActionKind::ApplyDuplicate,
            Said::new(
                format!("Flag deal {deal}"),
                format!("Пометить сделку {deal}"),
            ),
            Said::new(
                "Its title says that it is a duplicate, if a read shows that it is ours. It is not deleted.",
                "В названии появится, что это дубликат, если чтение покажет, что сделка наша. Она не удаляется.",
            ),
        ),
        Action::DismissDuplicate { deal } => (
            ActionKind::DismissDuplicate,
            Said::new(
                format!("Deal {deal} is no duplicate"),
                format!("Сделка {deal} — не дубликат"),
            ),
            Said::new(
                "The deal is left as it is, and is not spoken of any more.",
                "Сделка остаётся как есть, и о ней больше не напоминается.",
            ),
        ),
        Action::DismissNotice { .. } => (
            ActionKind::DismissNotice,
            Said::new("Seen", "Понятно"),
            Said::new(
                "The line goes, and comes back only when it happens anew.",
                "Замечание исчезнет и вернётся, только если это случится снова.",
            ),
        ),
    }
}
