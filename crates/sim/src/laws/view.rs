//! Everything the laws look at: both peers' truth and the ledger, at the end of a universe.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    DealId, OrderId, OrderKey, ShopDomain,
    state::{Loser, Notice, OrderState},
};
use service::operator::Action;
use simulators::{
    bitrix24::{Change, ChangeKind, Contact, Deal, Entity, Product},
    shopify::OrderTruth,
};
use store::{CommandRecord, IntentRecord, OrderRecord, Store as _, TimelineEntry};

use crate::{
    script::{AdminApi, After, Script},
    world::{DUPLICATE_FIELD, ORDER_FIELD, Wish, World},
};

/// The portal's user that our webhook belongs to.
pub(crate) const API_USER: u64 = 1;

/// What a timeline says of an answer of the Admin API.
pub(crate) const ADMIN_TOLD: &str = "the Admin API told how the order is";

/// Lines of the operators' log that the laws read: more than any universe has.
const COMMANDS: usize = 1_000;

/// Lines of an order's timeline that the laws read.
const TIMELINE: usize = 500;

/// The end of a universe.
pub struct View {
    pub(super) script: Script,
    pub(super) rested: bool,
    pub(super) orders: Vec<OrderView>,
    pub(super) deals: Vec<Deal>,
    pub(super) contacts: Vec<Contact>,
    pub(super) companies: Vec<Contact>,
    pub(super) products: Vec<Product>,
    pub(super) journal: Vec<Change>,
    pub(super) errors: Vec<String>,
    pub(super) poisoned: u64,
    pub(super) poison: Option<u64>,
    pub(super) open_intents: u64,
    /// Everything was lost while no deal of ours could be seen yet: to a new ledger that is a first installation, and
    /// nothing tells it of the request on its way.
    pub(super) lost_unseen: bool,
    /// Another ledger was here before.
    pub(super) perished: bool,
    pub(super) requests: u64,
    /// Deliveries, faults, crashes: everything that may cause requests.
    pub(super) disturbances: u64,
    /// What two writes were under way for at once.
    pub(super) twice: Vec<String>,
    /// What the network met.
    pub(super) met: BTreeMap<String, u64>,
    /// When the first request that creates a deal of an order left, in milliseconds.
    pub(super) first_creates: BTreeMap<u64, u64>,
    pub(super) rekeyed: BTreeSet<u64>,
    /// Orders that the ledger did not know as they were when everything was at rest for the first time.
    pub(super) behind: Vec<u64>,
    /// Topics that are subscribed at the shop.
    pub(super) subscribed: Vec<String>,
    /// Subscriptions that somebody removed.
    pub(super) unsubscribed: u64,
    /// What became of the application's tokens.
    pub(super) tokens: TokensView,
    /// What operators asked for.
    pub(super) wishes: Vec<Wish>,
    /// The operators' log.
    pub(super) commands: Vec<CommandRecord>,
}

/// What became of the application's tokens.
#[derive(Debug, Clone, Default)]
pub(super) struct TokensView {
    /// The most requests for tokens that were under way at once.
    pub(super) at_once: u64,
    /// Beginnings of tokens that were shown before they were in the ledger.
    pub(super) unsaved: Vec<String>,
    /// Requests with a token that was used up.
    pub(super) used_up: u64,
    /// What may have lost a pair.
    pub(super) reasons: u64,
    /// What the service said of its access when everything was at rest.
    pub(super) condition: Option<String>,
}

impl TokensView {
    fn of(world: &World) -> Self {
        let stats = world.portal.stats();
        let faults = |name: &str| stats.faults.get(name).copied().unwrap_or_default();
        let (_, removals) = world.installs();
        Self {
            at_once: world.network.tokens_at_once(),
            unsaved: world.network.tokens_unsaved(),
            used_up: stats
                .oauth
                .get("invalid_grant")
                .copied()
                .unwrap_or_default(),
            reasons: world.network.tokens_lost()
                + faults("oauth_lose_answer")
                + faults("oauth_late")
                + removals
                + world.crashes().0,
            condition: world.condition(),
        }
    }
}

