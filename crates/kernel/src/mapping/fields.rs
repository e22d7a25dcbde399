//! Field rules: from a template or an expression to the value of a deal field.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use minijinja::value::{Value, ValueKind};

use super::{
    Trouble,
    directory::{Directory, FieldInfo, nearest},
    file::{FieldEntry, Kind, Owner},
    language::{Language, Scope, decimal},
};
use crate::{
    deal::{FieldValue, field},
    money,
    order::Order,
};

/// Characters that one text of a deal holds; longer ones are cut.
const TEXT_CHARS_MAX: usize = 10_000;

/// Values of a field with several values; more are left out.
const VALUES_MAX: usize = 50;

/// Fields that onedeal keeps itself: the key, the amount, and what has rules of its own.
const OWN: [(&str, &str); 10] = [
    (field::ORIGINATOR, "it is half of the deal's key"),
    (field::ORIGIN, "it is half of the deal's key"),
    (field::ADDITIONAL_INFO, "it carries onedeal's mark"),
    (
        field::AMOUNT,
        "the amount is always the order's current total",
    ),
    (
        field::MANUAL_AMOUNT,
        "the amount is always the order's current total",
    ),
    (field::CURRENCY, "the currency is always the shop's"),
    (field::STAGE, "write stage rules: [[stage]]"),
    (field::CATEGORY, "set `funnel`, or a stage rule's `funnel`"),
    (field::CONTACTS, "set [contact] link"),
    (field::COMPANY, "set [company] link"),
];

/// How one field is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldRule {
    pub(super) name: String,
    pub(super) owner: Owner,
    source: Source,
    kind: Option<Kind>,
}

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// A template.
    Text(String),
    /// An expression.
    Value(String),
}

/// What a rule may use besides the order.
#[derive(Clone, Copy)]
pub(super) struct Tools<'a> {
    pub(super) language: &'a Language,
    pub(super) zone: &'a TimeZone,
    pub(super) directory: Option<&'a Directory>,
}

impl FieldRule {
    /// Reads an entry of the file.
    pub(super) fn read(
        name: &str,
        entry: &FieldEntry,
        order_field: &str,
        language: &Language,
    ) -> Result<Self, Trouble> {
        let place = |key: &str| format!("fields.{name}{key}");
        let own = OWN.iter().find(|(own, _)| *own == name);
        if let Some((_, why)) = own {
            return Err(Trouble::new(
                place(""),
                format!("onedeal keeps `{name}` itself: {why}"),
            ));
        }
        if name == order_field {
            let why = format!("onedeal keeps `{name}` itself: it carries the order's number");
            return Err(Trouble::new(place(""), why));
        }
        let source = match (&entry.text, &entry.value) {
            (Some(text), None) => {
                language
                    .check_template(text)
                    .map_err(|it| Trouble::new(place(".text"), it))?;
                Source::Text(text.clone())
            }
            (None, Some(value)) => {
                language
                    .check_expression(value)
                    .map_err(|it| Trouble::new(place(".value"), it))?;
                Source::Value(value.clone())
            }
            (Some(_), Some(_)) => {
                let why = "it has both `text` and `value`; keep one of them";
                return Err(Trouble::new(place(""), why.to_owned()));
            }
            (None, None) => {
                let why =
                    "it says nothing: give it a `text` (a template) or a `value` (an expression)";
                return Err(Trouble::new(place(""), why.to_owned()));
            }
        };
        Ok(Self {
            name: name.to_owned(),
            owner: entry.owner,
            source,
            kind: entry.kind,
        })
    }

    pub(super) fn kind(&self) -> Option<Kind> {
        self.kind
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// The value, where it is the same for all orders.
    pub(super) fn constant(&self) -> Option<String> {
        match &self.source {
            Source::Text(text) => {
                (!text.contains("{{") && !text.contains("{%")).then(|| text.clone())
            }
            Source::Value(text) => {
                let text = text.trim();
                let quoted = text.strip_prefix(['\'', '"'])?.strip_suffix(['\'', '"'])?;
                (!quoted.contains(['\'', '"'])).then(|| quoted.to_owned())
            }
        }
    }

    /// The kind that the portal's field asks for, where this rule makes another one.
    pub(super) fn misfits(&self, info: &FieldInfo) -> Option<&'static str> {
        let fits: &[Kind] = match info.kind.as_str() {
            "enumeration" => &[Kind::Label],
            "money" => &[Kind::Money],
            "date" => &[Kind::Date],
            "datetime" => &[Kind::Datetime],
            "boolean" | "char" => &[Kind::YesNo],
            "crm" => &[Kind::Links],
            "integer" | "double" => &[Kind::Number, Kind::Money],
            _ => return None,
        };
        if self.kind.is_some_and(|it| fits.contains(&it)) {
            return None;
        }
        // Several values are several texts, whatever each of them is; labels alone have ids that texts have not.
        if info.multiple && self.kind == Some(Kind::Texts) && fits != [Kind::Label] {
            return None;
        }
        // An expression's value may fit by itself.
        let by_itself = matches!(
            info.kind.as_str(),
            "integer" | "double" | "boolean" | "char" | "crm"
        );
        if self.kind.is_none() && by_itself && matches!(self.source, Source::Value(_)) {
            return None;
        }
        fits.first().map(|it| it.word())
    }

