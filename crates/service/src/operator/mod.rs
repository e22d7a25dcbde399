//! What an operator may do: written down first, done in the order's own turn.
//!
//! [`Operators::perform`] checks what can be seen at once, writes the wish into the ledger in one transaction (a line of the
//! operators' log, which is also what waits for the order's turn), and rings the bell. Invariants: what was answered with
//! [`Done`] has its effect, or its reason in the log, after any crash; asking twice does it once; no action writes to the
//! portal by itself, and none creates a deal: the turn decides as ever.

mod check;
mod preview;
mod refused;

use std::sync::Arc;

use jiff::Timestamp;
use kernel::{CommandSeq, DealId, DeliverySeq, Elapsed, OrderKey, operator::WhyNot, state::Notice};
use serde::{Deserialize, Serialize};
use store::{CommandRecord, Commanded, NewCommand, Store};

pub use check::check;
pub use preview::{Becomes, FieldWritten, FlagPreview};
pub use refused::Refused;

use crate::{board::words::Said, transport::Transport, worker::Shared};

/// Orders that one bulk action may name.
pub const BULK_MAX: usize = 200;

/// Lines of the operators' log in one page.
pub const PAGE_MAX: usize = 200;

/// Letters of a name that are kept.
const WHO_MAX: usize = 80;

/// Who asks: the name of a role, a session or a user of the command line. It is shown to people and holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Who(String);

impl Who {
    /// A name in one line.
    pub fn new(name: &str) -> Self {
        let plain = name.chars().filter(|it| !it.is_control());
        Self(plain.take(WHO_MAX).collect())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What may be done about one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Wake it, read its deal, say everything once more; ask the shop how the order is, where it can be asked.
    SyncNow,
    /// Wake it: ends parking, ignoring and every pause.
    Retry,
    /// Let it rest until somebody wakes it. What is in doubt is followed up.
    Park,
    /// It shall have no deal. What is in doubt is followed up.
    Ignore,
    /// This is its deal: read first, linked if it is free; other deals of the order become duplicates by the usual rules.
    ChooseDeal {
        /// Which.
        deal: DealId,
    },
    /// Its deal, which a person deleted, is wanted again.
    Recreate,
    /// Fold a stored delivery once more, as if it had arrived again.
    Replay {
        /// Its number in the ledger.
        delivery: DeliverySeq,
    },
    /// Flag this duplicate now.
    ApplyDuplicate {
        /// The duplicate.
        deal: DealId,
    },
    /// This deal is no duplicate: show it no more.
    DismissDuplicate {
        /// The other deal.
        deal: DealId,
    },
    /// This line was seen: show it again only when it happens anew.
    DismissNotice {
        /// The line.
        notice: Notice,
    },
}

impl Action {
    /// What it asks for, in words.
    pub fn says(&self) -> Said {
        match self {
            Self::SyncNow => Said::new("say everything again", "сказать всё заново"),
            Self::Retry => Said::new("try it now", "попробовать сейчас"),
            Self::Park => Said::new("let it rest", "отложить"),
            Self::Ignore => Said::new("it needs no deal", "сделка не нужна"),
            Self::ChooseDeal { deal } => Said::new(
                format!("its deal is {deal}"),
                format!("его сделка — {deal}"),
            ),
            Self::Recreate => Said::new(
                "make its deleted deal again",
                "создать удалённую сделку снова",
            ),
            Self::Replay { delivery } => Said::new(
                format!("fold delivery {delivery} once more"),
                format!("применить доставку {delivery} ещё раз"),
            ),
            Self::ApplyDuplicate { deal } => Said::new(
                format!("flag deal {deal} as a duplicate"),
                format!("пометить сделку {deal} как дубликат"),
            ),
            Self::DismissDuplicate { deal } => Said::new(
                format!("deal {deal} is no duplicate"),
                format!("сделка {deal} — не дубликат"),
            ),
            Self::DismissNotice { .. } => Said::new("the line was seen", "замечание просмотрено"),
        }
    }

    fn claims(&self) -> Option<DealId> {
        match self {
            Self::ChooseDeal { deal } => Some(*deal),
            Self::SyncNow
            | Self::Retry
            | Self::Park
            | Self::Ignore
            | Self::Recreate
            | Self::Replay { .. }
            | Self::ApplyDuplicate { .. }
            | Self::DismissDuplicate { .. }
            | Self::DismissNotice { .. } => None,
        }
    }

    fn replays(&self) -> Option<DeliverySeq> {
        match self {
            Self::Replay { delivery } => Some(*delivery),
            Self::SyncNow
            | Self::Retry
            | Self::Park
            | Self::Ignore
            | Self::ChooseDeal { .. }
            | Self::Recreate
            | Self::ApplyDuplicate { .. }
            | Self::DismissDuplicate { .. }
            | Self::DismissNotice { .. } => None,
        }
    }
}

/// The wish is in the ledger; the order's turn takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Done {
    /// Its number in the operators' log.
    pub command: CommandSeq,
    /// The same was asked before and waits for its turn: this is that one.
    pub already: bool,
}

