//! Why there is nothing to show.

use store::StoreError;

use crate::inquiry::InquiryError;

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// The ledger cannot be read.
    #[error("the ledger cannot be read")]
    Store(#[from] StoreError),
    /// No such order.
    #[error("the ledger knows no such order")]
    UnknownOrder,
    /// The order's state was written by another version, or is damaged.
    #[error("the order's saved state cannot be read by this version")]
    UnreadableState,
    /// Nothing of the order was read yet: there is nothing to map.
    #[error("no state of the order was read yet")]
    NotReadYet,
    /// A cursor is not one that was given out.
    #[error("the cursor is none that was given out")]
    NotACursor,
    /// A body holds no order that can become a deal.
    #[error("{0}")]
    NoOrder(String),
    /// The portal could not be asked.
    #[error("the portal could not be asked")]
    Portal(#[from] InquiryError),
    /// The portal, or the place to ask it, is busy.
    #[error("the portal did not answer in time")]
    PortalBusy,
}

impl BoardError {
    /// What to do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Store(_) => "look at the service's log; it says what is wrong with the database",
            Self::UnknownOrder => "check the shop and the order's number, or search for the order",
            Self::UnreadableState => {
                "use the version of onedeal that wrote the ledger, or a newer one"
            }
            Self::NotReadYet => "wait until the order was worked on once",
            Self::NotACursor => "begin again without a cursor, and pass on `next` as it was given",
            Self::NoOrder(_) => {
                "send the body of a webhook, or an order node of the Admin API, as JSON"
            }
            Self::Portal(_) => "look at the portal's state in the overview",
            Self::PortalBusy => {
                "ask again in a minute; what the ledger knows is shown without asking"
            }
        }
    }
}
