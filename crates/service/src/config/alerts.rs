//! The table `[alerts]`: who is told, and from when on.

use std::time::Duration;

use serde::Deserialize;

use super::{ConfigError, sources::Sources};
use crate::alerts::{
    Address, AlertSettings, Channel, EmailSettings, Language, QUEUE_MINUTES_DEFAULT, TELEGRAM_URL,
};

const WEBHOOK_URL: &str = "ONEDEAL_ALERT_WEBHOOK_URL";
const SLACK_URL: &str = "ONEDEAL_ALERT_SLACK_URL";
const TELEGRAM_TOKEN: &str = "ONEDEAL_ALERT_TELEGRAM_TOKEN";
const TELEGRAM_CHAT: &str = "ONEDEAL_ALERT_TELEGRAM_CHAT";
const TELEGRAM_API: &str = "ONEDEAL_ALERT_TELEGRAM_URL";
const EMAIL_TO: &str = "ONEDEAL_ALERT_EMAIL_TO";
const EMAIL_FROM: &str = "ONEDEAL_ALERT_EMAIL_FROM";
const EMAIL_SMTP_URL: &str = "ONEDEAL_ALERT_EMAIL_SMTP_URL";
const BITRIX24_USER: &str = "ONEDEAL_ALERT_BITRIX24_USER";
const QUEUE_MINUTES: &str = "ONEDEAL_ALERT_QUEUE_MINUTES";
const LANGUAGE: &str = "ONEDEAL_ALERT_LANGUAGE";

const ADDRESS_REMEDY: &str =
    "write a URL that begins with https:// (http:// only for this machine)";

const SMTP_REMEDY: &str = "write it like smtps://user:password@mail.example.com, or smtp://user:password@mail.example.com?tls=required; without TLS only for this machine";

const EMAIL_REMEDY: &str = "e-mail needs ONEDEAL_ALERT_EMAIL_TO, ONEDEAL_ALERT_EMAIL_FROM and ONEDEAL_ALERT_EMAIL_SMTP_URL";

/// The table as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AlertsFile {
    webhook_url: Option<String>,
    webhook_url_file: Option<String>,
    slack_url: Option<String>,
    slack_url_file: Option<String>,
    telegram_token: Option<String>,
    telegram_token_file: Option<String>,
    telegram_chat: Option<String>,
    telegram_url: Option<String>,
    email_to: Option<String>,
    email_from: Option<String>,
    email_smtp_url: Option<String>,
    email_smtp_url_file: Option<String>,
    bitrix24_user: Option<u64>,
    queue_minutes: Option<u64>,
    language: Option<String>,
}

