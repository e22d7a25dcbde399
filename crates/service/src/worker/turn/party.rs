//! The contact and the company of an order in its turn.

use kernel::{
    ShopDomain,
    command::Command,
    crowd::Crowd,
    event::Event,
    party::{
        self, OpenPartyWrite, Parties, PartyCommand, PartyEvent, PartyKind, PartyState, PartyWish,
    },
    presence::Presence,
};
use store::{ContactSave, IntentChange, IntentSubject, Store, StoreError, Then};

use super::{Shared, TurnError, Turning, close};
use crate::{
    journal,
    portal::{Aboard, FoundParties, ReadParty},
    transport::Transport,
};

/// A contact or a company, as the ledger knows it.
pub(super) struct KnownParty {
    pub(super) key: String,
    pub(super) state: PartyState,
    aliases: Vec<String>,
    row_version: Option<u64>,
    saved: Option<String>,
}

impl KnownParty {
    /// One that the ledger does not know. Its keys, the strongest first.
    fn new(keys: &[String]) -> Self {
        Self {
            key: keys.first().cloned().unwrap_or_default(),
            state: PartyState::default(),
            aliases: keys.to_vec(),
            row_version: None,
            saved: None,
        }
    }

    /// The one known under a key. A state that cannot be read counts as in nobody's hands: it is left alone.
    async fn load<S: Store, T: Transport>(
        shared: &Shared<S, T>,
        shop: &ShopDomain,
        key: &str,
    ) -> Result<Option<Self>, StoreError> {
        let Some(record) = shared.store.contact(shop, key).await? else {
            return Ok(None);
        };
        let Ok(state) = serde_json::from_str(&record.state) else {
            tracing::error!(
                contact.key = key,
                "The saved state of a contact or a company cannot be read"
            );
            return Ok(None);
        };
        let (aliases, row_version) = (Vec::new(), Some(record.row_version));
        Ok(Some(Self {
            key: record.contact_key,
            state,
            aliases,
            row_version,
            saved: Some(record.state),
        }))
    }

    /// The one known under the strongest of its keys that the ledger knows.
    async fn find<S: Store, T: Transport>(
        shared: &Shared<S, T>,
        shop: &ShopDomain,
        keys: &[String],
    ) -> Result<Option<Self>, StoreError> {
        for key in keys {
            if let Some(known) = Self::load(shared, shop, key).await? {
                let aliases = keys.to_vec();
                return Ok(Some(Self { aliases, ..known }));
            }
        }
        Ok(None)
    }

    /// What has to be saved; `None` while nothing changed.
    fn changes(&self) -> Result<Option<ContactSave>, serde_json::Error> {
        let state = serde_json::to_string(&self.state)?;
        let nothing_new = match &self.saved {
            Some(saved) => *saved == state,
            None => self.state == PartyState::default(),
        };
        if nothing_new {
            return Ok(None);
        }
        let aliases = self
            .aliases
            .iter()
            .filter(|it| **it != self.key)
            .cloned()
            .collect();
        Ok(Some(ContactSave {
            contact_key: self.key.clone(),
            aliases,
            portal_id: self.contact_id(),
            state,
            row_version: self.row_version,
        }))
    }

    /// The contact's id on the portal, by which people search. A company is not searched for.
    fn contact_id(&self) -> Option<u64> {
        match (PartyKind::of_key(&self.key), &self.state.presence) {
            (PartyKind::Contact, Presence::Linked(id)) => Some(id.0),
            (
                _,
                Presence::Linked(_)
                | Presence::Absent
                | Presence::Sending
                | Presence::InDoubt(_)
                | Presence::Missing(_)
                | Presence::Tombstone(_),
            ) => None,
        }
    }

    /// Remembers what is on disk.
    fn saved(&mut self, save: ContactSave) {
        self.row_version = Some(save.row_version.map_or(FIRST_VERSION, |it| it + 1));
        self.saved = Some(save.state);
    }
}

/// The version of a party's first row.
const FIRST_VERSION: u64 = 1;

