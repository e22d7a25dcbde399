//! Companies: by their key, and new ones (facts §9).

use serde_json::{Map, Value, json};

use crate::call::{Call, PAGE_ROWS};
use crate::envelope::Answer;
use crate::item::{self, Entity};
use crate::value::{Fields, Unreadable, fits_one_page};

/// One company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyRow {
    /// The company's id.
    pub id: u64,
    /// The system it comes from.
    pub originator_id: Option<String>,
    /// Its id in that system.
    pub origin_id: Option<String>,
    /// Its title, empty if not told.
    pub title: String,
}

/// A company to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCompany {
    /// Title.
    pub title: String,
    /// The system it comes from.
    pub originator: String,
    /// Its id in that system.
    pub origin: String,
}

/// The companies of `originator` with any of `origins`, by rising id: between 1 and [`PAGE_ROWS`] origins. The portal
/// compares without regard to case and trailing blanks: compare each row again. Read pages with [`read_found`].
pub fn find_by_origin(originator: &str, origins: &[String]) -> Call {
    debug_assert!(
        fits_one_page(origins.len(), PAGE_ROWS),
        "between 1 and {PAGE_ROWS} origins"
    );
    item::list(
        Entity::Company,
        json!({"=originatorId": originator, "@originId": origins}),
        &["id", "originatorId", "originId", "title"],
    )
}

/// The companies on one page of [`find_by_origin`].
///
/// # Errors
/// The page or one of its rows is not understood.
pub fn read_found(answer: &Answer) -> Result<Vec<CompanyRow>, Unreadable> {
    item::read_items(answer)?
        .into_iter()
        .map(CompanyRow::read)
        .collect()
}

impl CompanyRow {
    /// Reads one company, from a list or from [`item::read_item`]. Only the id must be there.
    ///
    /// # Errors
    /// A field is there, but not in its documented shape.
    pub fn read(item: &Map<String, Value>) -> Result<Self, Unreadable> {
        let fields = Fields(item);
        Ok(Self {
            id: fields.id("id")?,
            originator_id: fields.text("originatorId")?,
            origin_id: fields.text("originId")?,
            title: fields.text("title")?.unwrap_or_default(),
        })
    }
}

impl NewCompany {
    /// The call that makes the company. Read its answer with [`item::read_id`].
    pub fn add(&self) -> Call {
        let fields = Map::from_iter([
            ("originatorId".to_owned(), json!(self.originator)),
            ("originId".to_owned(), json!(self.origin)),
            ("title".to_owned(), json!(self.title)),
        ]);
        item::add(Entity::Company, fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_is_looked_up_by_its_key_and_read_with_its_title() {
        let call = find_by_origin("shopify:a", &["7".to_owned(), "8".to_owned()]);
        assert_eq!(
            (&call.params["entityTypeId"], &call.params["filter"]),
            (
                &json!(4),
                &json!({"=originatorId": "shopify:a", "@originId": ["7", "8"]})
            )
        );
        let answer = Answer::from;
        let page = json!({"items": [
            {"id": 5, "originatorId": "shopify:a", "originId": "7", "title": "Acme"},
            {"id": "6", "title": null},
        ]});
        let found = read_found(&answer(page)).unwrap();
        assert_eq!((found[0].id, found[0].origin_id.as_deref()), (5, Some("7")));
        assert_eq!(
            (found[0].title.as_str(), found[1].title.as_str()),
            ("Acme", "")
        );
        assert!(read_found(&answer(json!({"items": [{"title": "no id"}]}))).is_err());
    }

    #[test]
    fn a_new_company_carries_its_key_in_its_first_insert() {
        let company = NewCompany {
            title: "Acme".to_owned(),
            originator: "shopify:a".to_owned(),
            origin: "7".to_owned(),
        };
        assert_eq!(
            company.add().params,
            json!({
                "entityTypeId": 4, "useOriginalUfNames": "Y",
                "fields": {"originatorId": "shopify:a", "originId": "7", "title": "Acme"},
            })
        );
        assert_eq!(company.add().batchable(), Ok(()));
    }
}
