//! The deal that an order would become, beside the deal that the portal holds.

use kernel::{
    deal::{FieldValue, Semantic, StageFrom, StageWish, field},
    mapping::{Directory, IdOrName, Kind, Mapping, Owner, Target},
    order::Order,
};
use rust_decimal::Decimal;
use serde::Serialize;
use service::{
    inquiry::DealShown,
    preview::{Names, Preview, RowShown, json},
};

/// The whole comparison.
#[derive(Debug, Serialize)]
pub(super) struct Comparison {
    pub(super) deal: u64,
    /// Whose key the deal carries.
    pub(super) key: Key,
    /// Whether anything differs.
    pub(super) differs: bool,
    pub(super) fields: Vec<Compared<serde_json::Value>>,
    pub(super) rows: Vec<Compared<RowShown>>,
    pub(super) stage: StageCompared,
}

/// Whose key a deal carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Key {
    /// This order's.
    Ours,
    /// None: such a deal is adopted if its order field names the order.
    None,
    /// Another order's, or another system's: never touched.
    Another,
}

/// One part of the deal, on both sides.
#[derive(Debug, Serialize)]
pub(super) struct Compared<V> {
    /// The field's name, or the row's place from 1.
    pub(super) what: String,
    pub(super) would_be: Option<V>,
    pub(super) is: Option<V>,
    pub(super) happens: Happens,
    /// How the two sides read for people, where the values are ids.
    #[serde(skip)]
    pub(super) words: Option<(String, String)>,
}

/// What would happen to a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Happens {
    /// Both sides are the same.
    Same,
    /// Shopify owns it: written.
    Written,
    /// It is empty, and written when the deal is adopted.
    Completed,
    /// Left: people own it once the deal exists.
    PeopleOwn,
    /// Written while it still shows what onedeal wrote; left if a person touched it.
    UnlessTouched,
    /// Written only if onedeal put the deal where it is.
    IfOurs,
    /// Left: no rule moves a deal from where it is.
    NoRule,
    /// Left: it is the manager's.
    Managers,
    /// An adopted deal keeps its rows.
    Adopted,
    /// The portal has no such field.
    NoField,
    /// The rule fails for this order.
    Fails,
    /// Left: the deal belongs to something else.
    Never,
}

/// The stage on both sides.
#[derive(Debug, Serialize)]
pub(super) struct StageCompared {
    pub(super) would_be: Option<String>,
    pub(super) would_be_name: Option<String>,
    pub(super) is: String,
    pub(super) is_name: Option<String>,
    pub(super) happens: Happens,
}

impl Happens {
    /// Whether the two sides differ.
    pub(super) fn differs(self) -> bool {
        !matches!(self, Self::Same | Self::Managers)
    }
}

impl Comparison {
    /// Compares.
    pub(super) fn of(
        preview: &Preview,
        (order, mapping): (&Order, &Mapping),
        (deal, shown): (u64, &DealShown),
        directory: &Directory,
    ) -> Self {
        let key = key(order, shown);
        let fields: Vec<_> = preview
            .deal
            .fields
            .iter()
            .map(|it| {
                let is = shown.fields.get(&it.field);
                let happens = field_happens(it.owner, it.raw.as_ref(), is, key);
                let info = directory.fields.get(&it.field);
                let label = mapping
                    .field_maker(&it.field)
                    .is_some_and(|it| it.kind == Some(Kind::Label));
                let words = info.filter(|_| label).map(|info| {
                    let side = |of: Option<&FieldValue>| in_labels(of, &info.labels);
                    (side(it.raw.as_ref()), side(is))
                });
                Compared {
                    what: it.field.clone(),
                    would_be: it.value.clone(),
                    is: is.map(json),
                    happens,
                    words,
                }
            })
            .collect();
        let rows = rows(preview, shown, key);
        let stage = stage(&preview.deal.stage.wish, mapping, shown, directory, key);
        let differs = key == Key::Another
            || stage.happens.differs()
            || fields.iter().any(|it| it.happens.differs())
            || rows.iter().any(|it| it.happens.differs());
        Self {
            deal,
            key,
            differs,
            fields,
            rows,
            stage,
        }
    }
}

fn key(order: &Order, shown: &DealShown) -> Key {
    let (originator, origin) = (text(shown, field::ORIGINATOR), text(shown, field::ORIGIN));
    if originator == order.key.shop.originator() && origin == order.key.origin() {
        Key::Ours
    } else if originator.is_empty() && origin.is_empty() {
        Key::None
    } else {
        Key::Another
    }
}

fn field_happens(
    owner: Owner,
    would_be: Option<&FieldValue>,
    is: Option<&FieldValue>,
    key: Key,
) -> Happens {
    let Some(would_be) = would_be else {
        return Happens::Fails;
    };
    let Some(is) = is else {
        return Happens::NoField;
    };
    if would_be.is_shown_as(is) {
        return Happens::Same;
    }
    match (key, owner) {
        (Key::Another, _) => Happens::Never,
        (Key::Ours | Key::None, Owner::Always) => Happens::Written,
        (Key::None, Owner::OnCreate) if is.is_empty() => Happens::Completed,
        (Key::Ours | Key::None, Owner::OnCreate) => Happens::PeopleOwn,
        (Key::Ours | Key::None, Owner::IfUntouched) => Happens::UnlessTouched,
    }
}

