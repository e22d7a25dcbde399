//! The deal is known: flag its duplicates, then say what is not said yet.

use super::{Buyer, Flagging, look, nothing_to_say};
use crate::{
    command::{Command, Decision, LeftAlone, Says, Write},
    context::Context,
    deal::{
        DUPLICATE_PREFIX, DesiredDeal, FieldValue, Fields, Glimpse, Relation, Semantic, StageFrom,
        field,
    },
    elapsed::Elapsed,
    ids::{CompanyId, ContactId, DealId, Mark, OrderKey},
    mutants::{Mutant, planted},
    rules::READ_FRESH,
    state::{Completion, Loser, OrderState, Seen, Tried},
    version::Digest,
};

pub(super) fn decide(
    state: &OrderState,
    deal: DealId,
    seen: &Seen,
    desired: &DesiredDeal,
    buyer: &Buyer,
    variants: &[u64],
    ctx: &Context<'_>,
) -> Decision {
    let step = alive(state, deal, ctx)
        .or_else(|| loser(state, deal, seen, ctx))
        .or_else(|| buyer.first())
        .or_else(|| fields(state, deal, seen, desired, buyer, ctx))
        .or_else(|| rows(state, deal, desired, variants, ctx))
        .or_else(|| buyer.upkeep())
        .or_else(|| audit(state, ctx));
    match step {
        Some(command) => Decision::Act(command),
        None => wait(state, desired, buyer),
    }
}

/// The policy makes a deleted deal again: whether it is there is asked before the news is told. An operator wants everything
/// said again: what the deal shows is asked first.
fn alive(state: &OrderState, deal: DealId, ctx: &Context<'_>) -> Option<Command> {
    let asks = state.recreate || state.asked.say_again;
    let unknown = asks && fresh(state, deal, ctx).is_none();
    unknown.then_some(Command::Read { deal })
}

/// Flags and comments on what lost, after a read that shows it is ours.
fn loser(state: &OrderState, survivor: DealId, seen: &Seen, ctx: &Context<'_>) -> Option<Command> {
    // A chosen deal gets its key before the others lose theirs: at no instant is the order without a deal.
    if state.completion.is_some() && state.asked.chosen == Some(survivor) {
        return None;
    }
    let (loser, step) = state
        .losers
        .iter()
        .find(|(_, it)| matches!(it, Loser::ToFlag | Loser::Flagged))?;
    if *step == Loser::Flagged {
        let text = format!(
            "This deal duplicates deal #{survivor}: both belong to Shopify order {}.",
            seen.order.name
        );
        return Some(Command::Write(Write::Comment { deal: *loser, text }));
    }
    // A deal restored from the recycle bin looks like a duplicate of the deal it was: the survivor must be seen alive.
    if fresh(state, survivor, ctx).is_none() {
        return Some(Command::Read { deal: survivor });
    }
    let Some(glimpse) = fresh(state, *loser, ctx) else {
        return Some(Command::Read { deal: *loser });
    };
    Some(
        match flagging(state, survivor, &seen.order.key, glimpse, ctx) {
            Flagging::Seen => Command::FlagSeen { deal: *loser },
            Flagging::Spared => Command::SpareLoser { deal: *loser },
            Flagging::Writes(fields) => Command::Write(Write::Flag {
                deal: *loser,
                survivor,
                fields,
            }),
        },
    )
}

/// What becomes of a duplicate, given what a read of it shows.
pub(super) fn flagging(
    state: &OrderState,
    survivor: DealId,
    key: &OrderKey,
    glimpse: &Glimpse,
    ctx: &Context<'_>,
) -> Flagging {
    if glimpse.deal.title.starts_with(&flag_of(survivor)) {
        return Flagging::Seen;
    }
    match glimpse.deal.relation(key, ctx.ledger) {
        // A person's copy may carry key and mark; it is theirs all the same.
        Relation::Ours(Mark::Ours) if glimpse.created_by_us => {}
        Relation::Ours(_) | Relation::ByField if planted(Mutant::FlagWithoutMark) => {}
        Relation::Ours(_)
        | Relation::ByField
        | Relation::NamesAnother
        | Relation::Flagged
        | Relation::Unrelated => return Flagging::Spared,
    }
    let title = format!("{} {}", flag_of(survivor), glimpse.deal.title);
    let mut fields = Fields::from([(
        field::TITLE.to_owned(),
        FieldValue::Text(title.chars().take(255).collect()),
    )]);
    if let Some(name) = &ctx.mapping.duplicate_field {
        fields.insert(name.clone(), FieldValue::Text(survivor.to_string()));
    }
    let ours = state
        .said
        .always
        .said()
        .and_then(|it| it.get(field::AMOUNT));
    let amount = glimpse.amount.map(FieldValue::Number);
    if glimpse.untouched && ours.is_some() && same_number(ours, amount.as_ref()) {
        fields.insert(
            field::AMOUNT.to_owned(),
            FieldValue::Number(rust_decimal::Decimal::ZERO),
        );
    }
    Flagging::Writes(fields)
}