/// One order: the shop's truth and our ledger's.
pub(super) struct OrderView {
    pub(super) truth: OrderTruth,
    /// The ledger must know it: a webhook of it was acknowledged, or the shop tells it to whom asks.
    pub(super) owed: bool,
    pub(super) record: Option<OrderRecord>,
    pub(super) state: OrderState,
    pub(super) intents: Vec<IntentRecord>,
    pub(super) timeline: Vec<TimelineEntry>,
}

impl OrderView {
    /// How often the Admin API told something of it.
    pub(super) fn told(&self) -> usize {
        let told = |it: &&TimelineEntry| it.text == ADMIN_TOLD;
        self.timeline.iter().filter(told).count()
    }

    /// Its first news came from the Admin API: its webhooks were lost.
    pub(super) fn found_by_reconciler(&self) -> bool {
        self.timeline
            .first()
            .is_some_and(|it| it.text == ADMIN_TOLD)
    }

    /// Two states of one second met, and the Admin API told which one counts.
    pub(super) fn settled_by_refetch(&self) -> bool {
        let contested = self
            .timeline
            .iter()
            .position(|it| it.text.starts_with("two different states"));
        let told = self.timeline.iter().rposition(|it| it.text == ADMIN_TOLD);
        let settled = self.state.newest.as_ref().is_some_and(|it| !it.contested);
        settled && contested.is_some() && contested < told
    }

    /// How often the policy made its deal again.
    pub(super) fn recreated(&self) -> usize {
        self.says("`recreate` makes it again")
    }

    /// How often its deal was made again because an operator wanted it.
    pub(super) fn remade(&self) -> usize {
        self.says("an operator wants it again")
    }

    fn says(&self, text: &str) -> usize {
        let says = |it: &&TimelineEntry| it.text.contains(text);
        self.timeline.iter().filter(says).count()
    }

    /// A person said that this deal is no duplicate.
    pub(super) fn is_dismissed(&self, deal: u64) -> bool {
        let line = Notice::OtherDeal(DealId(deal));
        self.state.asked.dismissed.contains(&line)
    }

    /// A person is told to look at this second deal.
    pub(super) fn lists(&self, deal: u64) -> bool {
        let mut seconds = self.state.second_deals();
        seconds.any(|(it, step)| it.0 == deal && step == Loser::Listed)
    }

    /// An operator chose its deal at some time.
    pub(super) fn was_chosen(&self) -> bool {
        self.says("an operator chose deal") != 0
    }
}

impl View {
    /// Collects everything.
    pub async fn of(world: &World, rested: bool) -> Self {
        let acknowledged: BTreeSet<u64> = world
            .shop
            .acknowledged()
            .iter()
            .filter(|it| it.updated_at.is_some())
            .filter_map(|it| it.order_id)
            .collect();
        let shop = ShopDomain::parse("acme-demo.myshopify.com").expect("a well-formed shop");
        let asks = world.script.admin == AdminApi::Full;
        let mut orders = Vec::new();
        for truth in world.shop.orders() {
            let key = OrderKey {
                shop: shop.clone(),
                order: OrderId(truth.id),
            };
            let record = world.store.order(&key).await.ok().flatten();
            let state = record.as_ref().and_then(|it| it.state.as_deref());
            let state = state.map_or_else(OrderState::default, |it| {
                serde_json::from_str(it).expect("a readable state")
            });
            orders.push(OrderView {
                owed: acknowledged.contains(&truth.id) || (asks && !truth.deleted),
                truth,
                record,
                state,
                intents: world.store.intents(&key).await.unwrap_or_default(),
                timeline: world
                    .store
                    .timeline(&key, TIMELINE)
                    .await
                    .unwrap_or_default(),
            });
        }
        let told: usize = orders.iter().map(OrderView::told).sum();
        let disturbances = disturbances(world) + (told + world.wishes().len()) as u64;
        let journal = world.portal.journal();
        let rekeyed = rekeyed(&journal);
        Self {
            poison: world
                .script
                .poison
                .and_then(|it| orders.get(it))
                .map(|it| it.truth.id),
            script: (*world.script).clone(),
            rested,
            orders,
            deals: world.portal.deals(),
            contacts: world.portal.contacts(),
            companies: world.portal.companies(),
            products: world.portal.products(),
            journal,
            errors: world.trace.errors(),
            poisoned: world.network.poisoned(),
            open_intents: world.store.counts().await.map_or(0, |it| it.open_intents),
            rekeyed,
            lost_unseen: world.lost_unseen(),
            perished: world
                .script
                .crashes
                .iter()
                .any(|it| it.after == After::Perish),
            requests: world.portal.stats().requests,
            disturbances,
            twice: world.network.twice(),
            met: world.network.met(),
            first_creates: world.network.first_creates(),
            behind: world.behind(),
            subscribed: world.shop.subscribed(),
            unsubscribed: world.unsubscribed(),
            tokens: TokensView::of(world),
            wishes: world.wishes(),
            commands: world
                .store
                .commands(None, None, COMMANDS)
                .await
                .unwrap_or_default(),
        }
    }

