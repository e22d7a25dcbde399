//! What the webhook's owner may see of the deals (facts §6; docs/facts.md §8).

use super::deal::Deal;
use super::error::RestError;
use super::state::State;
use super::text::Text;

/// Which deals the rights of the webhook's owner show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Every deal.
    All,
    /// Those that the owner is responsible for.
    Own,
    /// Those outside of this category.
    AllBut(u64),
}

impl State {
    /// Whether a user is shown a deal; people of the portal other than the webhook's owner are not restricted here.
    pub(crate) fn sees(&self, who: u64, deal: &Deal) -> bool {
        match self.config.sight {
            Sight::All => true,
            Sight::Own => deal.assigned_by == who,
            Sight::AllBut(category) => deal.category_id != category,
        }
    }

    /// A deal that exists and is not shown is refused as such, it does not pass for one that is gone.
    pub(crate) fn require_sight(&self, who: u64, id: u64) -> Result<(), RestError> {
        match self.deals.get(id) {
            Some(deal) if !self.sees(who, deal) => {
                Err(RestError::new(400, "ACCESS_DENIED", Text::AccessDenied))
            }
            Some(_) | None => Ok(()),
        }
    }
}
