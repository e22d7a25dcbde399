//! A deal as the portal stores it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::field::{Cell, Entity, Kind, Record};
use super::php::Php;
use super::rows::{ProductRow, cents};

/// The ground truth about one deal; empty texts read back as null.
#[derive(Debug, Clone, PartialEq)]
pub struct Deal {
    /// Identifier, never used twice.
    pub id: u64,
    /// Title.
    pub title: String,
    /// Category ("pipeline"); 0 is the default one.
    pub category_id: u64,
    /// Stage id such as `NEW` or `C9:NEW`.
    pub stage_id: String,
    /// `P` in progress, `S` won, `F` lost.
    pub stage_semantic: String,
    /// Currency code.
    pub currency_id: String,
    /// Total in the deal's currency.
    pub opportunity: Decimal,
    /// Whether the total stays as written although there are product rows (facts §11.3).
    pub is_manual_opportunity: bool,
    /// Tax in the total; follows the rows in automatic mode.
    pub tax_value: Decimal,
    /// External system (`ORIGINATOR_ID`).
    pub originator_id: String,
    /// Identifier in the external system (`ORIGIN_ID`).
    pub origin_id: String,
    /// Free text (`ADDITIONAL_INFO`).
    pub additional_info: String,
    /// Contacts; the first one is the primary one.
    pub contact_ids: Vec<u64>,
    /// Company; 0 is none.
    pub company_id: u64,
    /// Comment shown in the deal.
    pub comments: String,
    /// Source directory value.
    pub source_id: String,
    /// Responsible person.
    pub assigned_by: u64,
    /// Who created it.
    pub created_by: u64,
    /// Who changed it last.
    pub updated_by: u64,
    /// Who moved it to its stage.
    pub moved_by: u64,
    /// When it was created, milliseconds since the portal was built.
    pub created_ms: u64,
    /// When it was changed last, milliseconds since the portal was built.
    pub updated_ms: u64,
    /// When it was moved to its stage, milliseconds since the portal was built.
    pub moved_ms: u64,
    /// User fields that have a value.
    pub uf: BTreeMap<String, Value>,
    /// Product rows.
    pub rows: Vec<ProductRow>,
    /// Whether it ever had product rows, which decides about the automatic total.
    pub had_rows: bool,
    /// Comments in the timeline, oldest first.
    pub timeline_comments: Vec<String>,
    /// Whether it is gone: deleted, or merged into another deal.
    pub deleted: bool,
    /// All other written fields by upper-case name.
    pub other: Map<String, Value>,
}

impl Deal {
    pub(crate) fn new(id: u64, user: u64, now: u64) -> Self {
        Self {
            id,
            title: String::new(),
            category_id: 0,
            stage_id: String::new(),
            stage_semantic: "P".to_owned(),
            currency_id: String::new(),
            opportunity: Decimal::ZERO,
            is_manual_opportunity: false,
            tax_value: Decimal::ZERO,
            originator_id: String::new(),
            origin_id: String::new(),
            additional_info: String::new(),
            contact_ids: Vec::new(),
            company_id: 0,
            comments: String::new(),
            source_id: String::new(),
            assigned_by: user,
            created_by: user,
            updated_by: user,
            moved_by: user,
            created_ms: now,
            updated_ms: now,
            moved_ms: now,
            uf: BTreeMap::new(),
            rows: Vec::new(),
            had_rows: false,
            timeline_comments: Vec::new(),
            deleted: false,
            other: Map::new(),
        }
    }

    /// Writes one plain field; categories, stages, contacts and user fields have rules of their own.
    pub(crate) fn set(&mut self, upper: &str, value: &Php, yes: bool) {
        match upper {
            "TITLE" => self.title = value.string(),
            "CURRENCY_ID" => self.currency_id = value.string().to_ascii_uppercase(),
            "OPPORTUNITY" => self.opportunity = cents(value.decimal()),
            "IS_MANUAL_OPPORTUNITY" => self.is_manual_opportunity = yes,
            "TAX_VALUE" => self.tax_value = cents(value.decimal()),
            "ORIGINATOR_ID" => self.originator_id = value.string(),
            "ORIGIN_ID" => self.origin_id = value.string(),
            "ADDITIONAL_INFO" => self.additional_info = value.string(),
            "COMMENTS" => self.comments = value.string(),
            "SOURCE_ID" => self.source_id = value.string(),
            "ASSIGNED_BY_ID" => self.assigned_by = value.idval(),
            "COMPANY_ID" => self.company_id = value.idval(),
            _ => {
                let stored = match Entity::Deal.field(upper).map(|field| field.kind) {
                    Some(Kind::Flag) => Value::from(yes),
                    Some(Kind::Int) => Value::from(value.intval()),
                    Some(Kind::Text | Kind::Status | Kind::Money | Kind::Time | Kind::Ids)
                    | None => Value::from(value.string()),
                };
                self.other.insert(upper.to_owned(), stored);
            }
        }
    }

