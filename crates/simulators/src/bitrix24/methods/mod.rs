//! The methods of the portal, and what all of them share.

mod account;
mod directory;
mod disk;
mod duplicates;
mod fields;
mod items;
mod legacy;
mod list;
mod notify;
mod product_rows;
mod products;
mod timeline;
mod user_fields;
mod users;

use super::door::{Caller, Door};
use super::error::RestError;
use super::field::Entity;
use super::php::Php;
use super::render::{self, Selection};
use super::state::State;
use super::write::DealRest;
use super::write_party::PartyRest;

/// A method: its name in lower case, the scope it needs (empty for none, alternatives with `|`), and its work. The last argument of the
/// work says that a name has been waited for long enough.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) scope: &'static str,
    pub(crate) run: fn(&mut State, &Call, bool) -> Result<Step, RestError>,
}

/// A command with its parameters.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) params: Php,
    /// First record of the page; -1 asks for no count.
    pub(crate) start: i64,
    /// The webhook's owner, or who installed the application.
    pub(crate) who: u64,
    pub(crate) door: Door,
    pub(crate) execution: u64,
}

/// A result with the counts of list methods.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) result: Php,
    pub(crate) total: Option<i64>,
    pub(crate) next: Option<i64>,
}

/// How far a method got.
#[derive(Debug)]
pub(crate) enum Step {
    Done(Reply),
    /// The first phase is written; the rest follows later.
    Rest(Rest),
    /// Another request holds a name that this one needs.
    Busy,
}

/// The second phase of a write and the shape of its answer.
#[derive(Debug)]
pub(crate) struct Rest {
    pub(crate) entity: Entity,
    pub(crate) id: u64,
    pub(crate) deal: DealRest,
    pub(crate) party: PartyRest,
    pub(crate) shape: Shape,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// The bare id.
    Id,
    /// `true`.
    True,
    /// `{"item": {…}}` with all fields.
    Item { original_names: bool },
    /// `{"item": {"id": …}}`.
    ItemId,
}

impl Method {
    /// Whether one of these scopes opens the method.
    pub(crate) fn open_to(&self, scopes: &[String]) -> bool {
        self.scope.is_empty()
            || self
                .scope
                .split('|')
                .any(|needed| scopes.iter().any(|scope| scope == needed))
    }
}

impl Call {
    /// Takes `start` out of the parameters, as the portal does before a method sees them.
    pub(crate) fn new(
        method: &'static str,
        mut params: Php,
        caller: Caller,
        execution: u64,
    ) -> Self {
        let start = params.remove("start").map_or(0, |start| start.intval());
        Self {
            method,
            params,
            start,
            who: caller.user,
            door: caller.door,
            execution,
        }
    }

    /// A parameter of a legacy method, in one of the spellings it accepts.
    fn legacy(&self, name: &str) -> Option<&Php> {
        let mut capital = name.to_owned();
        capital[..1].make_ascii_uppercase();
        let spellings = [
            name.to_owned(),
            name.to_uppercase(),
            capital.clone(),
            format!("ar{capital}"),
        ];
        spellings
            .iter()
            .find_map(|spelling| self.params.get(spelling))
    }

    /// A parameter of an item method, whose name must match exactly.
    fn exact(&self, name: &'static str) -> Result<&Php, RestError> {
        self.params
            .get(name)
            .ok_or_else(|| RestError::missing(name))
    }

    fn original_names(&self) -> bool {
        self.params
            .get("useOriginalUfNames")
            .is_some_and(|flag| *flag == Php::text("Y"))
    }
}

impl Reply {
    pub(crate) fn of(result: Php) -> Self {
        Self {
            result,
            total: None,
            next: None,
        }
    }
}

impl Rest {
    pub(crate) fn is_empty(&self) -> bool {
        self.deal.is_empty() && self.party.is_empty()
    }

    /// Writes the second phase, if there is one, and builds the answer.
    pub(crate) fn finish(&self, state: &mut State, call: &Call) -> Reply {
        if !self.deal.is_empty() {
            state.finish_deal(call.who, self.id, &self.deal);
        }
        if !self.party.is_empty() {
            state.finish_party(call.who, self.entity, self.id, &self.party);
        }
        Reply::of(match self.shape {
            Shape::Id => Php::id(self.id),
            Shape::True => Php::Bool(true),
            Shape::ItemId => Php::map([("item", Php::map([("id", Php::id(self.id))]))]),
            Shape::Item { original_names } => {
                Php::map([("item", item_of(state, self.entity, self.id, original_names))])
            }
        })
    }
}

/// A method by its name, whatever its case.
pub(crate) fn find(name: &str) -> Option<&'static Method> {
    let lower = name.to_ascii_lowercase();
    all().find(|method| method.name == lower)
}

fn all() -> impl Iterator<Item = &'static Method> {
    TABLES.iter().flat_map(|table| table.iter())
}

static TABLES: [&[Method]; 13] = [
    items::METHODS,
    legacy::METHODS,
    fields::METHODS,
    product_rows::METHODS,
    products::METHODS,
    duplicates::METHODS,
    timeline::METHODS,
    notify::METHODS,
    directory::METHODS,
    user_fields::METHODS,
    users::METHODS,
    account::METHODS,
    disk::METHODS,
];

/// A record with all its fields in the manner of the item family; deleted meanwhile or not.
fn item_of(state: &State, entity: Entity, id: u64, original_names: bool) -> Php {
    let all = Selection::everything();
    if entity == Entity::Deal {
        let Some(deal) = state.deals.truth(id) else {
            return Php::Null;
        };
        return render::item(
            deal,
            entity,
            &state.user_fields,
            original_names,
            &all,
            &state.clock,
        );
    }
    let Some(party) = state.party_table(entity).truth(id) else {
        return Php::Null;
    };
    let mut shown = render::item(party, entity, &[], original_names, &all, &state.clock);
    shown.set("fm", party.item_comms());
    shown
}

fn done(result: Php) -> Result<Step, RestError> {
    Ok(Step::Done(Reply::of(result)))
}
