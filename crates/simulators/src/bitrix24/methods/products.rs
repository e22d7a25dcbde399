//! The product catalogue: `crm.product.*`, which works though nobody develops it, and `catalog.product.list`, which
//! needs a scope of its own (docs/facts.md §1, §2).

use super::super::error::RestError;
use super::super::field::Record;
use super::super::filter::{Op, Test};
use super::super::php::Php;
use super::super::product::Product;
use super::super::render::{legacy_value, plain_item_value};
use super::super::rows::cents;
use super::super::state::State;
use super::super::text::Text;
use super::list::{page, sorted};
use super::{Call, Method, Step, done};

/// The fields a product shows in this family. There is no `ORIGIN_ID` among them.
const FIELDS: [(&str, &str); 21] = [
    ("ID", "integer"),
    ("CATALOG_ID", "integer"),
    ("PRICE", "double"),
    ("CURRENCY_ID", "string"),
    ("NAME", "string"),
    ("CODE", "string"),
    ("DESCRIPTION", "string"),
    ("DESCRIPTION_TYPE", "string"),
    ("ACTIVE", "char"),
    ("SECTION_ID", "integer"),
    ("SORT", "integer"),
    ("VAT_ID", "integer"),
    ("VAT_INCLUDED", "char"),
    ("MEASURE", "integer"),
    ("XML_ID", "string"),
    ("PREVIEW_PICTURE", "product_file"),
    ("DETAIL_PICTURE", "product_file"),
    ("DATE_CREATE", "datetime"),
    ("TIMESTAMP_X", "datetime"),
    ("MODIFIED_BY", "integer"),
    ("CREATED_BY", "integer"),
];
/// Fields that this portal compares as patterns unless the filter says `=`.
const PATTERN_FIELDS: [&str; 4] = ["NAME", "CODE", "XML_ID", "DESCRIPTION"];
/// Prefixes that survive both readers of a filter; every other one drops its condition.
const PREFIXES: [(&str, Op); 10] = [
    ("><", Op::Between),
    ("!=", Op::NotIn),
    ("!%", Op::NotContains),
    (">=", Op::GreaterOrEqual),
    ("<=", Op::LessOrEqual),
    ("!", Op::NotLike),
    ("=", Op::In),
    ("%", Op::Contains),
    (">", Op::Greater),
    ("<", Op::Less),
];

pub(super) static METHODS: &[Method] = &[
    Method {
        name: "crm.product.list",
        scope: "crm",
        run: list,
    },
    Method {
        name: "crm.product.get",
        scope: "crm",
        run: get,
    },
    Method {
        name: "crm.product.add",
        scope: "crm",
        run: add,
    },
    Method {
        name: "crm.product.update",
        scope: "crm",
        run: update,
    },
    Method {
        name: "crm.product.delete",
        scope: "crm",
        run: delete,
    },
    Method {
        name: "crm.product.fields",
        scope: "crm",
        run: fields,
    },
    Method {
        name: "catalog.product.list",
        scope: "catalog",
        run: catalog_list,
    },
];

fn list(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let tests = call.legacy("filter").map(Php::pairs).unwrap_or_default();
    let tests = tests
        .iter()
        .filter_map(|(key, value)| legacy_test(key, value));
    let order = order_of(call.legacy("order"), |name| {
        known(name).then(|| name.to_owned())
    });
    let rows = sorted(
        state.products.all(),
        &Test::All(tests.collect()),
        &order,
        &state.clock,
        state.config.seed,
    );
    let select = call.legacy("select").map(Php::pairs).unwrap_or_default();
    // A star beside names is taken out, so that only the names count.
    let names: Vec<String> = select
        .iter()
        .map(|(_, name)| name.string())
        .filter(|name| name != "*" && !name.starts_with("PROPERTY_"))
        .collect();
    let page = page(rows, call.start);
    let shown = Php::list(page.rows.iter().map(|product| {
        let wanted = |name: &str| {
            names.is_empty() || name == "ID" || names.iter().any(|named| named == name)
        };
        legacy_product(state, product, wanted)
    }));
    let mut reply = page.reply(shown);
    reply.total = reply.total.or(Some(0));
    Ok(Step::Done(reply))
}

