//! The mapping as a shop's owner writes it: a table of TOML, closed, every key optional (docs/mapping.md, `mapping.example.toml`).

use std::collections::BTreeMap;

use serde::Deserialize;

/// One mapping, as written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappingFile {
    /// The funnel that deals are created in: its id or its name. The portal's default funnel unless told otherwise.
    pub funnel: Option<IdOrName>,
    /// The stage that deals are created in: its id or its name. `NEW` unless told otherwise.
    pub first_stage: Option<String>,
    /// An expression: orders for which it is false get no deal.
    pub create_when: Option<String>,
    /// Whether a deal that a person deleted is made again.
    #[serde(default)]
    pub recreate: Recreate,
    /// The zone in which dates are written, such as `Europe/Berlin`; UTC unless told otherwise.
    pub zone: Option<String>,
    /// Deal fields by their names in Bitrix24: `title`, `assignedById`, `UF_CRM_…`.
    #[serde(default)]
    pub fields: BTreeMap<String, FieldEntry>,
    /// Stage rules, the first that fits counts; absent = the default rules, empty = none.
    pub stage: Option<Vec<StageEntry>>,
    /// Contacts.
    #[serde(default)]
    pub contact: Switch,
    /// Companies of B2B orders.
    #[serde(default)]
    pub company: Switch,
    /// Links from product rows to the catalogue.
    #[serde(default)]
    pub products: Switch,
}

/// A deal field.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldEntry {
    /// A template of text.
    pub text: Option<String>,
    /// An expression with a value of its own type.
    pub value: Option<String>,
    /// What the value is in Bitrix24, where that does not follow from the value itself.
    #[serde(rename = "as")]
    pub kind: Option<Kind>,
    /// Who owns the field once the deal exists.
    #[serde(default)]
    pub owner: Owner,
}

/// Whose word counts for a field of an existing deal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// Shopify's: written whenever it changes.
    Always,
    /// People's: written once.
    #[default]
    OnCreate,
    /// Whoever was last: written while the deal still shows what we wrote.
    IfUntouched,
}

impl Owner {
    /// As the file spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::OnCreate => "on_create",
            Self::IfUntouched => "if_untouched",
        }
    }
}

/// What a value is in Bitrix24 (facts/bitrix24.md §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// An amount in the order's currency.
    Money,
    /// Yes or no.
    YesNo,
    /// A day in the mapping's zone.
    Date,
    /// A moment in the mapping's zone.
    Datetime,
    /// An entry of a list, by its label; several for a field with several values.
    Label,
    /// Several texts.
    Texts,
    /// Links to records: `C_12` is a contact, `CO_3` a company, `D_5` a deal, `L_8` a lead; a number where only one kind fits.
    Links,
}

impl Kind {
    /// As the file spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Money => "money",
            Self::YesNo => "yes_no",
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::Label => "label",
            Self::Texts => "texts",
            Self::Links => "links",
        }
    }
}

/// A stage rule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageEntry {
    /// An expression: when the rule speaks.
    pub when: String,
    /// The stage, by its id (`WON`, `UC_AB12CD`) or its name.
    pub to: String,
    /// The funnel it moves the deal to, by id or name; absent = the one that the deal is in.
    pub funnel: Option<IdOrName>,
    /// From which stages it may move a deal: `open`, `won`, `lost`, `ours` (where onedeal put it), or a stage by id or
    /// name; `ours` unless told otherwise.
    pub from: Option<Vec<String>>,
}

/// Something with an id and a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdOrName {
    /// By id.
    Id(u64),
    /// By name.
    Name(String),
}

/// Whether deals that a person deleted are made again (design §4.2, rule 10).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recreate {
    /// They stay deleted.
    #[default]
    Never,
    /// When the order comes to be paid afterwards.
    OnPayment,
    /// Whenever the order changes afterwards.
    Always,
}

/// A part of the mapping that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// Whether it is done; true unless told otherwise.
    #[serde(default = "yes")]
    pub link: bool,
}

impl Default for Switch {
    fn default() -> Self {
        Self { link: true }
    }
}

fn yes() -> bool {
    true
}

impl IdOrName {
    /// Digits are an id, anything else is a name.
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        text.parse()
            .map_or_else(|_| Self::Name(text.to_owned()), Self::Id)
    }
}

impl<'de> Deserialize<'de> for IdOrName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = IdOrName;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number (the id) or a text (the name)")
            }
            fn visit_u64<E: serde::de::Error>(self, id: u64) -> Result<IdOrName, E> {
                Ok(IdOrName::Id(id))
            }
            fn visit_i64<E: serde::de::Error>(self, id: i64) -> Result<IdOrName, E> {
                u64::try_from(id)
                    .map(IdOrName::Id)
                    .map_err(|_| E::custom("an id is not negative"))
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<IdOrName, E> {
                Ok(IdOrName::read(text))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl std::fmt::Display for IdOrName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}
