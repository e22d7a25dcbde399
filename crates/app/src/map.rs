//! `onedeal map`: the deal that an order would become, and how far the portal's deal is from it. Nothing is written
//! anywhere.

mod compare;
mod place;
mod show;
mod show_compared;
mod words;

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use kernel::{DealId, ShopDomain, mapping::Directory, order::Order};
use service::{
    config::Settings,
    convert,
    inquiry::{DealShown, InquiryError},
    intake::BODY_BYTES_MAX,
    preview::{Form, Preview, read_order},
};

use crate::{
    environment::Environment,
    exit::{Exit, Exits as _, Failure},
    lang::Lang,
    peer::{self, Hindrance},
    terminal,
};
use compare::Comparison;

/// Flags of `map`.
#[derive(Debug, Clone, Args)]
pub struct MapArgs {
    /// A webhook's body or an order of the Admin API, as JSON; `-` = standard input
    #[arg(value_name = "FILE.json")]
    pub file: PathBuf,
    /// Show the difference to this deal of the portal
    #[arg(long, value_name = "DEAL_ID", value_parser = clap::value_parser!(u64).range(1..))]
    pub against: Option<u64>,
    /// Ask the portal for the names of stages, funnels, fields and labels
    #[arg(long)]
    pub portal: bool,
    /// Print JSON instead of tables
    #[arg(long)]
    pub json: bool,
}

/// Shows the deal.
///
/// # Errors
/// The file cannot be read, or holds no order that can become a deal; or the portal, where it is asked, refuses.
pub async fn run(args: &MapArgs, environment: &Environment) -> Result<Exit, Failure> {
    let lang = environment.lang();
    let asks = args.portal || args.against.is_some();
    let settings = if asks {
        environment.settings_without_shop()?
    } else {
        environment.settings_without_peers()?
    };
    let (order, form) = order(&args.file, &settings)?;
    if !asks {
        let preview = Preview::of(&order, &settings.mapping, form, None);
        return show(&preview, args.json, lang);
    }
    let answer = Answer::get(&settings, args.against)
        .await
        .map_err(|it| it.into_failure(&settings, lang))?;
    let mapping = settings.mapping.clone().on_portal(answer.directory.clone());
    let preview = Preview::of(&order, &mapping, form, Some(&answer.directory));
    let Some(deal) = args.against else {
        return show(&preview, args.json, lang);
    };
    let Some(shown) = &answer.deal else {
        return Err(Failure::saying(Exit::Found, no_deal(deal, &settings, lang)));
    };
    let comparison = Comparison::of(
        &preview,
        (&order, &mapping),
        (deal, shown),
        &answer.directory,
    );
    compared(&comparison, &preview, args.json, lang)
}

fn show(preview: &Preview, json: bool, lang: Lang) -> Result<Exit, Failure> {
    if json {
        terminal::print_json(preview)?;
    } else {
        terminal::print(&show::text(preview, lang))?;
    }
    // Rows that do not add up would be a mistake of the program, a rule that fails one of the mapping; nobody should
    // miss either.
    let fine = preview.deal.adds_up && preview.deal.problems.is_empty();
    Ok(if fine { Exit::Fine } else { Exit::Found })
}

fn compared(
    comparison: &Comparison,
    preview: &Preview,
    json: bool,
    lang: Lang,
) -> Result<Exit, Failure> {
    if json {
        let page = serde_json::json!({ "order": &preview.order, "against": comparison });
        terminal::print_json(&page)?;
    } else {
        terminal::print(&show_compared::text(comparison, preview, lang))?;
    }
    Ok(if comparison.differs {
        Exit::Found
    } else {
        Exit::Fine
    })
}

/// What the portal says.
struct Answer {
    directory: Directory,
    deal: Option<DealShown>,
}

/// The portal, or this program, could not say it.
enum NoAnswer {
    Asked(InquiryError),
    Unasked(Failure),
}

impl Answer {
    async fn get(settings: &Settings, deal: Option<u64>) -> Result<Self, NoAnswer> {
        let inquiry = peer::inquiry(&settings.portal).map_err(NoAnswer::Unasked)?;
        let directory = inquiry.directory().await.map_err(NoAnswer::Asked)?;
        let deal = match deal {
            None => None,
            Some(deal) => inquiry.deal(DealId(deal)).await.map_err(NoAnswer::Asked)?,
        };
        Ok(Self { directory, deal })
    }
}

impl NoAnswer {
    fn into_failure(self, settings: &Settings, lang: Lang) -> Failure {
        match self {
            Self::Asked(error) => Hindrance::of(&error, &settings.portal, lang).into_failure(),
            Self::Unasked(failure) => failure,
        }
    }
}

fn no_deal(deal: u64, settings: &Settings, lang: Lang) -> String {
    let host = settings.portal.host();
    match lang {
        Lang::En => format!(
            "{host} shows no deal {deal}: it was deleted or never existed, or our user may not see it"
        ),
        Lang::Ru => format!(
            "{host} не показывает сделку {deal}: она удалена, её не было, или наш пользователь её не видит"
        ),
    }
}

/// The order of the file, and its form.
fn order(path: &Path, settings: &Settings) -> Result<(Order, Form), Failure> {
    let body = read(path)?;
    let name = name(path);
    let (wire, form) = read_order(&body)
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
    Ok((order, form))
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
