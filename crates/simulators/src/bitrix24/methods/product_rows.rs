//! Product rows of deals in both families (facts §11).

use super::super::deal::Deal;
use super::super::error::RestError;
use super::super::php::Php;
use super::super::rows::{ProductRow, RowProblem};
use super::super::state::{ChangeKind, State};
use super::super::text::Text;
use super::list::page;
use super::{Call, Method, Reply, Step, done};

pub(super) static METHODS: &[Method] = &[
    Method {
        name: "crm.deal.productrows.set",
        scope: "crm",
        run: legacy_set,
    },
    Method {
        name: "crm.deal.productrows.get",
        scope: "crm",
        run: legacy_get,
    },
    Method {
        name: "crm.item.productrow.set",
        scope: "crm",
        run: item_set,
    },
    Method {
        name: "crm.item.productrow.list",
        scope: "crm",
        run: item_list,
    },
    Method {
        name: "crm.item.productrow.get",
        scope: "crm",
        run: item_get,
    },
    Method {
        name: "crm.item.productrow.add",
        scope: "crm",
        run: item_add,
    },
    Method {
        name: "crm.item.productrow.update",
        scope: "crm",
        run: item_update,
    },
    Method {
        name: "crm.item.productrow.delete",
        scope: "crm",
        run: item_delete,
    },
];

fn legacy_set(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let deal = legacy_deal(state, call)?;
    let rows = call.legacy("rows").filter(|rows| rows.is_array());
    let rows =
        rows.ok_or_else(|| RestError::legacy(Text::Fixed("Parameter 'rows' must be array.")))?;
    let parsed: Result<Vec<_>, _> = rows
        .pairs()
        .iter()
        .map(|(_, row)| parse(state, row))
        .collect();
    let rows = parsed.map_err(|problem| RestError::new(400, "ERROR_CORE", problem.text()))?;
    replace(state, call, deal, rows);
    done(Php::Bool(true))
}

fn legacy_get(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let deal = legacy_deal(state, call)?;
    done(Php::list(deal.rows.iter().map(|row| row.legacy(deal.id))))
}

fn item_set(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let deal = owner(
        state,
        call,
        call.exact("ownerType")?,
        call.exact("ownerId")?,
    )?;
    let rows = call.exact("productRows")?.pairs();
    let parsed: Result<Vec<_>, _> = rows
        .iter()
        .map(|(_, row)| parse(state, &upper_names(row)))
        .collect();
    let deal = replace(state, call, deal, parsed.map_err(item_error)?);
    done(Php::map([(
        "productRows",
        Php::list(deal.rows.iter().map(|row| row.item(deal.id))),
    )]))
}

fn item_list(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let filter = call.exact("filter")?;
    let part = |name: &'static str| {
        filter
            .get(&format!("={name}"))
            .or_else(|| filter.get(name))
            .ok_or_else(|| RestError::missing(name))
    };
    let deal = owner(state, call, part("ownerType")?, part("ownerId")?)?;
    let page = page(deal.rows.iter().collect(), call.start);
    let shown = Php::list(page.rows.iter().map(|row| row.item(deal.id)));
    Ok(Step::Done(page.reply(Php::map([("productRows", shown)]))))
}

fn item_get(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let (deal, index) = deal_of_row(state, call)?;
    done(shown(&deal, index))
}

fn item_add(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let fields = call.exact("fields")?;
    let null = Php::Null;
    let mut deal = owner(
        state,
        call,
        fields.get("ownerType").unwrap_or(&null),
        fields.get("ownerId").unwrap_or(&null),
    )?;
    let mut row = parse(state, &upper_names(fields)).map_err(item_error)?;
    row.id = state.next_row_id();
    deal.rows.push(row);
    let index = deal.rows.len() - 1;
    let deal = save(state, call, deal);
    done(shown(&deal, index))
}

