//! What needs a person: why, and what follows if nobody acts.

use kernel::{
    PartyId,
    operator::WhyNot,
    party::PartyKind,
    remark::several,
    state::{Notice, OrderState, ParkReason},
};

use super::Said;
use crate::board::model::Reason;

/// All that a person should look at, the gravest first.
pub fn reasons(state: &OrderState) -> Vec<Reason> {
    let parked = state.parked.iter().map(|it| park_reason(&it.why));
    parked.chain(state.notices.iter().map(notice)).collect()
}

/// The line of a list: `None` where there is nothing to look at. What the worker could not do is told by the ledger alone.
pub fn attention_line(state: Option<&OrderState>, stored: Option<&str>) -> Option<Said> {
    let stored = stored?;
    let first = state.and_then(|it| reasons(it).into_iter().next());
    match first {
        // The worker's own trouble is written over what the state says.
        Some(reason) if stored_by_state(state, stored) => Some(reason.reason),
        Some(_) | None => Some(worker_trouble(stored)),
    }
}

/// Whether the stored line is one that the state explains.
fn stored_by_state(state: Option<&OrderState>, stored: &str) -> bool {
    !matches!(stored, UNSAVED | UNREADABLE_STATE | BUG) && state.is_some()
}

const UNSAVED: &str = "its state could not be saved; tried again";
const UNREADABLE_STATE: &str = "its saved state cannot be read";
const BUG: &str = "a bug stopped its turn; tried again in an hour";

fn worker_trouble(stored: &str) -> Said {
    match stored {
        UNSAVED => Said::new(
            UNSAVED,
            "состояние не удалось сохранить; попытка повторится",
        ),
        UNREADABLE_STATE => Said::new(UNREADABLE_STATE, "сохранённое состояние не читается"),
        BUG => Said::new(BUG, "обработку прервала ошибка программы; повтор через час"),
        other => Said::same(other),
    }
}

/// Why an order rests.
pub fn parked(why: &ParkReason) -> Said {
    let ru = match why {
        ParkReason::Poison => "запросы по заказу раз за разом остаются без ответа".to_owned(),
        ParkReason::Refused(code) => format!("портал отклоняет наши данные (код {code})"),
        ParkReason::NamesAnother(deal) => format!(
            "сделка {deal} несёт номер этого заказа, но принадлежит другой системе; решите, которая верна"
        ),
        ParkReason::AnotherLedger(deal) => {
            format!("на этот портал пишет ещё один onedeal: сделка {deal} несёт его метку")
        }
        ParkReason::Mismatch(deal) => {
            format!("сделка {deal} отвечает ключом другого заказа; больше ничего не отправляется")
        }
        ParkReason::Operator => "отложен оператором".to_owned(),
        ParkReason::Ignored => "оператор решил, что сделка не нужна".to_owned(),
    };
    Said::new(why.to_string(), ru)
}

fn park_reason(why: &ParkReason) -> Reason {
    let (word, consequence) = match why {
        ParkReason::Poison => (
            "poison",
            Said::new(
                "The order is tried again by itself, ever more rarely; until then its deal is not up to date.",
                "Попытки повторяются сами, но всё реже; до тех пор сделка не обновляется.",
            ),
        ),
        ParkReason::Refused(_) => (
            "refused",
            Said::new(
                "The deal is missing or stays as it is until the cause is mended; then press Retry.",
                "Сделки нет или она не обновляется, пока причина не устранена; затем нажмите «Повторить».",
            ),
        ),
        ParkReason::NamesAnother(_) => (
            "names_another",
            Said::new(
                "No deal is made or changed for the order until somebody says which one is its deal.",
                "Сделка не создаётся и не меняется, пока человек не скажет, какая верна.",
            ),
        ),
        ParkReason::AnotherLedger(_) => (
            "another_ledger",
            Said::new(
                "Nothing is written for the order: two services would overwrite each other.",
                "По заказу ничего не пишется: две службы затирали бы друг друга.",
            ),
        ),
        ParkReason::Mismatch(_) => (
            "mismatch",
            Said::new(
                "Nothing at all is sent to the portal until somebody looked and restarted onedeal.",
                "На портал не отправляется вообще ничего, пока человек не проверит и не перезапустит onedeal.",
            ),
        ),
        ParkReason::Operator => (
            "parked",
            Said::new(
                "Later changes of the order do not reach its deal.",
                "Дальнейшие изменения заказа не попадут в сделку.",
            ),
        ),
        ParkReason::Ignored => (
            "ignored",
            Said::new("The order gets no deal.", "У заказа не будет сделки."),
        ),
    };
    Reason {
        word: word.to_owned(),
        reason: parked(why),
        consequence,
    }
}

