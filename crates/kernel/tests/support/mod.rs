//! A story: one order, its buyer, and a portal whose answers are data, so that a test reads as what happened.

mod acting;
mod fate;
pub(crate) mod orders;
pub(crate) mod portal;

use std::{collections::VecDeque, time::Duration};

use kernel::{
    Context, DealId, Elapsed, LedgerId, ProcessNo, apply,
    command::Decision,
    deal::{FieldValue, field},
    decide,
    event::Event,
    mapping::{Mapping, ORDER_FIELD_DEFAULT},
    order::Order,
    party::{Parties, PartyEvent, PartyKind, PartyState},
    presence::Presence,
    remark::Remark,
    rules::Rules,
    state::OrderState,
    version::Source,
};

use fate::Creates;
pub(crate) use fate::Fate;
use portal::{Deal, Portal};

/// Steps after which a turn counts as endless.
const STEPS_MAX: usize = 32;

/// Turns after which a stretch of time counts as endless.
const TURNS_MAX: usize = 2_000;

/// The circumstances.
pub(crate) struct World {
    pub(crate) now: Elapsed,
    pub(crate) process: ProcessNo,
    pub(crate) ledger: LedgerId,
    pub(crate) cold_until: Option<Elapsed>,
    pub(crate) rules: Rules,
    pub(crate) mapping: Mapping,
}

impl World {
    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            now: self.now,
            process: self.process,
            ledger: &self.ledger,
            cold_until: self.cold_until,
            rules: &self.rules,
            mapping: &self.mapping,
        }
    }
}

/// One order's story.
pub(crate) struct Story {
    pub(crate) world: World,
    pub(crate) state: OrderState,
    pub(crate) contact: PartyState,
    pub(crate) company: PartyState,
    pub(crate) portal: Portal,
    /// What becomes of the next writes to deals; fine where nothing is said.
    pub(crate) fates: VecDeque<Fate>,
    /// The same for contacts.
    pub(crate) contact_fates: VecDeque<Fate>,
    /// The same for companies.
    pub(crate) company_fates: VecDeque<Fate>,
    /// That many lookups and reads come to nothing.
    pub(crate) blind: usize,
    /// How long a lookup takes.
    pub(crate) look_takes: Duration,
    /// Orders that share each request.
    pub(crate) crowd: u32,
    pub(crate) remarks: Vec<Remark>,
    lines: Vec<String>,
    intents: u64,
    deal_creates: Creates,
    contact_creates: Creates,
    company_creates: Creates,
    crashed: bool,
}

impl Story {
    /// An empty portal, a warm ledger, ten seconds after its birth.
    pub(crate) fn new() -> Self {
        Self {
            world: World {
                now: seconds(10),
                process: ProcessNo(1),
                ledger: LedgerId::new("ours"),
                cold_until: None,
                rules: Rules::default(),
                mapping: Mapping::default(),
            },
            state: OrderState::default(),
            contact: PartyState::default(),
            company: PartyState::default(),
            portal: Portal::default(),
            fates: VecDeque::new(),
            contact_fates: VecDeque::new(),
            company_fates: VecDeque::new(),
            blind: 0,
            look_takes: Duration::ZERO,
            crowd: 1,
            remarks: Vec::new(),
            lines: Vec::new(),
            intents: 0,
            deal_creates: Creates::default(),
            contact_creates: Creates::default(),
            company_creates: Creates::default(),
            crashed: false,
        }
    }

    /// A story in which that order was accepted, and its next writes meet these fates.
    pub(crate) fn of(order: &Order, fates: impl IntoIterator<Item = Fate>) -> Self {
        let mut story = Self::new();
        story.fates.extend(fates);
        story.seen(order);
        story
    }

    /// A story whose deal 1 is linked and says everything; what led there is forgotten.
    pub(crate) fn linked(order: &Order) -> Self {
        let mut story = Self::of(order, []);
        story.turn();
        assert_eq!(story.state.presence, Presence::Linked(DealId(1)));
        story.lines();
        story
    }

    /// A webhook brings a state of the order.
    pub(crate) fn seen(&mut self, order: &Order) -> Vec<Remark> {
        self.happens(&Event::OrderSeen {
            order: Box::new(order.clone()),
            source: Source::Webhook { triggered_at: None },
            creation: false,
        })
    }

    /// Applies an event.
    pub(crate) fn happens(&mut self, event: &Event) -> Vec<Remark> {
        let remarks = apply(&mut self.state, event, &self.world.context());
        self.remarks.extend(remarks.clone());
        for remark in &remarks {
            if let Remark::PartyNotShown { kind, id } = remark {
                self.party_happens(*kind, &PartyEvent::NotShown(*id));
            }
        }
        remarks
    }