fn get(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let id = id_of(call)?;
    let product = state.products.get(id).ok_or_else(not_found)?;
    done(legacy_product(state, product, |_| true))
}

fn add(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let fields = fields_of(call)?;
    let name = fields.get("NAME").map(Php::string).unwrap_or_default();
    if name.is_empty() {
        return Err(RestError::legacy(Text::NameRequired));
    }
    let mut product = Product {
        price: None,
        created_by: call.who,
        created_ms: state.now,
        ..Product::new(0, &name, "", rust_decimal::Decimal::ZERO, "")
    };
    assign(&mut product, fields, base_currency(state));
    let id = state.products.add(product);
    done(Php::id(id))
}

fn update(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let id = id_of(call)?;
    let fields = fields_of(call)?;
    let currency = base_currency(state).to_owned();
    let product = state.products.get_mut(id).ok_or_else(not_found)?;
    assign(product, fields, &currency);
    done(Php::Bool(true))
}

/// An unknown product is not said to be missing: it is outside the catalogue, where nobody may delete.
fn delete(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let id = id_of(call)?;
    if state.products.remove(id) {
        done(Php::Bool(true))
    } else {
        Err(RestError::legacy(Text::AccessDenied))
    }
}

fn fields(_state: &mut State, _call: &Call, _waited: bool) -> Result<Step, RestError> {
    let shown = FIELDS.iter().map(|(name, kind)| {
        let description = Php::map([
            ("type", Php::text(*kind)),
            ("isRequired", Php::Bool(*name == "NAME")),
            (
                "isReadOnly",
                Php::Bool(matches!(*name, "ID" | "CATALOG_ID")),
            ),
            ("isImmutable", Php::Bool(*name == "TIMESTAMP_X")),
            ("isMultiple", Php::Bool(false)),
            ("isDynamic", Php::Bool(false)),
            ("title", Php::text(*name)),
        ]);
        (*name, description)
    });
    done(Php::map(shown))
}

/// The list of the catalogue module: camel-case names, numbers as numbers, no prices.
fn catalog_list(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let number_zero = |text| RestError {
        code: Php::Int(0),
        ..RestError::new(400, "", Text::Fixed(text))
    };
    let select = call
        .params
        .get("select")
        .map(Php::pairs)
        .unwrap_or_default();
    let selected: Vec<String> = select.iter().map(|(_, name)| name.string()).collect();
    if !["id", "iblockId"]
        .iter()
        .all(|name| selected.iter().any(|it| it == name))
    {
        return Err(number_zero("Required select fields: id, iblockId"));
    }
    let filter = call
        .params
        .get("filter")
        .map(Php::pairs)
        .unwrap_or_default();
    if !filter
        .iter()
        .any(|(key, _)| key.trim_start_matches('=') == "iblockId")
    {
        return Err(number_zero("Required filter fields: iblockId"));
    }
    let tests = filter.iter().filter_map(|(key, value)| {
        let (prefix, op, name) = split_prefix(key);
        let upper = catalog_field(name)?;
        test_of(prefix, op, upper, value)
    });
    let order = order_of(call.params.get("order"), |name| {
        catalog_field(name).map(str::to_owned)
    });
    let rows = sorted(
        state.products.all(),
        &Test::All(tests.collect()),
        &order,
        &state.clock,
        state.config.seed,
    );
    let page = page(rows, call.start);
    let shown = Php::list(page.rows.iter().map(|product| {
        Php::map(selected.iter().filter_map(|name| {
            let cell = product.cell(catalog_field(name)?);
            let value = plain_item_value(&cell, &state.clock);
            Some((name.clone(), value))
        }))
    }));
    Ok(Step::Done(page.reply(Php::map([("products", shown)]))))
}

/// A product in the manner of the legacy family.
fn legacy_product(state: &State, product: &Product, wanted: impl Fn(&str) -> bool) -> Php {
    Php::map(
        FIELDS
            .iter()
            .filter(|(name, _)| wanted(name))
            .map(|(name, _)| {
                let value = legacy_value(&product.cell(name), &state.clock);
                (*name, value)
            }),
    )
}

