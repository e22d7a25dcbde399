//! A story: one order, its buyer, and a portal whose answers are data, so that a test reads as what happened.

pub(crate) mod orders;
pub(crate) mod portal;

use std::{collections::VecDeque, time::Duration};

use kernel::{
    Context, DealId, Elapsed, IntentId, LedgerId, PartyId, ProcessNo, apply,
    command::{Command, Decision, Write},
    deal::{FieldValue, field},
    decide,
    event::{self, Event},
    mapping::{Mapping, ORDER_FIELD_DEFAULT},
    order::Order,
    outcome::{Outcome, Refusal, RefusalClass},
    party::{
        self, OpenPartyWrite, Parties, PartyCommand, PartyEvent, PartyKind, PartyNews, PartyState,
        PartyWish,
    },
    presence::{CreatePermit, Presence},
    remark::Remark,
    rules::{LOOKUP_FRESH, Rules},
    state::{Open, OrderState, Sending},
    version::Source,
};
use portal::{Deal, Effect, Portal};

/// Steps after which a turn counts as endless.
const STEPS_MAX: usize = 32;

/// Turns after which a stretch of time counts as endless.
const TURNS_MAX: usize = 2_000;

/// What becomes of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Executed and answered.
    Fine,
    /// Executed; the answer is lost.
    AnswerLost,
    /// Not executed; nobody knows.
    Swallowed,
    /// Executed that much later; nobody knows.
    Late(Duration),
    /// Not executed; the answer speaks of a duplicate.
    SaysDuplicate,
    /// Surely not executed.
    Refused(RefusalClass),
    /// Executed, but the answer shows another order's key.
    OtherKey,
    /// Executed and answered without showing the deal.
    WithoutDeal,
    /// Executed; the process ends before the answer.
    Crash,
    /// The process ends before anything is sent.
    CrashUnsent,
}

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

/// Whether a create of a record that still exists ended well, and when the last unknown one was given up.
#[derive(Debug, Clone, Copy, Default)]
struct Creates {
    created: bool,
    given_up: Option<Elapsed>,
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

    fn act(&mut self, command: Command) {
        let line = line(&command);
        self.lines
            .push(format!("{}s {line}", self.world.now.as_millis() / 1_000));
        match command {
            Command::Look {
                contact,
                company,
                variants,
            } => {
                let contact = contact.map(PartyWish::Contact);
                let company = company.map(PartyWish::Company);
                self.look(&[contact, company], &variants);
            }
            Command::Read { deal } => {
                let (at, process) = (self.world.now, self.world.process);
                let event = match self.portal.read(deal, at, process) {
                    _ if self.fails() => Event::LookFailed {
                        code: None,
                        company: 1,
                    },
                    Some(glimpse) => Event::Glimpsed(glimpse),
                    None => Event::NotFound(deal),
                };
                self.happens(&event);
            }
            Command::Party(command) => self.party_step(command),
            Command::Write(write) => self.write(write),
            Command::LeaveStage { wish, .. } => {
                self.happens(&Event::StageLeft(wish));
            }
            Command::LeaveField { field, value, .. } => {
                self.happens(&Event::FieldLeft { field, value });
            }
            Command::LeaveContact { contact } => {
                self.happens(&Event::ContactLeft(contact));
            }
            Command::LeaveCompany { company } => {
                self.happens(&Event::CompanyLeft(company));
            }
            Command::Complete => {
                self.happens(&Event::Completed);
            }
            Command::FlagSeen { deal } => {
                self.happens(&Event::FlagSeen(deal));
            }
            Command::SpareLoser { deal } => {
                self.happens(&Event::LoserSpared(deal));
            }
        }
    }

    fn fails(&mut self) -> bool {
        let fails = 0 < self.blind;
        self.blind = self.blind.saturating_sub(1);
        fails
    }

