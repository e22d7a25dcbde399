//! `decide`: what to do next about an order. It changes nothing; `apply` does.
//!
//! Order of concerns: uniqueness first (lookup, create, flags), then contact and company, then what the deal says, then late looks.

mod linked;
mod operator;

use std::collections::BTreeSet;

use crate::{
    command::{Command, Decision, Says, Write},
    context::Context,
    deal::{DesiredDeal, FieldValue, Fields, Glimpse, StageWish, field},
    elapsed::Elapsed,
    ids::{CompanyId, ContactId, PartyId},
    mutants::{Mutant, planted},
    party::{Parties, PartyState, PartyStep, PartyWish, step},
    presence::{CreatePermit, Gate, Presence, Withheld, permit},
    state::{OrderState, Seen},
};

/// Chooses the next step for one order, given what is known of its contact and its company.
pub fn decide(state: &OrderState, parties: Parties<'_>, ctx: &Context<'_>) -> Decision {
    let Some(seen) = &state.newest else {
        return Decision::Rest;
    };
    if let Some(choice) = &state.asked.choice {
        return operator::choose(state, *choice, ctx);
    }
    if let Some(parked) = &state.parked {
        if parked.why.is_the_operators() && !planted(Mutant::ParkedCreates) {
            return operator::follow_up(state, ctx);
        }
        if !parked.why.is_the_operators() {
            return parked.until.map_or(Decision::Rest, Decision::Wait);
        }
    }
    if let Some(at) = state.retry.not_before.filter(|it| ctx.now < *it) {
        return Decision::Wait(at);
    }
    let mut desired = ctx.mapping.desired(&seen.order);
    let variants = catalogued(state, &mut desired, ctx);
    let buyer = Buyer::of(parties, &desired, ctx);
    match &state.presence {
        Presence::Absent if state.unwanted => Decision::Rest,
        Presence::Absent | Presence::InDoubt(_) => {
            unlinked(state, seen, &desired, &buyer, &variants, ctx)
        }
        Presence::Sending => Decision::Wait(ctx.now + ctx.rules.settle),
        Presence::Missing(_) => Decision::Act(look()),
        Presence::Tombstone(_) => tombstone(state, ctx),
        Presence::Linked(deal) => {
            linked::decide(state, *deal, seen, &desired, &buyer, &variants, ctx)
        }
    }
}

/// What becomes of a duplicate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flagging {
    /// It is flagged already.
    Seen,
    /// It is not ours to flag.
    Spared,
    /// This is written into it.
    Writes(Fields),
}

/// What flagging a duplicate would write, given what a read of it shows; `None` if the order has no deal that stays.
pub fn preview_flag(state: &OrderState, glimpse: &Glimpse, ctx: &Context<'_>) -> Option<Flagging> {
    let (survivor, seen) = (state.deal()?, state.newest.as_ref()?);
    let key = &seen.order.key;
    Some(linked::flagging(state, survivor, key, glimpse, ctx))
}

/// Variants that one request asks the catalogue for; the rows of others carry names.
const VARIANTS_MAX: usize = 50;

/// Gives rows the products that are known, and says of which variants nothing is known.
fn catalogued(state: &OrderState, desired: &mut DesiredDeal, ctx: &Context<'_>) -> Vec<u64> {
    if !ctx.mapping.links_products() {
        return Vec::new();
    }
    let mut unknown = BTreeSet::new();
    for row in &mut desired.rows {
        let Some(variant) = row.variant else { continue };
        match state.products.get(&variant) {
            Some(product) => row.product = *product,
            None => {
                unknown.insert(variant);
            }
        }
    }
    unknown.into_iter().take(VARIANTS_MAX).collect()
}

/// A lookup of the deal alone.
fn look() -> Command {
    Command::Look {
        contact: None,
        company: None,
        variants: Vec::new(),
    }
}

/// What the order's turn may do about its parties.
struct Buyer {
    contact: Party,
    company: Party,
}

