//! The buyer's contact within a turn.

use kernel::{
    ShopDomain,
    contact::{self, ContactCommand, ContactEvent, ContactState, ContactWish, OpenContactWrite},
    event::Event,
    rules::REFUSALS_MAX,
};
use store::{ContactSave, IntentChange, IntentSubject, Store, StoreError, Then};

use super::{Shared, TurnError, Turning, close};
use crate::{journal, portal::Aboard, transport::Transport};

/// The contact of the order's buyer, as the ledger knows it.
pub(super) struct BuyersContact {
    pub(super) key: String,
    pub(super) state: ContactState,
    aliases: Vec<String>,
    row_version: Option<u64>,
    saved: Option<String>,
}

impl BuyersContact {
    fn new(wish: &ContactWish) -> Self {
        let aliases = wish.keys.clone();
        Self {
            key: wish.key().to_owned(),
            state: ContactState::default(),
            aliases,
            row_version: None,
            saved: None,
        }
    }

    /// The contact known under a key. A state that cannot be read counts as in nobody's hands: it is left alone.
    pub(super) async fn load<S: Store, T: Transport>(
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
                "The saved state of a contact cannot be read"
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

    /// What has to be saved; `None` while nothing changed.
    pub(super) fn changes(&self) -> Result<Option<ContactSave>, serde_json::Error> {
        let state = serde_json::to_string(&self.state)?;
        let nothing_new = match &self.saved {
            Some(saved) => *saved == state,
            None => self.state == ContactState::default(),
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
            state,
            row_version: self.row_version,
        }))
    }

    /// Remembers what is on disk.
    pub(super) fn saved(&mut self, save: ContactSave) {
        self.row_version = Some(save.row_version.map_or(FIRST_VERSION, |it| it + 1));
        self.saved = Some(save.state);
    }
}

/// The version of a contact's first row.
const FIRST_VERSION: u64 = 1;

impl<'a, S: Store, T: Transport> Turning<'a, S, T> {
    /// Takes the buyer's contact into this turn; false while another turn works on it.
    pub(super) async fn take_contact(&mut self) -> Result<bool, TurnError> {
        let Some(wish) = self.contact_wish() else {
            return Ok(true);
        };
        let shared = self.shared;
        let shop = self.claimed.key.shop.clone();
        let mut keys = wish.keys.clone();
        let known = loop {
            let Some(lock) = shared.contacts.take(shop.as_str(), &keys) else {
                return Ok(false);
            };
            let mut known = None;
            for key in &wish.keys {
                known = BuyersContact::load(shared, &shop, key).await?;
                if known.is_some() {
                    break;
                }
            }
            // The person may be saved under another name, which another order's turn may hold.
            match &known {
                Some(it) if !keys.contains(&it.key) => keys.push(it.key.clone()),
                Some(_) | None => {
                    self.lock = Some(lock);
                    break known;
                }
            }
        };
        self.contact = Some(match known {
            Some(known) => BuyersContact {
                aliases: wish.keys.clone(),
                ..known
            },
            None => BuyersContact::new(&wish),
        });
        Ok(true)
    }

    /// Reads, creates or completes the contact.
    pub(super) async fn contact_step(
        &mut self,
        command: &ContactCommand,
        seat: Aboard<'a, T>,
    ) -> Result<(), TurnError> {
        let shared = self.shared;
        if let ContactCommand::Read { id } = command {
            let event = match seat.read_contact(*id, shared.process).await {
                Some(glimpse) => ContactEvent::Read(glimpse),
                None => ContactEvent::AskFailed,
            };
            self.apply_contact(&event);
            return Ok(());
        }
        let intent = shared.store.new_intent();
        let creates = command.origin();
        let kind = if creates.is_some() {
            "contact"
        } else {
            "contact details"
        };
        self.apply_contact(&ContactEvent::Intended(OpenContactWrite {
            intent,
            company: seat.company(),
            creates,
        }));
        let Some(key) = self.contact.as_ref().map(|it| it.key.clone()) else {
            return Ok(());
        };
        let opened = IntentChange::Open {
            intent,
            kind: kind.to_owned(),
            subject: IntentSubject::Contact(key),
            at: shared.clock.now(),
            evidence: evidence(command)?,
        };
        self.note(journal::sent(shared.clock.now(), self.wall(), kind, None));
        self.save(vec![opened], Then::Keep).await?;
        let originator = self.claimed.key.shop.originator();
        let outcome = seat.write_contact(&originator, command).await;
        self.note(journal::answered(
            shared.clock.now(),
            self.wall(),
            kind,
            &outcome,
        ));
        let word = outcome.word();
        self.apply_contact(&ContactEvent::Answered(outcome));
        self.tell_refused_contact();
        self.save(vec![close(intent, word, shared.clock.now())], Then::Keep)
            .await
    }

    /// Says that the portal refuses the contact for good, if it does.
    pub(super) fn tell_refused_contact(&mut self) {
        let refused = |it: &BuyersContact| REFUSALS_MAX <= it.state.refusals;
        if self.contact.as_ref().is_some_and(refused) {
            self.apply_quietly(&Event::ContactRefused);
        }
    }

    pub(super) fn apply_contact(&mut self, event: &ContactEvent) {
        if let Some(buyer) = &mut self.contact {
            contact::apply(&mut buyer.state, event, &self.shared.context(&self.mapping));
        }
    }

    fn contact_wish(&self) -> Option<ContactWish> {
        let newest = self.state.newest.as_ref()?;
        ContactWish::of(&newest.order.buyer)
    }
}

/// Why the write is made, without the person's data.
fn evidence(command: &ContactCommand) -> Result<String, serde_json::Error> {
    match command {
        ContactCommand::Create { permit, .. } => serde_json::to_string(permit),
        ContactCommand::Read { id } | ContactCommand::Complete { id, .. } => {
            serde_json::to_string(id)
        }
    }
}
