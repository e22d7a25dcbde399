//! Timeline comments (facts §13): no idempotency.

use super::super::error::RestError;
use super::super::field::{Entity, Record};
use super::super::php::Php;
use super::super::state::{Change, ChangeKind, Comment, State};
use super::super::text::Text;
use super::list::page;
use super::{Call, Method, Step, done};

pub(super) static METHODS: &[Method] = &[
    Method {
        name: "crm.timeline.comment.add",
        scope: "crm",
        run: add,
    },
    Method {
        name: "crm.timeline.comment.list",
        scope: "crm",
        run: list,
    },
];

fn add(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let fields = call.exact("fields")?;
    let null = Php::Null;
    let get = |name: &str| fields.get(name).unwrap_or(&null);
    let entity = entity_of(get("ENTITY_TYPE"))?;
    let owner = get("ENTITY_ID").idval();
    let text = get("COMMENT").string();
    if text.is_empty() {
        return Err(RestError::invalid_argument(
            "Empty comment message".to_owned(),
        ));
    }
    let found = if entity == Entity::Deal {
        state.deals.get(owner).map(Record::id)
    } else {
        state.party_table(entity).get(owner).map(Record::id)
    };
    if found.is_none() {
        return Err(RestError::new(400, "OWNER_NOT_FOUND", Text::OwnerNotFound));
    }
    let author = Some(get("AUTHOR_ID").idval())
        .filter(|author| *author > 0)
        .unwrap_or(call.who);
    let id = state.comments.last().map_or(1, |comment| comment.id + 1);
    let at = state.now;
    state.comments.push(Comment {
        id,
        entity,
        owner,
        text: text.clone(),
        author,
        at,
    });
    match state
        .deals
        .get(owner)
        .filter(|_| entity == Entity::Deal)
        .cloned()
    {
        Some(mut deal) => {
            deal.timeline_comments.push(text);
            state.write_deal(call.who, ChangeKind::CommentAdded, deal);
        }
        None => {
            let (who, kind) = (call.who, ChangeKind::CommentAdded);
            state.journal.push(Change {
                at,
                asked_at: at,
                who,
                entity,
                id: owner,
                kind,
                before: None,
                after: None,
            });
        }
    }
    done(Php::id(id))
}

fn list(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let filter = call.exact("filter")?;
    let null = Php::Null;
    let entity = entity_of(filter.get("ENTITY_TYPE").unwrap_or(&null))?;
    let owner = filter.get("ENTITY_ID").map_or(0, Php::idval);
    let comments = state
        .comments
        .iter()
        .filter(|comment| comment.entity == entity && comment.owner == owner);
    let mut rows: Vec<&Comment> = comments.collect();
    if call
        .params
        .get("order")
        .and_then(|order| order.get("ID"))
        .is_some_and(|way| way.string().eq_ignore_ascii_case("DESC"))
    {
        rows.reverse();
    }
    let page = page(rows, call.start);
    let shown = Php::list(page.rows.iter().map(|comment| {
        Php::map([
            ("ID", Php::text(comment.id.to_string())),
            ("ENTITY_ID", Php::text(comment.owner.to_string())),
            ("ENTITY_TYPE", Php::text(type_name(comment.entity))),
            ("CREATED", Php::text(state.clock.iso(comment.at))),
            ("COMMENT", Php::text(comment.text.clone())),
            ("AUTHOR_ID", Php::text(comment.author.to_string())),
        ])
    }));
    Ok(Step::Done(page.reply(shown)))
}

fn type_name(entity: Entity) -> &'static str {
    match entity {
        Entity::Deal => "deal",
        Entity::Contact => "contact",
        Entity::Company => "company",
    }
}

fn entity_of(name: &Php) -> Result<Entity, RestError> {
    let name = name.string().to_ascii_lowercase();
    let known = [Entity::Deal, Entity::Contact, Entity::Company]
        .into_iter()
        .find(|entity| type_name(*entity) == name);
    known.ok_or_else(|| RestError::new(400, "OWNER_NOT_FOUND", Text::OwnerNotFound))
}
