//! What flagging a duplicate would write, shown before anybody decides. Nothing is decided by it: the turn reads again.

use std::time::Duration;

use kernel::{
    DealId, Flagging, OrderKey,
    deal::{FieldValue, Fields},
    operator::WhyNot,
    preview_flag,
    state::OrderState,
};
use serde::Serialize;
use store::Store;

use super::{Operators, Refused};
use crate::{board::words::Said, portal::ReadDeal, transport::Transport};

/// A person waits for the answer no longer than this.
const PATIENCE: Duration = Duration::from_secs(15);

/// What would become of a duplicate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlagPreview {
    /// The duplicate.
    pub deal: DealId,
    /// The deal that stays.
    pub survivor: DealId,
    /// What would happen.
    pub becomes: Becomes,
    /// The same in words.
    pub says: Said,
}

/// What would happen to a duplicate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "becomes", rename_all = "snake_case")]
pub enum Becomes {
    /// The portal does not know it any more.
    Gone,
    /// It is flagged already.
    FlaggedAlready,
    /// It is not ours to flag.
    LeftAlone,
    /// These fields would be written.
    Written {
        /// Which, and what they would say.
        fields: Vec<FieldWritten>,
    },
}

/// A field that would be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldWritten {
    /// Its name on the portal.
    pub field: String,
    /// What it would say.
    pub value: String,
}

impl<S: Store, T: Transport> Operators<S, T> {
    /// Reads a duplicate and says what flagging it would write.
    ///
    /// # Errors
    /// It is no duplicate of the order, or the portal gives no answer.
    pub async fn preview(&self, order: &OrderKey, deal: DealId) -> Result<FlagPreview, Refused> {
        let shared = &self.shared;
        let record = shared.store.order(order).await?;
        let record = record.ok_or(Refused::UnknownOrder)?;
        let state: OrderState = match &record.state {
            None => OrderState::default(),
            Some(text) => serde_json::from_str(text).map_err(|_| Refused::UnreadableState)?,
        };
        let refused = |why| Err(Refused::NotDone { why });
        let Some(survivor) = state.deal() else {
            return refused(WhyNot::NoSurvivor);
        };
        if !state.losers.contains_key(&deal) {
            return refused(WhyNot::NoDuplicate);
        }
        let reading = shared.portal.peek(deal, shared.process);
        let read = tokio::time::timeout(PATIENCE, reading).await;
        let becomes = match read.map_err(|_| Refused::NoAnswer)? {
            ReadDeal::NotFound => Becomes::Gone,
            ReadDeal::Failed(_) => return Err(Refused::NoAnswer),
            ReadDeal::Shown(glimpse) => {
                let mapping = shared.mapping();
                match preview_flag(&state, &glimpse, &shared.context(&mapping)) {
                    None | Some(Flagging::Spared) => Becomes::LeftAlone,
                    Some(Flagging::Seen) => Becomes::FlaggedAlready,
                    Some(Flagging::Writes(fields)) => Becomes::Written {
                        fields: written(fields),
                    },
                }
            }
        };
        let says = says(&becomes, deal);
        Ok(FlagPreview {
            deal,
            survivor,
            becomes,
            says,
        })
    }
}

fn written(fields: Fields) -> Vec<FieldWritten> {
    let all = fields.into_iter().map(|(field, value)| FieldWritten {
        field,
        value: match value {
            FieldValue::Text(text) => text,
            FieldValue::Number(number) => number.to_string(),
            FieldValue::Flag(flag) => if flag { "Y" } else { "N" }.to_owned(),
            FieldValue::Ids(ids) => ids
                .iter()
                .map(u64::to_string)
                .collect::<Vec<_>>()
                .join(", "),
            FieldValue::Texts(texts) => texts.join(", "),
        },
    });
    all.collect()
}

fn says(becomes: &Becomes, deal: DealId) -> Said {
    match becomes {
        Becomes::Gone => Said::new(
            format!("Bitrix24 does not know deal {deal} any more: nothing would be written."),
            format!("Битрикс24 больше не знает сделки {deal}: ничего не будет записано."),
        ),
        Becomes::FlaggedAlready => Said::new(
            format!("Deal {deal} is flagged already: nothing would be written."),
            format!("Сделка {deal} уже помечена: ничего не будет записано."),
        ),
        Becomes::LeftAlone => Said::new(
            format!(
                "Deal {deal} was not made by onedeal, or carries the key of something else: it would be left as it is. Settle it in \
                 Bitrix24, or dismiss it here."
            ),
            format!(
                "Сделку {deal} создал не onedeal, или на ней другой ключ: она останется как есть. Разберитесь с ней в Битрикс24 \
                 или скройте её здесь."
            ),
        ),
        Becomes::Written { .. } => Said::new(
            format!("These fields of deal {deal} would be written; nothing is deleted."),
            format!("Эти поля сделки {deal} будут записаны; ничего не удаляется."),
        ),
    }
}
