//! Webhook subscriptions: ours, others', missing; and what to paste where nobody can see them.

use service::subscriptions::{Manual, NAME, Survey, TOPICS, manual, manual_in_russian, survey};
use shopify::{Topic, endpoint::VERSION_DEFAULT};

use super::{
    Subject,
    report::{Line, Report},
    shop::Answering,
    shop_words,
};
use crate::{exit::Exit, lang::Lang};

const CHECK: &str = "subscriptions";

/// Subscriptions of others that are named.
const FOREIGN_MAX: usize = 3;

/// Where the shop can be asked.
pub(super) async fn listed(subject: &Subject, shop: &Answering, in_use: bool, report: &mut Report) {
    let lang = subject.lang;
    let url = subject.settings.public_url.as_ref();
    let found = match survey(&shop.admin, url).await {
        Ok(found) => found,
        Err(error) => {
            let (problem, remedy) = shop_words::of(&error, shop.admin.shop().as_str(), lang);
            let line = Line::problem(CHECK, problem, Some(remedy));
            report.add(line.ending(Exit::Refused));
            return;
        }
    };
    if url.is_none() {
        report.add(without_address(&found, lang));
        report.paste = Some(paste(subject, shop.admin.version()));
        return;
    }
    report.add(line(&found, subject, in_use));
}

/// Where it cannot: what a person has to do.
pub(super) fn by_hand(subject: &Subject, report: &mut Report) {
    let says = subject.lang.say(
        "without an Admin API they are made by hand and cannot be seen from here: the list to paste stands below",
        "без Admin API их создают вручную, отсюда они не видны: что вставить, написано ниже",
    );
    let remedy = subject.lang.say(
        "make them once, in one of the two ways below; then place an order and look at `onedeal order`",
        "создайте их один раз одним из двух способов ниже; затем сделайте заказ и посмотрите `onedeal order`",
    );
    report.add(Line::warning(CHECK, says.to_owned(), remedy.to_owned()));
    report.paste = Some(paste(subject, VERSION_DEFAULT));
}

fn paste(subject: &Subject, version: &str) -> String {
    let texts = subject.settings.shops.keys().map(|shop| {
        let of = Manual {
            shop,
            public_url: subject.settings.public_url.as_ref(),
            version,
        };
        match subject.lang {
            Lang::En => manual(of),
            Lang::Ru => manual_in_russian(of),
        }
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn without_address(found: &Survey, lang: Lang) -> Line {
    let (right, all) = (found.right.len(), TOPICS.len());
    let says = match lang {
        Lang::En => format!(
            "ONEDEAL_PUBLIC_URL is not set, so they are neither made nor repaired; {right} of {all} topics have one named `{NAME}`"
        ),
        Lang::Ru => format!(
            "ONEDEAL_PUBLIC_URL не задан, поэтому они не создаются и не чинятся; у {right} из {all} тем есть подписка `{NAME}`"
        ),
    };
    let remedy = lang.say(
        "set ONEDEAL_PUBLIC_URL to the address under which Shopify reaches this service, or make them by hand as below",
        "задайте ONEDEAL_PUBLIC_URL, адрес этой службы для Shopify, или создайте подписки вручную, как ниже",
    );
    Line::warning(CHECK, says, remedy.to_owned())
}

fn line(found: &Survey, subject: &Subject, in_use: bool) -> Line {
    let lang = subject.lang;
    let uri = subject.settings.public_url.as_ref();
    let uri = uri.map(|it| it.webhooks()).unwrap_or_default();
    let mut parts = Vec::new();
    let right = topics(&found.right);
    match (found.right.len(), lang) {
        (0, _) => {}
        (all, Lang::En) if all == TOPICS.len() => {
            parts.push(format!("all {all} come to {uri}: {right}"))
        }
        (all, Lang::Ru) if all == TOPICS.len() => {
            parts.push(format!("все {all} приходят на {uri}: {right}"))
        }
        (_, Lang::En) => parts.push(format!("ours, to {uri}: {right}")),
        (_, Lang::Ru) => parts.push(format!("наши, на {uri}: {right}")),
    }
    if !found.missing.is_empty() {
        let missing = topics(&found.missing);
        parts.push(match lang {
            Lang::En => format!("missing: {missing}"),
            Lang::Ru => format!("нет: {missing}"),
        });
    }
    for wrong in &found.wrong {
        let (topic, goes) = (&wrong.topic, &wrong.uri);
        parts.push(match lang {
            Lang::En => format!("ours, and not as it should be: {topic} to {goes}"),
            Lang::Ru => format!("наша, но неверна: {topic} на {goes}"),
        });
    }
    if !found.foreign.is_empty() {
        let shown = found.foreign.iter().take(FOREIGN_MAX);
        let shown: Vec<String> = shown
            .map(|it| format!("{} {} {}", it.topic, lang.say("to", "на"), it.uri))
            .collect();
        let (shown, count) = (shown.join(", "), found.foreign.len());
        parts.push(match lang {
            Lang::En => format!("others', left alone: {count} ({shown})"),
            Lang::Ru => format!("чужие, не трогаем: {count} ({shown})"),
        });
    }
    let says = parts.join("; ");
    if found.missing.is_empty() && found.wrong.is_empty() {
        return Line::fine(CHECK, says);
    }
    let every = subject.settings.reconcile_every;
    let remedy = match (in_use, every, lang) {
        (false, _, Lang::En) => "start `onedeal serve`: it makes and repairs them at once".to_owned(),
        (false, _, Lang::Ru) => "запустите `onedeal serve`: она сразу создаст и исправит их".to_owned(),
        (true, Some(every), Lang::En) => format!(
            "nothing: the running service makes and repairs them within {} s, and reads what was missed. Shopify removes \
             them after 8 failed deliveries: find out why those failed",
            every.as_secs()
        ),
        (true, Some(every), Lang::Ru) => format!(
            "ничего: работающая служба создаст и исправит их за {} с и прочтёт пропущенное. Shopify удаляет их после 8 \
             неудачных доставок: узнайте, почему те не прошли",
            every.as_secs()
        ),
        (true, None, Lang::En) => {
            "restart the service: with ONEDEAL_RECONCILE_SECS=0 it looks at them at its start only".to_owned()
        }
        (true, None, Lang::Ru) => {
            "перезапустите службу: при ONEDEAL_RECONCILE_SECS=0 она смотрит на них только при запуске".to_owned()
        }
    };
    Line::warning(CHECK, says, remedy)
}

fn topics(of: &[Topic]) -> String {
    let names: Vec<String> = of.iter().map(ToString::to_string).collect();
    names.join(", ")
}