/// What the order's turn may do about one of them.
enum Party {
    /// It is known: link it; look at it again then.
    Known(PartyId, Option<Elapsed>),
    /// It is known: link it; then see to this.
    Upkeep(PartyId, Command),
    /// This has to happen first.
    First(Command),
    /// It has to be looked up.
    Look(PartyWish),
    /// Go on without it; come back then.
    Later(Elapsed),
    /// There is none.
    None,
}

impl Buyer {
    fn of(parties: Parties<'_>, desired: &DesiredDeal, ctx: &Context<'_>) -> Self {
        let wish = desired.company.clone().map(PartyWish::Company);
        let company = Party::of(parties.company, wish, None, ctx);
        let wish = desired.contact.clone().map(PartyWish::Contact);
        let employer = company.known().map(CompanyId::from);
        let contact = Party::of(parties.contact, wish, employer, ctx);
        Self { contact, company }
    }

    fn contact(&self) -> Option<ContactId> {
        self.contact.known().map(ContactId::from)
    }

    fn company(&self) -> Option<CompanyId> {
        self.company.known().map(CompanyId::from)
    }

    /// A lookup of the deal, and of the parties that have to be looked up.
    fn look(&self, variants: &[u64]) -> Command {
        let (mut contact, mut company) = (None, None);
        for party in [&self.contact, &self.company] {
            match party {
                Party::Look(PartyWish::Contact(wish)) => contact = Some(wish.clone()),
                Party::Look(PartyWish::Company(wish)) => company = Some(wish.clone()),
                Party::Known(..)
                | Party::Upkeep(..)
                | Party::First(_)
                | Party::Later(_)
                | Party::None => {}
            }
        }
        Command::Look {
            contact,
            company,
            variants: variants.to_vec(),
        }
    }

    /// What has to happen about the parties before the deal says them; the company before the contact that belongs to it.
    fn first(&self) -> Option<Command> {
        let both = [&self.company, &self.contact];
        if both.iter().any(|it| matches!(it, Party::Look(_))) {
            return Some(self.look(&[]));
        }
        both.into_iter().find_map(|it| match it {
            Party::First(command) => Some(command.clone()),
            Party::Known(..)
            | Party::Upkeep(..)
            | Party::Look(_)
            | Party::Later(_)
            | Party::None => None,
        })
    }

    /// What has to happen about the parties once the deal says what it should.
    fn upkeep(&self) -> Option<Command> {
        let mut both = [&self.company, &self.contact].into_iter();
        both.find_map(|it| match it {
            Party::Upkeep(_, command) => Some(command.clone()),
            Party::Known(..) | Party::First(_) | Party::Look(_) | Party::Later(_) | Party::None => {
                None
            }
        })
    }

    /// When to look at them again.
    fn due(&self) -> impl Iterator<Item = Elapsed> {
        [&self.contact, &self.company]
            .into_iter()
            .filter_map(|it| match it {
                Party::Later(at) | Party::Known(_, Some(at)) => Some(*at),
                Party::Known(_, None)
                | Party::Upkeep(..)
                | Party::First(_)
                | Party::Look(_)
                | Party::None => None,
            })
    }
}

impl Party {
    fn of(
        state: Option<&PartyState>,
        wish: Option<PartyWish>,
        employer: Option<CompanyId>,
        ctx: &Context<'_>,
    ) -> Self {
        let Some(wish) = wish else { return Self::None };
        let unknown = PartyState::default();
        let state = state.unwrap_or(&unknown);
        let wish = state.wish(wish);
        match step(state, &wish, employer, ctx) {
            PartyStep::Known { id, again } => Self::Known(id, again),
            PartyStep::Act(command) => match state.presence {
                Presence::Linked(id) => Self::Upkeep(id, Command::Party(command)),
                Presence::Absent
                | Presence::Sending
                | Presence::InDoubt(_)
                | Presence::Missing(_)
                | Presence::Tombstone(_) => Self::First(Command::Party(command)),
            },
            PartyStep::Look => Self::Look(wish),
            PartyStep::Later(at) => Self::Later(at),
            PartyStep::Without => Self::None,
        }
    }

