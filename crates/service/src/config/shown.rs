//! The settings as people may see them: every value but the secrets, and where it comes from.

use std::{collections::BTreeMap, time::Duration};

use super::{ConfigError, MappingText, Settings, mapping};
use crate::{
    access::Opener,
    board::{
        model::{Assumption, MappingView, Setting, SettingSource, SettingsGroup, SettingsView},
        words::Said,
    },
    http::AdminAccess,
};

impl Settings {
    /// These settings as people may see them; file and variables are those that they were read from.
    ///
    /// # Errors
    /// The mapping's file cannot be read any more.
    pub fn shown(
        &self,
        file: Option<(&str, &str)>,
        variables: &BTreeMap<String, String>,
    ) -> Result<SettingsView, ConfigError> {
        let (_, text) = mapping(file, variables)?;
        let from = From {
            keys: file.and_then(|(_, text)| toml::from_str(text).ok()),
            variables,
        };
        Ok(SettingsView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            groups: vec![
                self.portal_group(&from),
                self.shop_group(&from),
                self.deal_group(&from, text.as_ref()),
                self.service_group(&from),
            ],
            assumptions: self.assumptions(),
            mapping: MappingView {
                path: text.as_ref().map(|it| it.path().to_owned()),
                text: text.as_ref().map(MappingText::shown),
                resolved: false,
            },
        })
    }

    fn portal_group(&self, from: &From<'_>) -> SettingsGroup {
        let portal = &self.portal;
        let app = portal.credential.opener() == Opener::App;
        let mut settings = vec![from.plain(
            if app {
                "ONEDEAL_BITRIX24_PORTAL"
            } else {
                "ONEDEAL_BITRIX24_WEBHOOK_URL"
            },
            ("Portal", "Портал"),
            portal.host(),
        )];
        if app {
            let name = "ONEDEAL_BITRIX24_CLIENT_SECRET";
            settings.push(from.secret(name, ("Application's secret", "Секрет приложения"), true));
        }
        settings.push(from.plain(
            "ONEDEAL_BITRIX24_RATE",
            ("Requests per second, burst", "Запросов в секунду, запас"),
            &format!("{},{}", portal.per_second, portal.burst),
        ));
        settings.push(from.seconds(
            "ONEDEAL_BITRIX24_TIMEOUT_MS",
            ("An answer is awaited", "Ответ ожидается"),
            portal.timeout,
        ));
        settings.push(from.seconds(
            "ONEDEAL_SETTLE_MS",
            (
                "A create without an answer is settled after",
                "Создание без ответа решается через",
            ),
            self.rules.settle,
        ));
        group(("Bitrix24", "Битрикс24"), settings)
    }

    fn shop_group(&self, from: &From<'_>) -> SettingsGroup {
        let shops: Vec<&str> = self.shops.keys().map(|it| it.as_str()).collect();
        let api = self.shopify.as_ref();
        let mut settings = vec![
            from.plain("ONEDEAL_SHOP", ("Shop", "Магазин"), &shops.join(", ")),
            from.secret(
                "ONEDEAL_SHOPIFY_SECRET",
                (
                    "Webhooks are signed with a secret",
                    "Вебхуки подписаны секретом",
                ),
                true,
            ),
            from.secret(
                "ONEDEAL_SHOPIFY_CLIENT_SECRET",
                ("Admin API", "Admin API"),
                api.is_some(),
            ),
        ];
        if let Some(api) = api {
            let name = "ONEDEAL_SHOPIFY_API_VERSION";
            settings.push(from.plain(name, ("Its version", "Её версия"), api.endpoint.version()));
        }
        let every = self.reconcile_every.unwrap_or_default();
        settings.push(from.seconds(
            "ONEDEAL_RECONCILE_SECS",
            ("Orders are read again every", "Заказы сверяются каждые"),
            every,
        ));
        let url = self.public_url.as_ref().map_or("–", |it| it.as_str());
        settings.push(from.plain(
            "ONEDEAL_PUBLIC_URL",
            ("Public address", "Внешний адрес"),
            url,
        ));
        group(("Shopify", "Shopify"), settings)
    }

    fn deal_group(&self, from: &From<'_>, text: Option<&MappingText>) -> SettingsGroup {
        let path = text.map_or("–", |it| it.path());
        let duplicate = self.mapping.duplicate_field.as_deref().unwrap_or("–");
        let settings = vec![
            from.plain(
                "ONEDEAL_ORDER_FIELD",
                ("Field for the order's id", "Поле для id заказа"),
                &self.mapping.order_field,
            ),
            from.plain(
                "ONEDEAL_DUPLICATE_FIELD",
                (
                    "Field that names the deal that stays",
                    "Поле с номером остающейся сделки",
                ),
                duplicate,
            ),
            from.plain("ONEDEAL_MAPPING_FILE", ("Mapping", "Правила"), path),
        ];
        group(("Deals", "Сделки"), settings)
    }

    fn service_group(&self, from: &From<'_>) -> SettingsGroup {
        let token = matches!(self.admin, AdminAccess::Token(_));
        let database = format!("sqlite:{}", self.database.display());
        let settings = vec![
            from.plain(
                "ONEDEAL_LISTEN",
                ("Address", "Адрес"),
                &self.listen.to_string(),
            ),
            from.plain("ONEDEAL_DATABASE", ("Ledger", "Журнал"), &database),
            from.secret(
                "ONEDEAL_ADMIN_TOKEN",
                ("Login by token", "Вход по токену"),
                token,
            ),
        ];
        group(("Service", "Служба"), settings)
    }

    /// What no program can prove and this one relies on (README, "What it needs").
    fn assumptions(&self) -> Vec<Assumption> {
        let (landing, lag) = self.rules.landing_and_lag();
        vec![
            assumption(
                "A-D",
                seconds(landing),
                (
                    "a request that we gave up on is executed within this time, or never",
                    "запрос, ответа на который мы не дождались, выполнится за это время или никогда",
                ),
                ("ONEDEAL_SETTLE_MS less R", "ONEDEAL_SETTLE_MS минус R"),
            ),
            assumption(
                "A-R",
                seconds(lag),
                (
                    "a list shows a deal at most so long after it was created",
                    "список показывает сделку не позже чем через это время",
                ),
                (
                    "part of the settle time; `check --canary` measures it",
                    "часть времени выдержки; измеряет `check --canary`",
                ),
            ),
            assumption(
                "A-J",
                Said::same("synchronous=FULL"),
                (
                    "what the disk reports as written survives a crash",
                    "записанное на диск переживёт сбой",
                ),
                (
                    "the file system below the ledger; `onedeal check` names it",
                    "файловая система журнала; её называет `onedeal check`",
                ),
            ),
            assumption(
                "A-P",
                Said::same("–"),
                (
                    "how long a process may pause before it sends: not needed, one process works on a ledger",
                    "сколько процесс может медлить перед отправкой: не нужно, с журналом работает один процесс",
                ),
                ("the lock beside the ledger", "блокировка рядом с журналом"),
            ),
        ]
    }
}

