//! The handle of a simulated portal.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::config::PortalConfig;
use super::contact::Contact;
use super::deal::Deal;
use super::faults::Faults;
use super::field::Entity;
use super::http;
use super::oauth;
use super::product::Product;
use super::state::{Change, Comment, Notification, State, Stats};
use super::user_field::UserField;

/// A portal in memory. Clones share the same portal.
#[derive(Debug, Clone)]
pub struct Portal {
    inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) config: Arc<PortalConfig>,
    started: Instant,
    state: Mutex<State>,
    /// Executions that run or wait for a late start.
    pub(crate) running: AtomicUsize,
}

impl Inner {
    /// The state, with its clock set.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.now = self.ms_at(Instant::now());
        state.run_robots();
        state
    }

    /// Milliseconds between the building of the portal and an instant.
    pub(crate) fn ms_at(&self, instant: Instant) -> u64 {
        u64::try_from(instant.saturating_duration_since(self.started).as_millis())
            .unwrap_or(u64::MAX)
    }
}

impl Portal {
    /// Builds an empty portal. Must be called inside a tokio runtime, whose clock is the portal's clock.
    pub fn new(config: PortalConfig) -> Self {
        let config = Arc::new(config);
        let inner = Inner {
            started: Instant::now(),
            state: Mutex::new(State::new(Arc::clone(&config))),
            running: AtomicUsize::new(0),
            config,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The REST interface: `POST` and `GET` on `/rest/{user}/{code}/{method}[.json][/]`, and on `/rest/{method}` with
    /// an access token.
    pub fn router(&self) -> axum::Router {
        http::router(Arc::clone(&self.inner))
    }

    /// The authorization server of the portal's region: `GET /oauth/token/`.
    pub fn oauth_router(&self) -> axum::Router {
        oauth::router(Arc::clone(&self.inner))
    }

    /// A person saves or reinstalls the local application; returns the form that the portal then posts to the
    /// application's installation address.
    pub fn install_app(&self, user: u64) -> String {
        let mut state = self.inner.lock();
        let now = state.now;
        let pair = state.app.install(now, user);
        state.install_form(&pair)
    }

    /// A person installs another application of the same portal; returns its form.
    pub fn install_other_app(&self, client_id: &str, user: u64) -> String {
        let mut state = self.inner.lock();
        let now = state.now;
        let pair = state.app.install_other(now, client_id, user);
        state.install_form(&pair)
    }

    /// A person removes the application; its tokens open nothing any more.
    pub fn remove_app(&self) {
        self.inner.lock().app.remove();
    }

    /// A person lets the application in by the browser; the code of the redirect, if it is installed.
    pub fn authorize_app(&self, user: u64) -> Option<String> {
        let mut state = self.inner.lock();
        let now = state.now;
        state.app.authorize(now, user)
    }

    /// Whether the authorization server would take this refresh token.
    pub fn takes_refresh(&self, refresh: &str) -> bool {
        let state = self.inner.lock();
        state.app.takes_refresh(state.now, refresh)
    }

    /// Sets what goes wrong from the next request on; requests under way keep what was drawn for them.
    pub fn set_faults(&self, faults: Faults) {
        self.inner.lock().faults = faults;
    }

    /// What goes wrong at present.
    pub fn faults(&self) -> Faults {
        self.inner.lock().faults.clone()
    }

    /// All deals ever, by id, deleted ones included; no lag.
    pub fn deals(&self) -> Vec<Deal> {
        self.inner.lock().deals.all().cloned().collect()
    }

    /// One deal, deleted or not; no lag.
    pub fn deal(&self, id: u64) -> Option<Deal> {
        self.inner.lock().deals.truth(id).cloned()
    }

    /// All contacts ever, by id, deleted ones included; no lag.
    pub fn contacts(&self) -> Vec<Contact> {
        self.inner.lock().contacts.all().cloned().collect()
    }

    /// All companies ever, by id, deleted ones included; no lag.
    pub fn companies(&self) -> Vec<Contact> {
        self.inner.lock().companies.all().cloned().collect()
    }

    /// Everything that is there, one line each: live deals with their rows, contacts, companies, products, comments of what
    /// lives, folders, user fields. Deleted records and the counters of ids are not part of it.
    pub fn standing(&self) -> Vec<String> {
        let state = self.inner.lock();
        let deals = state.deals.all().filter(|deal| !deal.deleted);
        let parties = [&state.contacts, &state.companies].into_iter();
        let parties = parties.flat_map(|table| table.all().filter(|party| !party.deleted));
        let alive = |comment: &&Comment| match comment.entity {
            Entity::Deal => state.deals.get(comment.owner).is_some(),
            entity @ (Entity::Contact | Entity::Company) => {
                state.party_table(entity).get(comment.owner).is_some()
            }
        };
        let mut lines: Vec<String> = deals.map(|deal| format!("{deal:?}")).collect();
        lines.extend(parties.map(|party| format!("{party:?}")));
        lines.extend(state.products.all().map(|product| format!("{product:?}")));
        lines.extend(
            state
                .comments
                .iter()
                .filter(alive)
                .map(|it| format!("{it:?}")),
        );
        lines.extend(state.folders.iter().map(|folder| format!("{folder:?}")));
        lines.extend(state.user_fields.iter().map(|field| format!("{field:?}")));
        lines
    }

    /// Every mutation in its order.
    pub fn journal(&self) -> Vec<Change> {
        self.journal_since(0)
    }

    /// The mutations after the first `seen` ones.
    pub fn journal_since(&self, seen: usize) -> Vec<Change> {
        self.inner
            .lock()
            .journal
            .get(seen..)
            .unwrap_or_default()
            .to_vec()
    }

    /// The notifications that users see.
    pub fn notifications(&self) -> Vec<Notification> {
        self.inner.lock().notifications.clone()
    }

    /// Counters.
    pub fn stats(&self) -> Stats {
        self.inner.lock().stats.clone()
    }

    /// Executions that still run or wait for a late start.
    pub fn unsettled(&self) -> usize {
        self.inner.running.load(Ordering::Relaxed)
    }

    /// Milliseconds since the portal was built, the unit of all its times.
    pub fn now_ms(&self) -> u64 {
        self.inner.lock().now
    }

    /// Takes the bodies of the events that happened, oldest first: form-encoded, the id only, duplicates included.
    /// The portal never repeats a delivery (facts §10).
    pub fn take_events(&self) -> Vec<String> {
        self.inner.lock().events.drain(..).collect()
    }

    /// Moves the portal to another host: requests that name the old one in `Host` get a 302 (facts §1.1).
    pub fn rename(&self, host: &str) {
        let old = self.inner.config.host.clone();
        self.inner.lock().moved = Some((old, host.to_owned()));
    }

    /// A person changes fields, named as in `crm.item.*` or `UF_*`; false if there is no such deal or a value is refused.
    pub fn edit_deal(&self, user: u64, id: u64, fields: Map<String, Value>) -> bool {
        self.inner.lock().person_edits(user, id, &fields)
    }

    /// A person moves a deal to a stage of any category; false if there is no such deal or stage.
    pub fn move_deal(&self, user: u64, id: u64, stage: &str) -> bool {
        self.inner.lock().person_moves(user, id, stage)
    }

    /// A person moves a deal to another category ("funnel") and leaves the stage to the portal; false if there is no
    /// such deal or the category is not open.
    pub fn move_deal_to_category(&self, user: u64, id: u64, category: u64) -> bool {
        self.inner
            .lock()
            .person_changes_category(user, id, category)
    }

    /// A person sets all contacts of a deal, the primary one first; no contacts clear them.
    pub fn set_deal_contacts(&self, user: u64, id: u64, contacts: &[u64]) -> bool {
        self.inner.lock().person_sets_contacts(user, id, contacts)
    }

    /// A person deletes a deal into the recycle bin.
    pub fn delete_deal(&self, user: u64, id: u64) -> bool {
        self.inner.lock().remove_deal(user, id)
    }

    /// A person restores a deleted deal: the same fields under a new id, which is returned (facts §10).
    pub fn restore_deal(&self, user: u64, id: u64) -> Option<u64> {
        self.inner.lock().person_restores(user, id)
    }

    /// A person merges two deals and settles all conflicts for the survivor.
    pub fn merge_deals(&self, user: u64, survivor: u64, loser: u64) -> bool {
        self.inner.lock().absorb_deal(user, survivor, loser)
    }

    /// A person creates a deal; 0 if a value is refused.
    pub fn create_deal(&self, user: u64, fields: Map<String, Value>) -> u64 {
        self.inner.lock().person_creates(user, &fields)
    }

    /// A person creates a contact, with fields named as in `crm.item.*`; 0 if a value is refused.
    pub fn create_contact(&self, user: u64, fields: Map<String, Value>) -> u64 {
        self.inner
            .lock()
            .person_creates_party(user, Entity::Contact, &fields)
    }

    /// A person changes fields of a contact, named as in `crm.item.*`, `fm` and `companyIds` included.
    pub fn edit_contact(&self, user: u64, id: u64, fields: Map<String, Value>) -> bool {
        self.inner
            .lock()
            .person_edits_party(user, Entity::Contact, id, &fields)
    }

    /// A person replaces an e-mail address of a contact: an empty new one takes it away, an empty old one adds it.
    pub fn change_contact_email(&self, user: u64, id: u64, old: &str, new: &str) -> bool {
        self.inner.lock().person_changes_email(user, id, old, new)
    }

    /// A person deletes a contact; its deals and companies forget it.
    pub fn delete_contact(&self, user: u64, id: u64) -> bool {
        self.inner.lock().remove_party(user, Entity::Contact, id)
    }

    /// A person merges two contacts and settles all conflicts for the survivor, who takes the deals over.
    pub fn merge_contacts(&self, user: u64, survivor: u64, loser: u64) -> bool {
        self.inner
            .lock()
            .absorb_party(user, Entity::Contact, survivor, loser)
    }

    /// A person creates a company, with fields named as in `crm.item.*`; 0 if a value is refused.
    pub fn create_company(&self, user: u64, fields: Map<String, Value>) -> u64 {
        self.inner
            .lock()
            .person_creates_party(user, Entity::Company, &fields)
    }

    /// A person changes fields of a company, named as in `crm.item.*`, `fm` and `contactIds` included.
    pub fn edit_company(&self, user: u64, id: u64, fields: Map<String, Value>) -> bool {
        self.inner
            .lock()
            .person_edits_party(user, Entity::Company, id, &fields)
    }

    /// A person deletes a company; its deals and contacts forget it.
    pub fn delete_company(&self, user: u64, id: u64) -> bool {
        self.inner.lock().remove_party(user, Entity::Company, id)
    }

    /// A person merges two companies and settles all conflicts for the survivor, which takes the deals over.
    pub fn merge_companies(&self, user: u64, survivor: u64, loser: u64) -> bool {
        self.inner
            .lock()
            .absorb_party(user, Entity::Company, survivor, loser)
    }

    /// The user fields of deals, those made by requests included.
    pub fn user_fields(&self) -> Vec<UserField> {
        self.inner.lock().user_fields.clone()
    }

    /// All products, by id.
    pub fn products(&self) -> Vec<Product> {
        self.inner.lock().products.all().cloned().collect()
    }

    /// A person adds a product to the catalogue; returns its id, which is the next one if the product has none.
    pub fn add_product(&self, user: u64, product: Product) -> u64 {
        let mut state = self.inner.lock();
        let created = Product {
            created_by: user,
            created_ms: state.now,
            ..product
        };
        state.products.add(created)
    }

    /// A person deletes a product for good; rows that name it stay.
    pub fn delete_product(&self, id: u64) -> bool {
        self.inner.lock().products.remove(id)
    }
}