/// A line of the operators' log.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LogLine {
    /// Its number; the log is read from here on by [`Operators::log`].
    pub command: CommandSeq,
    /// When it was asked for.
    pub at: Option<Timestamp>,
    /// Who asked.
    pub who: String,
    /// The order.
    pub order: OrderKey,
    /// The order's name at the shop.
    pub name: Option<String>,
    /// What; `None` where another version wrote it.
    pub action: Option<Action>,
    /// What, in words.
    pub says: Said,
    /// What became of it.
    pub result: LogResult,
    /// When that was known.
    pub settled_at: Option<Timestamp>,
}

/// What became of a wish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum LogResult {
    /// It waits for the order's turn, or for the portal.
    Waits,
    /// It was done.
    Done,
    /// It was not done.
    Refused {
        /// Why; `None` where another version wrote it.
        why: Option<WhyNot>,
        /// Why and what to do, in words.
        says: Said,
    },
}

/// What operators may do. A clone is another handle.
pub struct Operators<S, T> {
    shared: Arc<Shared<S, T>>,
}

impl<S, T> Clone for Operators<S, T> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
        }
    }
}

impl<S: Store, T: Transport> Operators<S, T> {
    pub(crate) fn new(shared: Arc<Shared<S, T>>) -> Self {
        Self { shared }
    }

    /// Writes down what shall be done about an order; its turn does it.
    ///
    /// # Errors
    /// It cannot be done, and why; nothing was written.
    pub async fn perform(
        &self,
        who: &Who,
        order: &OrderKey,
        action: Action,
    ) -> Result<Done, Refused> {
        let store = &self.shared.store;
        let record = store.order(order).await?;
        check(record.as_ref(), &action)?;
        let wall = self.shared.clock.wall().as_millisecond();
        let wish = wish(who, order, &action, wall, self.shared.clock.now())?;
        let done = accepted(store.command(wish).await?)?;
        self.shared.bell.notify_one();
        Ok(done)
    }

    /// The same action for several orders, one after the other.
    ///
    /// # Errors
    /// There are more than [`BULK_MAX`] of them; nothing was written.
    pub async fn perform_all(
        &self,
        who: &Who,
        orders: &[OrderKey],
        action: &Action,
    ) -> Result<Vec<(OrderKey, Result<Done, Refused>)>, Refused> {
        if BULK_MAX < orders.len() {
            return Err(Refused::TooManyOrders {
                named: orders.len(),
                max: BULK_MAX,
            });
        }
        let mut results = Vec::with_capacity(orders.len());
        for order in orders {
            let result = self.perform(who, order, action.clone()).await;
            results.push((order.clone(), result));
        }
        Ok(results)
    }

    /// The operators' log, the newest first: of one order or of all, from before a line on, at most [`PAGE_MAX`] lines.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn log(
        &self,
        order: Option<&OrderKey>,
        before: Option<CommandSeq>,
        limit: usize,
    ) -> Result<Vec<LogLine>, Refused> {
        let limit = limit.min(PAGE_MAX);
        let records = self.shared.store.commands(order, before, limit).await?;
        Ok(records.into_iter().map(LogLine::of).collect())
    }
}

/// A wish as the ledger keeps it, for whoever writes it beside a running service.
///
/// # Errors
/// The action cannot be written as text.
pub fn wish(
    who: &Who,
    order: &OrderKey,
    action: &Action,
    wall_ms: i64,
    due: Elapsed,
) -> Result<NewCommand, Refused> {
    Ok(NewCommand {
        key: order.clone(),
        who: who.as_str().to_owned(),
        action: serde_json::to_string(action).map_err(|_| Refused::Unwritable)?,
        wall_ms,
        due,
        claims: action.claims(),
        replays: action.replays(),
    })
}

/// What the ledger made of a wish.
///
/// # Errors
/// It was not taken, and why.
pub fn accepted(commanded: Commanded) -> Result<Done, Refused> {
    match commanded {
        Commanded::Accepted(command) => Ok(Done {
            command,
            already: false,
        }),
        Commanded::Already(command) => Ok(Done {
            command,
            already: true,
        }),
        Commanded::UnknownOrder => Err(Refused::UnknownOrder),
        Commanded::UnknownDelivery => Err(Refused::UnknownDelivery),
        Commanded::Claimed(order) => Err(Refused::NotDone {
            why: WhyNot::Linked(order),
        }),
        Commanded::TooMany => Err(Refused::TooManyWait),
    }
}

impl LogLine {
    /// A line as people and scripts read it.
    pub fn of(record: CommandRecord) -> Self {
        let action: Option<Action> = serde_json::from_str(&record.action).ok();
        let says = action
            .as_ref()
            .map_or_else(|| Said::same(record.action.clone()), Action::says);
        let result = match record.outcome.as_deref() {
            None => LogResult::Waits,
            Some(store::COMMAND_DONE) => LogResult::Done,
            Some(_) => {
                let why: Option<WhyNot> = record
                    .why
                    .as_deref()
                    .and_then(|it| serde_json::from_str(it).ok());
                let says = match &why {
                    Some(why) => refused::words(why),
                    None => Said::same(record.why.unwrap_or_default()),
                };
                LogResult::Refused { why, says }
            }
        };
        let moment = |it| Timestamp::from_millisecond(it).ok();
        Self {
            command: record.seq,
            at: moment(record.wall_ms),
            who: record.who,
            order: record.key,
            name: record.name,
            action,
            says,
            result,
            settled_at: record.settled_wall_ms.and_then(moment),
        }
    }
}