impl Sources<'_> {
    /// Who is told; nobody where no place is set.
    pub(super) fn alerts(&self, shop: &str) -> Result<Option<AlertSettings>, ConfigError> {
        let channels = [
            self.webhook()?,
            self.slack()?,
            self.telegram()?,
            self.email()?,
            self.bitrix24_user()?,
        ];
        let channels: Vec<Channel> = channels.into_iter().flatten().collect();
        // They are checked whether they matter or not.
        let (queue, language) = (self.queue()?, self.language()?);
        let public = self.public_url()?;
        Ok((!channels.is_empty()).then(|| AlertSettings {
            queue,
            language,
            channels,
            link: public.map(|it| format!("{}/", it.as_str())),
            shop: shop.to_owned(),
        }))
    }

    fn webhook(&self) -> Result<Option<Channel>, ConfigError> {
        let file = (
            &self.file.alerts.webhook_url,
            &self.file.alerts.webhook_url_file,
        );
        let url = self.secret(WEBHOOK_URL, file)?;
        let address = url.map(|it| address(WEBHOOK_URL, &it)).transpose()?;
        Ok(address.map(Channel::Webhook))
    }

    fn slack(&self) -> Result<Option<Channel>, ConfigError> {
        let file = (
            &self.file.alerts.slack_url,
            &self.file.alerts.slack_url_file,
        );
        let url = self.secret(SLACK_URL, file)?;
        let address = url.map(|it| address(SLACK_URL, &it)).transpose()?;
        Ok(address.map(Channel::Slack))
    }

    fn telegram(&self) -> Result<Option<Channel>, ConfigError> {
        const REMEDY: &str = "a Telegram bot needs ONEDEAL_ALERT_TELEGRAM_TOKEN (from @BotFather) and ONEDEAL_ALERT_TELEGRAM_CHAT (the chat's id)";
        let alerts = &self.file.alerts;
        let file = (&alerts.telegram_token, &alerts.telegram_token_file);
        let token = self.secret(TELEGRAM_TOKEN, file)?;
        let chat = self.text(TELEGRAM_CHAT, alerts.telegram_chat.as_ref());
        let api = self.text(TELEGRAM_API, alerts.telegram_url.as_ref());
        let api = address(TELEGRAM_API, api.as_deref().unwrap_or(TELEGRAM_URL))?;
        match both((TELEGRAM_TOKEN, token), (TELEGRAM_CHAT, chat), REMEDY)? {
            Some((token, _)) if token.contains(|it: char| !it.is_ascii_graphic() || it == '/') => {
                Err(ConfigError::Wrong {
                    name: TELEGRAM_TOKEN,
                    problem: "it holds signs that no bot's token has".to_owned(),
                    remedy: REMEDY,
                })
            }
            Some((token, chat)) => Ok(Some(Channel::Telegram {
                api,
                token: token.into(),
                chat,
            })),
            None => Ok(None),
        }
    }

    fn email(&self) -> Result<Option<Channel>, ConfigError> {
        let alerts = &self.file.alerts;
        let file = (&alerts.email_smtp_url, &alerts.email_smtp_url_file);
        let server = self.secret(EMAIL_SMTP_URL, file)?;
        let to = self.text(EMAIL_TO, alerts.email_to.as_ref());
        let from = self.text(EMAIL_FROM, alerts.email_from.as_ref());
        let Some((to, from)) = both((EMAIL_TO, to), (EMAIL_FROM, from), EMAIL_REMEDY)? else {
            return match server {
                None => Ok(None),
                Some(_) => Err(missing(EMAIL_TO, EMAIL_REMEDY)),
            };
        };
        let server = server.ok_or(missing(EMAIL_SMTP_URL, EMAIL_REMEDY))?;
        let to = to.split(',').map(|it| it.trim().to_owned()).collect();
        let email = EmailSettings {
            server: server.into(),
            from,
            to,
        };
        email.check().map_err(|(what, problem)| {
            use crate::alerts::EmailPart;
            let (name, remedy) = match what {
                EmailPart::Server => (EMAIL_SMTP_URL, SMTP_REMEDY),
                EmailPart::From => (EMAIL_FROM, "write it like onedeal@example.com"),
                EmailPart::To => (
                    EMAIL_TO,
                    "write addresses like anna@example.com, separated by commas",
                ),
            };
            ConfigError::Wrong {
                name,
                problem: problem.to_owned(),
                remedy,
            }
        })?;
        Ok(Some(Channel::Email(email)))
    }

    fn bitrix24_user(&self) -> Result<Option<Channel>, ConfigError> {
        let wrong = || ConfigError::Wrong {
            name: BITRIX24_USER,
            problem: "it is not the number of a user".to_owned(),
            remedy: "open the person's profile in Bitrix24 and copy the number from its address; the webhook or application needs the right `im`",
        };
        let user = match self.text(BITRIX24_USER, None) {
            Some(text) => Some(text.parse().map_err(|_| wrong())?),
            None => self.file.alerts.bitrix24_user,
        };
        match user {
            Some(0) => Err(wrong()),
            Some(user) => Ok(Some(Channel::Bitrix24 { user })),
            None => Ok(None),
        }
    }

    fn queue(&self) -> Result<Duration, ConfigError> {
        let wrong = || ConfigError::Wrong {
            name: QUEUE_MINUTES,
            problem: "it is not a whole number above 0".to_owned(),
            remedy: "write after how many minutes of waiting an order is late, or leave it out",
        };
        let minutes = match self.text(QUEUE_MINUTES, None) {
            Some(text) => text.parse().map_err(|_| wrong())?,
            None => self
                .file
                .alerts
                .queue_minutes
                .unwrap_or(QUEUE_MINUTES_DEFAULT),
        };
        let seconds = minutes.checked_mul(60).filter(|it| 0 < *it);
        seconds.map(Duration::from_secs).ok_or_else(wrong)
    }

    fn language(&self) -> Result<Language, ConfigError> {
        let text = self.text(LANGUAGE, self.file.alerts.language.as_ref());
        match text.as_deref() {
            None | Some("en") => Ok(Language::English),
            Some("ru") => Ok(Language::Russian),
            Some(_) => Err(ConfigError::Wrong {
                name: LANGUAGE,
                problem: "it is not a language that onedeal speaks".to_owned(),
                remedy: "write en or ru, or leave it out",
            }),
        }
    }
}

