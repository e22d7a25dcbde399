//! Everything the portal knows, behind one lock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::app::App;
use super::clock::Clock;
use super::config::PortalConfig;
use super::contact::Contact;
use super::deal::Deal;
use super::door::Door;
use super::faults::Faults;
use super::field::Entity;
use super::limits::{Bucket, Operating};
use super::product::Catalogue;
use super::table::Table;
use super::user_field::UserField;

/// The most event deliveries that wait to be taken; older ones are lost, as the portal never repeats them.
const EVENTS_MAX: usize = 10_000;
/// Phones and e-mails are numbered across the whole portal, so their ids are far above the index in any list.
const COMM_ID_BEFORE_FIRST: u64 = 1_000;

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// The first insert; user fields, contacts and phones follow as an update.
    Created,
    /// Fields changed, or the second phase of a write landed.
    Updated,
    /// Product rows were written.
    RowsSet,
    /// Deleted, or merged into another record.
    Deleted,
    /// Taken out of the recycle bin under a new id.
    Restored,
    /// Survived a merge.
    Merged,
    /// A comment was added to the timeline.
    CommentAdded,
}

/// One mutation.
#[derive(Debug, Clone)]
pub struct Change {
    /// Milliseconds since the portal was built.
    pub at: u64,
    /// When the request that did it arrived; the same moment for what people do.
    pub asked_at: u64,
    /// The user who did it: the webhook's owner or a person.
    pub who: u64,
    /// What kind of record.
    pub entity: Entity,
    /// The record.
    pub id: u64,
    /// What happened.
    pub kind: ChangeKind,
    /// The deal before, for deals that existed.
    pub before: Option<Deal>,
    /// The deal after, for deals.
    pub after: Option<Deal>,
}

/// Counters since the portal was built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// HTTP requests that arrived.
    pub requests: u64,
    /// Commands that were executed, by method in lower case; those inside a batch count one by one.
    pub commands: BTreeMap<String, u64>,
    /// Answers by class: `ok`, `html`, `lost`, or the error code (`empty` for the empty one).
    pub answers: BTreeMap<String, u64>,
    /// Answers of the authorization server: `refreshed`, `exchanged`, or the error code.
    pub oauth: BTreeMap<String, u64>,
    /// Faults that struck, by the name of their field in [`Faults`].
    pub faults: BTreeMap<String, u64>,
    /// The longest time between the arrival of a request and a write it did.
    pub biggest_landing_ms: u64,
}

/// A comment in the timeline of a record.
#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) entity: Entity,
    pub(crate) owner: u64,
    pub(crate) text: String,
    pub(crate) author: u64,
    pub(crate) at: u64,
}

/// A notification that a user sees in the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Who sees it.
    pub user: u64,
    /// The text.
    pub message: String,
    /// What a later one with the same tag replaces.
    pub tag: String,
}

/// A folder of the portal's disk.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    pub(crate) id: u64,
    pub(crate) parent: u64,
    pub(crate) name: String,
    pub(crate) created_ms: u64,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) config: Arc<PortalConfig>,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    /// Milliseconds since the portal was built, set each time the state is locked.
    pub(crate) now: u64,
    rng: ChaCha8Rng,
    pub(crate) deals: Table<Deal>,
    pub(crate) contacts: Table<Contact>,
    pub(crate) companies: Table<Contact>,
    pub(crate) products: Catalogue,
    pub(crate) comments: Vec<Comment>,
    pub(crate) notifications: Vec<Notification>,
    /// Notifications ever added.
    pub(crate) notified: u64,
    pub(crate) folders: Vec<Folder>,
    /// Names of folders being created, by the execution that holds them.
    pub(crate) folder_locks: BTreeMap<(u64, String), u64>,
    pub(crate) user_fields: Vec<UserField>,
    pub(crate) journal: Vec<Change>,
    pub(crate) stats: Stats,
    pub(crate) bucket: Bucket,
    /// Operating time by door: it is counted per method and per webhook or application (facts §5.2).
    pub(crate) operating: BTreeMap<Door, Operating>,
    pub(crate) app: App,
    /// Until when a method is frozen.
    pub(crate) frozen: BTreeMap<String, u64>,
    /// The host to which the portal moved, and the one it left.
    pub(crate) moved: Option<(String, String)>,
    pub(crate) events: VecDeque<String>,
    /// Deleted deals that were restored under another id.
    pub(crate) restored: BTreeSet<u64>,
    /// When robots see to which deals.
    pub(crate) robots: Vec<(u64, u64)>,
    last_row_id: u64,
    last_comm_id: u64,
    last_execution: u64,
}

impl State {
    pub(crate) fn new(config: Arc<PortalConfig>) -> Self {
        Self {
            clock: Clock::new(&config),
            faults: Faults::default(),
            now: 0,
            rng: ChaCha8Rng::seed_from_u64(config.seed),
            deals: Table::new(),
            contacts: Table::new(),
            companies: Table::new(),
            products: Catalogue::new(&config),
            comments: Vec::new(),
            notifications: Vec::new(),
            notified: 0,
            folders: vec![Folder {
                id: 1,
                parent: 0,
                name: "root".to_owned(),
                created_ms: 0,
            }],
            folder_locks: BTreeMap::new(),
            user_fields: config.user_fields.clone(),
            journal: Vec::new(),
            stats: Stats::default(),
            bucket: Bucket::default(),
            operating: BTreeMap::new(),
            app: App::new(config.app.clone(), config.seed),
            frozen: BTreeMap::new(),
            moved: None,
            events: VecDeque::new(),
            restored: BTreeSet::new(),
            robots: Vec::new(),
            last_row_id: 0,
            last_comm_id: COMM_ID_BEFORE_FIRST,
            last_execution: 0,
            config,
        }
    }

