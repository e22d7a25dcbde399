//! Deals by their key, and what a row of the answer says (facts §1.6, §2).

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::call::{Call, PAGE_ROWS};
use crate::envelope::Answer;
use crate::item::{self, Entity};
use crate::value::{Fields, Unreadable, fits_one_page, ids};

/// The key of a deal in the system it comes from: `ORIGINATOR_ID` and `ORIGIN_ID`, indexed and written with the deal's
/// first insert (facts §3.1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OriginKey {
    /// The system.
    pub originator: String,
    /// The object's id in that system.
    pub origin: String,
}

/// Which user fields of the portal to read, by their original names (`UF_CRM_…`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select {
    /// The field that holds the order's id for people.
    pub order_field: String,
    /// The field that names the deal of which this one is a duplicate, if the portal has such a field.
    pub duplicate_field: Option<String>,
}

/// One deal.
#[derive(Debug, Clone, PartialEq)]
pub struct DealRow {
    /// The deal's id.
    pub id: u64,
    /// Its title, empty if not told.
    pub title: String,
    /// The system it comes from.
    pub originator_id: Option<String>,
    /// Its id in that system.
    pub origin_id: Option<String>,
    /// The value of [`Select::order_field`].
    pub order_field: Option<String>,
    /// The value of [`Select::duplicate_field`]; a value that is no id counts as none.
    pub duplicate_of: Option<u64>,
    /// Free text beside the deal.
    pub additional_info: Option<String>,
    /// The funnel; 0 is the default one.
    pub category_id: u64,
    /// The stage, empty if not told.
    pub stage_id: String,
    /// What the stage means; `None` if not told or not known.
    pub semantic: Option<Semantic>,
    /// The amount. The portal shows 0 as null at times.
    pub opportunity: Option<Decimal>,
    /// The amount's currency.
    pub currency: Option<String>,
    /// The contacts, the primary one first; none if not told.
    pub contact_ids: Vec<u64>,
    /// The company, if it has one.
    pub company_id: Option<u64>,
    /// The user who made it.
    pub created_by: Option<u64>,
    /// The user who changed it last.
    pub updated_by: Option<u64>,
    /// The user who moved it to its stage.
    pub moved_by: Option<u64>,
    /// Everything that was returned.
    pub fields: Map<String, Value>,
}

/// What a stage means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Semantic {
    /// Open (`P`).
    Process,
    /// Won (`S`).
    Success,
    /// Lost (`F`).
    Failure,
}

/// The deals of `originator` with any of `origins`, in all funnels, by rising id.
///
/// The portal compares without regard to case and trailing blanks: check each row with [`DealRow::has_origin`]. There
/// must be between 1 and [`PAGE_ROWS`] origins. Read pages with [`read_found`] until [`Answer::next`] is `None`.
pub fn find_by_origin(originator: &str, origins: &[String], select: &Select) -> Call {
    debug_assert!(
        fits_one_page(origins.len(), PAGE_ROWS),
        "between 1 and {PAGE_ROWS} origins"
    );
    item::list(
        Entity::Deal,
        json!({"=originatorId": originator, "@originId": origins}),
        &select.names(),
    )
}

/// The deals whose user field `field` has any of `values`, in all funnels, by rising id. The same cautions as for
/// [`find_by_origin`] hold.
pub fn find_by_user_field(field: &str, values: &[String], select: &Select) -> Call {
    debug_assert!(
        fits_one_page(values.len(), PAGE_ROWS),
        "between 1 and {PAGE_ROWS} values"
    );
    let filter = Map::from_iter([(format!("@{field}"), json!(values))]);
    item::list(Entity::Deal, Value::Object(filter), &select.names())
}

/// Some deals of `originator`, whatever their origin: an empty page means that there is none at all. Not counted and
/// not paged. Read it with [`read_found`].
pub fn any_of_originator(originator: &str) -> Call {
    let mut call = item::list(
        Entity::Deal,
        json!({"=originatorId": originator}),
        &["id", "originatorId", "originId"],
    );
    call.params["start"] = json!(-1);
    call
}