    fn look(&mut self, wishes: &[Option<PartyWish>], variants: &[u64]) {
        let wishes: Vec<&PartyWish> = wishes.iter().flatten().collect();
        let started_at = self.world.now;
        self.to(started_at + self.look_takes);
        if self.fails() {
            self.happens(&Event::LookFailed {
                code: None,
                company: self.crowd,
            });
            for wish in wishes {
                self.party_happens(wish.kind(), &PartyEvent::AskFailed);
            }
            return;
        }
        let rows = self.portal.list(started_at);
        self.happens(&Event::Looked { started_at, rows });
        let products = &self.portal.products;
        let found = variants.iter().map(|it| (*it, products.get(it).copied()));
        let found = found.collect();
        self.happens(&Event::ProductsFound(found));
        for wish in wishes {
            let (by_origin, by_comm) = self.portal.find_parties(wish);
            self.party_happens(
                wish.kind(),
                &PartyEvent::Looked {
                    started_at,
                    by_origin,
                    by_comm,
                },
            );
        }
    }

    fn party_happens(&mut self, kind: PartyKind, event: &PartyEvent) {
        let (state, creates) = match kind {
            PartyKind::Contact => (&mut self.contact, &mut self.contact_creates),
            PartyKind::Company => (&mut self.company, &mut self.company_creates),
        };
        let Some(news) = party::apply(kind, state, event, &self.world.context()) else {
            return;
        };
        if let PartyNews::Gone(_) = news {
            creates.created = false;
        }
        self.happens(&Event::Party(kind, news));
    }

    fn party_step(&mut self, command: PartyCommand) {
        let kind = command.kind();
        match &command {
            PartyCommand::Read { id, .. } => {
                let (at, process) = (self.world.now, self.world.process);
                let event = match self.portal.read_party(kind, *id, at, process) {
                    _ if self.fails() => PartyEvent::AskFailed,
                    Some(glimpse) => PartyEvent::Read(glimpse),
                    None => PartyEvent::NotFound(*id),
                };
                return self.party_happens(kind, &event);
            }
            PartyCommand::LacksNothing { .. } => {
                return self.party_happens(kind, &PartyEvent::LacksNothing);
            }
            PartyCommand::Create { permit, .. } => {
                let creates = match kind {
                    PartyKind::Contact => self.contact_creates,
                    PartyKind::Company => self.company_creates,
                };
                self.check_permit(creates, *permit);
            }
            PartyCommand::Complete { .. } => {}
        }
        let gone = match &command {
            PartyCommand::Complete { id, .. } => !self.portal.knows_party(kind, *id),
            PartyCommand::Create { .. }
            | PartyCommand::Read { .. }
            | PartyCommand::LacksNothing { .. } => false,
        };
        let creates = command.origin();
        let intent = self.intent();
        let fates = match kind {
            PartyKind::Contact => &mut self.contact_fates,
            PartyKind::Company => &mut self.company_fates,
        };
        let mut fate = fates.pop_front().unwrap_or(Fate::Fine);
        if gone && fate == Fate::Fine {
            fate = Fate::Refused(RefusalClass::NotFound);
        }
        let is_create = creates.is_some();
        self.party_happens(
            kind,
            &PartyEvent::Intended(OpenPartyWrite {
                intent,
                company: 1,
                creates,
            }),
        );
        let made = self.meet(&fate, Effect::Party(command));
        if is_create {
            let now = self.world.now;
            match kind {
                PartyKind::Contact => self.contact_creates.remember(&fate, now),
                PartyKind::Company => self.company_creates.remember(&fate, now),
            }
        }
        if !self.crashed {
            let answer = answer(&fate, made.map(PartyId));
            self.party_happens(kind, &PartyEvent::Answered(answer));
        }
    }

