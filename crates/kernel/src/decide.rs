//! `decide`: what to do next about an order. It changes nothing; `apply` does.
//!
//! Order of concerns: uniqueness first (lookup, create, flags), then the contact, then what the deal says, then late looks.

mod linked;

use std::collections::BTreeSet;

use crate::{
    command::{Command, Decision, Says, Write},
    contact::{ContactState, ContactStep, ContactWish, step},
    context::Context,
    deal::{DesiredDeal, FieldValue, Fields, StageWish, field},
    elapsed::Elapsed,
    ids::ContactId,
    presence::{CreatePermit, Gate, Presence, Withheld, permit},
    state::{OrderState, Seen},
};

/// Chooses the next step for one order, given what is known of its buyer's contact.
pub fn decide(state: &OrderState, contact: Option<&ContactState>, ctx: &Context<'_>) -> Decision {
    let Some(seen) = &state.newest else {
        return Decision::Rest;
    };
    if let Some(parked) = &state.parked {
        return parked.until.map_or(Decision::Rest, Decision::Wait);
    }
    if let Some(at) = state.retry.not_before.filter(|it| ctx.now < *it) {
        return Decision::Wait(at);
    }
    let mut desired = ctx.mapping.desired(&seen.order);
    let variants = catalogued(state, &mut desired, ctx);
    let buyer = Contact::of(contact, desired.contact.as_ref(), ctx);
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
        variants: Vec::new(),
    }
}

/// What the order's turn may do about the buyer's contact.
enum Contact {
    /// It is known: link it; look at it again then.
    Known(ContactId, Option<Elapsed>),
    /// This has to happen first.
    First(Command),
    /// It has to be looked up.
    Look(ContactWish),
    /// Go on without it; come back then.
    Later(Elapsed),
    /// There is none.
    None,
}

impl Contact {
    fn of(state: Option<&ContactState>, wish: Option<&ContactWish>, ctx: &Context<'_>) -> Self {
        let Some(wish) = wish else { return Self::None };
        let unknown = ContactState::default();
        let state = state.unwrap_or(&unknown);
        let wish = state.wish(wish);
        match step(state, &wish, ctx) {
            ContactStep::Known { id, again } => Self::Known(id, again),
            ContactStep::Act(command) => Self::First(Command::Contact(command)),
            ContactStep::Look => Self::Look(wish),
            ContactStep::Later(at) => Self::Later(at),
            ContactStep::Without => Self::None,
        }
    }

    fn known(&self) -> Option<ContactId> {
        match self {
            Self::Known(id, _) => Some(*id),
            Self::First(_) | Self::Look(_) | Self::Later(_) | Self::None => None,
        }
    }

    fn wanted(&self) -> Option<ContactWish> {
        match self {
            Self::Look(wish) => Some(wish.clone()),
            Self::Known(..) | Self::First(_) | Self::Later(_) | Self::None => None,
        }
    }
}

/// No deal is known: look, or create where the lookup allows it.
fn unlinked(
    state: &OrderState,
    seen: &Seen,
    desired: &DesiredDeal,
    buyer: &Contact,
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
        Err(Withheld::Look) => Decision::Act(Command::Look {
            contact: buyer.wanted(),
            variants: variants.to_vec(),
        }),
        Ok(_) if !variants.is_empty() => Decision::Act(Command::Look {
            contact: buyer.wanted(),
            variants: variants.to_vec(),
        }),
        Ok(permit) => match buyer {
            Contact::Look(wish) => Decision::Act(Command::Look {
                contact: Some(wish.clone()),
                variants: Vec::new(),
            }),
            Contact::First(command) => Decision::Act(command.clone()),
            Contact::Known(..) | Contact::Later(_) | Contact::None => Decision::Act(
                Command::Write(create(permit, seen, desired, buyer.known(), ctx)),
            ),
        },
    }
}

fn create(
    permit: CreatePermit,
    seen: &Seen,
    desired: &DesiredDeal,
    contact: Option<ContactId>,
    ctx: &Context<'_>,
) -> Write {
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
    let says = Says {
        always: Some(desired.always.clone()),
        stage: Some(desired.stage.clone()),
        contact,
        kept: desired.if_untouched.clone(),
        stage_id: Some(at.stage),
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
