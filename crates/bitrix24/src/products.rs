//! Products of the catalogue by their external code (`XML_ID`).
//!
//! `crm.product.list` is an old method, and the one that answers with the right `crm` alone.

use serde_json::{Map, Value, json};

use crate::call::{Call, PAGE_ROWS};
use crate::envelope::Answer;
use crate::value::{Fields, Unreadable, fits_one_page, unreadable};

/// A product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductRow {
    /// Its id.
    pub id: u64,
    /// Its external code.
    pub xml_id: Option<String>,
    /// Whether it is offered.
    pub active: bool,
}

/// The products with any of these external codes, by rising id: between 1 and [`PAGE_ROWS`] codes. The portal compares
/// without regard to case and knows codes that are no codes (a product without one shows its id): compare each row
/// again. Codes are not unique, so that a page may not show all. Read it with [`read_found`].
pub fn find_by_xml_id(codes: &[String]) -> Call {
    debug_assert!(
        fits_one_page(codes.len(), PAGE_ROWS),
        "between 1 and {PAGE_ROWS} codes"
    );
    Call::new(
        "crm.product.list",
        json!({
            // Without a prefix codes would be patterns; with `@` the portal drops the condition and lists everything.
            "filter": {"=XML_ID": codes},
            "select": ["ID", "XML_ID", "ACTIVE"],
            "order": {"ID": "ASC"},
        }),
    )
}

/// The products on one page.
///
/// # Errors
/// The page or one of its rows is not understood.
pub fn read_found(answer: &Answer) -> Result<Vec<ProductRow>, Unreadable> {
    let rows = answer
        .result
        .as_array()
        .ok_or_else(|| unreadable("result", "a list of products"))?;
    rows.iter()
        .map(|it| {
            let row = it
                .as_object()
                .ok_or_else(|| unreadable("result", "a list of products"))?;
            ProductRow::read(row)
        })
        .collect()
}

impl ProductRow {
    fn read(row: &Map<String, Value>) -> Result<Self, Unreadable> {
        let fields = Fields(row);
        Ok(Self {
            id: fields.id("ID")?,
            xml_id: fields.text("XML_ID")?,
            active: fields.text("ACTIVE")?.as_deref() != Some("N"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_read_with_their_codes() {
        let answer = Answer::from;
        let rows = json!([
            {"ID": "7", "XML_ID": "45120000000001", "ACTIVE": "Y"},
            {"ID": "8", "XML_ID": null, "ACTIVE": "N"},
        ]);
        let found = read_found(&answer(rows)).unwrap();
        assert_eq!(
            (found[0].id, found[0].xml_id.as_deref(), found[0].active),
            (7, Some("45120000000001"), true)
        );
        assert!(!found[1].active);
        assert!(read_found(&answer(json!({}))).is_err());
        assert_eq!(read_found(&answer(json!([]))), Ok(Vec::new()));
    }
}
