//! `crm.item.*` for deals, contacts and companies (facts §2.2).

use super::super::contact::Contact;
use super::super::deal::Deal;
use super::super::error::RestError;
use super::super::field::{Entity, Family, Record};
use super::super::filter;
use super::super::php::Php;
use super::super::render::{self, Selection};
use super::super::state::State;
use super::super::text::Text;
use super::super::write::DealRest;
use super::super::write_party::PartyRest;
use super::list::{Page, page, sorted};
use super::{Call, Method, Rest, Shape, Step, done, item_of};

/// The most records one import may carry.
const IMPORT_MAX: usize = 20;

pub(super) static METHODS: &[Method] = &[
    Method {
        name: "crm.item.add",
        scope: "crm",
        run: add,
    },
    Method {
        name: "crm.item.import",
        scope: "crm",
        run: add,
    },
    Method {
        name: "crm.item.batchimport",
        scope: "crm",
        run: batch_import,
    },
    Method {
        name: "crm.item.update",
        scope: "crm",
        run: update,
    },
    Method {
        name: "crm.item.get",
        scope: "crm",
        run: get,
    },
    Method {
        name: "crm.item.list",
        scope: "crm",
        run: list,
    },
    Method {
        name: "crm.item.delete",
        scope: "crm",
        run: delete,
    },
];

fn add(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let entity = entity_of(call)?;
    let fields = call.exact("fields")?;
    let shape = if call.method == "crm.item.import" {
        Shape::ItemId
    } else {
        Shape::Item {
            original_names: call.original_names(),
        }
    };
    let rest = insert(state, call, entity, fields, shape)?;
    if entity == Entity::Deal && call.method == "crm.item.add" {
        state.wake_robot(rest.id);
    }
    Ok(Step::Rest(rest))
}

/// Up to 20 records; each one is written whole at once, and a bad one does not stop the others.
fn batch_import(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let entity = entity_of(call)?;
    let data = call.exact("data")?.pairs().to_vec();
    if data.len() > IMPORT_MAX {
        return Err(RestError::new(
            400,
            "MAX_IMPORT_BATCH_SIZE_EXCEEDED",
            Text::Fixed("Too many items"),
        ));
    }
    let items =
        data.iter().map(
            |(_, fields)| match insert(state, call, entity, fields, Shape::ItemId) {
                Ok(rest) => rest.finish(state, call).result,
                Err(error) => Php::map([
                    ("error", error.code.clone()),
                    (
                        "error_description",
                        Php::text(error.text.say(state.config.language)),
                    ),
                ]),
            },
        );
    let items = Php::list(items.collect::<Vec<_>>());
    done(Php::map([("items", items)]))
}

fn insert(
    state: &mut State,
    call: &Call,
    entity: Entity,
    fields: &Php,
    shape: Shape,
) -> Result<Rest, RestError> {
    if entity == Entity::Deal {
        let change = state.read_deal(fields, Family::Item, call.original_names())?;
        let (id, deal) = state.insert_deal(call.who, change, Family::Item)?;
        return Ok(Rest {
            entity,
            id,
            deal,
            party: PartyRest::default(),
            shape,
        });
    }
    let change = state.read_party(entity, fields, Family::Item)?;
    let id = state.insert_party(call.who, entity, &change);
    Ok(Rest {
        entity,
        id,
        deal: DealRest::default(),
        party: change.rest,
        shape,
    })
}

fn update(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let entity = entity_of(call)?;
    let id = call.exact("id")?.idval();
    let fields = call.exact("fields")?;
    let shape = Shape::Item {
        original_names: call.original_names(),
    };
    require(state, call, entity, id)?;
    if entity == Entity::Deal {
        let change = state.read_deal(fields, Family::Item, call.original_names())?;
        let deal = state.update_deal(call.who, id, change, Family::Item)?;
        return Ok(Step::Rest(Rest {
            entity,
            id,
            deal,
            party: PartyRest::default(),
            shape,
        }));
    }
    let change = state.read_party(entity, fields, Family::Item)?;
    state.update_party(call.who, entity, id, &change);
    Ok(Step::Rest(Rest {
        entity,
        id,
        deal: DealRest::default(),
        party: change.rest,
        shape,
    }))
}