/// The parties that a turn holds.
#[derive(Default)]
pub(super) struct HeldParties {
    pub(super) contact: Option<KnownParty>,
    pub(super) company: Option<KnownParty>,
}

impl HeldParties {
    pub(super) fn get(&self, kind: PartyKind) -> Option<&KnownParty> {
        match kind {
            PartyKind::Contact => self.contact.as_ref(),
            PartyKind::Company => self.company.as_ref(),
        }
    }

    fn slot(&mut self, kind: PartyKind) -> &mut Option<KnownParty> {
        match kind {
            PartyKind::Contact => &mut self.contact,
            PartyKind::Company => &mut self.company,
        }
    }

    fn all(&self) -> impl Iterator<Item = &KnownParty> {
        self.contact.iter().chain(&self.company)
    }

    /// What the kernel decides with.
    pub(super) fn states(&self) -> Parties<'_> {
        Parties {
            contact: self.contact.as_ref().map(|it| &it.state),
            company: self.company.as_ref().map(|it| &it.state),
        }
    }

    /// Their keys in the ledger.
    pub(super) fn keys(&self) -> Vec<String> {
        self.all().map(|it| it.key.clone()).collect()
    }

    /// In how large company the write of a command may travel, if it is a party's.
    pub(super) fn crowd(&self, command: &Command) -> Option<Crowd> {
        match command {
            Command::Party(command) => self.get(command.kind()).map(|it| it.state.crowd),
            Command::Look { .. }
            | Command::Read { .. }
            | Command::Write(_)
            | Command::LeaveStage { .. }
            | Command::LeaveField { .. }
            | Command::LeaveContact { .. }
            | Command::LeaveCompany { .. }
            | Command::Complete
            | Command::FlagSeen { .. }
            | Command::SpareLoser { .. } => None,
        }
    }

    /// What has to be saved of them.
    pub(super) fn changes(&self) -> Result<Vec<ContactSave>, serde_json::Error> {
        let changes = self.all().filter_map(|it| it.changes().transpose());
        changes.collect()
    }

    /// Remembers what is on disk.
    pub(super) fn saved(&mut self, saves: Vec<ContactSave>) {
        for save in saves {
            let slot = self.slot(PartyKind::of_key(&save.contact_key));
            if let Some(known) = slot {
                known.saved(save);
            }
        }
    }
}

impl<'a, S: Store, T: Transport> Turning<'a, S, T> {
    /// Takes the order's contact and company into this turn, both or none; false while another turn works on one of them.
    pub(super) async fn take_parties(&mut self) -> Result<bool, TurnError> {
        let wishes = self.party_wishes();
        if wishes.is_empty() {
            return Ok(true);
        }
        let shared = self.shared;
        let shop = self.claimed.key.shop.clone();
        let mut keys: Vec<String> = wishes.iter().flat_map(PartyWish::keys).collect();
        loop {
            // All keys at once: whoever holds some never waits for others.
            let Some(lock) = shared.contacts.take(shop.as_str(), &keys) else {
                return Ok(false);
            };
            let mut held = HeldParties::default();
            for wish in &wishes {
                let own = wish.keys();
                let known = KnownParty::find(shared, &shop, &own).await?;
                *held.slot(wish.kind()) = Some(known.unwrap_or_else(|| KnownParty::new(&own)));
            }
            // A person may be saved under another name, which another order's turn may hold.
            let unlocked: Vec<String> = held
                .keys()
                .into_iter()
                .filter(|it| !keys.contains(it))
                .collect();
            if unlocked.is_empty() {
                (self.parties, self.lock) = (held, Some(lock));
                return Ok(true);
            }
            keys.extend(unlocked);
        }
    }

    /// Takes the party of an open intent into this turn.
    pub(super) async fn take_intended(&mut self, key: &str) -> Result<(), StoreError> {
        let kind = PartyKind::of_key(key);
        let shop = self.claimed.key.shop.clone();
        *self.parties.slot(kind) = KnownParty::load(self.shared, &shop, key).await?;
        Ok(())
    }

