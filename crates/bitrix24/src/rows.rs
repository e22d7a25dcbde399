//! Product rows of a deal (facts §11).

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::envelope::Answer;
use crate::value::{Fields, Unreadable, number, objects, unreadable};

/// One product row. The portal gives ids to rows but changes them when rows are set, so they are not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The product in the portal's catalogue; `None` for a row that is only a name.
    pub product_id: Option<u64>,
    /// The name to show.
    pub name: String,
    /// The final price of one unit, discount and tax included.
    pub price: Decimal,
    /// How many; the portal keeps four decimals.
    pub quantity: Decimal,
    /// The tax rate in percent; `None` means no tax, which is not the same as 0.
    pub tax_rate: Option<Decimal>,
    /// Whether the tax was within the price as entered: for display only.
    pub tax_included: bool,
    /// The unit of measure by its code (796 is a piece); `None` for the portal's default.
    pub measure_code: Option<u64>,
    /// The place among the rows.
    pub sort: u32,
}

/// Replaces all rows of a deal. With no rows at all the call is not batchable. Read the answer with [`read`].
pub fn set(deal_id: u64, rows: &[Row]) -> Call {
    let rows: Vec<_> = rows.iter().map(Row::write).collect();
    Call::new(
        "crm.item.productrow.set",
        json!({"ownerType": "D", "ownerId": deal_id, "productRows": rows}),
    )
}

/// The first page of the rows of a deal, by rising id. Read it with [`read`], ask for further pages with
/// [`crate::page`].
pub fn list(deal_id: u64) -> Call {
    let filter = json!({"=ownerType": "D", "=ownerId": deal_id});
    Call::new(
        "crm.item.productrow.list",
        json!({"filter": filter, "order": {"id": "ASC"}, "start": 0}),
    )
}

/// The rows in the answer to [`set`] and [`list`].
///
/// # Errors
/// The answer or one of its rows is not understood.
pub fn read(answer: &Answer) -> Result<Vec<Row>, Unreadable> {
    objects(&answer.result, "productRows")?
        .into_iter()
        .map(Row::read)
        .collect()
}

impl Row {
    fn write(&self) -> Value {
        let mut row = json!({
            "productId": self.product_id.unwrap_or(0),
            "productName": self.name,
            "price": number(self.price),
            "quantity": number(self.quantity),
            "taxIncluded": if self.tax_included { "Y" } else { "N" },
            "sort": self.sort,
        });
        // Left out rather than null: a batch writes null as the empty text, which may be read as a rate of 0.
        if let Some(rate) = self.tax_rate {
            row["taxRate"] = number(rate);
        }
        if let Some(code) = self.measure_code {
            row["measureCode"] = code.into();
        }
        row
    }

    fn read(row: &Map<String, Value>) -> Result<Self, Unreadable> {
        let fields = Fields(row);
        let sort = fields.whole("sort")?.unwrap_or_default();
        Ok(Self {
            product_id: fields.reference("productId")?,
            name: fields.text("productName")?.unwrap_or_default(),
            price: fields
                .amount("price")?
                .ok_or_else(|| unreadable("price", "an amount"))?,
            quantity: fields
                .amount("quantity")?
                .ok_or_else(|| unreadable("quantity", "an amount"))?,
            tax_rate: fields.amount("taxRate")?,
            tax_included: fields.text("taxIncluded")?.as_deref() == Some("Y"),
            measure_code: fields.reference("measureCode")?,
            sort: u32::try_from(sort).map_err(|_| unreadable("sort", "a small number"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Effect, NotBatchable};

    fn row() -> Row {
        Row {
            product_id: None,
            name: "Mug".to_owned(),
            price: Decimal::new(11272, 2),
            quantity: Decimal::new(2, 0),
            tax_rate: None,
            tax_included: true,
            measure_code: None,
            sort: 10,
        }
    }

    #[test]
    fn rows_are_written_without_float_error() {
        let taxed = Row {
            product_id: Some(5),
            tax_rate: Some(Decimal::new(0, 0)),
            ..row()
        };
        let call = set(812, &[row(), taxed]);
        assert_eq!(call.effect(), Effect::Write);
        insta::assert_snapshot!(
            call.params,
            @r#"{"ownerId":812,"ownerType":"D","productRows":[{"price":112.72,"productId":0,"productName":"Mug","quantity":2,"sort":10,"taxIncluded":"Y"},{"price":112.72,"productId":5,"productName":"Mug","quantity":2,"sort":10,"taxIncluded":"Y","taxRate":0}]}"#
        );
    }

    #[test]
    fn removing_all_rows_is_a_plain_call() {
        assert_eq!(set(812, &[]).params["productRows"], json!([]));
        assert_eq!(set(812, &[]).batchable(), Err(NotBatchable::EmptyArray));
        assert_eq!(set(812, &[row()]).batchable(), Ok(()));
    }

    #[test]
    fn rows_read_back_as_they_were_written() {
        let read_back = |rows: Value| {
            let answer = Answer::from(json!({"productRows": rows}));
            read(&answer)
        };
        let full = Row {
            product_id: Some(5),
            tax_rate: Some(Decimal::new(19, 0)),
            measure_code: Some(796),
            ..row()
        };
        let written = [row(), full];
        let params = set(812, &written).params;
        assert_eq!(
            read_back(params["productRows"].clone()),
            Ok(written.to_vec())
        );

        let portal = json!([{
            "id": 1, "ownerId": "812", "ownerType": "D", "productId": 0, "productName": "Mug", "price": "112.72",
            "priceAccount": "112.72", "quantity": "2.0000", "taxRate": null, "taxIncluded": "Y", "sort": "10",
        }]);
        assert_eq!(read_back(portal), Ok(vec![row()]));
        assert!(read_back(json!([{"productName": "Mug", "quantity": 1}])).is_err());
        assert!(read_back(json!({})).is_err());
        assert_eq!(
            list(812).params["filter"],
            json!({"=ownerType": "D", "=ownerId": 812})
        );
    }
}