/// What the title of a flagged deal begins with.
fn flag_of(survivor: DealId) -> String {
    format!("{DUPLICATE_PREFIX}{survivor}]")
}

fn same_number(one: Option<&FieldValue>, other: Option<&FieldValue>) -> bool {
    match (one, other) {
        (Some(FieldValue::Number(one)), Some(FieldValue::Number(other))) => one == other,
        (_, _) => false,
    }
}

/// The fields that are due: what Shopify owns at once; stage, contact, company and what people may change only after a
/// read of this turn.
fn fields(
    state: &OrderState,
    deal: DealId,
    seen: &Seen,
    desired: &DesiredDeal,
    buyer: &Buyer,
    ctx: &Context<'_>,
) -> Option<Command> {
    let always = state.said.always.needs(&desired.always, ctx.now);
    let due = Due {
        stage: !nothing_to_say(&desired.stage) && state.said.stage.needs(&desired.stage, ctx.now),
        contact: buyer
            .contact()
            .filter(|it| state.said.contact.needs(it, ctx.now))
            .filter(|_| links_contacts()),
        company: buyer
            .company()
            .filter(|it| state.said.company.needs(it, ctx.now)),
        kept: desired
            .if_untouched
            .iter()
            .filter(|(name, value)| state.said.needs_kept(name, value, ctx.now))
            .collect(),
    };
    let needs_read = due.is_any() || state.completion.is_some();
    if !always && !needs_read {
        return None;
    }
    if due.stage && planted(Mutant::StageWithoutRead) {
        return Some(blind(deal, desired, ctx));
    }
    let mut fields = Fields::new();
    let mut says = Says::default();
    if always {
        fields.extend(desired.always.clone());
        says.always = Some(desired.always.clone());
    }
    if needs_read {
        let Some(glimpse) = fresh(state, deal, ctx) else {
            return Some(Command::Read { deal });
        };
        let seen_now = SeenNow {
            state,
            glimpse,
            desired,
            ctx,
        };
        let left = seen_now
            .stage(&due, &mut fields, &mut says)
            .or_else(|| seen_now.contact(&due, &mut fields, &mut says))
            .or_else(|| seen_now.company(&due, &mut fields, &mut says))
            .or_else(|| seen_now.kept(&due, &mut fields, &mut says));
        if let Some(left) = left {
            return Some(left);
        }
        if let Some(completion) = state.completion {
            complete(completion, glimpse, seen, desired, ctx, &mut fields);
            says.completes = true;
            if fields.is_empty() {
                return Some(Command::Complete);
            }
        }
    }
    Some(Command::Write(Write::Update { deal, fields, says }))
}

/// A planted bug: the stage is written without a read.
fn blind(deal: DealId, desired: &DesiredDeal, ctx: &Context<'_>) -> Command {
    let stage = ctx.mapping.target(&desired.stage, 0).stage;
    let fields = Fields::from([(field::STAGE.to_owned(), FieldValue::Text(stage))]);
    let says = Says {
        stage: Some(desired.stage.clone()),
        ..Says::default()
    };
    Command::Write(Write::Update { deal, fields, says })
}

/// What is due and needs a read first.
struct Due<'a> {
    stage: bool,
    contact: Option<ContactId>,
    company: Option<CompanyId>,
    kept: Vec<(&'a String, &'a FieldValue)>,
}

impl Due<'_> {
    fn is_any(&self) -> bool {
        self.stage || self.contact.is_some() || self.company.is_some() || !self.kept.is_empty()
    }
}

/// What a read of this turn allows: each part adds its fields, or says what is left alone instead.
struct SeenNow<'a> {
    state: &'a OrderState,
    glimpse: &'a Glimpse,
    desired: &'a DesiredDeal,
    ctx: &'a Context<'a>,
}