    fn write(&mut self, write: Write) {
        assert!(self.state.open.is_none(), "two writes at once");
        let deal = write.deal();
        let is_create = deal.is_none();
        let (sending, effect) = match write {
            Write::Create {
                permit,
                fields,
                says,
            } => {
                self.check_permit(self.deal_creates, permit);
                (Sending::Create(says), Effect::Create(fields))
            }
            Write::Update { deal, fields, says } => {
                assert!(!fields.is_empty(), "an update says something");
                let reads = fields.contains_key(field::STAGE);
                let seen = self.state.glimpses.contains_key(&deal);
                assert!(!reads || seen, "a stage is written after a read");
                (Sending::Update(says), Effect::Fields(deal, fields))
            }
            Write::Rows { deal, rows, digest } => (Sending::Rows(digest), Effect::Rows(deal, rows)),
            Write::Flag { deal, fields, .. } => (Sending::Flag(deal), Effect::Fields(deal, fields)),
            Write::Comment { deal, text } => (Sending::Comment(deal), Effect::Comment(deal, text)),
        };
        let open = Open {
            intent: self.intent(),
            at: self.world.now,
            sending,
            company: self.crowd,
            with_rows: None,
        };
        self.happens(&Event::Intended(open));
        let mut fate = self.fates.pop_front().unwrap_or(Fate::Fine);
        let gone = deal.is_some_and(|it| !self.portal.deals.contains_key(&it));
        if gone && fate == Fate::Fine {
            fate = Fate::Refused(RefusalClass::NotFound);
        }
        let made = self.meet(&fate, effect);
        if is_create {
            self.deal_creates.remember(&fate, self.world.now);
        }
        if !self.crashed {
            let effect = self.shown(&fate, deal.or(made.map(DealId)));
            self.happens(&Event::Answered(answer(&fate, effect)));
        }
    }

    /// Lets the portal, and perhaps the process, meet the fate of a request.
    fn meet(&mut self, fate: &Fate, effect: Effect) -> Option<u64> {
        let now = self.world.now;
        match fate {
            Fate::Fine | Fate::AnswerLost | Fate::OtherKey | Fate::WithoutDeal => {
                self.portal.execute(effect, now)
            }
            Fate::Late(wait) => {
                self.portal.later(now + *wait, effect);
                None
            }
            Fate::Swallowed | Fate::SaysDuplicate | Fate::Refused(_) => None,
            Fate::Crash => {
                self.portal.execute(effect, now);
                self.crash();
                None
            }
            Fate::CrashUnsent => {
                self.crash();
                None
            }
        }
    }

    fn crash(&mut self) {
        self.crashed = true;
        self.restart();
    }

    /// What the answer shows of the deal.
    fn shown(&self, fate: &Fate, id: Option<DealId>) -> event::Effect {
        let Some((id, deal)) = id.and_then(|id| Some((id, self.portal.deals.get(&id)?))) else {
            return event::Effect::Plain;
        };
        match fate {
            Fate::WithoutDeal => event::Effect::Plain,
            Fate::OtherKey => event::Effect::Deal {
                id,
                originator: deal.text(field::ORIGINATOR),
                origin: Some("4711".to_owned()),
                shows: event::Shown::default(),
            },
            Fate::Fine
            | Fate::AnswerLost
            | Fate::Swallowed
            | Fate::Late(_)
            | Fate::SaysDuplicate
            | Fate::Refused(_)
            | Fate::Crash
            | Fate::CrashUnsent => event::Effect::Deal {
                id,
                originator: deal.text(field::ORIGINATOR),
                origin: deal.text(field::ORIGIN),
                shows: event::Shown {
                    contacts: Some(deal.contacts()),
                    company: Some(deal.company()),
                },
            },
        }
    }

    fn intent(&mut self) -> IntentId {
        self.intents += 1;
        IntentId(self.intents)
    }