    /// How often operators asked for something about an order.
    pub(super) fn wished(&self, order: u64) -> usize {
        self.wishes.iter().filter(|it| it.order == order).count()
    }

    /// Whether an operator ever chose a deal for this order, in whichever ledger.
    pub(super) fn chose(&self, order: u64) -> bool {
        let chose = |it: &Wish| matches!(it.action, Action::ChooseDeal { .. });
        self.wishes.iter().any(|it| it.order == order && chose(it))
    }

    /// Whether an operator chose this deal at any time.
    pub(super) fn was_chosen(&self, deal: u64) -> bool {
        let chosen =
            |it: &Wish| matches!(it.action, Action::ChooseDeal { deal: it } if it.0 == deal);
        self.wishes.iter().any(chosen)
    }

    /// Deals that belong to an order and still count: by its origin pair, or by its number alone.
    pub(super) fn live(&self, order: u64) -> impl Iterator<Item = &Deal> {
        self.deals
            .iter()
            .filter(move |it| is_live(it) && belongs(it, order))
    }

    /// A person deleted a deal of this order at some time, or merged it away.
    pub(super) fn deleted_by_people(&self, order: u64) -> bool {
        self.journal.iter().any(|it| {
            it.entity == Entity::Deal
                && it.who != API_USER
                && matches!(it.kind, ChangeKind::Deleted | ChangeKind::Merged)
                && it.before.as_ref().is_some_and(|deal| belongs(deal, order))
        })
    }

    /// The e-mail of a customer, as an order said it that names both.
    pub(super) fn email_of_customer(&self, customer: &str) -> Option<&str> {
        let buyers = self
            .orders
            .iter()
            .filter_map(|it| Some(&it.state.newest.as_ref()?.order.buyer));
        buyers
            .filter(|it| it.customer.is_some_and(|it| it.to_string() == customer))
            .find_map(|it| it.email.as_deref())
    }

    /// The ledger was lost after the order was deleted in the shop: nobody can tell the new one of it.
    pub(super) fn beyond_recall(&self, order: &OrderView) -> bool {
        self.script.loses_ledger() && order.truth.deleted
    }

    /// Nobody can tell the ledger of the order's newest state: the order was deleted in the shop before, and webhooks of
    /// this universe get lost.
    pub(super) fn unknowable(&self, order: &OrderView) -> bool {
        let lossy = self.script.loses_ledger() || self.script.admin == AdminApi::Full;
        lossy && order.truth.deleted
    }

    /// The order waits for an operator, as the design wants it to.
    pub(super) fn waits_for_operator(&self, order: &OrderView) -> bool {
        use kernel::state::ParkReason::{
            AnotherLedger, Ignored, Mismatch, NamesAnother, Operator, Poison, Refused,
        };
        order.state.parked.as_ref().is_some_and(|it| match it.why {
            NamesAnother(deal) => self
                .deals
                .iter()
                .any(|it| it.id == deal.0 && !has_pair(it, order.truth.id)),
            Mismatch(deal) => self.rekeyed.contains(&deal.0),
            AnotherLedger(_) => self.perished,
            Operator | Ignored => true,
            Poison | Refused(_) => false,
        })
    }

