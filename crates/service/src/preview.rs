//! An order's deal, as data to be shown or printed as JSON.

mod origin;
mod place;
mod read;

use jiff::Timestamp;
use kernel::{
    contact::ContactWish,
    deal::{DesiredDeal, FieldValue, Fields, Row, field},
    mapping::{Directory, Kind, Mapping, Owner},
    money,
    order::Order,
};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

pub use self::{
    origin::{Form, Origin},
    place::{Names, Rule, StageShown},
    read::{NoOrder, read_order},
};

/// An order and its deal.
#[derive(Debug, Serialize, ToSchema)]
pub struct Preview {
    /// What identifies the order.
    pub order: OrderFacts,
    /// Whether the order has a deal at all.
    pub wanted: bool,
    /// The expression that decides that, where the mapping has one.
    pub create_when: Option<String>,
    /// Whether the portal was asked for labels, stages and titles.
    pub resolved: bool,
    /// The deal.
    pub deal: Deal,
}

/// What identifies the order.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderFacts {
    /// The shop.
    pub shop: String,
    /// Its id.
    pub id: u64,
    /// As people call it.
    pub name: String,
    /// When Shopify last changed it.
    pub updated_at: Timestamp,
    /// It was placed in test mode.
    pub test: bool,
    /// In which form it came.
    pub form: Form,
}

/// The deal.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deal {
    /// Its fields, what people look for first at the beginning.
    pub fields: Vec<Field>,
    /// Where it stands.
    pub stage: StageShown,
    /// The buyer.
    pub contact: Option<Contact>,
    /// Whether the mapping links contacts.
    pub links_contacts: bool,
    /// The company that buys.
    pub company: Option<String>,
    /// Its product rows.
    pub rows: Vec<RowShown>,
    /// Its amount.
    pub amount: Decimal,
    /// What its rows add up to.
    pub rows_total: Decimal,
    /// Whether that is the amount.
    pub adds_up: bool,
    /// Of both.
    pub currency: String,
    /// What the portal cannot carry.
    pub notes: Vec<String>,
    /// Rules that fail.
    pub problems: Vec<Failing>,
}

/// One field.
#[derive(Debug, Serialize, ToSchema)]
pub struct Field {
    /// Its name on the portal.
    pub field: String,
    /// What the portal's people call it, where the portal was asked.
    pub title: Option<String>,
    /// `None` while only the portal can say it.
    pub value: Option<serde_json::Value>,
    /// The entries of a list that the value stands for.
    pub labels: Option<Vec<String>>,
    /// Who owns it.
    #[schema(value_type = String)]
    #[serde(serialize_with = "owner")]
    pub owner: Owner,
    /// Where the value comes from.
    pub from: Origin,
    /// The value itself.
    #[serde(skip)]
    pub raw: Option<FieldValue>,
}

/// The buyer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Contact {
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Phone.
    pub phone: Option<String>,
    /// Its key on the portal.
    pub origin: String,
}

/// One product row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RowShown {
    /// As people call it.
    pub name: String,
    /// Of one piece.
    pub price: Decimal,
    /// Pieces.
    pub quantity: Decimal,
    /// Of all pieces.
    pub sum: Decimal,
    /// Its tax.
    pub tax_percent: Option<Decimal>,
    /// Whether the tax is within the price.
    pub tax_included: bool,
    /// Shopify's variant, by which the row finds its product in the portal's catalogue.
    pub variant: Option<u64>,
}

/// A rule that fails for this order.
#[derive(Debug, Serialize, ToSchema)]
pub struct Failing {
    /// Which.
    pub place: String,
    /// Why.
    pub problem: String,
}

impl Preview {
    /// Maps the order; with what the portal offers, where it was asked.
    pub fn of(order: &Order, mapping: &Mapping, form: Form, directory: Option<&Directory>) -> Self {
        let desired = mapping.desired(order);
        let rows: Vec<RowShown> = desired
            .rows
            .iter()
            .map(|it| RowShown::of(it, mapping.links_products()))
            .collect();
        let rows_total: Decimal = rows.iter().map(|it| it.sum).sum();
        let amount = money::carried(order.total);
        let fields = fields(order, mapping, form, directory, &desired);
        let later = |place: &str| {
            let unresolved = |it: &&Field| it.value.is_none() && it.labels.is_some();
            fields
                .iter()
                .filter(unresolved)
                .any(|it| place == format!("fields.{}", it.field))
        };
        let problems = desired
            .unmapped
            .iter()
            .filter(|it| !later(&it.place))
            .map(|it| Failing {
                place: it.place.clone(),
                problem: it.problem.clone(),
            })
            .collect();
        let company = order
            .company_name()
            .filter(|_| order.beside.company.is_some());
        Self {
            order: OrderFacts {
                shop: order.key.shop.to_string(),
                id: order.key.order.0,
                name: order.name.clone(),
                updated_at: order.updated_at,
                test: order.test,
                form,
            },
            wanted: mapping.wants(order),
            create_when: mapping.create_when().map(str::to_owned),
            resolved: directory.is_some(),
            deal: Deal {
                problems,
                fields,
                stage: StageShown::of(order, mapping, &desired.stage, directory),
                contact: desired.contact.map(contact),
                links_contacts: mapping.links_contacts(),
                company: company
                    .filter(|_| mapping.links_companies())
                    .map(str::to_owned),
                rows,
                amount,
                rows_total,
                adds_up: amount == rows_total,
                currency: order.currency.to_string(),
                notes: desired.notes,
            },
        }
    }
}

