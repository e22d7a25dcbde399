//! The settings file: each line explained, secrets by the names of their files.

use secrecy::SecretString;

use super::{Plan, address::LISTEN_DEFAULT, shop::Access};
use crate::{lang::Lang, terminal::plain};

/// A secret, and the file beside the settings that holds it.
pub(super) struct Secret<'a> {
    /// The setting that names the file.
    pub(super) setting: &'static str,
    /// The variable of the secret itself.
    pub(super) variable: &'static str,
    /// The file's name.
    pub(super) file: &'static str,
    pub(super) value: &'a SecretString,
}

/// The names of all files that may hold a secret.
pub(super) const SECRET_FILES: [&str; 5] = [PORTAL.2, CLIENT.2, TOKEN.2, SIGNS.2, ADMIN.2];

type Names = (&'static str, &'static str, &'static str);

const PORTAL: Names = (
    "bitrix24_webhook_url_file",
    "ONEDEAL_BITRIX24_WEBHOOK_URL",
    "bitrix24_webhook_url",
);
const CLIENT: Names = (
    "shopify_client_secret_file",
    "ONEDEAL_SHOPIFY_CLIENT_SECRET",
    "shopify_client_secret",
);
const TOKEN: Names = (
    "shopify_access_token_file",
    "ONEDEAL_SHOPIFY_ACCESS_TOKEN",
    "shopify_access_token",
);
const SIGNS: Names = (
    "shopify_secret_file",
    "ONEDEAL_SHOPIFY_SECRET",
    "shopify_secret",
);
const ADMIN: Names = ("admin_token_file", "ONEDEAL_ADMIN_TOKEN", "admin_token");

/// All secrets of a plan.
pub(super) fn secrets(plan: &Plan) -> Vec<Secret<'_>> {
    let mut secrets = vec![Secret::of(PORTAL, &plan.portal.url)];
    match &plan.shop.access {
        Access::Client { secret, signs, .. } => {
            secrets.push(Secret::of(CLIENT, secret));
            secrets.extend(signs.as_ref().map(|it| Secret::of(SIGNS, it)));
        }
        Access::Token { token, signs } => {
            secrets.push(Secret::of(TOKEN, token));
            secrets.push(Secret::of(SIGNS, signs));
        }
        Access::Webhooks { signs } => secrets.push(Secret::of(SIGNS, signs)),
    }
    let admin = plan.address.admin_token.as_ref();
    secrets.extend(admin.map(|it| Secret::of(ADMIN, it)));
    secrets
}

impl<'a> Secret<'a> {
    fn of((setting, variable, file): Names, value: &'a SecretString) -> Self {
        Self {
            setting,
            variable,
            file,
            value,
        }
    }
}

/// The text of the settings file. `place` gives the path of a secret's file by its name.
pub(super) fn text(plan: &Plan, lang: Lang, place: impl Fn(&str) -> String) -> String {
    let mut page = Page {
        lang,
        text: String::new(),
    };
    page.head();
    let secrets = secrets(plan);
    let file = |setting: &str| {
        let secret = secrets.iter().find(|it| it.setting == setting);
        secret.map(|it| place(it.file))
    };
    page.portal(plan, file(PORTAL.0));
    page.shop(plan, &file);
    page.service(plan, file(ADMIN.0));
    page.mapping(plan);
    page.text
}

/// The file as it grows.
struct Page {
    lang: Lang,
    text: String,
}

impl Page {
    fn head(&mut self) {
        self.say(
            "onedeal keeps exactly one Bitrix24 deal per Shopify order. `onedeal init` wrote this file; change what you like,\n\
             then run `onedeal check`. `onedeal serve` reads it at its start. A variable wins over a line: ONEDEAL_LISTEN over\n\
             `listen`. Paths count from the folder in which onedeal is started. A line that begins with # has no effect.",
            "onedeal ведёт ровно одну сделку Битрикс24 на заказ Shopify. Файл создан `onedeal init`; меняйте что нужно и запускайте\n\
             `onedeal check`. `onedeal serve` читает его при старте. Переменная сильнее строки: ONEDEAL_LISTEN сильнее `listen`.\n\
             Пути считаются от папки, в которой запущен onedeal. Строка, которая начинается с #, не действует.",
        );
    }

