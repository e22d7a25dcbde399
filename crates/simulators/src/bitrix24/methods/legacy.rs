//! `crm.deal.*` and `crm.contact.*` (facts §2.2, §9).

use super::super::contact::Contact;
use super::super::deal::Deal;
use super::super::error::RestError;
use super::super::field::{Entity, Family};
use super::super::filter;
use super::super::php::Php;
use super::super::render::{self, Selection};
use super::super::state::State;
use super::super::text::Text;
use super::super::write::DealRest;
use super::super::write_party::PartyRest;
use super::list::{Page, page, sorted};
use super::{Call, Method, Rest, Shape, Step, done};

pub(super) static METHODS: &[Method] = &[
    Method {
        name: "crm.deal.add",
        scope: "crm",
        run: add,
    },
    Method {
        name: "crm.deal.update",
        scope: "crm",
        run: update,
    },
    Method {
        name: "crm.deal.get",
        scope: "crm",
        run: get,
    },
    Method {
        name: "crm.deal.list",
        scope: "crm",
        run: list,
    },
    Method {
        name: "crm.deal.delete",
        scope: "crm",
        run: delete,
    },
    Method {
        name: "crm.contact.add",
        scope: "crm",
        run: add,
    },
    Method {
        name: "crm.contact.update",
        scope: "crm",
        run: update,
    },
    Method {
        name: "crm.contact.get",
        scope: "crm",
        run: get,
    },
    Method {
        name: "crm.contact.list",
        scope: "crm",
        run: list,
    },
    Method {
        name: "crm.contact.delete",
        scope: "crm",
        run: delete,
    },
    Method {
        name: "crm.company.add",
        scope: "crm",
        run: add,
    },
    Method {
        name: "crm.company.update",
        scope: "crm",
        run: update,
    },
    Method {
        name: "crm.company.get",
        scope: "crm",
        run: get,
    },
    Method {
        name: "crm.company.list",
        scope: "crm",
        run: list,
    },
    Method {
        name: "crm.company.delete",
        scope: "crm",
        run: delete,
    },
];

fn add(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let entity = entity_of(call);
    let fields = fields_of(call)?;
    if entity == Entity::Deal {
        let change = state.read_deal(fields, Family::Legacy, true)?;
        let (id, deal) = state.insert_deal(call.who, change, Family::Legacy)?;
        state.wake_robot(id);
        return Ok(Step::Rest(Rest {
            entity,
            id,
            deal,
            party: PartyRest::default(),
            shape: Shape::Id,
        }));
    }
    let change = state.read_party(entity, fields, Family::Legacy)?;
    let id = state.insert_party(call.who, entity, &change);
    Ok(Step::Rest(Rest {
        entity,
        id,
        deal: DealRest::default(),
        party: change.rest,
        shape: Shape::Id,
    }))
}

fn update(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let entity = entity_of(call);
    let id = existing(state, call, entity)?;
    let fields = fields_of(call)?;
    if entity == Entity::Deal {
        let change = state.read_deal(fields, Family::Legacy, true)?;
        let deal = state.update_deal(call.who, id, change, Family::Legacy)?;
        return Ok(Step::Rest(Rest {
            entity,
            id,
            deal,
            party: PartyRest::default(),
            shape: Shape::True,
        }));
    }
    let change = state.read_party(entity, fields, Family::Legacy)?;
    state.update_party(call.who, entity, id, &change);
    Ok(Step::Rest(Rest {
        entity,
        id,
        deal: DealRest::default(),
        party: change.rest,
        shape: Shape::True,
    }))
}

fn get(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let entity = entity_of(call);
    let id = existing(state, call, entity)?;
    let all = Selection::everything();
    if let Some(deal) = state.deals.get(id).filter(|_| entity == Entity::Deal) {
        return done(render::legacy(
            deal,
            entity,
            &state.user_fields,
            &all,
            &state.clock,
        ));
    }
    let Some(party) = state.party_table(entity).get(id) else {
        return Err(RestError::legacy(Text::NotFound));
    };
    let mut shown = render::legacy(party, entity, &[], &all, &state.clock);
    render::legacy_comms(&mut shown, party, |_| true);
    done(shown)
}

fn list(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let entity = entity_of(call);
    let empty = Php::empty();
    let test = filter::legacy(
        call.legacy("filter").unwrap_or(&empty),
        entity,
        &state.user_fields,
    );
    let order = order_of(state, call, entity);
    let selection = Selection::parse(call.legacy("select"));
    let (clock, seed) = (&state.clock, state.config.seed);
    let mut reply = if entity == Entity::Deal {
        let page: Page<&Deal> = page(
            sorted(
                state
                    .deals
                    .listed(state.now)
                    .filter(|deal| state.sees(call.who, deal)),
                &test,
                &order,
                clock,
                seed,
            ),
            call.start,
        );
        let shown = Php::list(
            page.rows
                .iter()
                .map(|deal| render::legacy(*deal, entity, &state.user_fields, &selection, clock)),
        );
        page.reply(shown)
    } else {
        let rows = sorted(
            state.party_table(entity).listed(state.now),
            &test,
            &order,
            clock,
            seed,
        );
        let page: Page<&Contact> = page(rows, call.start);
        let shown = Php::list(page.rows.iter().map(|party| {
            let mut shown = render::legacy(*party, entity, &[], &selection, clock);
            render::legacy_comms(&mut shown, party, |name| selection.names(name));
            shown
        }));
        page.reply(shown)
    };
    // Without a count this family says that there are none (facts §1.5).
    reply.total = reply.total.or(Some(0));
    Ok(Step::Done(reply))
}

fn delete(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let entity = entity_of(call);
    let id = existing(state, call, entity)?;
    if entity == Entity::Deal {
        state.remove_deal(call.who, id);
    } else {
        state.remove_party(call.who, entity, id);
    }
    done(Php::Bool(true))
}

pub(super) fn entity_of(call: &Call) -> Entity {
    if call.method.starts_with("crm.deal.") {
        Entity::Deal
    } else if call.method.starts_with("crm.company.") {
        Entity::Company
    } else {
        Entity::Contact
    }
}

fn fields_of(call: &Call) -> Result<&Php, RestError> {
    let fields = call.legacy("fields").filter(|fields| fields.is_array());
    fields.ok_or_else(|| RestError::legacy(Text::FieldsNotArray))
}

fn existing(state: &State, call: &Call, entity: Entity) -> Result<u64, RestError> {
    let id = call.legacy("id").map_or(0, Php::idval);
    if id == 0 {
        return Err(RestError::legacy(Text::BadId));
    }
    let found = if entity == Entity::Deal {
        state
            .require_sight(call.who, id)
            .map_err(|refused| RestError::legacy(refused.text))?;
        state.deals.get(id).is_some()
    } else {
        state.party_table(entity).get(id).is_some()
    };
    if found {
        Ok(id)
    } else {
        Err(RestError::legacy(Text::NotFound))
    }
}

/// Unknown fields of an order are dropped; every direction but `DESC` is ascending.
fn order_of(state: &State, call: &Call, entity: Entity) -> Vec<(String, bool)> {
    let order = call.legacy("order").map(Php::pairs).unwrap_or_default();
    let known = |name: &str| {
        entity.field(name).is_some() || state.user_fields.iter().any(|field| field.name == name)
    };
    order
        .iter()
        .filter(|(name, _)| known(name))
        .map(|(name, direction)| {
            (
                name.clone(),
                direction.string().eq_ignore_ascii_case("DESC"),
            )
        })
        .collect()
}
