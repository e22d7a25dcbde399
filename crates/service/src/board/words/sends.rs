//! What is sent to the portal, and what comes back.

use kernel::DealId;

use super::Said;

/// What a write is, by the service's word for it.
pub fn sent(kind: &str, deal: Option<DealId>) -> Said {
    let (en, ru) = match kind {
        "create" => ("create the deal", "создать сделку"),
        "update" => ("update the deal", "обновить сделку"),
        "rows" => ("set the deal's product rows", "записать товары сделки"),
        "flag" => ("flag a duplicate", "пометить дубликат"),
        "comment" => ("comment on a duplicate", "оставить комментарий у дубликата"),
        "contact" => ("create the contact", "создать контакт"),
        "contact details" => ("complete the contact", "дополнить контакт"),
        "company" => ("create the company", "создать компанию"),
        "company details" => ("complete the company", "дополнить компанию"),
        other => (other, other),
    };
    match deal {
        Some(deal) => Said::new(format!("{en} ({deal})"), format!("{ru} ({deal})")),
        None => Said::new(en, ru),
    }
}

/// How a write ended, by the ledger's word for it; `None` while it is under way.
pub fn answered(outcome: Option<&str>) -> Said {
    match outcome {
        None => Said::new("no answer yet", "ответа ещё нет"),
        Some("done") => Said::new("done", "выполнено"),
        Some("refused") => Said::new("refused: surely not done", "отказ: точно не выполнено"),
        Some("unknown") => Said::new(
            "no usable answer: it may have been done",
            "нет ясного ответа: могло выполниться",
        ),
        Some("interrupted") => Said::new(
            "the service stopped before the answer: it may have been done",
            "служба остановилась до ответа: могло выполниться",
        ),
        Some(other) => Said::same(other),
    }
}