    /// Whether something of this probability happens; impossible things cost no random number.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.fraction() < probability
    }

    /// A fault by its name, counted if it strikes.
    pub(crate) fn strikes(&mut self, name: &str, probability: f64) -> bool {
        let strikes = self.chance(probability);
        if strikes {
            self.count_fault(name);
        }
        strikes
    }

    pub(crate) fn count_fault(&mut self, name: &str) {
        *self.stats.faults.entry(name.to_owned()).or_default() += 1;
    }

    /// A number of the range, both ends included.
    pub(crate) fn between(&mut self, (low, high): (u64, u64)) -> u64 {
        if high <= low {
            low
        } else {
            low + self.rng.next_u64() % (high - low + 1)
        }
    }

    pub(crate) fn next_row_id(&mut self) -> u64 {
        self.last_row_id += 1;
        self.last_row_id
    }

    pub(crate) fn next_comm_id(&mut self) -> u64 {
        self.last_comm_id += 1;
        self.last_comm_id
    }

    pub(crate) fn next_execution(&mut self) -> u64 {
        self.last_execution += 1;
        self.last_execution
    }

    pub(crate) fn party_table(&self, entity: Entity) -> &Table<Contact> {
        if entity == Entity::Company {
            &self.companies
        } else {
            &self.contacts
        }
    }

    pub(crate) fn party_table_mut(&mut self, entity: Entity) -> &mut Table<Contact> {
        if entity == Entity::Company {
            &mut self.companies
        } else {
            &mut self.contacts
        }
    }

    /// Writes a deal and notes it; a deletion keeps the deal as ground truth only.
    pub(crate) fn write_deal(&mut self, who: u64, kind: ChangeKind, deal: Deal) {
        let change = self.store_deal(who, kind, deal);
        self.announce(&change);
        self.journal.push(change);
    }

    /// Writes a deal that loses or changes a link because the other end is gone: the portal changes its tables
    /// directly, so that there is no event (docs/facts.md §6).
    pub(crate) fn relink_deal(&mut self, who: u64, deal: Deal) {
        let change = self.store_deal(who, ChangeKind::Updated, deal);
        self.journal.push(change);
    }

    fn store_deal(&mut self, who: u64, kind: ChangeKind, deal: Deal) -> Change {
        let (id, now) = (deal.id, self.now);
        let before = self.deals.truth(id).cloned();
        if deal.deleted {
            self.deals.delete(id, deal.clone());
        } else {
            let visible = self.visible_ms();
            self.deals.write(id, deal.clone(), visible, now);
        }
        Change {
            at: now,
            asked_at: now,
            who,
            entity: Entity::Deal,
            id,
            kind,
            before,
            after: Some(deal),
        }
    }

    /// Writes a contact or a company and notes it.
    pub(crate) fn write_party(&mut self, who: u64, kind: ChangeKind, party: Contact) {
        let (id, entity, now) = (party.id, party.entity, self.now);
        if party.deleted {
            self.party_table_mut(entity).delete(id, party);
        } else {
            let visible = self.visible_ms();
            self.party_table_mut(entity).write(id, party, visible, now);
        }
        let change = Change {
            at: now,
            asked_at: now,
            who,
            entity,
            id,
            kind,
            before: None,
            after: None,
        };
        self.announce(&change);
        self.journal.push(change);
    }

    fn visible_ms(&mut self) -> u64 {
        let (probability, range, max) = (
            self.faults.list_lag,
            self.faults.lag_ms,
            self.faults.max_lag_ms,
        );
        if self.strikes("list_lag", probability) {
            self.now + self.between(range).min(max)
        } else {
            self.now
        }
    }

    fn announce(&mut self, change: &Change) {
        if let Some(event) = event_body(change, &self.clock, &self.config.host) {
            if self.events.len() == EVENTS_MAX {
                self.events.pop_front();
            }
            self.events.push_back(event);
        }
    }

    fn fraction(&mut self) -> f64 {
        // 53 bits are as many as a double holds exactly.
        (self.rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The form body of an event (facts §10): the id only.
fn event_body(change: &Change, clock: &Clock, host: &str) -> Option<String> {
    let name = match change.entity {
        Entity::Deal => "DEAL",
        Entity::Contact => "CONTACT",
        Entity::Company => "COMPANY",
    };
    let verb = match change.kind {
        ChangeKind::Created | ChangeKind::Restored => "ADD",
        ChangeKind::Updated | ChangeKind::RowsSet | ChangeKind::Merged => "UPDATE",
        ChangeKind::Deleted => "DELETE",
        ChangeKind::CommentAdded => return None,
    };
    let (id, ts) = (change.id, clock.unix_s(change.at));
    Some(format!(
        "event=ONCRM{name}{verb}&event_handler_id=1&data%5BFIELDS%5D%5BID%5D={id}&ts={ts}&auth%5Bdomain%5D={host}\
         &auth%5Bmember_id%5D=member&auth%5Bapplication_token%5D=token"
    ))
}