    /// Brings the total in line with the rows unless it is manual (facts §11.3).
    pub(crate) fn recompute(&mut self) {
        if !self.is_manual_opportunity && self.had_rows {
            self.opportunity = cents(self.rows.iter().map(ProductRow::sum).sum());
            self.tax_value = cents(self.rows.iter().map(ProductRow::tax).sum());
        }
    }
}

impl Record for Deal {
    fn id(&self) -> u64 {
        self.id
    }

    fn cell(&self, upper: &str) -> Cell {
        match upper {
            "ID" => Cell::id(self.id),
            "TITLE" => Cell::text(&self.title),
            "CATEGORY_ID" => Cell::id(self.category_id),
            "STAGE_ID" => Cell::text(&self.stage_id),
            "STAGE_SEMANTIC_ID" => Cell::text(&self.stage_semantic),
            "CURRENCY_ID" => Cell::text(&self.currency_id),
            "OPPORTUNITY" => Cell::Number(self.opportunity),
            "IS_MANUAL_OPPORTUNITY" => Cell::Flag(self.is_manual_opportunity),
            "TAX_VALUE" => Cell::Number(self.tax_value),
            "CONTACT_ID" => Cell::link(self.contact_ids.first().copied().unwrap_or(0)),
            "COMPANY_ID" => Cell::link(self.company_id),
            "CONTACT_IDS" => Cell::Ids(self.contact_ids.clone()),
            "CLOSED" => Cell::Flag(self.stage_semantic != "P"),
            "COMMENTS" => Cell::text(&self.comments),
            "ASSIGNED_BY_ID" => Cell::id(self.assigned_by),
            "CREATED_BY_ID" => Cell::id(self.created_by),
            "MODIFY_BY_ID" | "LAST_ACTIVITY_BY" => Cell::id(self.updated_by),
            "MOVED_BY_ID" => Cell::id(self.moved_by),
            "DATE_CREATE" => Cell::Time(self.created_ms),
            "DATE_MODIFY" | "LAST_ACTIVITY_TIME" => Cell::Time(self.updated_ms),
            "MOVED_TIME" => Cell::Time(self.moved_ms),
            "SOURCE_ID" => Cell::text(&self.source_id),
            "ADDITIONAL_INFO" => Cell::text(&self.additional_info),
            "ORIGINATOR_ID" => Cell::text(&self.originator_id),
            "ORIGIN_ID" => Cell::text(&self.origin_id),
            user_field if user_field.starts_with("UF_") => self
                .uf
                .get(user_field)
                .map_or(Cell::Null, |value| Cell::Raw(Php::from_value(value))),
            other => stored_cell(Entity::Deal, &self.other, other),
        }
    }
}

/// The value of a field that only the `other` map of a record knows.
pub(crate) fn stored_cell(entity: Entity, other: &Map<String, Value>, upper: &str) -> Cell {
    let kind = entity.field(upper).map(|field| field.kind);
    match other.get(upper) {
        Some(Value::Bool(yes)) => Cell::Flag(*yes),
        Some(Value::Number(number)) => match kind {
            Some(Kind::Int) => Cell::link(number.as_u64().unwrap_or(0)),
            Some(Kind::Text | Kind::Status | Kind::Money | Kind::Flag | Kind::Time | Kind::Ids)
            | None => number.as_i64().map_or(Cell::Null, Cell::Int),
        },
        Some(Value::String(text)) => Cell::text(text),
        Some(value @ (Value::Null | Value::Array(_) | Value::Object(_))) => {
            Cell::Raw(Php::from_value(value))
        }
        None if kind == Some(Kind::Flag) => Cell::Flag(false),
        None => Cell::Null,
    }
}
