//! `onedeal retry`, `onedeal park`, `onedeal ignore`: an operator's word about orders, written into the ledger beside the
//! running service, which does it in the order's own turn.
//!
//! One short transaction per order; SQLite lets it wait for the service's own, and the other way round. Nothing is written
//! unless every order named is known, and names one order only.

use std::path::Path;

use clap::{Args, builder::NonEmptyStringValueParser};
use kernel::Elapsed;
use serde::Serialize;
use service::{
    clock::{Clock as _, SystemClock},
    operator::{Action, BULK_MAX, Refused, Who, accepted, check, wish},
};
use store::{Db, OrderRecord, StoreError};

use crate::{
    environment::Environment,
    exit::{Exit, Failure},
    lang::Lang,
    order, terminal,
};

/// The variables that name who types, the first one that is set.
const USERS: [&str; 2] = ["USER", "LOGNAME"];

/// Flags of `retry`, `park` and `ignore`.
#[derive(Debug, Clone, Args)]
pub struct SteerArgs {
    /// Order id, name (1042 or '#1042'), deal id, or SHOP/ID; several at once
    #[arg(value_name = "ID", required = true, value_parser = NonEmptyStringValueParser::new())]
    pub ids: Vec<String>,
    /// Print JSON instead of lines
    #[arg(long)]
    pub json: bool,
}

/// What became of it for one order.
#[derive(Debug, Serialize)]
struct Outcome {
    order: String,
    name: Option<String>,
    accepted: bool,
    /// Its number in the operators' log.
    command: Option<u64>,
    /// The same was asked before and waits.
    already: bool,
    /// Why not.
    why: Option<String>,
}

/// All of it, for scripts.
#[derive(Debug, Serialize)]
struct Report {
    orders: Vec<Outcome>,
    /// A service works on this ledger, and will see to it within half a minute.
    running: bool,
}

/// Writes the action down for each order.
///
/// # Errors
/// There is no ledger, or it cannot be used, or an order is not known.
pub fn run(args: &SteerArgs, action: &Action, environment: &Environment) -> Result<Exit, Failure> {
    let path = environment.database()?;
    let lang = environment.lang();
    if BULK_MAX < args.ids.len() {
        let (named, max) = (args.ids.len(), BULK_MAX);
        let refused = Refused::TooManyOrders { named, max };
        return Err(Failure::saying(Exit::Usage, text(&refused, lang)));
    }
    let failed = |error: StoreError| Failure {
        exit: Exit::Storage,
        error: anyhow::Error::new(error)
            .context(format!("the ledger `{}` cannot be used", path.display())),
    };
    order::exists(&path)?;
    let db = Db::open_beside(&path).map_err(failed)?;
    let mut orders = Vec::new();
    for id in &args.ids {
        orders.push(one(&db, id, &path, lang, &failed)?);
    }
    let who = who(environment);
    let mut outcomes = Vec::new();
    for record in orders {
        let taken = ask(&db, &who, &record, action).map_err(|it| match it {
            Asked::Store(error) => failed(error),
            Asked::Refused(refused) => Failure::saying(Exit::Bug, text(&refused, lang)),
        })?;
        outcomes.push(outcome(&record, taken, lang));
    }
    let refused = outcomes.iter().any(|it| !it.accepted);
    let report = Report {
        orders: outcomes,
        running: store::is_in_use(&path).map_err(failed)?,
    };
    if args.json {
        terminal::print_json(&report)?;
    } else {
        terminal::print(&lines(&report, action, lang))?;
    }
    Ok(if refused { Exit::Found } else { Exit::Fine })
}

/// Why nothing could be asked at all.
enum Asked {
    Store(StoreError),
    Refused(Refused),
}

fn ask(
    db: &Db,
    who: &Who,
    record: &OrderRecord,
    action: &Action,
) -> Result<Result<service::operator::Done, Refused>, Asked> {
    if let Err(refused) = check(Some(record), action) {
        return Ok(Err(refused));
    }
    let wall = SystemClock::new().wall().as_millisecond();
    // The ledger's clock is the service's: due at once, whatever it shows.
    let wish = wish(who, &record.key, action, wall, Elapsed::ZERO).map_err(Asked::Refused)?;
    let commanded = db
        .atomically(|db| db.command(&wish))
        .map_err(Asked::Store)?;
    Ok(accepted(commanded))
}

/// The one order that an id names.
fn one(
    db: &Db,
    id: &str,
    path: &Path,
    lang: Lang,
    failed: &impl Fn(StoreError) -> Failure,
) -> Result<OrderRecord, Failure> {
    let mut found = order::find(db, id).map_err(failed)?;
    let Some(order) = found.pop() else {
        return Err(Failure::saying(Exit::Found, order::nothing(id, path, lang)));
    };
    if found.is_empty() {
        return Ok(order);
    }
    found.push(order);
    let keys: Vec<String> = found.iter().map(|it| it.key.to_string()).collect();
    let keys = keys.join(", ");
    let id = terminal::plain(id);
    let text = match lang {
        Lang::En => {
            format!("`{id}` names several orders: {keys}; nothing was done. Name one of them")
        }
        Lang::Ru => format!(
            "`{id}` называет несколько заказов: {keys}; ничего не сделано. Назовите один из них"
        ),
    };
    Err(Failure::saying(Exit::Found, text))
}

fn who(environment: &Environment) -> Who {
    let named = USERS
        .iter()
        .filter_map(|it| environment.variables.get(*it))
        .find(|it| !it.is_empty());
    match named {
        Some(user) => Who::new(&format!("{user} (command line)")),
        None => Who::new("command line"),
    }
}

fn outcome(
    record: &OrderRecord,
    taken: Result<service::operator::Done, Refused>,
    lang: Lang,
) -> Outcome {
    let (command, already, why) = match taken {
        Ok(done) => (Some(done.command.0), done.already, None),
        Err(refused) => (None, false, Some(text(&refused, lang))),
    };
    Outcome {
        order: record.key.to_string(),
        name: record.name.clone(),
        accepted: command.is_some(),
        command,
        already,
        why,
    }
}

fn lines(report: &Report, action: &Action, lang: Lang) -> String {
    let says = action.says();
    let says = lang.say(&says.en, &says.ru);
    let mut text = String::new();
    for order in &report.orders {
        let name = order.name.as_deref().unwrap_or(&order.order);
        let name = terminal::plain(name);
        let line = match (&order.why, order.already, lang) {
            (Some(why), _, _) => why.clone(),
            (None, true, Lang::En) => format!("{says}: asked before, not done yet"),
            (None, true, Lang::Ru) => format!("{says}: об этом уже просили, ещё не сделано"),
            (None, false, _) => says.to_owned(),
        };
        text.push_str(&format!("{name}: {line}\n"));
    }
    if report.orders.iter().any(|it| it.accepted) {
        text.push_str(match report.running {
            true => lang.say(
                "The running service sees to it within half a minute: onedeal order ID shows what became of it.\n",
                "Работающий сервис займётся этим в течение полуминуты: onedeal order ID покажет результат.\n",
            ),
            false => lang.say(
                "No service works on this ledger: it is done as soon as `onedeal serve` runs.\n",
                "С этим журналом не работает ни один сервис: это будет сделано, когда запустится `onedeal serve`.\n",
            ),
        });
    }
    text
}

fn text(refused: &Refused, lang: Lang) -> String {
    let said = refused.says();
    lang.say(&said.en, &said.ru).to_owned()
}