    /// What would be done now.
    pub(crate) fn decides(&self) -> Decision {
        decide(&self.state, self.parties(), &self.world.context())
    }

    /// What is known of the order's contact and company.
    pub(crate) fn parties(&self) -> Parties<'_> {
        Parties {
            contact: Some(&self.contact),
            company: Some(&self.company),
        }
    }

    /// Time passes, without a turn.
    pub(crate) fn wait(&mut self, wait: u64) {
        self.to(self.world.now + Duration::from_secs(wait));
    }

    /// The process ends and a new one reads what is on disk.
    pub(crate) fn restart(&mut self) {
        let json = serde_json::to_string(&self.state).expect("the state is plain data");
        self.state = serde_json::from_str(&json).expect("what was written can be read");
        for party in [&mut self.contact, &mut self.company] {
            let json = serde_json::to_string(party).expect("the state is plain data");
            *party = serde_json::from_str(&json).expect("what was written can be read");
        }
        self.world.process.0 += 1;
    }

    /// One turn: decides and acts until there is nothing to do.
    pub(crate) fn turn(&mut self) -> Decision {
        self.crashed = false;
        self.happens(&Event::TurnBegan);
        self.happens(&Event::Interrupted);
        for kind in [PartyKind::Contact, PartyKind::Company] {
            self.party_happens(kind, &PartyEvent::Interrupted);
        }
        for _ in 0..STEPS_MAX {
            match self.decides() {
                Decision::Act(command) => self.act(command),
                Decision::Wait(at) => {
                    assert!(self.world.now < at, "waits for what is past");
                    return Decision::Wait(at);
                }
                Decision::Rest => return Decision::Rest,
            }
            if self.crashed {
                return Decision::Wait(self.world.now + Duration::from_millis(1));
            }
        }
        panic!("the turn does not end: {:?}", self.lines);
    }

    /// One step of a turn, if one is due.
    pub(crate) fn step(&mut self) {
        if let Decision::Act(command) = self.decides() {
            self.act(command);
        }
    }

    /// Takes turns whenever one is due, for that many seconds.
    pub(crate) fn live(&mut self, secs: u64) -> Decision {
        let end = self.world.now + Duration::from_secs(secs);
        for _ in 0..TURNS_MAX {
            let decision = self.turn();
            match decision {
                Decision::Wait(at) if at <= end => self.to(at),
                Decision::Wait(_) | Decision::Rest | Decision::Act(_) => {
                    self.to(end);
                    return decision;
                }
            }
        }
        panic!("too many turns: {:?}", self.lines);
    }

    /// What was done since this was last asked.
    pub(crate) fn lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
            .into_iter()
            .map(|it| {
                it.split_once("s ")
                    .map_or(it.clone(), |(_, it)| it.to_owned())
            })
            .collect()
    }

    /// The same, each line with the second in which it was done.
    pub(crate) fn timed_lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }

    /// A deal of the portal.
    #[track_caller]
    pub(crate) fn deal(&self, id: u64) -> &Deal {
        self.portal.deals.get(&DealId(id)).expect("the deal exists")
    }

    /// A deal of the portal, to be changed as a person would.
    #[track_caller]
    pub(crate) fn person_changes(&mut self, id: u64) -> &mut Deal {
        let deal = self
            .portal
            .deals
            .get_mut(&DealId(id))
            .expect("the deal exists");
        deal.touched = true;
        deal
    }

    /// Whether a conclusion was drawn.
    pub(crate) fn concluded(&self, remark: &Remark) -> bool {
        self.remarks.contains(remark)
    }

    fn to(&mut self, now: Elapsed) {
        self.world.now = now;
        self.portal.land(now);
    }
}

/// That many seconds after the ledger's birth.
pub(crate) fn seconds(secs: u64) -> Elapsed {
    Elapsed::from_millis(secs * 1_000)
}

/// A deal with the order's origin pair and this mark, as a creating request leaves it.
pub(crate) fn deal_with_pair(mark: &str) -> Deal {
    let key = orders::key();
    Deal::default()
        .set(field::TITLE, "Order #1042")
        .set(field::ORIGINATOR, &key.shop.originator())
        .set(field::ORIGIN, &key.origin())
        .set(field::ADDITIONAL_INFO, mark)
        .set(field::STAGE, "NEW")
}

/// A deal that carries only the order's number, as the seed's system left it.
pub(crate) fn deal_with_number(stage: &str) -> Deal {
    Deal::default()
        .set(field::TITLE, "Shopify 1042")
        .set(ORDER_FIELD_DEFAULT, &orders::key().origin())
        .set(field::STAGE, stage)
}

/// A field's value.
pub(crate) fn text(value: &str) -> FieldValue {
    FieldValue::Text(value.to_owned())
}
