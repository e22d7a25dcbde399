//! What a person reads, in two languages: what is the matter, what follows from it, what to do.
//!
//! Invariant: made of closed words and numbers alone, so that no secret and nothing of an order can be in it.

use super::{
    Condition,
    watch::{Change, Detail, News},
};

/// The language of messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Russian.
    Russian,
}

/// What is said about something new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// One line.
    pub title: String,
    /// What follows from it and what to do; empty where it is over.
    pub advice: String,
}

/// Puts something new into words.
pub fn text(news: &News, language: Language) -> Text {
    let (title, advice) = match (news.change, language) {
        (Change::Raised, Language::English) => english(news.condition, &news.detail),
        (Change::Raised, Language::Russian) => russian(news.condition, &news.detail),
        (Change::Cleared, Language::English) => (over_in_english(news.condition).to_owned(), ""),
        (Change::Cleared, Language::Russian) => (over_in_russian(news.condition).to_owned(), ""),
    };
    Text {
        title,
        advice: advice.to_owned(),
    }
}

fn english(condition: Condition, detail: &Detail) -> (String, &'static str) {
    let number = detail.number;
    let word = detail.word.as_deref().unwrap_or("unknown");
    match condition {
        Condition::QueueOld => (
            format!("An order has waited for {number} minutes"),
            "Deals are late, none is lost. See whether the portal answers and what it refuses: the metrics and the log say so.",
        ),
        Condition::NeedsAttention => (
            format!("Orders that need a person: {number}"),
            "Each waits for a decision that onedeal must not make. Open the list and settle them one by one.",
        ),
        Condition::DuplicatesFound => (
            format!("Another deal of the same order was found: {number}"),
            "Deals of ours are flagged by themselves. Look at the others and decide which deal stays.",
        ),
        Condition::SubscriptionGone => (
            "A webhook subscription of the shop was removed or cannot be made".to_owned(),
            "Shopify removes it after failed deliveries. It is made again where possible and missed orders are read; make sure that the public address answers.",
        ),
        Condition::PortalClosed => (
            format!("Nothing can be sent to Bitrix24 ({word})"),
            "Orders wait and none is lost. `onedeal check` says what to do: which right to grant or which button to press.",
        ),
        Condition::PortalHalted => (
            "A deal answers with another order's key: nothing more is sent to Bitrix24".to_owned(),
            "Webhooks are still taken. Find out who changed the deal's ORIGIN_ID, then restart onedeal.",
        ),
        Condition::ShopClosed => (
            format!("Shopify does not let onedeal read orders ({word})"),
            "Webhooks still arrive, but what they miss is not noticed. `onedeal check` says what to do.",
        ),
        Condition::LateLanding => (
            format!("A request landed in Bitrix24 later than assumed: {number}"),
            "Second deals are flagged by themselves. Raise ONEDEAL_SETTLE_MS so that it does not happen again.",
        ),
        Condition::DiskRefuses => (
            "The ledger takes no writes".to_owned(),
            "Webhooks are refused and Shopify delivers them again for four hours. Look at the disk now.",
        ),
        Condition::DiskFull => (
            format!("Only {number} MB are left for the ledger"),
            "When the disk is full, webhooks are refused. Free some space.",
        ),
        Condition::WorkerStill => (
            format!("The worker has not turned for {number} minutes"),
            "Webhooks are stored, deals are not made. Restart onedeal and send us the log.",
        ),
        Condition::ReconcilerStill => (
            format!("The shop's orders were last compared {number} minutes ago"),
            "Webhooks that were lost since then are not noticed. Look at the log for what Shopify answers.",
        ),
    }
}