impl SeenNow<'_> {
    fn stage(&self, due: &Due<'_>, fields: &mut Fields, says: &mut Says) -> Option<Command> {
        if !due.stage {
            return None;
        }
        let (wish, glimpse) = (&self.desired.stage, self.glimpse);
        let target = self.ctx.mapping.target(wish, glimpse.category);
        let leave = |why| {
            let wish = wish.clone();
            Some(Command::LeaveStage { wish, why })
        };
        let stands_there = glimpse.stage == target.stage
            || wish
                .semantic()
                .is_some_and(|it| it == glimpse.deal.semantic);
        if stands_there {
            return leave(LeftAlone::AlreadyThere);
        }
        if !wish.from().iter().any(|it| self.stands_in(it)) {
            return leave(LeftAlone::NoRule);
        }
        // A debt puts a deal back from where an older request of ours took it, and not from where a person did. A person
        // who moved it since a move of ours was tried may have seen that one.
        let said = &self.state.said;
        let moved_since = |it: &Tried| it.wish == *wish && it.from != glimpse.stage;
        let was_told =
            said.stage.said() == Some(wish) || said.tried.as_ref().is_some_and(moved_since);
        if was_told && !glimpse.moved_by_us {
            return leave(LeftAlone::Reopened);
        }
        if target.category != glimpse.category {
            let category = FieldValue::Number(target.category.into());
            fields.insert(field::CATEGORY.to_owned(), category);
        }
        fields.insert(
            field::STAGE.to_owned(),
            FieldValue::Text(target.stage.clone()),
        );
        says.stage = Some(wish.clone());
        says.stage_id = Some(target.stage);
        says.stage_from = Some(glimpse.stage.clone());
        None
    }

    fn stands_in(&self, from: &StageFrom) -> bool {
        let (glimpse, mapping) = (self.glimpse, self.ctx.mapping);
        match from {
            StageFrom::Open => glimpse.deal.semantic == Semantic::Process,
            StageFrom::Won => glimpse.deal.semantic == Semantic::Success,
            StageFrom::Lost => glimpse.deal.semantic == Semantic::Failure,
            StageFrom::Ours => self.state.said.put.contains(&glimpse.stage),
            StageFrom::Stage(name) => mapping.is_stage(&glimpse.stage, name, glimpse.category),
        }
    }

    fn contact(&self, due: &Due<'_>, fields: &mut Fields, says: &mut Says) -> Option<Command> {
        let contact = due.contact?;
        // Shown already, or said before and taken out by a person.
        if !self.glimpse.contacts.is_empty() || self.state.said.contact.said() == Some(&contact) {
            return Some(Command::LeaveContact { contact });
        }
        fields.insert(field::CONTACTS.to_owned(), FieldValue::Ids(vec![contact.0]));
        says.contact = Some(contact);
        None
    }

    fn company(&self, due: &Due<'_>, fields: &mut Fields, says: &mut Says) -> Option<Command> {
        let company = due.company?;
        if self.glimpse.company.is_some() || self.state.said.company.said() == Some(&company) {
            return Some(Command::LeaveCompany { company });
        }
        let id = FieldValue::Number(company.0.into());
        fields.insert(field::COMPANY.to_owned(), id);
        says.company = Some(company);
        None
    }

    fn kept(&self, due: &Due<'_>, fields: &mut Fields, says: &mut Says) -> Option<Command> {
        let nothing = FieldValue::Text(String::new());
        let leave = |name: &String, value: &FieldValue, touched| Command::LeaveField {
            field: name.clone(),
            value: value.clone(),
            touched,
        };
        let mut stands_there = Vec::new();
        for (name, value) in &due.kept {
            let shown = self.glimpse.values.get(*name).unwrap_or(&nothing);
            if value.is_shown_as(shown) {
                stands_there.push((*name, *value));
                continue;
            }
            let known = self.state.said.kept.get(*name);
            let ours = known.map_or_else(|| shown.is_empty(), |it| it.is_ours(shown));
            let unfinished =
                self.state.completion.is_some() && shown.is_empty() && !self.shows_user_fields();
            if !ours && !unfinished && !planted(Mutant::OverwriteTouched) {
                return Some(leave(name, value, true));
            }
            fields.insert((*name).clone(), (*value).clone());
            says.kept.insert((*name).clone(), (*value).clone());
        }
        // What stands there already is remembered with whatever else is written.
        if fields.is_empty()
            && self.state.completion.is_none()
            && let Some((name, value)) = stands_there.first()
        {
            return Some(leave(name, value, false));
        }
        let said = stands_there
            .into_iter()
            .map(|(name, value)| (name.clone(), value.clone()));
        says.kept.extend(said);
        None
    }

    /// Whether a user field shows what we wrote. The request that made a found deal may have broken off before its user
    /// fields, but they are written all at once: where one of them is there, what is empty was cleared by a person.
    fn shows_user_fields(&self) -> bool {
        let glimpse = self.glimpse;
        let is_user_field = |name: &&String| name.starts_with(field::USER_PREFIX);
        let shows_ours = |name: &String| {
            let known = self.state.said.kept.get(name);
            let shown = glimpse.values.get(name).filter(|it| !it.is_empty());
            known
                .zip(shown)
                .is_some_and(|(it, shown)| it.is_ours(shown))
        };
        glimpse.deal.order_field.is_some()
            || (self.desired.always.keys())
                .filter(is_user_field)
                .any(|it| glimpse.filled.contains(it))
            || (glimpse.values.keys())
                .filter(is_user_field)
                .any(shows_ours)
    }
}