fn rows(preview: &Preview, shown: &DealShown, key: Key) -> Vec<Compared<RowShown>> {
    let wanted = &preview.deal.rows;
    let held: Vec<RowShown> = shown.rows.iter().map(held).collect();
    let places = wanted.len().max(held.len());
    (0..places)
        .map(|at| {
            let (would_be, is) = (wanted.get(at).cloned(), held.get(at).cloned());
            let happens = if would_be.as_ref().zip(is.as_ref()).is_some_and(same_row) {
                Happens::Same
            } else {
                match key {
                    Key::Another => Happens::Never,
                    Key::None if !held.is_empty() => Happens::Adopted,
                    Key::Ours | Key::None => Happens::Written,
                }
            };
            Compared {
                what: (at + 1).to_string(),
                would_be,
                is,
                happens,
                words: None,
            }
        })
        .collect()
}

/// What the order says of a row; its variant is ours alone, and its sum follows.
fn same_row((one, other): (&RowShown, &RowShown)) -> bool {
    one.name.trim() == other.name.trim()
        && one.price == other.price
        && one.quantity == other.quantity
        && one.tax_percent == other.tax_percent
        && (one.tax_percent.is_none() || one.tax_included == other.tax_included)
}

fn held(row: &bitrix24::rows::Row) -> RowShown {
    RowShown {
        name: row.name.clone(),
        price: row.price,
        quantity: row.quantity,
        sum: row
            .price
            .checked_mul(row.quantity)
            .map_or(Decimal::ZERO, |it| it.round_dp(2)),
        tax_percent: row.tax_rate,
        tax_included: row.tax_included,
        variant: None,
    }
}

fn stage(
    wish: &StageWish,
    mapping: &Mapping,
    shown: &DealShown,
    directory: &Directory,
    key: Key,
) -> StageCompared {
    let is = Target {
        category: text(shown, field::CATEGORY).parse().unwrap_or_default(),
        stage: text(shown, field::STAGE),
    };
    let names = Names(Some(directory));
    let wanted = (*wish != StageWish::Open).then(|| mapping.target(wish, is.category));
    let happens = match &wanted {
        None => Happens::Managers,
        Some(target) => moved(wish, target, &is, mapping, directory, key),
    };
    StageCompared {
        would_be_name: wanted.as_ref().and_then(|it| names.stage(it)),
        would_be: wanted.map(|it| it.stage),
        is_name: names.stage(&is),
        is: is.stage,
        happens,
    }
}

fn moved(
    wish: &StageWish,
    target: &Target,
    is: &Target,
    mapping: &Mapping,
    directory: &Directory,
    key: Key,
) -> Happens {
    let funnel = directory.funnel(&IdOrName::Id(is.category));
    let semantic = funnel
        .and_then(|it| it.stage(&is.stage))
        .map_or(Semantic::Process, |it| it.semantic);
    if *target == *is || wish.semantic() == Some(semantic) {
        return Happens::Same;
    }
    if key == Key::Another {
        return Happens::Never;
    }
    let stands_in = |from: &StageFrom| match from {
        StageFrom::Open => semantic == Semantic::Process,
        StageFrom::Won => semantic == Semantic::Success,
        StageFrom::Lost => semantic == Semantic::Failure,
        StageFrom::Ours => false,
        StageFrom::Stage(name) => mapping.is_stage(&is.stage, name, is.category),
    };
    if wish.from().iter().any(stands_in) {
        Happens::Written
    } else if wish.from().contains(&StageFrom::Ours) {
        Happens::IfOurs
    } else {
        Happens::NoRule
    }
}

fn text(shown: &DealShown, name: &str) -> String {
    match shown.fields.get(name) {
        Some(FieldValue::Text(text)) => text.trim().to_owned(),
        Some(FieldValue::Number(number)) => number.normalize().to_string(),
        Some(FieldValue::Flag(_) | FieldValue::Ids(_) | FieldValue::Texts(_)) | None => {
            String::new()
        }
    }
}

/// Ids of a list's entries as their labels.
fn in_labels(value: Option<&FieldValue>, labels: &[(String, String)]) -> String {
    let ids: Vec<String> = match value {
        None => Vec::new(),
        Some(FieldValue::Text(text)) if text.is_empty() => Vec::new(),
        Some(FieldValue::Text(text)) => vec![text.clone()],
        Some(FieldValue::Number(number)) => vec![number.normalize().to_string()],
        Some(FieldValue::Flag(flag)) => vec![flag.to_string()],
        Some(FieldValue::Ids(ids)) => ids.iter().map(ToString::to_string).collect(),
        Some(FieldValue::Texts(texts)) => texts.clone(),
    };
    let named: Vec<String> = ids
        .iter()
        .map(|id| {
            let label = labels.iter().find(|(it, _)| it == id);
            label.map_or_else(|| id.clone(), |(_, label)| format!("{label} ({id})"))
        })
        .collect();
    named.join(", ")
}