    fn known(&self) -> Option<PartyId> {
        match self {
            Self::Known(id, _) | Self::Upkeep(id, _) => Some(*id),
            Self::First(_) | Self::Look(_) | Self::Later(_) | Self::None => None,
        }
    }
}

/// No deal is known: look, or create where the lookup allows it.
fn unlinked(
    state: &OrderState,
    seen: &Seen,
    desired: &DesiredDeal,
    buyer: &Buyer,
    variants: &[u64],
    ctx: &Context<'_>,
) -> Decision {
    let gate = Gate {
        now: ctx.now,
        process: ctx.process,
        cold_until: ctx.cold_until,
    };
    match permit(&state.presence, state.evidence, &gate) {
        Err(Withheld::Until(at)) => Decision::Wait(at),
        Err(Withheld::Never) => Decision::Rest,
        Err(Withheld::Look) => Decision::Act(buyer.look(variants)),
        Ok(_) if !variants.is_empty() => Decision::Act(buyer.look(variants)),
        Ok(permit) => Decision::Act(
            buyer
                .first()
                .unwrap_or_else(|| Command::Write(create(permit, seen, desired, buyer, ctx))),
        ),
    }
}

fn create(
    permit: CreatePermit,
    seen: &Seen,
    desired: &DesiredDeal,
    buyer: &Buyer,
    ctx: &Context<'_>,
) -> Write {
    let (contact, company) = (buyer.contact(), buyer.company());
    let key = &seen.order.key;
    let mut fields: Fields = desired.on_create.clone();
    fields.extend(desired.if_untouched.clone());
    fields.extend(desired.always.clone());
    let first = ctx.mapping.first();
    let at = match &desired.stage {
        StageWish::Open => first,
        wish @ (StageWish::Won | StageWish::Lost | StageWish::Rule(_)) => {
            ctx.mapping.target(wish, first.category)
        }
    };
    fields.insert(
        field::ORIGINATOR.to_owned(),
        FieldValue::Text(key.shop.originator()),
    );
    fields.insert(field::ORIGIN.to_owned(), FieldValue::Text(key.origin()));
    fields.insert(
        field::ADDITIONAL_INFO.to_owned(),
        FieldValue::Text(ctx.ledger.mark()),
    );
    fields.insert(field::STAGE.to_owned(), FieldValue::Text(at.stage.clone()));
    if at.category != 0 {
        let category = FieldValue::Number(at.category.into());
        fields.insert(field::CATEGORY.to_owned(), category);
    }
    if let Some(contact) = contact {
        fields.insert(field::CONTACTS.to_owned(), FieldValue::Ids(vec![contact.0]));
    }
    if let Some(company) = company {
        fields.insert(
            field::COMPANY.to_owned(),
            FieldValue::Number(company.0.into()),
        );
    }
    let says = Says {
        always: Some(desired.always.clone()),
        stage: Some(desired.stage.clone()),
        contact,
        company,
        kept: desired.if_untouched.clone(),
        stage_id: Some(at.stage),
        stage_from: None,
        completes: false,
    };
    Write::Create {
        permit,
        fields,
        says,
    }
}

/// A person deleted the deal: only a look, when something new arrived, or to see a deal restored a moment ago.
fn tombstone(state: &OrderState, ctx: &Context<'_>) -> Decision {
    match state.audits.iter().min() {
        Some(at) if *at <= ctx.now => Decision::Act(look()),
        Some(at) => Decision::Wait(*at),
        None => Decision::Rest,
    }
}

/// The stage of a deal that no rule speaks of.
fn nothing_to_say(wish: &StageWish) -> bool {
    *wish == StageWish::Open
}