    /// Promise S8 and rules 4 and 11, checked at each create of each story.
    fn check_permit(&self, creates: Creates, permit: CreatePermit) {
        let evidence = permit.evidence().expect("a create rests on a lookup");
        let again = self
            .remarks
            .iter()
            .any(|it| matches!(it, Remark::Recreated(_)));
        assert!(
            !creates.created || again,
            "a second create follows an answered one"
        );
        assert_eq!(evidence.process, self.world.process, "of this process");
        let age = self.world.now.since(evidence.started_at);
        assert!(age <= LOOKUP_FRESH, "the lookup is fresh");
        let settled = creates.given_up.map(|it| it + self.world.rules.settle);
        assert!(
            settled <= Some(evidence.started_at),
            "it started after the doubt settled"
        );
        assert!(
            self.world.cold_until <= Some(evidence.started_at),
            "it started after the cold time"
        );
    }
}

impl Creates {
    fn remember(&mut self, fate: &Fate, now: Elapsed) {
        match fate {
            Fate::Fine | Fate::OtherKey => self.created = true,
            Fate::Refused(_) => {}
            Fate::AnswerLost
            | Fate::Swallowed
            | Fate::Late(_)
            | Fate::SaysDuplicate
            | Fate::WithoutDeal
            | Fate::Crash
            | Fate::CrashUnsent => self.given_up = Some(now),
        }
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

fn answer<T>(fate: &Fate, value: T) -> Outcome<T> {
    match fate {
        Fate::Fine | Fate::OtherKey | Fate::WithoutDeal => Outcome::Done(value),
        Fate::Refused(class) => Outcome::Refused(Refusal {
            class: *class,
            code: "CODE".to_owned(),
        }),
        Fate::AnswerLost | Fate::Swallowed | Fate::Late(_) | Fate::Crash | Fate::CrashUnsent => {
            Outcome::Unknown {
                says_duplicate: false,
            }
        }
        Fate::SaysDuplicate => Outcome::Unknown {
            says_duplicate: true,
        },
    }
}

/// A command in a few words.
fn line(command: &Command) -> String {
    match command {
        Command::Look {
            contact,
            company,
            variants,
        } => {
            let contact = contact.as_ref().map_or("", |_| ", contact too");
            let company = company.as_ref().map_or("", |_| ", company too");
            let products = if variants.is_empty() {
                ""
            } else {
                ", products too"
            };
            format!("look{contact}{company}{products}")
        }
        Command::Read { deal } => format!("read {deal}"),
        Command::Party(command) => {
            let kind = command.kind().word();
            match command {
                PartyCommand::Create { .. } => format!("create {kind}"),
                PartyCommand::Read { id, .. } => format!("read {kind} {id}"),
                PartyCommand::Complete { id, .. } => format!("complete {kind} {id}"),
                PartyCommand::LacksNothing { .. } => format!("the {kind} lacks nothing"),
            }
        }
        Command::Write(Write::Create { .. }) => "create".to_owned(),
        Command::Write(Write::Update { deal, says, .. }) => {
            let always = says.always.as_ref().map(|_| " fields");
            let stage = says.stage.as_ref().map(|_| " stage");
            let contact = says.contact.as_ref().map(|_| " contact");
            let company = says.company.as_ref().map(|_| " company");
            let completes = says.completes.then_some(" rest");
            let parts = [always, stage, contact, company, completes];
            format!(
                "update {deal}:{}",
                parts.into_iter().flatten().collect::<String>()
            )
        }
        Command::Write(Write::Rows { deal, .. }) => format!("rows {deal}"),
        Command::Write(Write::Flag { deal, survivor, .. }) => format!("flag {deal} for {survivor}"),
        Command::Write(Write::Comment { deal, .. }) => format!("comment {deal}"),
        Command::LeaveStage { why, .. } => format!("leave stage {why:?}"),
        Command::LeaveField { field, touched, .. } => format!("leave {field}, touched {touched}"),
        Command::LeaveContact { contact } => format!("leave contact {contact}"),
        Command::LeaveCompany { company } => format!("leave company {company}"),
        Command::Complete => "lacks nothing".to_owned(),
        Command::FlagSeen { deal } => format!("see the flag of {deal}"),
        Command::SpareLoser { deal } => format!("spare {deal}"),
    }
}
