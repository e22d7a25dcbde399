//! `onedeal init`: from nothing to settings that work. Asks, or takes flags; looks at both peers at once; makes the fields
//! that are missing on the portal; writes the settings file, and the secrets beside it.
//!
//! Nothing is written, here or on the portal, before all answers are there.

mod address;
mod args;
mod deals;
mod ending;
mod fields;
mod files;
mod page;
mod portal;
mod secret;
mod shop;
mod talk;
mod trouble;

use std::{collections::BTreeMap, path::Path};

pub use args::InitArgs;
use service::config;

use self::{
    address::Address, deals::Deals, fields::Fields, files::Place, portal::FoundPortal,
    shop::FoundShop, talk::Talk,
};
use crate::{
    environment::Environment,
    exit::{Exit, Failure},
    lang::Lang,
    terminal,
};

/// The ledger's file unless told otherwise (design §3.2).
const LEDGER: &str = "onedeal.db";

/// Everything that the files will say.
struct Plan {
    portal: FoundPortal,
    shop: FoundShop,
    address: Address,
    deals: Deals,
    fields: Fields,
    database: String,
}

/// Sets up one shop and one portal. `config` is where the settings go.
///
/// # Errors
/// Nobody can be asked and something is missing, somebody leaves, a peer refuses, or a file cannot be written.
pub async fn run(
    args: &InitArgs,
    config: Option<&Path>,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let talk = Talk::new(environment, args.yes);
    if !talk.asks {
        args.complete(talk.lang)?;
    }
    let place = Place::of(config)?;
    let database = database(args, &place)?;
    greet(talk, &place);
    let over = files::may_write(talk, &place, args.force)?;

    talk.heading(talk.say("1/5  The portal", "1/5  Портал"));
    let portal = portal::find(talk, args).await?;
    talk.heading(talk.say("2/5  The shop", "2/5  Магазин"));
    let shop = shop::find(talk, args).await?;
    compare_currencies(talk, &portal, &shop);
    talk.heading(talk.say("3/5  The service", "3/5  Сервис"));
    let address = address::find(talk, args)?;
    talk.heading(talk.say("4/5  Deals", "4/5  Сделки"));
    let deals = deals::choose(talk, args, &portal)?;
    let wishes = fields::choose(talk, args, &portal)?;

    talk.heading(talk.say("5/5  Writing", "5/5  Запись"));
    let shown = place.config.display();
    let go = talk.confirm(
        &match talk.lang {
            Lang::En => format!("Write {shown} and the secrets beside it"),
            Lang::Ru => format!("Записать {shown} и секреты рядом"),
        },
        true,
    )?;
    if !go {
        return Err(talk.stopped());
    }
    let fields = fields::settle(talk, &wishes, &portal).await;
    let plan = Plan {
        portal,
        shop,
        address,
        deals,
        fields,
        database,
    };
    let written = files::write(talk, &place, &plan, over)?;
    warn_of_variables(talk, environment);
    if args.json {
        terminal::print_json(&ending::done(&plan, &written, place.is_default))?;
    } else {
        terminal::print(&ending::text(&plan, &written, place.is_default, talk.lang))?;
    }
    Ok(Exit::Fine)
}

/// The ledger's place: beside the settings unless told otherwise.
fn database(args: &InitArgs, place: &Place) -> Result<String, Failure> {
    let Some(given) = args::text(args.database.as_ref()) else {
        return Ok(format!("sqlite:{}", place.beside(LEDGER).display()));
    };
    let variables = BTreeMap::from([("ONEDEAL_DATABASE".to_owned(), given.to_owned())]);
    config::database(None, &variables).map_err(|error| Failure {
        exit: Exit::Usage,
        error: error.into(),
    })?;
    Ok(given.to_owned())
}

fn greet(talk: Talk, place: &Place) {
    if !talk.asks {
        return;
    }
    let shown = place.config.display();
    talk.heading(&match talk.lang {
        Lang::En => format!("onedeal init: one shop, one portal, one deal per order; the answers go to {shown}"),
        Lang::Ru => format!("onedeal init: один магазин, один портал, одна сделка на заказ; ответы попадут в {shown}"),
    });
    talk.explain(talk.say(
        "Enter takes what stands in brackets. Ctrl+C leaves; nothing is written before the end.",
        "Enter берёт то, что в скобках. Ctrl+C — выход; до конца ничего не записывается.",
    ));
}

/// The portal refuses a deal in a currency that it does not know.
fn compare_currencies(talk: Talk, portal: &FoundPortal, shop: &FoundShop) {
    let currency = shop.probe.as_ref().and_then(|it| it.currency.as_ref());
    let Some(currency) = currency else { return };
    if portal.directory.currencies.contains(currency) {
        return;
    }
    let host = portal.settings.host();
    talk.warn(
        &match talk.lang {
            Lang::En => format!("the shop sells in {currency}, and {host} does not know it: it refuses such deals"),
            Lang::Ru => format!("магазин продаёт в {currency}, а {host} не знает этой валюты: такие сделки он отвергнет"),
        },
        &match talk.lang {
            Lang::En => format!("add {currency} on the portal: CRM settings, Currencies"),
            Lang::Ru => format!("добавьте {currency} на портале: настройки CRM, Валюты"),
        },
    );
}

/// Variables win over the file for as long as they are set.
fn warn_of_variables(talk: Talk, environment: &Environment) {
    let set: Vec<&str> = environment
        .variables
        .iter()
        .filter(|(name, value)| name.starts_with("ONEDEAL_") && !value.is_empty())
        .map(|(name, _)| name.as_str())
        .collect();
    if set.is_empty() {
        return;
    }
    let set = set.join(", ");
    talk.warn(
        &match talk.lang {
            Lang::En => format!("where these variables are set, they win over the file: {set}"),
            Lang::Ru => format!("там, где заданы эти переменные, они сильнее файла: {set}"),
        },
        "",
    );
}