/// What a found deal may lack: its key where it was adopted, and what is written at creation where the portal shows it empty.
fn complete(
    completion: Completion,
    glimpse: &Glimpse,
    seen: &Seen,
    desired: &DesiredDeal,
    ctx: &Context<'_>,
    fields: &mut Fields,
) {
    let empty = desired
        .on_create
        .iter()
        .filter(|(name, _)| !glimpse.filled.contains(*name));
    fields.extend(empty.map(|(name, value)| (name.clone(), value.clone())));
    let key = &seen.order.key;
    match completion {
        Completion::Found => {}
        Completion::Adopted if glimpse.deal.origin.is_some() => {}
        Completion::Adopted => {
            fields.insert(
                field::ORIGINATOR.to_owned(),
                FieldValue::Text(key.shop.originator()),
            );
            fields.insert(field::ORIGIN.to_owned(), FieldValue::Text(key.origin()));
        }
    }
    if glimpse.deal.order_field.is_none() {
        let name = ctx.mapping.order_field.clone();
        fields.insert(name, FieldValue::Text(key.origin()));
    }
}

fn rows(
    state: &OrderState,
    deal: DealId,
    desired: &DesiredDeal,
    variants: &[u64],
    ctx: &Context<'_>,
) -> Option<Command> {
    if state.rows_are_theirs {
        return None;
    }
    let digest = Digest::of(&desired.rows);
    if !state.said.rows.needs(&digest, ctx.now) {
        return None;
    }
    // A line that came later: its product is looked up before the rows are said.
    if !variants.is_empty() {
        return Some(Command::Look {
            contact: None,
            company: None,
            variants: variants.to_vec(),
        });
    }
    // The answer to rows shows no key: rows that are changed alone follow something that showed it.
    if state.said.rows.said().is_some() && !key_was_shown(state, deal, ctx) {
        return Some(Command::Read { deal });
    }
    Some(Command::Write(Write::Rows {
        deal,
        rows: desired.rows.clone(),
        digest,
    }))
}

/// Whether a read, or the answer to a write of fields, showed the deal's key a moment ago.
fn key_was_shown(state: &OrderState, deal: DealId, ctx: &Context<'_>) -> bool {
    let written = state.said.always.said_at();
    fresh(state, deal, ctx).is_some() || written.is_some_and(|it| ctx.now.since(it) <= READ_FRESH)
}

fn audit(state: &OrderState, ctx: &Context<'_>) -> Option<Command> {
    let due = state.audits.iter().any(|it| *it <= ctx.now);
    due.then(look)
}

/// Everything is said: rest until a debt, a late look, the contact or the company is due.
fn wait(state: &OrderState, desired: &DesiredDeal, buyer: &Buyer) -> Decision {
    let mut due: Vec<Elapsed> = state.audits.clone();
    due.extend(state.said.always.due());
    due.extend(
        state
            .said
            .contact
            .due()
            .filter(|_| buyer.contact().is_some() && links_contacts()),
    );
    due.extend(
        state
            .said
            .company
            .due()
            .filter(|_| buyer.company().is_some()),
    );
    due.extend(
        state
            .said
            .stage
            .due()
            .filter(|_| !nothing_to_say(&desired.stage)),
    );
    due.extend(
        desired
            .if_untouched
            .keys()
            .filter_map(|it| state.said.kept.get(it)?.due()),
    );
    due.extend(state.said.rows.due().filter(|_| !state.rows_are_theirs));
    due.extend(buyer.due());
    due.into_iter().min().map_or(Decision::Rest, Decision::Wait)
}

/// A planted bug leaves a deal without the contact that was not known when it was created.
fn links_contacts() -> bool {
    !planted(Mutant::ContactNeverLinked)
}

/// What a read of this turn showed of a deal.
fn fresh<'a>(state: &'a OrderState, deal: DealId, ctx: &Context<'_>) -> Option<&'a Glimpse> {
    state
        .glimpses
        .get(&deal)
        .filter(|it| it.process == ctx.process && ctx.now.since(it.at) <= READ_FRESH)
}