    fn portal(&mut self, plan: &Plan, file: Option<String>) {
        let (host, profile) = (plan.portal.settings.host(), &plan.portal.account.profile);
        let who = plain(&profile.name);
        self.part("Bitrix24");
        self.say(
            &format!("The inbound webhook of {host}, acting as {who} (user {}). Whoever has its URL acts as that user.", profile.id),
            &format!("Входящий вебхук {host}, от имени {who} (№ {}). Кто знает его адрес, действует от этого имени.", profile.id),
        );
        self.set_opt(PORTAL.0, file);
        self.gap();
        self.say(
            "Requests per second and burst that the portal's plan allows: \"2,50\" on most plans, \"5,250\" on Enterprise.",
            "Запросов в секунду и запас, которые разрешает тариф: \"2,50\" на большинстве, \"5,250\" на Энтерпрайзе.",
        );
        self.off("bitrix24_rate", &quoted("2,50"));
        self.gap();
        self.say(
            "The deal's user field for the order's number, for people and filters: a text of one value.",
            "Поле сделки для номера заказа, для людей и фильтров: строка с одним значением.",
        );
        self.set("order_field", &quoted(&plan.fields.order.name));
        self.gap();
        self.say(
            "The deal's user field that names the deal that stays, on one that turned out to be a duplicate: a whole number.",
            "Поле сделки, которое на дубликате называет оставшуюся сделку: целое число.",
        );
        let duplicate = quoted(&plan.fields.duplicate.name);
        if plan.fields.duplicate.is_there() {
            self.set("duplicate_field", &duplicate);
        } else {
            self.say(
                "The portal has none that does: let an administrator make it, then take the # away.",
                "На портале подходящего нет: попросите администратора создать его и уберите #.",
            );
            self.off("duplicate_field", &duplicate);
        }
    }

    fn shop(&mut self, plan: &Plan, file: &impl Fn(&str) -> Option<String>) {
        self.part("Shopify");
        self.say("The shop's permanent name.", "Постоянное имя магазина.");
        self.set("shop", &quoted(plan.shop.domain.as_str()));
        self.gap();
        match &plan.shop.access {
            Access::Client { id, .. } => {
                self.say(
                    "The app of Shopify's Dev Dashboard that opens the Admin API: with it, lost webhooks are made good. Its client secret\n\
                     also signs the webhooks that onedeal subscribes to.",
                    "Приложение из Shopify Dev Dashboard открывает Admin API: с ним находятся потерянные вебхуки. Его секретом подписаны\n\
                     и вебхуки, на которые подписывается onedeal.",
                );
                self.set("shopify_client_id", &quoted(id));
                self.set_opt(CLIENT.0, file(CLIENT.0));
            }
            Access::Token { .. } => {
                self.say(
                    "The token of the app made in the shop's admin; it opens the Admin API: with it, lost webhooks are made good.",
                    "Токен приложения из админки магазина открывает Admin API: с ним находятся потерянные вебхуки.",
                );
                self.set_opt(TOKEN.0, file(TOKEN.0));
            }
            Access::Webhooks { .. } => {
                self.say(
                    "Without the Admin API a webhook that is lost stays lost. An app of Shopify's Dev Dashboard opens it:",
                    "Без Admin API потерянный вебхук так и останется потерянным. Его открывает приложение из Shopify Dev Dashboard:",
                );
                self.off("shopify_client_id", &quoted("…"));
                self.off(CLIENT.0, &quoted("…"));
            }
        }
        if let Some(path) = file(SIGNS.0) {
            self.gap();
            self.say(
                "What signs the webhooks. Several, comma separated in that file, while it is replaced.",
                "Чем подписаны вебхуки. На время замены в файле может быть несколько, через запятую.",
            );
            self.set(SIGNS.0, &quoted(&path));
        }
        if let Some(origin) = &plan.shop.api_url {
            self.gap();
            self.say(
                "Another origin than the shop's own, for tests.",
                "Другой адрес вместо самого магазина, для проверок.",
            );
            self.set("shopify_api_url", &quoted(origin));
        }
        if !matches!(plan.shop.access, Access::Webhooks { .. }) {
            self.gap();
            self.say(
                "How often, in seconds, the orders that changed are read, in case a webhook was lost; 0 = never.",
                "Как часто, в секундах, читать изменившиеся заказы на случай потери вебхука; 0 = никогда.",
            );
            self.off("reconcile_secs", "900");
        }
    }

    fn service(&mut self, plan: &Plan, token: Option<String>) {
        self.part(self.lang.say("This service", "Этот сервис"));
        self.say(
            "Where it listens. A reverse proxy with a certificate stands before it, and passes bodies unchanged up to 10 MiB.",
            "Где он слушает. Перед ним стоит обратный прокси с сертификатом и передаёт тела до 10 МиБ без изменений.",
        );
        let listen = plan.address.listen.to_string();
        if listen == LISTEN_DEFAULT {
            self.off("listen", &quoted(&listen));
        } else {
            self.set("listen", &quoted(&listen));
        }
        self.gap();
        self.say(
            "Where Shopify reaches it, over https. With the Admin API, the webhook subscriptions are made and repaired there.",
            "Где его находит Shopify, по https. С Admin API подписки на вебхуки создаются и чинятся для этого адреса.",
        );
        match &plan.address.public {
            Some(public) => self.set("public_url", &quoted(&public.text)),
            None => self.off("public_url", &quoted("https://sync.example.com")),
        }
        self.gap();
        self.say(
            "The token that opens /metrics. Without one, and with a public address, they are closed.",
            "Токен для /metrics. Без него при публичном адресе они закрыты.",
        );
        match token {
            Some(path) => self.set(ADMIN.0, &quoted(&path)),
            None => self.off(ADMIN.0, &quoted("…")),
        }
        self.gap();
        self.say(
            "The ledger: which deal is whose, and what was sent. Back it up together with the .epoch file beside it.",
            "Журнал: какая сделка чья и что отправлено. Копируйте его вместе с файлом .epoch рядом.",
        );
        self.set("database", &quoted(&plan.database));
        self.gap();
        self.say(
            "How long a create without an answer stays in doubt, in ms. Longer is safer, and delays only such orders.",
            "Сколько мс создание без ответа считается неясным. Дольше надёжнее, и задерживает только такие заказы.",
        );
        self.off("settle_ms", "210000");
    }

