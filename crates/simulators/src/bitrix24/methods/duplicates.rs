//! Search by phone and e-mail, and merging (facts §4).

use std::collections::BTreeSet;

use super::super::contact::Contact;
use super::super::deal::Deal;
use super::super::error::RestError;
use super::super::field::{Cell, Entity, Record};
use super::super::php::Php;
use super::super::state::State;
use super::super::text::Text;
use super::{Call, Method, Step, done};

/// The most values of one search, and the most matches it answers.
const VALUES_MAX: usize = 20;

/// Fields of deals that never keep a merge from happening.
const MERGED_WITHOUT_CONFLICT: [&str; 24] = [
    "ID",
    "TITLE",
    "CONTACT_ID",
    "CONTACT_IDS",
    "TAX_VALUE",
    "OPENED",
    "STAGE_ID",
    "STAGE_SEMANTIC_ID",
    "CLOSED",
    "OPPORTUNITY",
    "IS_MANUAL_OPPORTUNITY",
    "IS_NEW",
    "BEGINDATE",
    "CLOSEDATE",
    "CREATED_BY_ID",
    "MODIFY_BY_ID",
    "MOVED_BY_ID",
    "DATE_CREATE",
    "DATE_MODIFY",
    "MOVED_TIME",
    "LAST_ACTIVITY_TIME",
    "LAST_ACTIVITY_BY",
    "QUOTE_ID",
    "LEAD_ID",
];

pub(super) static METHODS: &[Method] = &[
    Method {
        name: "crm.duplicate.findbycomm",
        scope: "crm",
        run: find_by_comm,
    },
    Method {
        name: "crm.entity.mergebatch",
        scope: "crm",
        run: merge_batch,
    },
];

fn find_by_comm(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let text = |name: &str| call.params.get(name).map(Php::string).unwrap_or_default();
    let kind = text("type");
    let phone = match kind.as_str() {
        "PHONE" => true,
        "EMAIL" => false,
        _ => {
            let text = Text::Fixed("Parameter 'type' is required.");
            return Err(RestError::new(
                400,
                "Communication type is not defined",
                text,
            ));
        }
    };
    let values = call
        .params
        .get("values")
        .filter(|values| !values.pairs().is_empty());
    let values = values.ok_or_else(|| {
        RestError::new(
            400,
            "Communication values is not defined",
            Text::Fixed("Parameter 'values' is required."),
        )
    })?;
    let wanted: BTreeSet<String> = values
        .pairs()
        .iter()
        .take(VALUES_MAX)
        .map(|(_, value)| indexed(&value.string(), phone))
        .collect();
    let only = text("entity_type");
    let mut found = Php::empty();
    for (name, table) in [("CONTACT", &state.contacts), ("COMPANY", &state.companies)] {
        let matches = |party: &&Contact| {
            let list = if phone { &party.phones } else { &party.emails };
            list.iter()
                .any(|comm| wanted.contains(&indexed(&comm.value, phone)))
        };
        let ids: Vec<Php> = table
            .listed(state.now)
            .filter(matches)
            .take(VALUES_MAX)
            .map(|party| Php::id(party.id))
            .collect();
        if !ids.is_empty() && (only.is_empty() || only == name) {
            found.set(name, Php::list(ids));
        }
    }
    done(found)
}

fn merge_batch(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let null = Php::Null;
    let params = call.params.get("params").unwrap_or(&null);
    let number = |text| RestError {
        code: Php::Int(0),
        ..RestError::new(400, "", Text::Fixed(text))
    };
    let entity = match params.get("entityTypeId").map_or(0, Php::idval) {
        0 => return Err(number("The parameter entityTypeId is required.")),
        id => Entity::from_type_id(id).ok_or_else(|| number("Entity type is not supported"))?,
    };
    let ids: Vec<u64> = params
        .get("entityIds")
        .map(Php::pairs)
        .unwrap_or_default()
        .iter()
        .map(|(_, id)| id.idval())
        .collect();
    let Some((survivor, losers)) = ids.split_first().filter(|(_, losers)| !losers.is_empty())
    else {
        return Err(number(
            "The parameter entityIds must contains at least two elements.",
        ));
    };
    let status = if entity == Entity::Deal {
        merge_deals(state, call.who, *survivor, losers)
    } else {
        merge_parties(state, call.who, entity, *survivor, losers)
    };
    let gone = if status == "SUCCESS" { losers } else { &[] };
    let ids = Php::list(gone.iter().map(|id| Php::id(*id)));
    done(Php::map([
        ("STATUS", Php::text(status)),
        ("ENTITY_IDS", ids),
    ]))
}

fn merge_deals(state: &mut State, who: u64, survivor: u64, losers: &[u64]) -> &'static str {
    let Some(kept) = state.deals.get(survivor) else {
        return "NOT_FOUND";
    };
    let mut merged = kept.clone();
    for loser in losers {
        let Some(gone) = state.deals.get(*loser).filter(|_| *loser != survivor) else {
            return "NOT_FOUND";
        };
        if deals_conflict(&merged, gone) {
            return "CONFLICT";
        }
        // Two deals that each agree with the survivor's gaps may still disagree with each other.
        merged.uf.extend(gone.uf.clone());
    }
    for loser in losers {
        state.absorb_deal(who, survivor, *loser);
    }
    "SUCCESS"
}

fn deals_conflict(kept: &Deal, gone: &Deal) -> bool {
    let differ =
        |left: Cell, right: Cell| left != Cell::Null && right != Cell::Null && left != right;
    let plain = Entity::Deal
        .fields()
        .iter()
        .filter(|field| !MERGED_WITHOUT_CONFLICT.contains(&field.upper));
    plain
        .into_iter()
        .any(|field| differ(kept.cell(field.upper), gone.cell(field.upper)))
        || kept
            .uf
            .iter()
            .any(|(name, value)| gone.uf.get(name).is_some_and(|other| other != value))
}

fn merge_parties(
    state: &mut State,
    who: u64,
    entity: Entity,
    survivor: u64,
    losers: &[u64],
) -> &'static str {
    let Some(kept) = state.party_table(entity).get(survivor).cloned() else {
        return "NOT_FOUND";
    };
    for loser in losers {
        let found = state
            .party_table(entity)
            .get(*loser)
            .filter(|_| *loser != survivor);
        let Some(party) = found else {
            return "NOT_FOUND";
        };
        for name in ["NAME", "LAST_NAME", "TITLE", "ORIGINATOR_ID", "ORIGIN_ID"] {
            let (left, right) = (kept.cell(name), party.cell(name));
            if left != Cell::Null && right != Cell::Null && left != right {
                return "CONFLICT";
            }
        }
    }
    for loser in losers {
        state.absorb_party(who, entity, survivor, *loser);
    }
    "SUCCESS"
}

/// The text under which the duplicate index keeps a phone (its digits) or an e-mail (in lower case).
fn indexed(value: &str, phone: bool) -> String {
    if phone {
        value.chars().filter(char::is_ascii_digit).collect()
    } else {
        value.trim().to_lowercase()
    }
}
