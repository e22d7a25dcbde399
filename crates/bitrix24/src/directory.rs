//! What a portal offers to be named: funnels, stages, fields, currencies (facts §7, §8).

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::envelope::Answer;
use crate::item::{self, Entity};
use crate::value::{Fields, Unreadable, list, objects, unreadable};

/// A funnel of deals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its id; 0 is the default one.
    pub id: u64,
    /// Its name.
    pub name: String,
}

/// An entry of a directory: a stage, a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Its directory: `DEAL_STAGE`, `DEAL_STAGE_9`, `SOURCE`.
    pub entity: String,
    /// Its code, a funnel's prefix included.
    pub code: String,
    /// Its name.
    pub name: String,
    /// `S`, `F`, or nothing for a stage that is open.
    pub semantics: Option<String>,
}

/// The description of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name, a user field's in its original form.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// What people call it.
    pub title: String,
    /// It holds several values.
    pub multiple: bool,
    /// It cannot be written.
    pub read_only: bool,
    /// Ids and labels of a list.
    pub items: Vec<(String, String)>,
    /// The directory that a field of the type `crm_status` names entries of.
    pub status_type: Option<String>,
}

/// All funnels of deals.
pub fn categories() -> Call {
    let params = json!({"entityTypeId": Entity::Deal.type_id()});
    Call::new("crm.category.list", params)
}

/// All entries of one directory, from the first to the last.
pub fn statuses(entity: &str) -> Call {
    Call::new(
        "crm.status.list",
        json!({"filter": {"ENTITY_ID": entity}, "order": {"SORT": "ASC"}}),
    )
}

/// The directory of a funnel's stages.
pub fn stages_of(category: u64) -> String {
    if category == 0 {
        "DEAL_STAGE".to_owned()
    } else {
        format!("DEAL_STAGE_{category}")
    }
}

/// All currencies.
pub fn currencies() -> Call {
    Call::new("crm.currency.list", json!({}))
}

/// All deal fields.
pub fn deal_fields() -> Call {
    item::fields(Entity::Deal)
}

/// Reads the answer to [`categories`].
///
/// # Errors
/// It is not understood.
pub fn read_categories(answer: &Answer) -> Result<Vec<Category>, Unreadable> {
    objects(&answer.result, "categories")?
        .into_iter()
        .map(|it| {
            let fields = Fields(it);
            Ok(Category {
                id: fields.whole("id")?.unwrap_or_default(),
                name: fields.text("name")?.unwrap_or_default(),
            })
        })
        .collect()
}

/// Reads the answer to [`statuses`].
///
/// # Errors
/// It is not understood.
pub fn read_statuses(answer: &Answer) -> Result<Vec<Status>, Unreadable> {
    rows(answer)?
        .map(|it| {
            let fields = Fields(it);
            Ok(Status {
                entity: fields.text("ENTITY_ID")?.unwrap_or_default(),
                code: fields
                    .text("STATUS_ID")?
                    .ok_or_else(|| unreadable("STATUS_ID", "a text"))?,
                name: fields.text("NAME")?.unwrap_or_default(),
                semantics: fields.text("SEMANTICS")?,
            })
        })
        .collect()
}

/// Reads the codes in the answer to [`currencies`].
///
/// # Errors
/// It is not understood.
pub fn read_currencies(answer: &Answer) -> Result<Vec<String>, Unreadable> {
    let codes = rows(answer)?.map(|it| Fields(it).text("CURRENCY"));
    Ok(codes
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect())
}

/// Reads the answer to [`deal_fields`].
///
/// # Errors
/// It is not understood.
pub fn read_fields(answer: &Answer) -> Result<Vec<Field>, Unreadable> {
    let fields = answer
        .result
        .get("fields")
        .and_then(Value::as_object)
        .ok_or_else(|| unreadable("fields", "a map of fields"))?;
    fields
        .iter()
        .map(|(name, it)| {
            let it = it
                .as_object()
                .ok_or_else(|| unreadable("fields", "a map of fields"))?;
            field(name, it)
        })
        .collect()
}

fn field(name: &str, described: &Map<String, Value>) -> Result<Field, Unreadable> {
    let fields = Fields(described);
    let flag = |key: &str| described.get(key).and_then(Value::as_bool).unwrap_or(false);
    let upper = fields.text("upperName")?;
    let items = match described.get("items") {
        Some(Value::Array(_)) => objects(&Value::Object(described.clone()), "items")?
            .into_iter()
            .map(|it| {
                let (id, label) = (Fields(it).text("ID")?, Fields(it).text("VALUE")?);
                Ok((id.unwrap_or_default(), label.unwrap_or_default()))
            })
            .collect::<Result<_, Unreadable>>()?,
        _ => Vec::new(),
    };
    // A user field goes by its original name, whichever of the two the portal lists it under (facts §7).
    let original = upper.filter(|it| it.starts_with("UF_"));
    let label = ["title", "formLabel", "listLabel"]
        .iter()
        .find_map(|it| fields.text(it).ok().flatten());
    Ok(Field {
        name: original.unwrap_or_else(|| name.to_owned()),
        kind: fields.text("type")?.unwrap_or_default(),
        title: label.unwrap_or_else(|| name.to_owned()),
        multiple: flag("isMultiple"),
        read_only: flag("isReadOnly"),
        items,
        status_type: fields.text("statusType")?,
    })
}

/// The rows of an old method's list.
fn rows(answer: &Answer) -> Result<impl Iterator<Item = &Map<String, Value>>, Unreadable> {
    let rows = list(&answer.result, "result")?;
    Ok(rows.iter().filter_map(Value::as_object))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_field_is_known_by_its_original_name() {
        let described = json!({"fields": {
            "ufCrm_1742556489": {"type": "string", "title": "Order id", "upperName": "UF_CRM_1742556489",
                "isMultiple": false, "isReadOnly": false},
            "sourceId": {"type": "crm_status", "statusType": "SOURCE", "title": "Source", "upperName": "SOURCE_ID"},
            "UF_CRM_DELIVERY": {"type": "enumeration", "title": "Delivery", "isMultiple": true,
                "items": [{"ID": "44", "VALUE": "Courier"}, {"ID": 45, "VALUE": "Post"}]},
        }});
        let fields = read_fields(&Answer::from(described)).unwrap();
        let names: Vec<_> = fields.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["UF_CRM_DELIVERY", "sourceId", "UF_CRM_1742556489"]);
        assert_eq!(fields[0].items[1], ("45".to_owned(), "Post".to_owned()));
        assert_eq!(fields[1].status_type.as_deref(), Some("SOURCE"));
    }

    #[test]
    fn funnels_and_stages_are_read_in_their_order() {
        let funnels =
            json!({"categories": [{"id": 0, "name": "General"}, {"id": 9, "name": "Shop"}]});
        let funnels = read_categories(&Answer::from(funnels)).unwrap();
        assert_eq!((funnels[1].id, stages_of(9).as_str()), (9, "DEAL_STAGE_9"));
        let stages = json!([{"ENTITY_ID": "DEAL_STAGE_9", "STATUS_ID": "C9:WON", "NAME": "Won", "SEMANTICS": "S"}]);
        assert_eq!(
            read_statuses(&Answer::from(stages)).unwrap()[0].code,
            "C9:WON"
        );
        assert!(read_statuses(&Answer::from(json!({}))).is_err());
        let euros = json!([{"CURRENCY": "EUR"}]);
        assert_eq!(
            read_currencies(&Answer::from(euros)),
            Ok(vec!["EUR".to_owned()])
        );
    }
}