    fn mapping(&mut self, plan: &Plan) {
        let deals = &plan.deals;
        let handle = plan.shop.domain.as_str().trim_end_matches(".myshopify.com");
        self.part(
            self.lang
                .say("How orders become deals", "Как заказы становятся сделками"),
        );
        self.say(
            "Only what differs from the defaults stands here. Titles, fields, stages and more: docs/mapping.md; see the result with\n\
             `onedeal map order.json`. Ids are the portal's own: they stay when somebody changes a name.",
            "Здесь только отличия от значений по умолчанию. Названия, поля, стадии и прочее: docs/mapping.md; результат покажет\n\
             `onedeal map order.json`. Id взяты с портала: они не меняются, если кто-то переименует.",
        );
        if deals.is_default() {
            self.text.push_str(&format!(
                "# [mapping.{handle}]\n# funnel = 0\n# first_stage = \"NEW\"\n"
            ));
            return;
        }
        self.text.push_str(&format!("[mapping.{handle}]\n"));
        if let Some(funnel) = &deals.funnel {
            let name = plain(&funnel.name);
            self.say(
                &format!("New deals begin in the funnel {name}."),
                &format!("Новые сделки начинаются в воронке {name}."),
            );
            self.set("funnel", &funnel.id);
        }
        if let Some(stage) = &deals.first_stage {
            let name = plain(&stage.name);
            self.say(
                &format!("Their first stage is {name}."),
                &format!("Их первая стадия: {name}."),
            );
            self.set("first_stage", &quoted(&stage.id));
        }
        if let Some(person) = &deals.responsible {
            let name = plain(&person.name);
            self.gap();
            self.say(
                &format!("{name} is responsible for a new deal; afterwards people decide."),
                &format!("За новую сделку отвечает {name}; дальше решают люди."),
            );
            self.text
                .push_str(&format!("[mapping.{handle}.fields.assignedById]\n"));
            self.set("value", &quoted(&person.id));
            self.set("owner", &quoted("on_create"));
        }
        let Some((won, lost)) = &deals.ends else {
            return;
        };
        let stage = |page: &mut Self, when: &str, to: &str, from: &str| {
            page.text.push_str(&format!("[[mapping.{handle}.stage]]\n"));
            page.set("when", &quoted(when));
            page.set("to", &quoted(to));
            page.set("from", from);
        };
        let (lost_name, won_name) = (plain(&lost.name), plain(&won.name));
        self.gap();
        self.say(
            &format!("Cancelled, voided or fully refunded: {lost_name}, even if the deal was won."),
            &format!("Отменён, аннулирован или полностью возвращён: {lost_name}, даже если сделка была успешной."),
        );
        let when = "order.cancelled or order.payment in ['voided', 'refunded']";
        stage(self, when, &lost.id, "[\"open\", \"won\"]");
        self.gap();
        self.say(
            &format!("Paid and fulfilled: {won_name}."),
            &format!("Оплачен и отправлен: {won_name}."),
        );
        let when = "order.payment == 'paid' and order.fulfillment == 'fulfilled'";
        stage(self, when, &won.id, "[\"open\"]");
    }

    fn part(&mut self, title: &str) {
        self.gap();
        self.text.push_str(&format!("# --- {title} ---\n"));
        self.gap();
    }

    fn say(&mut self, en: &str, ru: &str) {
        for line in self.lang.say(en, ru).lines() {
            self.text.push_str(&format!("# {}\n", line.trim()));
        }
    }

    fn gap(&mut self) {
        self.text.push('\n');
    }

    fn set(&mut self, key: &str, value: &str) {
        self.text.push_str(&format!("{key} = {value}\n"));
    }

    fn set_opt(&mut self, key: &str, path: Option<String>) {
        if let Some(path) = path {
            self.set(key, &quoted(&path));
        }
    }

    /// A setting with its default, which has no effect.
    fn off(&mut self, key: &str, value: &str) {
        self.text.push_str(&format!("# {key} = {value}\n"));
    }
}

/// A text as TOML quotes it; JSON's escapes are TOML's too.
fn quoted(text: &str) -> String {
    serde_json::Value::String(plain(text)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_reads_back_in_toml() {
        for text in ["a\"b", "C:\\x", "Ж — ok", "'", "a/b#c"] {
            let read: toml::Table = toml::from_str(&format!("x = {}", quoted(text))).unwrap();
            assert_eq!(read["x"].as_str(), Some(text));
        }
        assert_eq!(quoted("a\u{7f}\nb"), "\"a  b\"");
    }
}
