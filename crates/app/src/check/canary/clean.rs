//! Removing what a run left on the portal: only its own deals, by id.

use std::{collections::BTreeSet, time::Duration};

use kernel::DealId;
use service::{
    inquiry::{CanaryKey, Inquiry, InquiryError, Removed},
    transport::HttpTransport,
};

/// How often it is tried.
const TRIES: u32 = 12;

/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// What became of a run's deals.
#[derive(Debug, Default)]
pub(super) struct Cleaned {
    /// Deleted by us.
    pub(super) deleted: BTreeSet<DealId>,
    /// Deals that the run made and that now show another key or mark: left alone.
    pub(super) not_ours: BTreeSet<DealId>,
    /// Deals that were tried to be deleted.
    tried: BTreeSet<DealId>,
    /// Why it is not known whether anything is left; `None` if a last look showed nothing.
    pub(super) trouble: Option<InquiryError>,
}

/// Deletes all deals of a run, and looks whether they are gone. `known` are deals that lists may not show yet.
pub(super) async fn clean(
    inquiry: &Inquiry<HttpTransport>,
    key: &CanaryKey,
    known: &BTreeSet<DealId>,
) -> Cleaned {
    let mut cleaned = Cleaned::default();
    let mut left = known.clone();
    for n in 0..TRIES {
        match once(inquiry, key, &mut left, &mut cleaned).await {
            Ok(()) => {
                cleaned.trouble = None;
                return cleaned;
            }
            Err(error) => {
                let passes = error.passes();
                cleaned.trouble = Some(error);
                if !passes {
                    return cleaned;
                }
            }
        }
        tokio::time::sleep((Duration::from_millis(500) * (n + 1)).min(PAUSE_MAX)).await;
    }
    cleaned
}

/// One try: done once a look shows no deal that is still to be removed.
async fn once(
    inquiry: &Inquiry<HttpTransport>,
    key: &CanaryKey,
    left: &mut BTreeSet<DealId>,
    cleaned: &mut Cleaned,
) -> Result<(), InquiryError> {
    loop {
        let found = inquiry.canaries(key).await?;
        left.extend(&found.by_origin - &cleaned.deleted);
        let open: Vec<DealId> = left.difference(&cleaned.not_ours).copied().collect();
        if open.is_empty() {
            return Ok(());
        }
        for deal in open {
            // A delete whose answer was lost is tried again, and finds the deal gone.
            let again = !cleaned.tried.insert(deal);
            match inquiry.remove_canary(deal, key).await? {
                Removed::Deleted => {
                    cleaned.deleted.insert(deal);
                }
                Removed::Gone if again => {
                    cleaned.deleted.insert(deal);
                }
                Removed::Gone => {}
                Removed::NotOurs => {
                    cleaned.not_ours.insert(deal);
                }
            }
            left.remove(&deal);
        }
    }
}
