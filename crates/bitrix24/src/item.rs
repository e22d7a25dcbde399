//! The universal methods `crm.item.*` for deals, contacts and companies (facts §2.2).

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::envelope::Answer;
use crate::value::{Fields, Unreadable, objects};

/// The kinds of CRM objects, with their `entityTypeId`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entity {
    /// A deal.
    Deal = 2,
    /// A contact.
    Contact = 3,
    /// A company.
    Company = 4,
}

impl Entity {
    /// The portal's `entityTypeId`.
    pub fn type_id(self) -> u64 {
        match self {
            Self::Deal => 2,
            Self::Contact => 3,
            Self::Company => 4,
        }
    }
}

/// Creates an object. Read the answer with [`read_item`].
pub fn add(entity: Entity, fields: Map<String, Value>) -> Call {
    Call::new("crm.item.add", with_fields(entity, fields))
}

/// Creates an object as an import does: with the import right, and without automation.
pub fn import(entity: Entity, fields: Map<String, Value>) -> Call {
    Call::new("crm.item.import", with_fields(entity, fields))
}

/// Changes the named fields of an object. Read the answer with [`read_item`].
pub fn update(entity: Entity, id: u64, fields: Map<String, Value>) -> Call {
    let mut params = with_fields(entity, fields);
    params["id"] = id.into();
    Call::new("crm.item.update", params)
}

/// One object by id, with all its fields. Read the answer with [`read_item`].
pub fn get(entity: Entity, id: u64) -> Call {
    Call::new(
        "crm.item.get",
        json!({"entityTypeId": entity.type_id(), "useOriginalUfNames": "Y", "id": id}),
    )
}

/// Deletes an object by id, into the portal's recycle bin where its kind has one. The answer says nothing more than that.
pub fn delete(entity: Entity, id: u64) -> Call {
    Call::new(
        "crm.item.delete",
        json!({"entityTypeId": entity.type_id(), "id": id}),
    )
}

/// The description of all fields of a kind of objects.
pub fn fields(entity: Entity) -> Call {
    Call::new(
        "crm.item.fields",
        json!({"entityTypeId": entity.type_id(), "useOriginalUfNames": "Y"}),
    )
}

/// The first page of the objects that pass `filter`, by rising id. Read the answer with [`read_items`], ask for further
/// pages with [`crate::page`].
pub fn list(entity: Entity, filter: Value, select: &[&str]) -> Call {
    let params = json!({
        "entityTypeId": entity.type_id(),
        "useOriginalUfNames": "Y",
        "select": select,
        "filter": filter,
        // No list method promises an order of its own (facts §1.5).
        "order": {"id": "ASC"},
        "start": 0,
    });
    Call::new("crm.item.list", params)
}

/// The object in the answer to add, import, update and get.
///
/// # Errors
/// There is no object with an id in it.
pub fn read_item(answer: &Answer) -> Result<Map<String, Value>, Unreadable> {
    let item = Fields::of(&answer.result["item"], "item")?;
    item.id("id")?;
    Ok(item.0.clone())
}

/// The id of the object in the answer to add, import, update and get.
///
/// # Errors
/// There is no object with an id in it.
pub fn read_id(answer: &Answer) -> Result<u64, Unreadable> {
    Fields(&read_item(answer)?).id("id")
}

/// The objects on one page of [`list`].
///
/// # Errors
/// There is no list of objects.
pub fn read_items(answer: &Answer) -> Result<Vec<&Map<String, Value>>, Unreadable> {
    objects(&answer.result, "items")
}

fn with_fields(entity: Entity, fields: Map<String, Value>) -> Value {
    // The parameter is compared with the text "Y"; a boolean would be no (facts §1.2).
    json!({"entityTypeId": entity.type_id(), "useOriginalUfNames": "Y", "fields": fields})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_name_entity_id_and_original_user_fields() {
        let fields = || Map::from_iter([("UF_CRM_X".to_owned(), json!("1"))]);
        assert_eq!(
            add(Entity::Deal, fields()),
            Call::new(
                "crm.item.add",
                json!({"entityTypeId": 2, "useOriginalUfNames": "Y", "fields": {"UF_CRM_X": "1"}})
            )
        );
        assert_eq!(
            update(Entity::Contact, 7, fields()).params,
            json!({"entityTypeId": 3, "useOriginalUfNames": "Y", "id": 7, "fields": {"UF_CRM_X": "1"}})
        );
        assert_eq!(
            get(Entity::Company, 7).params,
            json!({"entityTypeId": 4, "useOriginalUfNames": "Y", "id": 7})
        );
        assert_eq!(
            delete(Entity::Deal, 7),
            Call::new("crm.item.delete", json!({"entityTypeId": 2, "id": 7}))
        );
    }

    #[test]
    fn an_item_without_an_id_is_unreadable() {
        let answer = Answer::from;
        for result in [
            json!([]),
            json!({"item": []}),
            json!({"item": {}}),
            json!({"item": {"id": 0}}),
            json!(true),
        ] {
            assert!(read_item(&answer(result.clone())).is_err(), "{result}");
        }
        assert_eq!(read_id(&answer(json!({"item": {"id": "812"}}))), Ok(812));
    }
}