fn item_update(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let (mut deal, index) = deal_of_row(state, call)?;
    let fields = upper_names(call.exact("fields")?);
    if let Some(row) = deal.rows.get_mut(index) {
        row.assign(&fields).map_err(item_error)?;
    }
    let deal = save(state, call, deal);
    done(shown(&deal, index))
}

fn item_delete(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let (mut deal, index) = deal_of_row(state, call)?;
    deal.rows.remove(index);
    save(state, call, deal);
    Ok(Step::Done(Reply::of(Php::Null)))
}

/// A row with what it takes over from its product.
fn parse(state: &State, fields: &Php) -> Result<ProductRow, RowProblem> {
    let mut row = ProductRow::parse(fields)?;
    let measured = fields.get("MEASURE_CODE").is_some();
    state.products.complete(&mut row, measured);
    Ok(row)
}

impl RowProblem {
    fn text(self) -> Text {
        match self {
            Self::Rate => Text::RateRequired,
            Self::Sum => Text::SumRequired,
            Self::Name => Text::NameRequired,
        }
    }
}

/// The item family answers bad rows with the number 0 as its code.
fn item_error(problem: RowProblem) -> RestError {
    RestError {
        code: Php::Int(0),
        ..RestError::new(400, "", problem.text())
    }
}

fn replace(state: &mut State, call: &Call, mut deal: Deal, mut rows: Vec<ProductRow>) -> Deal {
    for row in &mut rows {
        row.id = state.next_row_id();
    }
    deal.rows = rows;
    save(state, call, deal)
}

fn save(state: &mut State, call: &Call, mut deal: Deal) -> Deal {
    deal.had_rows |= !deal.rows.is_empty();
    deal.recompute();
    state.touch(&mut deal, call.who);
    state.write_deal(call.who, ChangeKind::RowsSet, deal.clone());
    deal
}

fn legacy_deal(state: &State, call: &Call) -> Result<Deal, RestError> {
    let id = call.legacy("id").map_or(0, Php::idval);
    if id == 0 {
        return Err(RestError::legacy(Text::BadId));
    }
    state
        .require_sight(call.who, id)
        .map_err(|refused| RestError::legacy(refused.text))?;
    state
        .deals
        .get(id)
        .cloned()
        .ok_or_else(|| RestError::legacy(Text::NotFound))
}

fn owner(state: &State, call: &Call, owner_type: &Php, owner_id: &Php) -> Result<Deal, RestError> {
    if owner_type.string() != "D" {
        return Err(RestError::new(
            400,
            "ENTITY_TYPE_NOT_SUPPORTED",
            Text::Fixed("Entity type is not supported"),
        ));
    }
    state.require_sight(call.who, owner_id.idval())?;
    let deal = state.deals.get(owner_id.idval()).cloned();
    deal.ok_or_else(|| RestError::new(400, "OWNER_NOT_FOUND", Text::OwnerNotFound))
}

fn deal_of_row(state: &State, call: &Call) -> Result<(Deal, usize), RestError> {
    let id = call.exact("id")?.idval();
    let found = state
        .deals
        .all()
        .filter(|deal| !deal.deleted)
        .find_map(|deal| {
            deal.rows
                .iter()
                .position(|row| row.id == id)
                .map(|index| (deal.clone(), index))
        });
    found.ok_or_else(RestError::item_not_found)
}

fn shown(deal: &Deal, index: usize) -> Php {
    Php::map([(
        "productRow",
        deal.rows
            .get(index)
            .map_or(Php::Null, |row| row.item(deal.id)),
    )])
}

/// `productName` becomes `PRODUCT_NAME`.
fn upper_names(row: &Php) -> Php {
    let upper = |name: &str| {
        let mut out = String::new();
        for letter in name.chars() {
            if letter.is_ascii_uppercase() {
                out.push('_');
            }
            out.push(letter.to_ascii_uppercase());
        }
        out
    };
    Php::map(
        row.pairs()
            .iter()
            .map(|(name, value)| (upper(name), value.clone())),
    )
}