    /// Whether the rule makes several values; `None` where that depends on the order.
    pub(super) fn makes_several(&self, tools: Tools<'_>) -> Option<bool> {
        match self.kind {
            // A label becomes what the field holds.
            Some(Kind::Label) => None,
            Some(Kind::Texts | Kind::Links) => Some(true),
            Some(
                Kind::Text | Kind::Number | Kind::Money | Kind::YesNo | Kind::Date | Kind::Datetime,
            ) => Some(false),
            None => {
                let order = super::sample::order();
                let value = self.value(&order, &Scope::of(&order), tools).ok()?;
                Some(match value {
                    FieldValue::Ids(_) | FieldValue::Texts(_) => true,
                    FieldValue::Text(_) | FieldValue::Number(_) | FieldValue::Flag(_) => false,
                })
            }
        }
    }

    /// Whether the portal has to be asked for the labels of its list.
    pub(super) fn needs_labels(&self) -> bool {
        self.kind == Some(Kind::Label)
    }

    /// The field's value for an order.
    pub(super) fn value(
        &self,
        order: &Order,
        scope: &Scope,
        tools: Tools<'_>,
    ) -> Result<FieldValue, String> {
        let value = self.plain(tools.language, scope)?;
        match self.kind {
            None => natural(&value),
            Some(Kind::Text) => Ok(FieldValue::Text(text(&value))),
            Some(Kind::Number) => number(&value),
            Some(Kind::Money) => self.money(&value, order),
            Some(Kind::YesNo) => Ok(FieldValue::Flag(value.is_true())),
            Some(Kind::Date) => date(&value, tools.zone),
            Some(Kind::Datetime) => datetime(&value, tools.zone),
            Some(Kind::Label) => self.label(&value, tools.directory),
            Some(Kind::Texts) => Ok(FieldValue::Texts(several(&value)?)),
            Some(Kind::Links) => links(&value),
        }
    }

    /// The value as texts, before anything is looked up.
    pub(super) fn texts(&self, language: &Language, scope: &Scope) -> Result<Vec<String>, String> {
        several(&self.plain(language, scope)?)
    }

    fn plain(&self, language: &Language, scope: &Scope) -> Result<Value, String> {
        match &self.source {
            Source::Text(text) => Ok(Value::from(language.render(text, scope)?)),
            Source::Value(text) => language.evaluate(text, scope),
        }
    }

    /// Own fields hold a bare number; user fields of the type money carry their currency (facts/bitrix24.md §7).
    fn money(&self, value: &Value, order: &Order) -> Result<FieldValue, String> {
        if empty(value) {
            return Ok(FieldValue::Text(String::new()));
        }
        let amount = decimal(value).ok_or("an amount must be a number")?;
        let amount = money::carried(amount);
        Ok(if self.name.starts_with(field::USER_PREFIX) {
            FieldValue::Text(format!("{amount}|{}", order.currency))
        } else {
            FieldValue::Number(amount)
        })
    }

    fn label(&self, value: &Value, directory: Option<&Directory>) -> Result<FieldValue, String> {
        let directory = directory.ok_or("the portal's lists are not known yet")?;
        let info = directory
            .fields
            .get(&self.name)
            .ok_or("the portal has no such field")?;
        let wanted = several(value)?;
        let ids = wanted
            .iter()
            .map(|it| label_id(info, it))
            .collect::<Result<Vec<_>, _>>()?;
        let numbers: Option<Vec<u64>> = ids.iter().map(|it| it.parse().ok()).collect();
        Ok(match (ids.as_slice(), numbers.as_deref()) {
            ([], _) => FieldValue::Text(String::new()),
            (_, Some(numbers)) if info.multiple => FieldValue::Ids(numbers.to_vec()),
            (_, None) if info.multiple => FieldValue::Texts(ids),
            ([_], Some([number])) => FieldValue::Number((*number).into()),
            ([id], _) => FieldValue::Text(id.clone()),
            (_, _) => return Err("it has several values, and the field holds one".to_owned()),
        })
    }
}