fn get(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let entity = entity_of(call)?;
    let id = call.exact("id")?.idval();
    require(state, call, entity, id)?;
    done(Php::map([(
        "item",
        item_of(state, entity, id, call.original_names()),
    )]))
}

fn delete(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let entity = entity_of(call)?;
    let id = call.exact("id")?.idval();
    require(state, call, entity, id)?;
    if entity == Entity::Deal {
        state.remove_deal(call.who, id);
    } else {
        state.remove_party(call.who, entity, id);
    }
    done(Php::empty())
}

fn list(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let entity = entity_of(call)?;
    let original = call.original_names();
    let empty = Php::empty();
    let test = filter::item(
        call.params.get("filter").unwrap_or(&empty),
        entity,
        &state.user_fields,
        original,
    )
    .map_err(RestError::invalid_argument)?;
    let order = order_of(state, call, entity)?;
    let selection = Selection::parse(call.params.get("select"));
    let (clock, seed) = (&state.clock, state.config.seed);
    let reply = if entity == Entity::Deal {
        let shown = state.deals.listed(state.now);
        let shown = shown.filter(|deal| state.sees(call.who, deal));
        let rows = sorted(shown, &test, &order, clock, seed);
        let page: Page<&Deal> = page(rows, call.start);
        let items = Php::list(page.rows.iter().map(|deal| {
            render::item(
                *deal,
                entity,
                &state.user_fields,
                original,
                &selection,
                clock,
            )
        }));
        page.reply(Php::map([("items", items)]))
    } else {
        let rows = sorted(
            state.party_table(entity).listed(state.now),
            &test,
            &order,
            clock,
            seed,
        );
        let page: Page<&Contact> = page(rows, call.start);
        let items = Php::list(page.rows.iter().map(|party| {
            let mut shown = render::item(*party, entity, &[], original, &selection, clock);
            if selection.names("*") || selection.names("fm") {
                shown.set("fm", party.item_comms());
            }
            shown
        }));
        page.reply(Php::map([("items", items)]))
    };
    Ok(Step::Done(reply))
}

pub(super) fn entity_of(call: &Call) -> Result<Entity, RestError> {
    let id = call.exact("entityTypeId")?.idval();
    Entity::from_type_id(id).ok_or_else(|| RestError::new(400, "NOT_FOUND", Text::TypeNotFound))
}

fn require(state: &State, call: &Call, entity: Entity, id: u64) -> Result<(), RestError> {
    let found = if entity == Entity::Deal {
        state.require_sight(call.who, id)?;
        state.deals.get(id).map(Record::id)
    } else {
        state.party_table(entity).get(id).map(Record::id)
    };
    found.map(|_| ()).ok_or_else(RestError::item_not_found)
}

fn order_of(state: &State, call: &Call, entity: Entity) -> Result<Vec<(String, bool)>, RestError> {
    let mut order = Vec::new();
    for (name, direction) in call.params.get("order").map(Php::pairs).unwrap_or_default() {
        let upper = filter::item_name(name, entity, &state.user_fields, call.original_names());
        let upper = upper.ok_or_else(|| {
            RestError::invalid_argument(format!(
                "Invalid order: field '{name}' is not allowed in order"
            ))
        })?;
        let direction = direction.string();
        match direction.to_ascii_uppercase().as_str() {
            "ASC" => order.push((upper, false)),
            "DESC" => order.push((upper, true)),
            _ => {
                return Err(RestError::invalid_argument(format!(
                    "Invalid order: allowed sort directions are `ASC, DESC`. But got '{direction}' for field '{name}'"
                )));
            }
        }
    }
    Ok(order)
}