    /// The product stopped sending, as it must once a deal answers with another order's key.
    pub(super) fn halted(&self) -> bool {
        self.script.rekey
            && self
                .errors
                .iter()
                .any(|it| it.contains("another order's key"))
    }

    /// A deal of this order got another key by a person's hand.
    pub(super) fn was_rekeyed(&self, order: u64) -> bool {
        self.journal.iter().any(|it| {
            self.rekeyed.contains(&it.id)
                && it
                    .before
                    .as_ref()
                    .is_some_and(|deal| deal.origin_id == order.to_string())
        })
    }

    /// Every topic that we want is subscribed, where we may subscribe.
    pub(super) fn admin_is_whole(&self) -> bool {
        self.script.admin == AdminApi::Full && self.unsubscribed_topics().is_empty()
    }

    /// Topics that we want and that are not subscribed.
    pub(super) fn unsubscribed_topics(&self) -> Vec<String> {
        let wanted = service::subscriptions::TOPICS
            .iter()
            .map(|it| it.as_str().to_owned());
        wanted.filter(|it| !self.subscribed.contains(it)).collect()
    }

    pub(super) fn created_by_us(&self) -> impl Iterator<Item = &Change> {
        self.journal.iter().filter(|it| {
            it.entity == Entity::Deal && it.kind == ChangeKind::Created && it.who == API_USER
        })
    }
}

fn disturbances(world: &World) -> u64 {
    let portal = world.portal.stats();
    if world.script.app.is_some() {
        // Each refusal for want of access is a look, and looks are bounded by their pauses.
        let codes = ["expired_token", "APPLICATION_NOT_FOUND", "invalid_token"];
        let refused: u64 = codes.iter().filter_map(|it| portal.answers.get(*it)).sum();
        return others(world) + refused + portal.oauth.values().sum::<u64>() + world.installs().0;
    }
    others(world)
}

fn others(world: &World) -> u64 {
    let (portal, shop) = (world.portal.stats(), world.shop.stats());
    let faults = portal.faults.values().sum::<u64>() + world.network.struck().values().sum::<u64>();
    faults + shop.attempts + world.crashes().0
}

/// Neither deleted nor flagged.
pub(super) fn is_live(deal: &Deal) -> bool {
    !deal.deleted && !is_flagged(deal)
}

/// Flagged as a duplicate, as design §3.4 says: by its title, or by the field that names the survivor.
pub(super) fn is_flagged(deal: &Deal) -> bool {
    let survivor = deal.uf.get(DUPLICATE_FIELD);
    deal.title.starts_with("[DUPLICATE of #") || survivor.is_some_and(|it| !it.is_null())
}

/// It carries the order's origin pair, or its number and no pair at all.
pub(super) fn belongs(deal: &Deal, order: u64) -> bool {
    has_pair(deal, order)
        || (deal.originator_id.is_empty() && deal.origin_id.is_empty() && has_number(deal, order))
}

/// It carries the order's origin pair, byte for byte.
pub(super) fn has_pair(deal: &Deal, order: u64) -> bool {
    deal.originator_id == "shopify:acme-demo.myshopify.com" && deal.origin_id == order.to_string()
}

/// It carries the order's number in the order field, byte for byte.
pub(super) fn has_number(deal: &Deal, order: u64) -> bool {
    deal.uf.get(ORDER_FIELD).and_then(serde_json::Value::as_str) == Some(order.to_string().as_str())
}

fn rekeyed(journal: &[Change]) -> BTreeSet<u64> {
    let changed = |it: &&Change| {
        it.who != API_USER
            && it.kind == ChangeKind::Updated
            && it.before.as_ref().map(|it| &it.origin_id)
                != it.after.as_ref().map(|it| &it.origin_id)
    };
    journal.iter().filter(changed).map(|it| it.id).collect()
}
