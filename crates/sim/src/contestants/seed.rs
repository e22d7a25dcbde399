//! The system that seed.md describes, with nothing better and nothing worse than it says.
//!
//! Its only memory is the portal: it looks before it adds, and tries an add up to three times. What it believes about
//! itself is kept in counters, which are lost with the instance. The in-memory array of earlier days is left out, as
//! seed.md leaves it out of every decision. How it reads where seed.md is terse:
//!
//! * The look before an add is called "non-blocking": if it fails, the add is tried all the same. In an update it is
//!   the only way to a deal, so there its failure is the failure of the whole webhook.
//! * The filter is the bare name of the field, without a prefix. The first row found is the deal.
//! * A found deal is updated once: only the add has a retry. A deal found after a duplicate error is left as it is.
//! * A timeout or a broken connection is a failed attempt like any other, so an add whose answer was lost is sent
//!   again without another look.
//! * After the last attempt seed.md throws an error, which its framework answers with 500, so that Shopify delivers the
//!   webhook again. The system that was shipped in the end answers 200 and loses it; the kinder reading is taken here.
//! * It sends neither contacts nor product rows, and knows only the first category's stages.

mod counters;
mod deal;
mod portal;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bitrix24::WebhookUrl;
use service::transport::Transport;

use self::counters::Counting;
pub use self::counters::SeedCounters;
use self::deal::WantedDeal;
use self::portal::{CallFailed, Portal};

/// Tries of one add, the first one included (seed.md, "Детали реализации" §1).
const ATTEMPTS_MAX: u32 = 3;

/// The wait after the first failed attempt; it doubles with each further one.
const BACKOFF_FIRST: Duration = Duration::from_secs(1);

/// The longest wait after a failed attempt.
const BACKOFF_MAX: Duration = Duration::from_secs(5);

/// The wait after a duplicate error, before the look for the other deal: this, times the attempt's number.
const DUPLICATE_WAIT_STEP: Duration = Duration::from_millis(100);

/// The longest wait after a duplicate error.
const DUPLICATE_WAIT_MAX: Duration = Duration::from_millis(500);

/// The HTTP status of every webhook that was dealt with or ignored.
const STATUS_HANDLED: u16 = 200;

/// The HTTP status after a failure: the shop sends that webhook again.
const STATUS_FAILED: u16 = 500;

/// One instance of the system; its clones are the same instance.
#[derive(Debug, Clone)]
pub struct SeedSystem<T> {
    portal: Portal<T>,
    counting: Arc<Counting>,
}

impl<T: Transport> SeedSystem<T> {
    /// An instance that keeps the order's id in the deal field `order_field` and gives up on an answer after `timeout`.
    pub fn new(url: WebhookUrl, transport: T, order_field: String, timeout: Duration) -> Self {
        Self {
            portal: Portal {
                url,
                transport,
                order_field,
                timeout,
            },
            counting: Arc::default(),
        }
    }

    /// Deals with one webhook and returns the HTTP status of the answer. Topics that seed.md has no use for, and
    /// signatures, which it does not mention, are ignored.
    pub async fn handle(&self, topic: &str, body: &[u8]) -> u16 {
        let created = match topic {
            "orders/create" => true,
            "orders/updated" | "orders/paid" | "orders/cancelled" | "orders/fulfilled" => false,
            _ => return STATUS_HANDLED,
        };
        let done = match WantedDeal::read(body) {
            Some(wanted) if created => self.order_created(&wanted).await,
            Some(wanted) => self.order_updated(&wanted).await,
            None => Err(GaveUp),
        };
        match done {
            Ok(()) => STATUS_HANDLED,
            Err(GaveUp) => {
                self.counting.failure();
                STATUS_FAILED
            }
        }
    }

    /// What the instance believes to have done so far.
    pub fn counters(&self) -> SeedCounters {
        self.counting.read()
    }

    /// STEP 1, then STEP 2.
    async fn order_created(&self, wanted: &WantedDeal) -> Result<(), GaveUp> {
        match self.portal.find(&wanted.order).await {
            Ok(Some(deal)) => self.update(&deal, wanted).await,
            Ok(None) | Err(CallFailed { .. }) => self.create_with_retry(wanted).await,
        }
    }

    async fn order_updated(&self, wanted: &WantedDeal) -> Result<(), GaveUp> {
        match self.portal.find(&wanted.order).await {
            Ok(Some(deal)) => self.update(&deal, wanted).await,
            Ok(None) => self.order_created(wanted).await,
            Err(CallFailed { .. }) => Err(GaveUp),
        }
    }

    async fn update(&self, deal: &str, wanted: &WantedDeal) -> Result<(), GaveUp> {
        match self.portal.update(deal, wanted).await {
            Ok(()) => {
                self.counting.update();
                Ok(())
            }
            Err(CallFailed { .. }) => Err(GaveUp),
        }
    }

    /// `createDealWithRetry`.
    async fn create_with_retry(&self, wanted: &WantedDeal) -> Result<(), GaveUp> {
        for attempt in 1..=ATTEMPTS_MAX {
            self.counting.attempt();
            match self.portal.add(wanted).await {
                Ok(()) => {
                    self.counting.create();
                    return Ok(());
                }
                Err(failed) => {
                    if failed.says_duplicate && self.found_after_duplicate(attempt, wanted).await {
                        return Ok(());
                    }
                }
            }
            if attempt < ATTEMPTS_MAX {
                tokio::time::sleep(backoff(attempt)).await;
            }
        }
        Err(GaveUp)
    }

    /// Whether the deal that a duplicate error speaks of is there. Not finding it is a failed attempt.
    async fn found_after_duplicate(&self, attempt: u32, wanted: &WantedDeal) -> bool {
        self.counting.duplicate_detected();
        tokio::time::sleep(duplicate_wait(attempt)).await;
        matches!(self.portal.find(&wanted.order).await, Ok(Some(_)))
    }
}

/// A webhook that could not be dealt with; the document's thrown error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct GaveUp;

/// `min(1000 * 2^(attempt-1), 5000)` milliseconds; attempts count from 1.
fn backoff(attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1);
    BACKOFF_FIRST
        .saturating_mul(2_u32.saturating_pow(doublings))
        .min(BACKOFF_MAX)
}

/// `min(100 * attempt, 500)` milliseconds.
fn duplicate_wait(attempt: u32) -> Duration {
    DUPLICATE_WAIT_STEP
        .saturating_mul(attempt)
        .min(DUPLICATE_WAIT_MAX)
}