impl MappingText {
    /// The mapping as written. Of `onedeal.toml` only the tables of the mapping: secrets may stand beside them.
    pub fn shown(&self) -> String {
        if self.prefix.is_empty() {
            return self.text.clone();
        }
        let mut within = false;
        let lines = self.text.lines().filter(|line| {
            let line = line.trim_start();
            if line.starts_with('[') {
                let name = line.trim_start_matches('[').trim_start();
                within = name.starts_with("mapping.");
            }
            within
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Where settings come from.
struct From<'a> {
    keys: Option<toml::Table>,
    variables: &'a BTreeMap<String, String>,
}

impl From<'_> {
    fn source(&self, variable: &str) -> SettingSource {
        let names = [variable.to_owned(), format!("{variable}_FILE")];
        let set = |it: &String| self.variables.get(it).is_some_and(|it| !it.is_empty());
        if names.iter().any(set) {
            return SettingSource::Variable;
        }
        let in_file = |it: &String| {
            let key = it.trim_start_matches("ONEDEAL_").to_ascii_lowercase();
            let keys = self.keys.as_ref();
            keys.is_some_and(|keys| keys.contains_key(&key))
        };
        if names.iter().any(in_file) {
            SettingSource::File
        } else {
            SettingSource::Default
        }
    }

    fn setting(&self, variable: &str, (en, ru): (&str, &str), value: Said) -> Setting {
        Setting {
            variable: variable.to_owned(),
            label: Said::new(en, ru),
            value,
            source: self.source(variable),
        }
    }

    fn plain(&self, variable: &str, label: (&str, &str), value: &str) -> Setting {
        self.setting(variable, label, Said::same(value))
    }

    /// Of a secret only whether it is set.
    fn secret(&self, variable: &str, label: (&str, &str), set: bool) -> Setting {
        let value = if set {
            Said::new("set", "задан")
        } else {
            Said::new("not set", "не задан")
        };
        self.setting(variable, label, value)
    }

    fn seconds(&self, variable: &str, label: (&str, &str), value: Duration) -> Setting {
        let value = if value.is_zero() {
            Said::new("off", "выключено")
        } else {
            seconds(value)
        };
        self.setting(variable, label, value)
    }
}

fn group((en, ru): (&str, &str), settings: Vec<Setting>) -> SettingsGroup {
    SettingsGroup {
        title: Said::new(en, ru),
        settings,
    }
}

fn assumption(id: &str, value: Said, says: (&str, &str), from: (&str, &str)) -> Assumption {
    Assumption {
        id: id.to_owned(),
        value,
        says: Said::new(says.0, says.1),
        from: Said::new(from.0, from.1),
    }
}

fn seconds(of: Duration) -> Said {
    let seconds = (of.as_secs_f64() * 10.0).round() / 10.0;
    Said::new(format!("{seconds} s"), format!("{seconds} с"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
shop = "acme.myshopify.com"
shopify_secret = "hushhush1"
bitrix24_webhook_url = "https://acme.bitrix24.com/rest/1/hushhush2/"
settle_ms = 60000

[mapping.main]
create_when = "order.payment == 'paid'"

[mapping.main.fields]
title = { text = "{{ order.name }}" }
"#;

    fn shown() -> SettingsView {
        let token = ("ONEDEAL_ADMIN_TOKEN".to_owned(), "hushhush3".to_owned());
        let variables = BTreeMap::from([token]);
        let file = Some(("onedeal.toml", FILE));
        let settings = Settings::read(file, &variables).expect("settings");
        settings.shown(file, &variables).expect("a view")
    }

    #[test]
    fn no_secret_is_shown() {
        let text = serde_json::to_string(&shown()).expect("plain values");
        assert!(!text.contains("hushhush"), "{text}");
    }

    #[test]
    fn each_value_says_where_it_comes_from() {
        let view = shown();
        let source = |name: &str| {
            let all = view.groups.iter().flat_map(|it| &it.settings);
            let mut own = all.filter(|it| it.variable == name);
            own.next().map(|it| (it.value.en.as_str(), it.source))
        };
        let (variable, file, default) = (
            SettingSource::Variable,
            SettingSource::File,
            SettingSource::Default,
        );
        assert_eq!(source("ONEDEAL_ADMIN_TOKEN"), Some(("set", variable)));
        assert_eq!(source("ONEDEAL_SETTLE_MS"), Some(("60 s", file)));
        assert_eq!(source("ONEDEAL_LISTEN"), Some(("127.0.0.1:8080", default)));
    }

    #[test]
    fn of_the_settings_file_only_the_mapping_is_shown() {
        let text = shown().mapping.text.expect("a mapping of its own");
        assert!(text.starts_with("[mapping.main]") && text.contains("create_when"));
        assert!(!text.contains("shop ="), "{text}");
    }
}