/// The deals on one page.
///
/// # Errors
/// The page or one of its rows is not understood. Then nothing may be concluded from it, least of all that there is no
/// deal.
pub fn read_found(answer: &Answer, select: &Select) -> Result<Vec<DealRow>, Unreadable> {
    item::read_items(answer)?
        .into_iter()
        .map(|item| DealRow::read(item, select))
        .collect()
}

impl DealRow {
    /// Reads one deal, from a list or from [`item::read_item`]. Only the id must be there: an import's answer has no
    /// more.
    ///
    /// # Errors
    /// A field is there, but not in its documented shape.
    pub fn read(item: &Map<String, Value>, select: &Select) -> Result<Self, Unreadable> {
        let fields = Fields(item);
        let duplicate_field = select.duplicate_field.as_deref();
        Ok(Self {
            id: fields.id("id")?,
            title: fields.text("title")?.unwrap_or_default(),
            originator_id: fields.text("originatorId")?,
            origin_id: fields.text("originId")?,
            order_field: fields.text(&select.order_field)?,
            duplicate_of: duplicate_field.and_then(|field| fields.reference(field).ok().flatten()),
            additional_info: fields.text("additionalInfo")?,
            category_id: fields.whole("categoryId")?.unwrap_or_default(),
            stage_id: fields.text("stageId")?.unwrap_or_default(),
            semantic: fields
                .text("stageSemanticId")?
                .as_deref()
                .and_then(Semantic::from_code),
            opportunity: fields.amount("opportunity")?,
            currency: fields.text("currencyId")?,
            contact_ids: ids(item.get("contactIds"), "contactIds")?,
            company_id: fields.reference("companyId")?,
            created_by: fields.reference("createdBy")?,
            updated_by: fields.reference("updatedBy")?,
            moved_by: fields.reference("movedBy")?,
            fields: item.clone(),
        })
    }

    /// Whether the deal carries exactly this key, byte for byte.
    pub fn has_origin(&self, key: &OriginKey) -> bool {
        self.originator_id.as_deref() == Some(key.originator.as_str())
            && self.origin_id.as_deref() == Some(key.origin.as_str())
    }
}

impl Semantic {
    fn from_code(code: &str) -> Option<Self> {
        match code {
            "P" => Some(Self::Process),
            "S" => Some(Self::Success),
            "F" => Some(Self::Failure),
            _ => None,
        }
    }
}

