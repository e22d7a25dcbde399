//! Currencies: the portal refuses a deal in one that it does not know.

use std::collections::BTreeSet;

use kernel::{
    deal::{FieldValue, field},
    state::OrderState,
};
use store::{Db, OrderRecord, StoreError};

use super::{
    Looks,
    report::{Line, Report},
};
use crate::lang::Lang;

/// A shop's newest orders tell its currency.
const ORDERS_MAX: usize = 1_000;

const CHECK: &str = "currencies";

/// What the portal knows, beside what the ledger's orders use.
pub(super) fn currencies(looks: &Looks<'_>, report: &mut Report) {
    let lang = looks.lang;
    let known = &looks.directory.currencies;
    let listed: Vec<&str> = known.iter().map(String::as_str).collect();
    let listed = listed.join(", ");
    let path = &looks.settings.database;
    let mut used = if path.is_file() {
        match used(path) {
            Ok(used) => used,
            Err(error) => {
                let path = path.display();
                let says = match lang {
                    Lang::En => format!("the ledger `{path}` cannot be read: {error}"),
                    Lang::Ru => format!("журнал `{path}` не читается: {error}"),
                };
                let remedy = lang.say(
                    "check ONEDEAL_DATABASE and the rights of the file",
                    "проверьте ONEDEAL_DATABASE и права на файл",
                );
                report.add(Line::problem(CHECK, says, Some(remedy.to_owned())));
                return;
            }
        }
    } else {
        BTreeSet::new()
    };
    used.extend(looks.shop_currency.clone());
    let missing: Vec<&str> = used
        .iter()
        .filter(|it| !known.contains(*it))
        .map(String::as_str)
        .collect();
    if missing.is_empty() {
        report.add(Line::fine(CHECK, fine(&listed, &used, lang)));
        return;
    }
    let missing = missing.join(", ");
    let says = match lang {
        Lang::En => format!(
            "orders are in {missing}, and the portal knows only {listed}: it refuses their deals"
        ),
        Lang::Ru => {
            format!("заказы в {missing}, а портал знает только {listed}: такие сделки он отвергнет")
        }
    };
    let remedy = match lang {
        Lang::En => format!("add {missing} in CRM settings, Currencies"),
        Lang::Ru => format!("добавьте {missing}: настройки CRM, Валюты"),
    };
    report.add(Line::problem(CHECK, says, Some(remedy)));
}

fn fine(listed: &str, used: &BTreeSet<String>, lang: Lang) -> String {
    let used: Vec<&str> = used.iter().map(String::as_str).collect();
    let used = used.join(", ");
    match (used.is_empty(), lang) {
        (true, Lang::En) => format!("the portal knows {listed}; the shop's must be among them"),
        (true, Lang::Ru) => format!("портал знает {listed}; валюта магазина должна быть среди них"),
        (false, Lang::En) => format!("the portal knows {listed}; orders are in {used}"),
        (false, Lang::Ru) => format!("портал знает {listed}; заказы в {used}"),
    }
}

fn used(path: &std::path::Path) -> Result<BTreeSet<String>, StoreError> {
    let orders = Db::open_to_read(path)?.find_orders("", ORDERS_MAX)?;
    Ok(orders.iter().filter_map(currency).collect())
}

/// The currency of an order: as it arrived, or as the portal was told it. A state that a newer version wrote says
/// nothing.
fn currency(order: &OrderRecord) -> Option<String> {
    let state: OrderState = serde_json::from_str(order.state.as_deref()?).ok()?;
    if let Some(newest) = &state.newest {
        return Some(newest.order.currency.to_string());
    }
    match state.said.always.said()?.get(field::CURRENCY)? {
        FieldValue::Text(currency) => Some(currency.clone()),
        FieldValue::Number(_) | FieldValue::Flag(_) | FieldValue::Ids(_) | FieldValue::Texts(_) => {
            None
        }
    }
}
