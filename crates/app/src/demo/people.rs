//! The people around the service: buyers and merchants in the shop, a manager in the portal.

use std::collections::BTreeMap;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value};
use simulators::{
    bitrix24::{Deal, Portal},
    shopify::Shop,
};

/// The manager's user id; the webhook belongs to user 1.
const MANAGER: u64 = 7;

/// Where a manager moves an open deal; the last one closes it.
const STAGES: [&str; 4] = ["PREPARATION", "PREPAYMENT_INVOICE", "EXECUTING", "APOLOGY"];

/// What a manager writes behind a title.
const NOTES: [&str; 4] = ["call back", "VIP", "wait for stock", "перезвонить"];

/// What a manager did and nobody may undo.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// Titles by deal.
    pub titles: BTreeMap<u64, String>,
    /// Stages by deal.
    pub stages: BTreeMap<u64, String>,
}

/// Everybody, driven by one seed.
#[derive(Debug)]
pub struct People {
    rng: ChaCha8Rng,
    /// What the manager did.
    pub edits: Edits,
}

impl People {
    /// Nobody did anything yet.
    pub fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            edits: Edits::default(),
        }
    }

    /// A buyer orders.
    pub fn order(&mut self, shop: &Shop) {
        shop.place_order();
    }

    /// A merchant pays, edits, refunds, cancels, fulfils or touches some order.
    pub fn trade(&mut self, shop: &Shop) {
        shop.act();
    }

    /// The manager edits one of these deals, all of which the service left at rest.
    pub fn manage(&mut self, portal: &Portal, resting: &[u64]) {
        if resting.is_empty() {
            return;
        }
        let chosen = resting[self.rng.random_range(0..resting.len())];
        let Some(deal) = portal.deal(chosen).filter(|it| !it.deleted) else {
            return;
        };
        if self.rng.random_bool(0.5) {
            self.rename(portal, &deal);
        } else if deal.stage_semantic == "P" {
            self.advance(portal, &deal);
        }
    }

    fn rename(&mut self, portal: &Portal, deal: &Deal) {
        let note = NOTES[self.rng.random_range(0..NOTES.len())];
        let title = format!("{} ({note})", deal.title);
        let fields = Map::from_iter([("title".to_owned(), Value::from(title.clone()))]);
        if portal.edit_deal(MANAGER, deal.id, fields) {
            self.edits.titles.insert(deal.id, title);
        }
    }

    fn advance(&mut self, portal: &Portal, deal: &Deal) {
        let stage = STAGES[self.rng.random_range(0..STAGES.len())];
        if portal.move_deal(MANAGER, deal.id, stage) {
            self.edits.stages.insert(deal.id, stage.to_owned());
        }
    }
}

/// How many of something with a rate are due by now: catches up after a pause, but never all at once.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    per_second: f64,
    done: u64,
    /// The most that happens, ever.
    pub limit: u64,
}

/// The most that happens in one step.
const STEP_MAX: u64 = 20;

impl Pace {
    /// So many per second, and at most so many in all.
    pub fn new(per_second: f64, limit: u64) -> Self {
        Self {
            per_second,
            done: 0,
            limit,
        }
    }

    /// How many to do now, `elapsed` seconds after the beginning.
    pub fn due(&mut self, elapsed: f64) -> u64 {
        let wanted = (elapsed * self.per_second).max(0.0) as u64;
        let now = wanted
            .min(self.limit)
            .saturating_sub(self.done)
            .min(STEP_MAX);
        self.done += now;
        now
    }

    /// Whether nothing is left to do.
    pub fn ended(&self) -> bool {
        self.limit <= self.done
    }
}