/// A condition of `crm.product.list`. An unknown field or prefix (`@` among them) drops it without a word.
fn legacy_test(key: &str, value: &Php) -> Option<Test> {
    let (prefix, op, name) = split_prefix(key);
    // The catalogue is always the default one, whatever the filter says.
    if !known(name) || name == "CATALOG_ID" {
        return None;
    }
    test_of(prefix, op, name, value)
}

fn test_of(prefix: &str, op: Option<Op>, upper: &str, value: &Php) -> Option<Test> {
    let pattern = PATTERN_FIELDS.contains(&upper);
    let op = match op {
        Some(Op::NotLike) if !pattern => Op::NotIn,
        Some(op) => op,
        None if prefix.is_empty() && pattern => Op::Like,
        None => Op::In,
    };
    let single = [(String::new(), value.clone())];
    let given = if value.is_array() {
        value.pairs()
    } else {
        &single
    };
    // Empty values are taken out, and a condition without values is none.
    let values: Vec<String> = given
        .iter()
        .map(|(_, item)| item.string())
        .filter(|text| !text.is_empty())
        .collect();
    (!values.is_empty()).then(|| Test::Field {
        upper: upper.to_owned(),
        op,
        values,
    })
}

fn split_prefix(key: &str) -> (&str, Option<Op>, &str) {
    PREFIXES
        .iter()
        .find_map(|(prefix, op)| {
            let name = key.strip_prefix(prefix)?;
            Some((*prefix, Some(*op), name))
        })
        .unwrap_or(("", None, key))
}

/// Without an order products come by position and then by id; with one the id comes last.
fn order_of(order: Option<&Php>, field: impl Fn(&str) -> Option<String>) -> Vec<(String, bool)> {
    let given = order.map(Php::pairs).unwrap_or_default();
    let mut order: Vec<(String, bool)> = given
        .iter()
        .filter_map(|(name, direction)| {
            let descending = direction.string().to_ascii_uppercase().starts_with("DESC");
            Some((field(name)?, descending))
        })
        .collect();
    if order.is_empty() {
        order.push(("SORT".to_owned(), false));
    }
    order.push(("ID".to_owned(), false));
    order
}

fn known(name: &str) -> bool {
    FIELDS.iter().any(|(known, _)| *known == name)
}

/// The upper-case name behind a name of the catalogue module.
fn catalog_field(name: &str) -> Option<&'static str> {
    Some(match name {
        "id" => "ID",
        "iblockId" => "CATALOG_ID",
        "iblockSectionId" => "SECTION_ID",
        "name" => "NAME",
        "active" => "ACTIVE",
        "xmlId" => "XML_ID",
        "sort" => "SORT",
        "measure" => "MEASURE",
        "createdBy" => "CREATED_BY",
        "modifiedBy" => "MODIFIED_BY",
        "dateCreate" => "DATE_CREATE",
        "timestampX" => "TIMESTAMP_X",
        "detailText" => "DESCRIPTION",
        _ => return None,
    })
}

fn assign(product: &mut Product, fields: &Php, base_currency: &str) {
    for (name, value) in fields.pairs() {
        match name.as_str() {
            "NAME" => product.name = value.string(),
            "XML_ID" => product.xml_id = value.string(),
            "PRICE" => product.price = Some(cents(value.decimal())),
            "CURRENCY_ID" => product.currency = value.string(),
            "ACTIVE" => product.active = value.string() == "Y",
            "SECTION_ID" => product.section_id = value.idval(),
            "MEASURE" => product.measure_code = value.intval(),
            "SORT" => product.sort = value.intval(),
            "DESCRIPTION" => product.description = value.string(),
            _ => {}
        }
    }
    if product.currency.is_empty() {
        base_currency.clone_into(&mut product.currency);
    }
}

fn base_currency(state: &State) -> &str {
    state.config.currencies.first().map_or("", String::as_str)
}

fn id_of(call: &Call) -> Result<u64, RestError> {
    match call.legacy("id").map_or(0, Php::idval) {
        0 => Err(RestError::legacy(Text::BadId)),
        id => Ok(id),
    }
}

fn fields_of(call: &Call) -> Result<&Php, RestError> {
    let fields = call.legacy("fields").filter(|fields| fields.is_array());
    fields.ok_or_else(|| RestError::legacy(Text::FieldsNotArray))
}

fn not_found() -> RestError {
    RestError::legacy(Text::Fixed("Product is not found."))
}
