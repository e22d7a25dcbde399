//! Is anybody told when something is wrong?

use service::alerts::Channel;

use super::{
    Subject,
    report::{Line, Report},
};
use crate::lang::Lang;

const CHECK: &str = "alerts";

/// Says by which channels people are told. Nobody being told is no fault: whoever has Prometheus needs nothing else.
pub(super) fn alerts(subject: &Subject, report: &mut Report) {
    let lang = subject.lang;
    let says = match &subject.settings.alerts {
        None => lang
            .say(
                "nobody is told when something is wrong; [alerts] in onedeal.toml names who is",
                "о неполадках никто не узнает; [alerts] в onedeal.toml задаёт, кому сообщать",
            )
            .to_owned(),
        Some(settings) => {
            let channels: Vec<_> = settings.channels.iter().map(|it| name(it, lang)).collect();
            let minutes = settings.queue.as_secs() / 60;
            let channels = channels.join(", ");
            match lang {
                Lang::En => {
                    format!("people are told by {channels}; an order is late after {minutes} min")
                }
                Lang::Ru => format!(
                    "о неполадках сообщает: {channels}; заказ опаздывает через {minutes} мин"
                ),
            }
        }
    };
    report.add(Line::fine(CHECK, says));
}

fn name(channel: &Channel, lang: Lang) -> &'static str {
    match channel {
        Channel::Webhook(_) => lang.say("webhook", "вебхук"),
        Channel::Slack(_) => "Slack",
        Channel::Telegram { .. } => "Telegram",
        Channel::Email(_) => lang.say("e-mail", "почта"),
        Channel::Bitrix24 { .. } => lang.say(
            "a notification in Bitrix24 (it needs the right `im`)",
            "уведомление в Битрикс24 (нужно право `im`)",
        ),
    }
}
