//! A product of the catalogue as the portal stores it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::config::PortalConfig;
use super::field::{Cell, Record};
use super::rows::ProductRow;

/// A piece (`MEASURE_CODE`).
const PIECE: i64 = 796;
/// Where a product stands when nobody says so.
const SORT_DEFAULT: i64 = 500;

/// A product. Nothing about it is unique but its id.
#[derive(Debug, Clone, PartialEq)]
pub struct Product {
    /// Identifier; 0 lets the portal choose the next one.
    pub id: u64,
    /// Name shown to people.
    pub name: String,
    /// Identifier in an external system (`XML_ID`); a product that comes without one gets its own id.
    pub xml_id: String,
    /// Unit price; none means that it has no price.
    pub price: Option<Decimal>,
    /// Currency of the price.
    pub currency: String,
    /// Whether it is on sale.
    pub active: bool,
    /// Section of the catalogue; 0 is none.
    pub section_id: u64,
    /// Unit of measure.
    pub measure_code: i64,
    /// Position.
    pub sort: i64,
    /// Free text.
    pub description: String,
    /// Who created it.
    pub created_by: u64,
    /// When it was created, milliseconds since the portal was built.
    pub created_ms: u64,
    /// The catalogue it belongs to; the portal sets it.
    pub catalog_id: u64,
}

impl Product {
    /// A product on sale.
    pub fn new(id: u64, name: &str, xml_id: &str, price: Decimal, currency: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            xml_id: xml_id.to_owned(),
            price: Some(price),
            currency: currency.to_owned(),
            active: true,
            section_id: 0,
            measure_code: PIECE,
            sort: SORT_DEFAULT,
            description: String::new(),
            created_by: 0,
            created_ms: 0,
            catalog_id: 0,
        }
    }
}

/// All products of the portal, by id. What is deleted is gone for good.
#[derive(Debug)]
pub(crate) struct Catalogue {
    id: u64,
    products: BTreeMap<u64, Product>,
    last_id: u64,
}

impl Catalogue {
    pub(crate) fn new(config: &PortalConfig) -> Self {
        let mut catalogue = Self {
            id: config.catalog_id,
            products: BTreeMap::new(),
            last_id: 0,
        };
        for product in &config.products {
            catalogue.add(product.clone());
        }
        catalogue
    }

    /// Adds a product under its id, or the next one if it has none or that is taken; returns the id.
    pub(crate) fn add(&mut self, mut product: Product) -> u64 {
        if product.id == 0 || product.id <= self.last_id && self.products.contains_key(&product.id)
        {
            product.id = self.last_id + 1;
        }
        self.last_id = self.last_id.max(product.id);
        product.catalog_id = self.id;
        if product.xml_id.is_empty() {
            product.xml_id = product.id.to_string();
        }
        let id = product.id;
        self.products.insert(id, product);
        id
    }

    pub(crate) fn get(&self, id: u64) -> Option<&Product> {
        self.products.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut Product> {
        self.products.get_mut(&id)
    }

    pub(crate) fn remove(&mut self, id: u64) -> bool {
        self.products.remove(&id).is_some()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Product> {
        self.products.values()
    }

    /// Gives a row the name and the measure of its product where it has none of its own. Whether there is such a
    /// product nobody asks: an unknown one leaves the row without a name.
    pub(crate) fn complete(&self, row: &mut ProductRow, measured: bool) {
        let Some(product) = self.get(row.product_id) else {
            return;
        };
        if row.product_name.is_empty() {
            row.product_name.clone_from(&product.name);
        }
        if !measured {
            row.measure_code = product.measure_code;
        }
    }
}

impl Record for Product {
    fn id(&self) -> u64 {
        self.id
    }

    fn cell(&self, upper: &str) -> Cell {
        match upper {
            "ID" => Cell::id(self.id),
            "CATALOG_ID" => Cell::id(self.catalog_id),
            "PRICE" => self.price.map_or(Cell::Null, Cell::Number),
            "CURRENCY_ID" if self.price.is_some() => Cell::text(&self.currency),
            "NAME" => Cell::text(&self.name),
            "DESCRIPTION" => Cell::text(&self.description),
            "DESCRIPTION_TYPE" => Cell::text("text"),
            "ACTIVE" => Cell::Flag(self.active),
            "SECTION_ID" => Cell::link(self.section_id),
            "SORT" => Cell::Int(self.sort),
            "VAT_INCLUDED" => Cell::Flag(false),
            "MEASURE" => Cell::Int(self.measure_code),
            "XML_ID" => Cell::text(&self.xml_id),
            "DATE_CREATE" | "TIMESTAMP_X" => Cell::Time(self.created_ms),
            "MODIFIED_BY" | "CREATED_BY" => Cell::link(self.created_by),
            _ => Cell::Null,
        }
    }
}