fn notice(notice: &Notice) -> Reason {
    let nothing = || {
        Said::new(
            "Nothing: the deal is kept up to date.",
            "Ничего: сделка обновляется.",
        )
    };
    let (word, reason, consequence) = match notice {
        Notice::Contested => (
            "contested",
            Said::new(
                "two states of the same second; the one triggered later counts",
                "два состояния одной секунды; действует отправленное позже",
            ),
            Said::new(
                "The deal may show the older of the two until the order changes again.",
                "Сделка может показывать более старое из двух, пока заказ не изменится.",
            ),
        ),
        Notice::ChangedAfterDeletion => (
            "changed_after_deletion",
            Said::new(
                "the order changed after its deal was deleted",
                "заказ изменился после удаления сделки",
            ),
            Said::new(
                "The order stays without a deal.",
                "Заказ остаётся без сделки.",
            ),
        ),
        Notice::OtherDeal(deal) => (
            "other_deal",
            Said::new(
                format!("deal {deal} carries the same order and is not ours to flag"),
                format!("сделка {deal} несёт тот же заказ, и пометить её мы не вправе"),
            ),
            Said::new(
                "The order has two live deals, and reports count it twice.",
                "У заказа две живые сделки, и отчёты считают его дважды.",
            ),
        ),
        Notice::LateLanding(deal) => (
            "late_landing",
            Said::new(
                format!(
                    "deal {deal} was a second deal of this order and is flagged: a create landed later than assumed"
                ),
                format!(
                    "сделка {deal} была второй сделкой заказа и помечена: создание сработало позже предполагаемого"
                ),
            ),
            Said::new(
                "It may happen again: raise ONEDEAL_SETTLE_MS.",
                "Это может повториться: увеличьте ONEDEAL_SETTLE_MS.",
            ),
        ),
        Notice::DeletedInShop => (
            "deleted_in_shop",
            Said::new("the order was deleted in Shopify", "заказ удалён в Shopify"),
            Said::new(
                "Its deal stays as it is, unless a rule of the mapping names `order.deleted`.",
                "Сделка остаётся как есть, если правило не называет `order.deleted`.",
            ),
        ),
        Notice::ContactRefused => (
            "contact_refused",
            Said::new("the portal refuses the contact", "портал отклоняет контакт"),
            Said::new(
                "The deal is without its contact.",
                "Сделка остаётся без контакта.",
            ),
        ),
        Notice::CompanyRefused => (
            "company_refused",
            Said::new(
                "the portal refuses the company",
                "портал отклоняет компанию",
            ),
            Said::new(
                "The deal is without its company.",
                "Сделка остаётся без компании.",
            ),
        ),
        Notice::Unreadable => (
            "unreadable",
            Said::new(
                "a delivery could not be read",
                "доставку не удалось прочитать",
            ),
            Said::new(
                "What it said may be missing in the deal until the next delivery.",
                "Её данных может не быть в сделке до следующей доставки.",
            ),
        ),
        Notice::DigitsLost => (
            "digits_lost",
            Said::new(
                "the amount has digits that the portal cannot carry",
                "в сумме больше знаков, чем может хранить портал",
            ),
            Said::new(
                "The deal shows the amount in two decimals.",
                "Сделка показывает сумму с двумя знаками.",
            ),
        ),
        Notice::Unmapped(it) => (
            "unmapped",
            Said::new(
                format!("the mapping's rule `{}` fails: {}", it.place, it.problem),
                format!("правило «{}» не выполняется: {}", it.place, it.problem),
            ),
            Said::new(
                "The deal is made without what the rule says.",
                "Сделка создаётся без того, что задаёт правило.",
            ),
        ),
        Notice::SeveralMatch { kind, count, used } => (
            "several_match",
            Said::new(
                several(*kind, *count, *used),
                several_match(*kind, *count, *used),
            ),
            nothing(),
        ),
    };
    Reason {
        word: word.to_owned(),
        reason,
        consequence,
    }
}

/// Several contacts or companies match, in Russian.
pub(super) fn several_match(kind: PartyKind, count: usize, used: PartyId) -> String {
    match kind {
        PartyKind::Contact => {
            format!("покупателю подходит несколько контактов ({count}): взят первый, {used}")
        }
        PartyKind::Company => {
            format!("заказу подходит несколько компаний ({count}): взята первая, {used}")
        }
    }
}

/// Why something that an operator asked for was not done, in Russian.
pub(super) fn why_not(why: &WhyNot) -> String {
    match why {
        WhyNot::NeverSeen => "состояние заказа ещё не прочитано".to_owned(),
        WhyNot::Missing => "портал не знает этой сделки".to_owned(),
        WhyNot::AnotherKey => "сделка несёт чужой ключ".to_owned(),
        WhyNot::Flagged => "сделка помечена как дубликат".to_owned(),
        WhyNot::Linked(order) => format!("сделка принадлежит заказу {order}"),
        WhyNot::Replaced => "после него было другое пожелание".to_owned(),
        WhyNot::NotUnderstood => "просьбу записала другая версия".to_owned(),
        WhyNot::NotDeleted => "сделка заказа не удалена".to_owned(),
        WhyNot::Unwanted => "правила не предусматривают сделки".to_owned(),
        WhyNot::NoDuplicate => "такой дубликат не известен".to_owned(),
        WhyNot::FlaggedAlready => "дубликат уже помечен".to_owned(),
        WhyNot::NoSurvivor => "у заказа нет сделки, которая осталась бы".to_owned(),
    }
}
