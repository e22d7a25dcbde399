//! How a story does what was decided: what it asks the portal, and what it tells the kernel of the answers.

use kernel::{
    DealId, IntentId, PartyId,
    command::{Command, Write},
    deal::field,
    event::{self, Event},
    outcome::RefusalClass,
    party::{self, OpenPartyWrite, PartyCommand, PartyEvent, PartyKind, PartyNews, PartyWish},
    state::{Open, Sending},
};

use super::{
    Story,
    fate::{Fate, answer},
    portal::Effect,
};

impl Story {
    pub(super) fn act(&mut self, command: Command) {
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

    pub(super) fn party_happens(&mut self, kind: PartyKind, event: &PartyEvent) {
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
                creates.check(*permit, &self.world, &self.remarks);
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
                self.deal_creates.check(permit, &self.world, &self.remarks);
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