fn russian(condition: Condition, detail: &Detail) -> (String, &'static str) {
    let number = detail.number;
    let word = detail.word.as_deref().unwrap_or("unknown");
    match condition {
        Condition::QueueOld => (
            format!("Заказ ждёт уже {number} мин"),
            "Сделки опаздывают, но ни одна не потеряна. Посмотрите, отвечает ли портал и что он отклоняет: это видно в метриках и журнале.",
        ),
        Condition::NeedsAttention => (
            format!("Заказы, которым нужен человек: {number}"),
            "Каждый ждёт решения, которое onedeal не вправе принять сам. Откройте список и решите по одному.",
        ),
        Condition::DuplicatesFound => (
            format!("Найдена другая сделка того же заказа: {number}"),
            "Свои сделки помечаются сами. Посмотрите остальные и решите, какая останется.",
        ),
        Condition::SubscriptionGone => (
            "Подписка магазина на вебхуки удалена или не создаётся".to_owned(),
            "Shopify удаляет её после неудачных доставок. Где возможно, она создаётся заново, а пропущенные заказы читаются; проверьте, что публичный адрес отвечает.",
        ),
        Condition::PortalClosed => (
            format!("В Битрикс24 ничего нельзя отправить ({word})"),
            "Заказы ждут, ни один не потерян. Команда `onedeal check` скажет, какое право дать или какую кнопку нажать.",
        ),
        Condition::PortalHalted => (
            "Сделка отвечает ключом чужого заказа: в Битрикс24 больше ничего не отправляется"
                .to_owned(),
            "Вебхуки по-прежнему принимаются. Выясните, кто изменил ORIGIN_ID сделки, и перезапустите onedeal.",
        ),
        Condition::ShopClosed => (
            format!("Shopify не даёт onedeal читать заказы ({word})"),
            "Вебхуки приходят, но пропущенное ими не заметить. Команда `onedeal check` скажет, что сделать.",
        ),
        Condition::LateLanding => (
            format!("Запрос дошёл до Битрикс24 позже, чем мы считали возможным: {number}"),
            "Вторые сделки помечаются сами. Увеличьте ONEDEAL_SETTLE_MS, чтобы это не повторилось.",
        ),
        Condition::DiskRefuses => (
            "База onedeal не принимает записи".to_owned(),
            "Вебхуки отклоняются, Shopify повторяет их четыре часа. Проверьте диск сейчас.",
        ),
        Condition::DiskFull => (
            format!("Для базы осталось {number} МБ"),
            "Когда диск заполнится, вебхуки будут отклоняться. Освободите место.",
        ),
        Condition::WorkerStill => (
            format!("Обработчик стоит уже {number} мин"),
            "Вебхуки сохраняются, сделки не создаются. Перезапустите onedeal и пришлите нам журнал.",
        ),
        Condition::ReconcilerStill => (
            format!("Заказы магазина сверялись {number} мин назад"),
            "Вебхуки, потерянные с тех пор, не замечены. Посмотрите в журнале, что отвечает Shopify.",
        ),
    }
}

fn over_in_english(condition: Condition) -> &'static str {
    match condition {
        Condition::QueueOld => "Over: no order waits for too long",
        Condition::NeedsAttention => "Over: no order needs a person",
        Condition::DuplicatesFound => "Over: no further duplicate was found for a day",
        Condition::SubscriptionGone => "Over: the webhook subscriptions have been there for a day",
        Condition::PortalClosed => "Over: Bitrix24 answers again",
        Condition::PortalHalted => "Over: requests are sent to Bitrix24 again",
        Condition::ShopClosed => "Over: Shopify lets onedeal read orders again",
        Condition::LateLanding => "Over: nothing landed late for a day",
        Condition::DiskRefuses => "Over: the ledger takes writes again",
        Condition::DiskFull => "Over: there is space for the ledger again",
        Condition::WorkerStill => "Over: the worker turns again",
        Condition::ReconcilerStill => "Over: the shop's orders are compared again",
    }
}

fn over_in_russian(condition: Condition) -> &'static str {
    match condition {
        Condition::QueueOld => "Прошло: долго ждущих заказов нет",
        Condition::NeedsAttention => "Прошло: заказов, которым нужен человек, нет",
        Condition::DuplicatesFound => "Прошло: сутки новых дубликатов не было",
        Condition::SubscriptionGone => "Прошло: подписки на вебхуки на месте уже сутки",
        Condition::PortalClosed => "Прошло: Битрикс24 снова отвечает",
        Condition::PortalHalted => "Прошло: запросы в Битрикс24 снова отправляются",
        Condition::ShopClosed => "Прошло: Shopify снова даёт читать заказы",
        Condition::LateLanding => "Прошло: сутки ничего не приходило с опозданием",
        Condition::DiskRefuses => "Прошло: база снова принимает записи",
        Condition::DiskFull => "Прошло: места для базы снова достаточно",
        Condition::WorkerStill => "Прошло: обработчик снова работает",
        Condition::ReconcilerStill => "Прошло: заказы магазина снова сверяются",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(language: Language) -> String {
        let mut lines = Vec::new();
        for condition in Condition::ALL {
            for change in [Change::Raised, Change::Cleared] {
                let detail = Detail {
                    number: 17,
                    word: Some("no_access".to_owned()),
                };
                let said = text(
                    &News {
                        condition,
                        change,
                        detail,
                    },
                    language,
                );
                lines.push(format!("{} | {}", said.title, said.advice));
            }
        }
        lines.join("\n")
    }

    #[test]
    fn everything_is_said_in_both_languages() {
        let (english, russian) = (all(Language::English), all(Language::Russian));
        let cyrillic = |it: char| ('а'..='я').contains(&it.to_ascii_lowercase());
        assert!(!english.chars().any(cyrillic), "{english}");
        for line in russian.lines() {
            assert!(line.chars().any(cyrillic), "{line}");
        }
        for text in [english, russian] {
            let titles: std::collections::BTreeSet<_> = text.lines().collect();
            assert_eq!(titles.len(), Condition::ALL.len() * 2, "{text}");
        }
    }

    #[test]
    fn what_begins_comes_with_advice_and_what_is_over_does_not() {
        for line in all(Language::English).lines() {
            let (title, advice) = line.split_once(" | ").expect("two parts");
            assert_eq!(advice.is_empty(), title.starts_with("Over: "), "{line}");
        }
    }
}