impl RowShown {
    fn of(row: &Row, linked: bool) -> Self {
        let price = money::carried(row.price);
        let quantity = Decimal::from(row.quantity);
        Self {
            name: row.name.clone(),
            price,
            quantity,
            // Prices are bounded far below a decimal's range where they are read.
            sum: money::carried(price * quantity),
            tax_percent: row.tax_rate,
            tax_included: row.tax_included,
            variant: row.variant.filter(|_| linked),
        }
    }
}

/// All fields, what people look for first at the beginning.
fn fields(
    order: &Order,
    mapping: &Mapping,
    form: Form,
    directory: Option<&Directory>,
    desired: &DesiredDeal,
) -> Vec<Field> {
    let shown = |name: &str, value: Option<&FieldValue>, owner| {
        let rule = mapping.field_maker(name);
        let is_label = rule.is_some_and(|it| it.kind == Some(Kind::Label));
        let info = directory.and_then(|it| it.fields.get(name));
        Field {
            field: name.to_owned(),
            title: info.map(|it| it.title.clone()),
            value: value.map(json),
            labels: is_label.then(|| mapping.labels(name, order).ok()).flatten(),
            owner,
            from: Origin::of(name, order, mapping, form),
            raw: value.cloned(),
        }
    };
    let all = |of: &Fields, owner| -> Vec<Field> {
        of.iter()
            .map(|(name, value)| shown(name, Some(value), owner))
            .collect()
    };
    let mut fields = all(&desired.always, Owner::Always);
    fields.extend(all(&desired.on_create, Owner::OnCreate));
    fields.extend(all(&desired.if_untouched, Owner::IfUntouched));
    for (name, value) in [
        (field::ORIGINATOR, order.key.shop.originator()),
        (field::ORIGIN, order.key.origin()),
    ] {
        // The key is written once and never changes (design §3.4).
        let value = FieldValue::Text(value);
        fields.push(shown(name, Some(&value), Owner::OnCreate));
    }
    let failed = mapping
        .field_makers()
        .filter(|it| {
            let place = format!("fields.{}", it.name);
            desired.unmapped.iter().any(|failed| failed.place == place)
        })
        .map(|it| shown(it.name, None, it.owner));
    fields.extend(failed);
    fields.sort_by_key(|it| rank(&it.field));
    fields
}

/// Where a field stands in the table.
fn rank(name: &str) -> usize {
    const FIRST: [&str; 4] = [
        field::TITLE,
        field::AMOUNT,
        field::CURRENCY,
        field::MANUAL_AMOUNT,
    ];
    const LAST: [&str; 2] = [field::ORIGINATOR, field::ORIGIN];
    if let Some(at) = FIRST.iter().position(|it| *it == name) {
        return at;
    }
    match LAST.iter().position(|it| *it == name) {
        Some(at) => FIRST.len() + 1 + at,
        None => FIRST.len(),
    }
}

/// A value as JSON; numbers as texts, so that no reader rounds them.
pub fn json(value: &FieldValue) -> serde_json::Value {
    match value {
        FieldValue::Text(text) => text.as_str().into(),
        FieldValue::Number(number) => number.to_string().into(),
        FieldValue::Flag(flag) => (*flag).into(),
        FieldValue::Ids(ids) => ids.as_slice().into(),
        FieldValue::Texts(texts) => texts.as_slice().into(),
    }
}

fn owner<S: Serializer>(owner: &Owner, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(owner.word())
}

fn contact(wish: ContactWish) -> Contact {
    Contact {
        first_name: wish.first_name,
        last_name: wish.last_name,
        email: wish.email,
        phone: wish.phone,
        origin: wish.origin,
    }
}
