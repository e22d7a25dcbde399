//! `onedeal order`: what became of one order, and why. The ledger is only read.

mod show;

use std::path::Path;

use anyhow::Context as _;
use clap::{Args, builder::NonEmptyStringValueParser};
use kernel::state::OrderState;
use rust_decimal::Decimal;
use serde::Serialize;
use store::{Db, IntentRecord, OrderRecord, StoreError, TIMELINE_MAX, TimelineEntry};

use crate::{
    environment::Environment,
    exit::{Exit, Exits as _, Failure},
    lang::Lang,
    terminal,
};

/// Orders that are listed when several match.
const MATCHES_MAX: usize = 20;

/// Flags of `order`.
#[derive(Debug, Clone, Args)]
pub struct OrderArgs {
    /// Order id, name (1042 or '#1042'), deal id, or SHOP/ID
    #[arg(value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub id: String,
    /// Print JSON instead of a table
    #[arg(long)]
    pub json: bool,
}

/// All that the ledger knows of one order.
#[derive(Debug, Serialize)]
struct History {
    shop: String,
    id: u64,
    name: Option<String>,
    phase: String,
    deal: Option<u64>,
    amount_last_sent: Option<Amount>,
    order_updated_at: Option<jiff::Timestamp>,
    attention: Option<String>,
    deliveries: u64,
    waits: bool,
    timeline: Vec<Line>,
    #[serde(skip)]
    open: Vec<IntentRecord>,
}

/// An amount as the portal was told it.
#[derive(Debug, Serialize)]
struct Amount {
    amount: Decimal,
    currency: Option<String>,
}

/// One line of the history.
#[derive(Debug, Serialize)]
struct Line {
    at: Option<jiff::Timestamp>,
    kind: String,
    text: String,
    detail: Option<serde_json::Value>,
}

/// Shows the order.
///
/// # Errors
/// There is no ledger, or no such order in it, or more than one.
pub fn run(args: &OrderArgs, environment: &Environment) -> Result<Exit, Failure> {
    let path = environment.database()?;
    let lang = environment.lang();
    let db = open(&path)?;
    let read = |failed: StoreError| Failure {
        exit: Exit::Storage,
        error: anyhow::Error::new(failed)
            .context(format!("the ledger `{}` cannot be read", path.display())),
    };
    let mut found = find(&db, &args.id).map_err(read)?;
    let Some(order) = found.pop() else {
        let text = nothing(&args.id, &path, lang);
        return Err(Failure::saying(Exit::Found, text));
    };
    if !found.is_empty() {
        found.push(order);
        return several(args, &found, lang);
    }
    let history = history(&db, order).map_err(read)?;
    if args.json {
        terminal::print_json(&history)?;
    } else {
        terminal::print(&show::history(&history, lang))?;
    }
    Ok(Exit::Fine)
}

fn open(path: &Path) -> Result<Db, Failure> {
    exists(path)?;
    Db::open_to_read(path)
        .with_context(|| format!("the ledger `{}` cannot be read", path.display()))
        .exits(Exit::Storage)
}

/// Orders that an id may mean, at most [`MATCHES_MAX`].
///
/// # Errors
/// The ledger cannot be read.
pub(crate) fn find(db: &Db, id: &str) -> Result<Vec<OrderRecord>, StoreError> {
    match id.trim() {
        "" => Ok(Vec::new()),
        query => db.find_orders(query, MATCHES_MAX),
    }
}

/// Whether there is a ledger at all.
///
/// # Errors
/// There is none, and what to do.
pub(crate) fn exists(path: &Path) -> Result<(), Failure> {
    if !path.is_file() {
        let text = format!(
            "there is no ledger at `{}`: `onedeal serve` makes one; if it is elsewhere, set ONEDEAL_DATABASE",
            path.display()
        );
        return Err(Failure::saying(Exit::Storage, text));
    }
    Ok(())
}

/// What is said of an id that names no order.
pub(crate) fn nothing(query: &str, path: &Path, lang: Lang) -> String {
    let (query, path) = (terminal::plain(query.trim()), path.display());
    match lang {
        Lang::En => format!("no order `{query}` is known to the ledger `{path}`"),
        Lang::Ru => format!("заказ `{query}` журналу `{path}` не известен"),
    }
}

/// Several orders may share a name or a number; the person chooses.
fn several(args: &OrderArgs, found: &[OrderRecord], lang: Lang) -> Result<Exit, Failure> {
    if args.json {
        let keys: Vec<String> = found.iter().map(|it| it.key.to_string()).collect();
        terminal::print_json(&serde_json::json!({ "several": keys }))?;
    } else {
        terminal::print(&show::several(found, lang))?;
    }
    Ok(Exit::Found)
}

fn history(db: &Db, order: OrderRecord) -> Result<History, StoreError> {
    let timeline = db.timeline(&order.key, TIMELINE_MAX)?;
    let mut open = db.intents(&order.key)?;
    open.retain(|it| it.outcome.is_none());
    // A state that a newer version wrote is not shown rather than guessed.
    let state: Option<OrderState> = order
        .state
        .as_deref()
        .and_then(|it| serde_json::from_str(it).ok());
    Ok(History {
        shop: order.key.shop.to_string(),
        id: order.key.order.0,
        name: order.name,
        phase: order.phase,
        deal: order.deal.map(|it| it.0),
        amount_last_sent: state.as_ref().and_then(amount_last_sent),
        order_updated_at: state.and_then(|it| it.newest).map(|it| it.order.updated_at),
        attention: order.attention,
        deliveries: order.deliveries,
        waits: order.due.is_some(),
        timeline: timeline.into_iter().map(line).collect(),
        open,
    })
}

fn amount_last_sent(state: &OrderState) -> Option<Amount> {
    use kernel::deal::{FieldValue, field};
    let said = state.said.always.said()?;
    let Some(FieldValue::Number(amount)) = said.get(field::AMOUNT) else {
        return None;
    };
    let currency = match said.get(field::CURRENCY) {
        Some(FieldValue::Text(currency)) => Some(currency.clone()),
        Some(
            FieldValue::Number(_) | FieldValue::Flag(_) | FieldValue::Ids(_) | FieldValue::Texts(_),
        )
        | None => None,
    };
    Some(Amount {
        amount: *amount,
        currency,
    })
}

fn line(entry: TimelineEntry) -> Line {
    let detail = entry.detail.map(|it| match serde_json::from_str(&it) {
        Ok(value) => value,
        Err(_) => serde_json::Value::String(it),
    });
    Line {
        at: jiff::Timestamp::from_millisecond(entry.wall_ms).ok(),
        kind: entry.kind,
        text: entry.text,
        detail,
    }
}