fn address(name: &'static str, text: &str) -> Result<Address, ConfigError> {
    Address::parse(text).map_err(|it| ConfigError::Wrong {
        name,
        problem: it.to_string(),
        remedy: ADDRESS_REMEDY,
    })
}

fn missing(name: &'static str, remedy: &'static str) -> ConfigError {
    ConfigError::Missing { name, remedy }
}

/// Two settings that need each other.
fn both(
    (one, a): (&'static str, Option<String>),
    (other, b): (&'static str, Option<String>),
    remedy: &'static str,
) -> Result<Option<(String, String)>, ConfigError> {
    match (a, b) {
        (Some(a), Some(b)) => Ok(Some((a, b))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(missing(other, remedy)),
        (None, Some(_)) => Err(missing(one, remedy)),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Settings, tests::variables};

    #[track_caller]
    fn channels(file: Option<&str>, changes: &[(&str, &str)]) -> Vec<&'static str> {
        let file = file.map(|it| ("onedeal.toml", it));
        let settings = Settings::read(file, &variables(changes)).unwrap();
        let channels = settings.alerts.map(|it| it.channels).unwrap_or_default();
        channels.iter().map(|it| it.word()).collect()
    }

    #[track_caller]
    fn complaint(file: Option<&str>, changes: &[(&str, &str)]) -> String {
        let file = file.map(|it| ("onedeal.toml", it));
        let error = Settings::read(file, &variables(changes)).unwrap_err();
        error.to_string()
    }

    #[test]
    fn nobody_is_told_unless_a_place_is_set() {
        assert!(channels(None, &[("ONEDEAL_ALERT_QUEUE_MINUTES", "5")]).is_empty());
    }

    #[test]
    fn every_place_can_be_set_in_the_file_and_by_variables() {
        let all = ["webhook", "slack", "telegram", "email", "bitrix24"];
        let file = r#"
            [alerts]
            webhook_url = "https://example.com/hook"
            slack_url = "https://hooks.slack.com/services/a/b/c"
            telegram_token = "123:abc"
            telegram_chat = "-1001"
            email_to = "anna@example.com, boris@example.com"
            email_from = "onedeal@example.com"
            email_smtp_url = "smtps://user:password@mail.example.com"
            bitrix24_user = 7
            queue_minutes = 30
            language = "ru"
        "#;
        assert_eq!(channels(Some(file), &[]), all);
        let variables = [
            ("ONEDEAL_ALERT_WEBHOOK_URL", "http://127.0.0.1:9/hook"),
            ("ONEDEAL_ALERT_SLACK_URL", "https://hooks.slack.com/x"),
            ("ONEDEAL_ALERT_TELEGRAM_TOKEN", "123:abc"),
            ("ONEDEAL_ALERT_TELEGRAM_CHAT", "@onedeal"),
            ("ONEDEAL_ALERT_EMAIL_TO", "anna@example.com"),
            ("ONEDEAL_ALERT_EMAIL_FROM", "onedeal@example.com"),
            ("ONEDEAL_ALERT_EMAIL_SMTP_URL", "smtp://127.0.0.1:2525"),
            ("ONEDEAL_ALERT_BITRIX24_USER", "7"),
        ];
        assert_eq!(channels(None, &variables), all);
    }

    #[test]
    fn an_unknown_key_points_at_its_line() {
        let text = complaint(Some("[alerts]\nwebhok_url = \"https://a.example\"\n"), &[]);
        let begin = "`onedeal.toml` cannot be used: line 2, column 1: unknown field `webhok_url`";
        assert!(text.starts_with(begin), "{text}");
    }

    #[test]
    fn half_a_place_is_named_with_its_remedy() {
        insta::assert_snapshot!(complaint(None, &[("ONEDEAL_ALERT_TELEGRAM_TOKEN", "123:abc")]), @"the setting ONEDEAL_ALERT_TELEGRAM_CHAT is missing: a Telegram bot needs ONEDEAL_ALERT_TELEGRAM_TOKEN (from @BotFather) and ONEDEAL_ALERT_TELEGRAM_CHAT (the chat's id)");
        insta::assert_snapshot!(complaint(None, &[("ONEDEAL_ALERT_EMAIL_TO", "a@example.com"), ("ONEDEAL_ALERT_EMAIL_FROM", "b@example.com")]), @"the setting ONEDEAL_ALERT_EMAIL_SMTP_URL is missing: e-mail needs ONEDEAL_ALERT_EMAIL_TO, ONEDEAL_ALERT_EMAIL_FROM and ONEDEAL_ALERT_EMAIL_SMTP_URL");
    }

    #[test]
    fn what_others_could_read_is_refused_without_its_value() {
        let server = |url: &'static str| {
            [
                ("ONEDEAL_ALERT_EMAIL_TO", "a@example.com"),
                ("ONEDEAL_ALERT_EMAIL_FROM", "b@example.com"),
                ("ONEDEAL_ALERT_EMAIL_SMTP_URL", url),
            ]
        };
        let texts = [
            complaint(
                None,
                &[("ONEDEAL_ALERT_WEBHOOK_URL", "http://example.com/s3cr3t")],
            ),
            complaint(None, &[("ONEDEAL_ALERT_SLACK_URL", "s3cr3t")]),
            complaint(None, &server("smtp://u:s3cr3t@mail.example.com")),
            complaint(
                None,
                &server("smtp://u:s3cr3t@mail.example.com?tls=opportunistic"),
            ),
            complaint(None, &server("mail.example.com/s3cr3t")),
        ];
        insta::assert_snapshot!(texts.join("\n"), @r"
        the setting ONEDEAL_ALERT_WEBHOOK_URL cannot be used: it does not begin with https://; write a URL that begins with https:// (http:// only for this machine)
        the setting ONEDEAL_ALERT_SLACK_URL cannot be used: it is not a URL; write a URL that begins with https:// (http:// only for this machine)
        the setting ONEDEAL_ALERT_EMAIL_SMTP_URL cannot be used: others could read the mail on its way; write it like smtps://user:password@mail.example.com, or smtp://user:password@mail.example.com?tls=required; without TLS only for this machine
        the setting ONEDEAL_ALERT_EMAIL_SMTP_URL cannot be used: others could read the mail on its way; write it like smtps://user:password@mail.example.com, or smtp://user:password@mail.example.com?tls=required; without TLS only for this machine
        the setting ONEDEAL_ALERT_EMAIL_SMTP_URL cannot be used: it is not a URL; write it like smtps://user:password@mail.example.com, or smtp://user:password@mail.example.com?tls=required; without TLS only for this machine
        ");
        assert!(!texts.join("\n").contains("s3cr3t"));
    }
}