fn label_id(info: &FieldInfo, wanted: &str) -> Result<String, String> {
    if let Some(id) = info.label(wanted) {
        return Ok(id.to_owned());
    }
    let known = info.labels.iter().map(|(_, label)| label.as_str());
    Err(match nearest(wanted, known) {
        Some(near) => format!("its list has no such entry; the nearest is `{near}`"),
        None => "its list has no such entry".to_owned(),
    })
}

/// The value as what it is.
fn natural(value: &Value) -> Result<FieldValue, String> {
    match value.kind() {
        ValueKind::Bool => Ok(FieldValue::Flag(value.is_true())),
        ValueKind::Number => number(value),
        ValueKind::Seq | ValueKind::Iterable => {
            let texts = several(value)?;
            let numbers: Option<Vec<u64>> = texts.iter().map(|it| it.parse().ok()).collect();
            Ok(match numbers {
                Some(numbers) if !numbers.is_empty() => FieldValue::Ids(numbers),
                Some(_) | None => FieldValue::Texts(texts),
            })
        }
        ValueKind::Map | ValueKind::Plain | ValueKind::Bytes | ValueKind::Invalid => {
            Err("it is no value that a field can hold".to_owned())
        }
        ValueKind::None | ValueKind::Undefined | ValueKind::String => {
            Ok(FieldValue::Text(text(value)))
        }
        _ => Err("it is no value that a field can hold".to_owned()),
    }
}

fn number(value: &Value) -> Result<FieldValue, String> {
    if empty(value) {
        return Ok(FieldValue::Text(String::new()));
    }
    decimal(value)
        .map(|it| FieldValue::Number(it.normalize()))
        .ok_or_else(|| "it is no number".to_owned())
}

fn empty(value: &Value) -> bool {
    value.is_none() || value.as_str().is_some_and(|it| it.trim().is_empty())
}

fn text(value: &Value) -> String {
    if value.is_none() {
        return String::new();
    }
    value.to_string().chars().take(TEXT_CHARS_MAX).collect()
}

/// A list's texts; one value is a list of one, nothing a list of none.
fn several(value: &Value) -> Result<Vec<String>, String> {
    let is_list = matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable);
    let texts = if is_list {
        value
            .try_iter()
            .map_err(|_| "it is no list".to_owned())?
            .take(VALUES_MAX)
            .map(|it| text(&it))
            .collect()
    } else {
        vec![text(value)]
    };
    Ok(texts
        .into_iter()
        .map(|it| it.trim().to_owned())
        .filter(|it| !it.is_empty())
        .collect())
}

fn date(value: &Value, zone: &TimeZone) -> Result<FieldValue, String> {
    if empty(value) {
        return Ok(FieldValue::Text(String::new()));
    }
    let text = text(value);
    let day = match text.parse::<Timestamp>() {
        Ok(moment) => moment.to_zoned(zone.clone()).date(),
        Err(_) => text
            .parse::<Date>()
            .map_err(|_| "it is no date".to_owned())?,
    };
    Ok(FieldValue::Text(day.to_string()))
}

fn datetime(value: &Value, zone: &TimeZone) -> Result<FieldValue, String> {
    if empty(value) {
        return Ok(FieldValue::Text(String::new()));
    }
    let moment: Timestamp = text(value)
        .parse()
        .map_err(|_| "it is no moment in time".to_owned())?;
    let local = moment.to_zoned(zone.clone());
    Ok(FieldValue::Text(
        local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
    ))
}

/// Links as the portal spells them (facts/bitrix24.md §7, type `crm`).
fn links(value: &Value) -> Result<FieldValue, String> {
    let links = several(value)?;
    let well_formed = |it: &String| {
        let (kind, id) = it.split_once('_').unwrap_or(("", it));
        let known = matches!(kind, "" | "L" | "C" | "CO" | "D") || kind.starts_with('T');
        known && !id.is_empty() && id.bytes().all(|it| it.is_ascii_digit())
    };
    match links.iter().find(|it| !well_formed(it)) {
        Some(_) => Err("a link looks like C_12, CO_3, D_5, L_8, or is a number".to_owned()),
        // A field with several links is told from one with a single link by the portal's own description.
        None => Ok(match links.as_slice() {
            [] => FieldValue::Text(String::new()),
            [one] => FieldValue::Text(one.clone()),
            _ => FieldValue::Texts(links),
        }),
    }
}