impl Select {
    fn names(&self) -> Vec<&str> {
        const ALWAYS: [&str; 19] = [
            "id",
            "title",
            "originatorId",
            "originId",
            "additionalInfo",
            "categoryId",
            "stageId",
            "stageSemanticId",
            "opportunity",
            "isManualOpportunity",
            "currencyId",
            "contactIds",
            "companyId",
            "assignedById",
            "sourceId",
            "comments",
            "createdBy",
            "updatedBy",
            "createdTime",
        ];
        let mut names = ALWAYS.to_vec();
        names.push(&self.order_field);
        names.extend(self.duplicate_field.as_deref());
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select() -> Select {
        Select {
            order_field: "UF_CRM_1742556489".to_owned(),
            duplicate_field: Some("UF_CRM_ONEDEAL_DUP_OF".to_owned()),
        }
    }

    fn row(item: Value) -> Result<DealRow, Unreadable> {
        DealRow::read(item.as_object().unwrap(), &select())
    }

    #[test]
    fn lookups_compare_explicitly_and_order_by_id() {
        let call = find_by_origin("shopify:a", &["1".to_owned(), "2".to_owned()], &select());
        assert_eq!(call.method, "crm.item.list");
        assert_eq!(
            call.params["filter"],
            json!({"=originatorId": "shopify:a", "@originId": ["1", "2"]})
        );
        assert_eq!(
            (&call.params["order"], &call.params["start"]),
            (&json!({"id": "ASC"}), &json!(0))
        );
        assert_eq!(call.params["useOriginalUfNames"], "Y");
        let names = call.params["select"].as_array().unwrap();
        assert!(
            names.contains(&json!("UF_CRM_1742556489"))
                && names.contains(&json!("UF_CRM_ONEDEAL_DUP_OF"))
        );

        let call = find_by_user_field("UF_CRM_1742556489", &["1".to_owned()], &select());
        assert_eq!(call.params["filter"], json!({"@UF_CRM_1742556489": ["1"]}));
        assert_eq!(any_of_originator("shopify:a").params["start"], -1);
        assert_eq!(call.batchable(), Ok(()));
    }

    #[test]
    fn a_row_is_read_from_numbers_and_texts_alike() {
        let expected = row(json!({
            "id": 812, "title": "Order #1001", "originatorId": "shopify:a", "originId": "5512345678901",
            "UF_CRM_1742556489": "5512345678901", "UF_CRM_ONEDEAL_DUP_OF": 811, "categoryId": 9,
            "stageId": "C9:WON", "stageSemanticId": "S", "opportunity": 112.72, "currencyId": "EUR",
            "contactIds": [77, 78], "createdBy": 1, "updatedBy": 1, "additionalInfo": "onedeal:x",
        }))
        .unwrap();
        assert_eq!(expected.opportunity, Some(Decimal::new(11272, 2)));
        assert_eq!(
            (expected.duplicate_of, expected.semantic),
            (Some(811), Some(Semantic::Success))
        );
        let texts = row(json!({
            "id": "812", "title": "Order #1001", "originatorId": "shopify:a", "originId": 5_512_345_678_901_u64,
            "UF_CRM_1742556489": 5_512_345_678_901_u64, "UF_CRM_ONEDEAL_DUP_OF": "811", "categoryId": "9",
            "stageId": "C9:WON", "stageSemanticId": "S", "opportunity": "112.72", "currencyId": "EUR",
            "contactIds": ["77", "78"], "createdBy": "1", "updatedBy": "1", "additionalInfo": "onedeal:x",
        }))
        .unwrap();
        assert_eq!(
            DealRow {
                fields: expected.fields.clone(),
                ..texts
            },
            expected
        );
    }

    #[test]
    fn blanks_are_absent() {
        let blank = row(json!({
            "id": 1, "originatorId": null, "originId": "", "UF_CRM_1742556489": "", "UF_CRM_ONEDEAL_DUP_OF": "?",
            "opportunity": null, "contactIds": [], "createdBy": 0, "stageSemanticId": "X",
        }))
        .unwrap();
        assert_eq!(
            DealRow {
                fields: Map::new(),
                ..blank
            },
            DealRow {
                fields: Map::new(),
                ..row(json!({"id": 1})).unwrap()
            }
        );
    }

    #[test]
    fn a_page_with_one_unreadable_row_is_unreadable() {
        let good = json!({"id": 1});
        let pages = [
            json!([]),
            json!({}),
            json!({"items": {}}),
            json!({"items": [good, []]}),
            json!({"items": [good, {"title": "no id"}]}),
            json!({"items": [good, {"id": 2, "originId": ["x"]}]}),
            json!({"items": [good, {"id": 2, "contactIds": ["x"]}]}),
            json!({"items": [good, {"id": 2, "opportunity": "1|EUR"}]}),
        ];
        for page in pages {
            assert!(
                read_found(&Answer::from(page.clone()), &select()).is_err(),
                "{page}"
            );
        }
        assert_eq!(
            read_found(&Answer::from(json!({"items": []})), &select()),
            Ok(Vec::new())
        );
    }

    #[test]
    fn a_key_matches_byte_for_byte() {
        let key = OriginKey {
            originator: "shopify:a".to_owned(),
            origin: "10".to_owned(),
        };
        let rows = [
            ("shopify:a", "10", true),
            ("Shopify:A", "10", false),
            ("shopify:a ", "10", false),
            ("shopify:a", "10 ", false),
            ("shopify:a", "010", false),
            ("shopify:a", "10abc", false),
            ("", "10", false),
        ];
        for (originator, origin, matches) in rows {
            let deal =
                row(json!({"id": 1, "originatorId": originator, "originId": origin})).unwrap();
            assert_eq!(deal.has_origin(&key), matches, "{originator} {origin}");
        }
    }
}
