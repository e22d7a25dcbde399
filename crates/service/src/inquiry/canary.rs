//! The deals of one canary run: found by their key, and removed.
//!
//! Invariant: the one place of the program that deletes on a portal. It deletes a deal by its id, right after that deal was
//! read and showed the run's own key and mark, byte for byte; never by a search, and nothing else than a deal.

use std::collections::BTreeSet;

use bitrix24::{
    Answer, Outcome as Wire, RefusalClass,
    deals::{self, DealRow, OriginKey, Select},
    item::{self, Entity},
};
use kernel::{DealId, LedgerId, OrderKey};

use super::{Inquiry, InquiryError, lost, read};
use crate::transport::Transport;

/// What the deals of one run carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanaryKey {
    /// The order: its shop is a canary's.
    pub order: OrderKey,
    /// The ledger of the run, whose mark they carry.
    pub ledger: LedgerId,
    /// The user field with the order's number.
    pub order_field: String,
}

/// Deals that show the key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// By origin pair.
    pub by_origin: BTreeSet<DealId>,
    /// By order field; `None` where the portal does not have it.
    pub by_field: Option<BTreeSet<DealId>>,
}

/// What became of a deal that was to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// It was deleted, and is not there any more.
    Deleted,
    /// It was not there any more.
    Gone,
    /// It shows another key or mark: it was left alone.
    NotOurs,
}

impl CanaryKey {
    fn origin(&self) -> OriginKey {
        OriginKey {
            originator: self.order.shop.originator(),
            origin: self.order.origin(),
        }
    }

    fn select(&self) -> Select {
        Select {
            order_field: self.order_field.clone(),
            duplicate_field: None,
        }
    }

    /// Whether a deal is this run's own.
    fn owns(&self, deal: &DealRow) -> bool {
        self.order.shop.is_canary()
            && deal.has_origin(&self.origin())
            && deal.additional_info.as_deref() == Some(self.ledger.mark().as_str())
    }
}

impl<T: Transport> Inquiry<T> {
    /// All deals that show the key of a run, in one request, by origin pair and by order field.
    ///
    /// # Errors
    /// Nothing complete came back: then nothing is known.
    pub async fn canaries(&self, key: &CanaryKey) -> Result<Found, InquiryError> {
        let (origin, select) = (key.origin(), key.select());
        let numbers = [origin.origin.clone()];
        let calls = [
            deals::find_by_origin(&origin.originator, &numbers, &select),
            deals::find_by_user_field(&key.order_field, &numbers, &select),
        ];
        let mut answers = self.all(self.access()?, &calls).await.into_iter();
        let mut next = || answers.next().unwrap_or_else(lost);
        let by_origin = read(&calls[0], next(), |it| deals::read_found(it, &select))?;
        let by_field = match next() {
            Wire::Refused(refusal) if refusal.class == RefusalClass::Invalid => None,
            answer @ (Wire::Done(_) | Wire::Refused(_) | Wire::Unknown(_)) => {
                Some(read(&calls[1], answer, |it| {
                    deals::read_found(it, &select)
                })?)
            }
        };
        let ids = |rows: Vec<DealRow>, fits: &dyn Fn(&DealRow) -> bool| {
            let fitting = rows.into_iter().filter(|it| fits(it));
            fitting.map(|it| DealId(it.id)).collect()
        };
        let number = Some(origin.origin.as_str());
        Ok(Found {
            by_origin: ids(by_origin, &|it| it.has_origin(&origin)),
            by_field: by_field.map(|it| ids(it, &|it| it.order_field.as_deref() == number)),
        })
    }

    /// Deletes a deal of a run, if it still is one, and looks whether it is gone.
    ///
    /// # Errors
    /// It could not be read or deleted, or it is not known whether it was: ask again, which is safe.
    pub async fn remove_canary(
        &self,
        deal: DealId,
        key: &CanaryKey,
    ) -> Result<Removed, InquiryError> {
        match self.own(deal, key).await? {
            None => return Ok(Removed::Gone),
            Some(false) => return Ok(Removed::NotOurs),
            Some(true) => {}
        }
        let call = item::delete(Entity::Deal, deal.0);
        let answer = self.ask(&call).await?;
        match answer {
            // Somebody was faster.
            Wire::Refused(refusal) if refusal.class == RefusalClass::NotFound => {}
            answer @ (Wire::Done(_) | Wire::Refused(_) | Wire::Unknown(_)) => {
                read(&call, answer, |_| Ok(()))?;
            }
        }
        match self.own(deal, key).await? {
            None => Ok(Removed::Deleted),
            Some(_) => Err(InquiryError::Unreadable {
                method: "crm.item.delete",
                problem: format!("deal {deal} is still there"),
            }),
        }
    }

    /// Whether a deal is the run's own; `None` if there is no such deal.
    async fn own(&self, deal: DealId, key: &CanaryKey) -> Result<Option<bool>, InquiryError> {
        let call = item::get(Entity::Deal, deal.0);
        let answer = self.ask(&call).await?;
        if let Wire::Refused(refusal) = &answer
            && refusal.class == RefusalClass::NotFound
        {
            return Ok(None);
        }
        let select = key.select();
        let row = |it: &Answer| DealRow::read(&item::read_item(it)?, &select);
        let row = read(&call, answer, row)?;
        Ok(Some(row.id == deal.0 && key.owns(&row)))
    }
}

#[cfg(test)]
mod tests {
    use kernel::{OrderId, ShopDomain};
    use serde_json::{Map, Value, json};

    use super::*;

    fn key() -> CanaryKey {
        CanaryKey {
            order: OrderKey {
                shop: ShopDomain::canary("3f9k2m").unwrap(),
                order: OrderId(9_000_000_000_000_000_042),
            },
            ledger: LedgerId::new("canary-3f9k2m"),
            order_field: "UF_CRM_ORDER".to_owned(),
        }
    }

    fn row(changes: &[(&str, &str)]) -> DealRow {
        let mut item = Map::from_iter([
            ("id".to_owned(), json!(7)),
            (
                "originatorId".to_owned(),
                json!("shopify:3f9k2m.canary.invalid"),
            ),
            ("originId".to_owned(), json!("9000000000000000042")),
            ("additionalInfo".to_owned(), json!("onedeal:canary-3f9k2m")),
        ]);
        for (name, value) in changes {
            item.insert((*name).to_owned(), Value::from(*value));
        }
        DealRow::read(&item, &key().select()).unwrap()
    }

    #[test]
    fn only_a_deal_with_the_runs_own_key_and_mark_is_its_own() {
        assert!(key().owns(&row(&[])));
        for change in [
            ("originatorId", "shopify:3f9k2n.canary.invalid"),
            ("originatorId", "shopify:acme.myshopify.com"),
            ("originatorId", "SHOPIFY:3f9k2m.canary.invalid"),
            ("originId", "9000000000000000043"),
            ("originId", "9000000000000000042 "),
            ("originId", ""),
            ("additionalInfo", "onedeal:another"),
            ("additionalInfo", ""),
        ] {
            assert!(!key().owns(&row(&[change])), "{change:?}");
        }
    }

    #[test]
    fn a_deal_of_a_real_shop_is_never_a_canarys() {
        let shop = ShopDomain::sample();
        let real = CanaryKey {
            order: OrderKey {
                shop: shop.clone(),
                ..key().order
            },
            ..key()
        };
        assert!(!real.owns(&row(&[("originatorId", &shop.originator())])));
    }
}
