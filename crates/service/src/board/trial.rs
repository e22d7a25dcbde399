//! The deal that an order would become under the mapping that holds, without writing anything anywhere.

use bytes::Bytes;
use kernel::{OrderKey, order::Order};
use store::Store;

use super::{Board, BoardError, parts::state_of};
use crate::{
    convert,
    preview::{Form, Preview, read_order},
    transport::Transport,
};

/// What to try the mapping on.
#[derive(Debug, Clone)]
pub enum Trial {
    /// A webhook's body, or an order of the Admin API.
    Body(Bytes),
    /// An order in the ledger, in its newest state.
    Order(OrderKey),
}

impl<S: Store, T: Transport> Board<S, T> {
    /// The deal that an order would become.
    ///
    /// # Errors
    /// There is no such order, the body holds none, or the ledger cannot be read.
    pub async fn try_mapping(&self, trial: &Trial) -> Result<Preview, BoardError> {
        let (order, form) = match trial {
            Trial::Body(body) => self.read(body)?,
            Trial::Order(key) => (self.newest(key).await?, Form::Webhook),
        };
        let mapping = self.shared.mapping();
        Ok(Preview::of(&order, &mapping, form, mapping.directory()))
    }

    fn read(&self, body: &[u8]) -> Result<(Order, Form), BoardError> {
        let no_order = |why: String| BoardError::NoOrder(why);
        let (wire, form) = read_order(body).map_err(|it| no_order(it.to_string()))?;
        let shop = self.facts.shops.first();
        let shop = shop.ok_or_else(|| no_order("no shop is set".to_owned()))?;
        let order = convert::order(shop, &wire).map_err(|it| no_order(it.to_string()))?;
        Ok((order, form))
    }

    async fn newest(&self, key: &OrderKey) -> Result<Order, BoardError> {
        let record = self.shared.store.order(key).await?;
        let record = record.ok_or(BoardError::UnknownOrder)?;
        if record.state.is_none() {
            return Err(BoardError::NotReadYet);
        }
        let state = state_of(&record).ok_or(BoardError::UnreadableState)?;
        let newest = state.newest.ok_or(BoardError::NotReadYet)?;
        Ok(newest.order)
    }
}
