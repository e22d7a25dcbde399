//! `onedeal map`: the deal that an order would become. Nothing is sent anywhere.

mod preview;
mod show;

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow};
use clap::Args;
use kernel::ShopDomain;
use serde_json::Value;
use service::{convert, intake::BODY_BYTES_MAX};

use crate::{
    environment::Environment,
    exit::{Exit, Exits as _, Failure},
    terminal,
};
use preview::{Form, Preview};

/// Flags of `map`.
#[derive(Debug, Clone, Args)]
pub struct MapArgs {
    /// A webhook's body or an order of the Admin API, as JSON; `-` = standard input
    #[arg(value_name = "FILE.json")]
    pub file: PathBuf,
    /// Print JSON instead of tables
    #[arg(long)]
    pub json: bool,
}

/// Shows the deal.
///
/// # Errors
/// The file cannot be read, or holds no order that can become a deal.
pub fn run(args: &MapArgs, environment: &Environment) -> Result<Exit, Failure> {
    let settings = environment.settings_without_peers()?;
    let body = read(&args.file)?;
    let name = name(&args.file);
    let (wire, form) = order(&body)
        .with_context(|| format!("{name} holds no order that can be read"))
        .exits(Exit::Found)?;
    let shop: &ShopDomain = settings
        .shops
        .keys()
        .next()
        .ok_or_else(|| Failure::saying(Exit::Usage, "the setting ONEDEAL_SHOP is missing"))?;
    let order = convert::order(shop, &wire)
        .with_context(|| format!("{name} holds an order that cannot become a deal"))
        .exits(Exit::Found)?;
    let preview = Preview::of(&order, &settings.mapping, form);
    if args.json {
        terminal::print_json(&preview)?;
    } else {
        terminal::print(&show::text(&preview, environment.lang()))?;
    }
    // Rows that do not add up would be a mistake of the mapping, and nobody should miss it.
    Ok(if preview.deal.adds_up {
        Exit::Fine
    } else {
        Exit::Found
    })
}

fn name(path: &Path) -> String {
    if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        format!("the file `{}`", path.display())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let limit = BODY_BYTES_MAX as u64;
    let mut body = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(limit + 1).read_to_end(&mut body)
    } else {
        File::open(path).and_then(|it| it.take(limit + 1).read_to_end(&mut body))
    };
    read.with_context(|| format!("{} cannot be read", name(path)))
        .exits(Exit::Usage)?;
    if limit < body.len() as u64 {
        let text = format!(
            "{} is larger than 10 MiB, and no webhook of that size is taken",
            name(path)
        );
        return Err(Failure::saying(Exit::Found, text));
    }
    Ok(body)
}

/// Reads an order in either of its two forms.
fn order(body: &[u8]) -> anyhow::Result<(shopify::order::Order, Form)> {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        // The reader of webhooks says where the fault is.
        return Ok((shopify::order::from_webhook(body)?, Form::Webhook));
    };
    match node(&value)? {
        Some(node) => Ok((shopify::order::from_graphql(node)?, Form::Graphql)),
        None => Ok((shopify::order::from_webhook(body)?, Form::Webhook)),
    }
}

/// The order node of the Admin API, bare or within its answer; `None` if this is a webhook's body.
fn node(value: &Value) -> anyhow::Result<Option<&Value>> {
    if let Some(data) = value.get("data") {
        let node = ["order", "node"]
            .iter()
            .find_map(|it| data.get(it))
            .or_else(|| data.pointer("/orders/nodes/0"));
        return match node {
            Some(node) if !node.is_null() => Ok(Some(node)),
            Some(_) | None => Err(anyhow!("`data.order` is missing or null")),
        };
    }
    let graphql = [
        "updatedAt",
        "currencyCode",
        "legacyResourceId",
        "currentTotalPriceSet",
    ]
    .iter()
    .any(|it| value.get(it).is_some());
    Ok(graphql.then_some(value))
}
