//! A deal in words, and what differs between two of them.

use kernel::{
    contact::ContactWish,
    deal::{DesiredDeal, FieldValue, Row, StageWish, field},
    mapping::Mapping,
    order::Order,
};
use rust_decimal::Decimal;
use serde::Deserialize;

/// What a case expects. What it leaves out is not compared, but for those with a default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    amount: String,
    #[serde(default = "euros")]
    currency: String,
    /// `QUANTITY × PRICE NAME, TAX`.
    rows: Vec<String>,
    #[serde(default)]
    notes: Vec<String>,
    /// `open`, `won` or `lost`.
    #[serde(default = "open")]
    stage: String,
    /// `ORIGIN: NAMES, E-MAIL, PHONE`, the origin without its hash; `nobody`.
    #[serde(default = "nobody")]
    contact: String,
    title: Option<String>,
    /// Received and not given back.
    kept: Option<String>,
    received: Option<String>,
    /// The buyer's total.
    presentment: Option<String>,
    /// `NAME (ID at LOCATION)`.
    company: Option<String>,
    /// Terms of payment.
    due: Option<String>,
}

impl Expected {
    /// Each difference on a line of its own.
    pub(crate) fn differences(&self, order: &Order) -> Vec<String> {
        let deal = Mapping::default().desired(order);
        let mut all = Differences::default();
        all.compare("amount", &self.amount, &said(&deal, field::AMOUNT));
        all.compare(
            "amount is ours",
            "Flag(true)",
            &said(&deal, field::MANUAL_AMOUNT),
        );
        all.compare("currency", &self.currency, &said(&deal, field::CURRENCY));
        let rows: Vec<String> = deal.rows.iter().map(row).collect();
        all.compare("rows", &listed(&self.rows), &listed(&rows));
        all.compare_amount("sum of rows", &self.amount, Some(sum(&deal.rows)));
        all.compare("notes", &listed(&self.notes), &listed(&deal.notes));
        all.compare("stage", &self.stage, stage(&deal.stage));
        all.compare("contact", &self.contact, &contact(deal.contact.as_ref()));
        all.compare_told("title", &self.title, || said(&deal, field::TITLE));
        if let Some(kept) = &self.kept {
            all.compare_amount("kept", kept, order.kept());
        }
        if let Some(received) = &self.received {
            all.compare_amount("received", received, order.received());
        }
        all.compare_told("presentment", &self.presentment, || presentment(order));
        all.compare_told("company", &self.company, || company(order));
        all.compare_told("due", &self.due, || due(order));
        all.0
    }
}

#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare(&mut self, what: &str, expected: &str, found: &str) {
        if expected != found {
            self.0.push(format!(
                "  {what}\n    expected {expected}\n    found    {found}"
            ));
        }
    }

    /// Compares by value: trailing zeros say nothing.
    fn compare_amount(&mut self, what: &str, expected: &str, found: Option<Decimal>) {
        let read: Decimal = expected.parse().expect("the case has an amount");
        if Some(read) != found {
            self.compare(what, expected, &money(found));
        }
    }

    fn compare_told(&mut self, what: &str, expected: &Option<String>, found: impl Fn() -> String) {
        if let Some(expected) = expected {
            self.compare(what, expected, &found());
        }
    }
}

fn said(deal: &DesiredDeal, name: &str) -> String {
    let said = [&deal.always, &deal.on_create, &deal.if_untouched];
    match said.iter().find_map(|it| it.get(name)) {
        Some(FieldValue::Number(number)) => number.to_string(),
        Some(FieldValue::Text(text)) => text.clone(),
        Some(other @ (FieldValue::Flag(_) | FieldValue::Ids(_) | FieldValue::Texts(_))) => {
            format!("{other:?}")
        }
        None => "nothing".to_owned(),
    }
}

fn row(row: &Row) -> String {
    let tax = match (row.tax_rate, row.tax_included) {
        (None, _) => "no tax".to_owned(),
        (Some(rate), true) => format!("{rate} % within"),
        (Some(rate), false) => format!("{rate} % on top"),
    };
    format!("{} × {} {}, {tax}", row.quantity, row.price, row.name)
}

fn sum(rows: &[Row]) -> Decimal {
    rows.iter()
        .map(|it| it.price * Decimal::from(it.quantity))
        .sum()
}

fn listed(lines: &[String]) -> String {
    match lines {
        [] => "none".to_owned(),
        lines => lines.join("\n             "),
    }
}

fn stage(wish: &StageWish) -> &str {
    match wish {
        StageWish::Open => "open",
        StageWish::Won => "won",
        StageWish::Lost => "lost",
        StageWish::Rule(to) => &to.to,
    }
}

fn contact(wish: Option<&ContactWish>) -> String {
    let Some(wish) = wish else {
        return nobody();
    };
    let origin = wish.origin.split(':').next().unwrap_or_default();
    let names: Vec<&str> = [&wish.first_name, &wish.last_name]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let parts = [
        Some(names.join(" ")),
        wish.email.clone(),
        wish.phone.clone(),
    ];
    let told: Vec<String> = parts
        .into_iter()
        .flatten()
        .filter(|it| !it.is_empty())
        .collect();
    format!("{origin}: {}", told.join(", "))
}

fn money(amount: Option<Decimal>) -> String {
    amount.map_or("unknown".to_owned(), |it| it.to_string())
}

fn presentment(order: &Order) -> String {
    match &order.presentment {
        Some(it) => format!("{} {}", money(it.total), it.currency),
        None => "the shop's".to_owned(),
    }
}

fn company(order: &Order) -> String {
    let Some(company) = order.beside.company else {
        return nobody();
    };
    let name = order.company_name().unwrap_or("nameless");
    match company.location {
        Some(location) => format!("{name} ({} at {location})", company.id),
        None => format!("{name} ({})", company.id),
    }
}

fn due(order: &Order) -> String {
    match order.payment_terms() {
        Some(terms) => {
            let name = terms.name.as_deref().unwrap_or("nameless");
            let due_at = terms.due_at.map_or("open".to_owned(), |it| it.to_string());
            format!("{name}, {due_at}")
        }
        None => "none".to_owned(),
    }
}

fn euros() -> String {
    "EUR".to_owned()
}

fn open() -> String {
    "open".to_owned()
}

fn nobody() -> String {
    "nobody".to_owned()
}