    /// Reads, creates or completes the contact or the company.
    pub(super) async fn party_step(
        &mut self,
        command: &PartyCommand,
        seat: Aboard<'a, T>,
    ) -> Result<(), TurnError> {
        let shared = self.shared;
        let kind = command.kind();
        if let PartyCommand::Read { id, .. } = command {
            let event = match seat.read_party(kind, *id, shared.process).await {
                ReadParty::Shown(glimpse) => PartyEvent::Read(glimpse),
                ReadParty::NotFound => PartyEvent::NotFound(*id),
                ReadParty::Failed => PartyEvent::AskFailed,
            };
            self.apply_party(kind, &event);
            return Ok(());
        }
        let intent = shared.store.new_intent();
        let creates = command.origin();
        let word = intent_word(kind, creates.is_some());
        self.apply_party(
            kind,
            &PartyEvent::Intended(OpenPartyWrite {
                intent,
                company: seat.company(),
                creates,
            }),
        );
        let Some(key) = self.parties.get(kind).map(|it| it.key.clone()) else {
            return Ok(());
        };
        let opened = IntentChange::Open {
            intent,
            kind: word.to_owned(),
            subject: IntentSubject::Contact(key),
            at: shared.clock.now(),
            evidence: evidence(command)?,
        };
        self.note(journal::sent(shared.clock.now(), self.wall(), word, None));
        self.save(vec![opened], Then::Keep).await?;
        let originator = self.claimed.key.shop.originator();
        let outcome = seat.write_party(&originator, command).await;
        self.note_answer(word, &outcome);
        let closed = close(intent, outcome.word(), shared.clock.now());
        self.apply_party(kind, &PartyEvent::Answered(outcome));
        self.save(vec![closed], Then::Keep).await
    }

    /// Applies what a lookup found of one party, or that it found nothing out.
    pub(super) fn party_looked(
        &mut self,
        kind: PartyKind,
        started_at: kernel::Elapsed,
        found: Option<FoundParties>,
    ) {
        let event = match found {
            Some(FoundParties { by_origin, by_comm }) => PartyEvent::Looked {
                started_at,
                by_origin,
                by_comm,
            },
            None => PartyEvent::AskFailed,
        };
        self.apply_party(kind, &event);
    }

    /// Applies an event to a party, and tells the order what it has to know of it.
    pub(super) fn apply_party(&mut self, kind: PartyKind, event: &PartyEvent) {
        let ctx = self.shared.context(&self.mapping);
        let Some(known) = self.parties.slot(kind) else {
            return;
        };
        if let Some(news) = party::apply(kind, &mut known.state, event, &ctx) {
            self.apply_quietly(&Event::Party(kind, news));
        }
    }

    fn party_wishes(&self) -> Vec<PartyWish> {
        let Some(newest) = &self.state.newest else {
            return Vec::new();
        };
        let contact = self.mapping.contact(&newest.order);
        let company = self.mapping.company(&newest.order);
        let contact = contact.map(PartyWish::Contact);
        contact
            .into_iter()
            .chain(company.map(PartyWish::Company))
            .collect()
    }
}

/// What a write of a party is called in the ledger.
fn intent_word(kind: PartyKind, creates: bool) -> &'static str {
    match (kind, creates) {
        (PartyKind::Contact, true) => "contact",
        (PartyKind::Contact, false) => "contact details",
        (PartyKind::Company, true) => "company",
        (PartyKind::Company, false) => "company details",
    }
}

/// Why the write is made, without the person's data.
fn evidence(command: &PartyCommand) -> Result<String, serde_json::Error> {
    match command {
        PartyCommand::Create { permit, .. } => serde_json::to_string(permit),
        PartyCommand::Read { id, .. } | PartyCommand::Complete { id, .. } => {
            serde_json::to_string(id)
        }
        PartyCommand::LacksNothing { kind } => serde_json::to_string(kind),
    }
}
