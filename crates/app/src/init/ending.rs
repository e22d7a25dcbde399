//! What was done, and what to do next.

use serde::Serialize;
use service::subscriptions::{Manual, manual, manual_in_russian};
use shopify::endpoint::VERSION_DEFAULT;

use super::{Plan, deals::Named, fields::Fields, files::Written};
use crate::{lang::Lang, terminal};

/// What was done, for a script. No secret is part of it.
#[derive(Debug, Serialize)]
pub(super) struct Done<'a> {
    config: String,
    secrets: Vec<String>,
    portal: PortalDone<'a>,
    shop: ShopDone<'a>,
    public_url: Option<&'a str>,
    listen: String,
    fields: &'a Fields,
    deals: DealsDone<'a>,
    webhooks: Webhooks,
    next: Vec<String>,
}

#[derive(Debug, Serialize)]
struct PortalDone<'a> {
    host: &'a str,
    user_id: u64,
    user: &'a str,
    administrator: bool,
    scopes: &'a [String],
}

#[derive(Debug, Serialize)]
struct ShopDone<'a> {
    domain: &'a str,
    name: Option<&'a str>,
    plan: Option<&'a str>,
    currency: Option<&'a str>,
    scopes: Option<&'a [String]>,
}

/// What differs from the defaults.
#[derive(Debug, Serialize)]
struct DealsDone<'a> {
    funnel: Option<Entry<'a>>,
    first_stage: Option<Entry<'a>>,
    won_stage: Option<Entry<'a>>,
    lost_stage: Option<Entry<'a>>,
    responsible: Option<Entry<'a>>,
}

#[derive(Debug, Serialize)]
struct Entry<'a> {
    id: &'a str,
    name: &'a str,
}

/// How the shop's webhooks come to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Webhooks {
    /// The service makes them.
    Automatic,
    /// Somebody has to make them.
    Manual,
}

impl Webhooks {
    fn of(plan: &Plan) -> Self {
        if plan.shop.probe.is_some() && plan.address.public.is_some() {
            Self::Automatic
        } else {
            Self::Manual
        }
    }
}

/// What was done, for a script.
pub(super) fn done<'a>(plan: &'a Plan, written: &Written, is_default: bool) -> Done<'a> {
    let (account, probe) = (&plan.portal.account, plan.shop.probe.as_ref());
    let path = |it: &std::path::PathBuf| it.display().to_string();
    let ends = plan.deals.ends.as_ref();
    Done {
        config: path(&written.config),
        secrets: written.secrets.iter().map(path).collect(),
        portal: PortalDone {
            host: plan.portal.settings.host(),
            user_id: account.profile.id,
            user: &account.profile.name,
            administrator: account.profile.admin,
            scopes: &account.scopes,
        },
        shop: ShopDone {
            domain: plan.shop.domain.as_str(),
            name: probe.and_then(|it| it.name.as_deref()),
            plan: probe.and_then(|it| it.plan.as_deref()),
            currency: probe.and_then(|it| it.currency.as_deref()),
            scopes: probe.map(|it| it.scopes.as_slice()),
        },
        public_url: plan.address.public.as_ref().map(|it| it.text.as_str()),
        listen: plan.address.listen.to_string(),
        fields: &plan.fields,
        deals: DealsDone {
            funnel: plan.deals.funnel.as_ref().map(entry),
            first_stage: plan.deals.first_stage.as_ref().map(entry),
            won_stage: ends.map(|it| entry(&it.0)),
            lost_stage: ends.map(|it| entry(&it.1)),
            responsible: plan.deals.responsible.as_ref().map(entry),
        },
        webhooks: Webhooks::of(plan),
        next: ["check", "serve"]
            .map(|it| command(it, written, is_default))
            .to_vec(),
    }
}

fn entry(of: &Named) -> Entry<'_> {
    Entry {
        id: &of.id,
        name: &of.name,
    }
}

/// What was done, for people.
pub(super) fn text(plan: &Plan, written: &Written, is_default: bool, lang: Lang) -> String {
    let mut files = vec![(
        written.config.display().to_string(),
        lang.say(
            "the settings, each line explained",
            "настройки с пояснением к каждой строке",
        ),
    )];
    let secret = lang.say(
        "a secret; only you can read it",
        "секрет; читаете только вы",
    );
    let secrets = written.secrets.iter();
    files.extend(secrets.map(|it| (it.display().to_string(), secret)));
    let next = [
        (
            command("check", written, is_default),
            lang.say(
                "says whether everything fits together",
                "покажет, всё ли подходит друг к другу",
            ),
        ),
        (
            command("serve", written, is_default),
            lang.say(
                "keeps one deal per order, until you stop it",
                "ведёт по сделке на заказ, пока его не остановят",
            ),
        ),
    ];
    format!(
        "\n{}\n{}\n{}\n{}\n{}",
        lang.say("Written", "Записано"),
        pairs(&files),
        lang.say("Next", "Дальше"),
        pairs(&next),
        webhooks(plan, lang),
    )
}

fn pairs<T: AsRef<str>>(of: &[(T, &str)]) -> String {
    let facts: Vec<(&str, String)> = of
        .iter()
        .map(|(name, says)| (name.as_ref(), (*says).to_owned()))
        .collect();
    terminal::facts(&facts)
}

fn command(name: &str, written: &Written, is_default: bool) -> String {
    if is_default {
        format!("onedeal {name}")
    } else {
        format!("onedeal --config {} {name}", written.config.display())
    }
}

fn webhooks(plan: &Plan, lang: Lang) -> String {
    let public = plan.address.public.as_ref();
    let title = lang.say("Webhooks", "Вебхуки");
    if let (Webhooks::Automatic, Some(public)) = (Webhooks::of(plan), public) {
        let (listen, webhooks) = (plan.address.listen, public.url.webhooks());
        let says = match lang {
            Lang::En => format!(
                "Nothing to do: onedeal subscribes to the shop's webhooks itself, at {webhooks}, and repairs them. That address must lead to {listen} on this machine."
            ),
            Lang::Ru => format!(
                "Делать ничего не нужно: onedeal сам подписывается на вебхуки магазина, адрес {webhooks}, и чинит подписки. Этот адрес должен вести на {listen} этой машины."
            ),
        };
        return format!("{title}\n  {}\n", terminal::indented(&says, 2));
    }
    let why = match (plan.shop.probe.is_some(), lang) {
        (true, Lang::En) => {
            "There is no public address yet. With one (public_url in the settings), onedeal makes the webhooks itself. Until then, by hand:"
        }
        (true, Lang::Ru) => {
            "Публичного адреса пока нет. С ним (public_url в настройках) onedeal создаст вебхуки сам. А пока вручную:"
        }
        (false, Lang::En) => "Without the Admin API the webhooks are made by hand:",
        (false, Lang::Ru) => "Без Admin API вебхуки создаются вручную:",
    };
    let of = Manual {
        shop: &plan.shop.domain,
        public_url: public.map(|it| &it.url),
        version: VERSION_DEFAULT,
    };
    let text = match lang {
        Lang::En => manual(of),
        Lang::Ru => manual_in_russian(of),
    };
    format!("{title}\n  {}\n\n{text}", terminal::indented(why, 2))
}
