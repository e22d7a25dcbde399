//! What is said on the command line, and what is missing there if nobody can be asked.

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};

use super::trouble::Trouble;
use crate::{
    exit::{Exit, Failure},
    lang::Lang,
};

/// Flags of `init`. Each that has a variable takes its value from there too.
#[derive(Debug, Clone, Args)]
pub struct InitArgs {
    /// Ask nothing: take the flags, and the defaults for the rest
    #[arg(long, short)]
    pub yes: bool,
    /// Write over an existing settings file and its secrets
    #[arg(long)]
    pub force: bool,
    /// Print what was done as JSON
    #[arg(long)]
    pub json: bool,

    /// The portal's inbound webhook (a secret: better in a file)
    #[arg(
        long,
        value_name = "URL",
        env = "ONEDEAL_BITRIX24_WEBHOOK_URL",
        hide_env_values = true,
        help_heading = "Bitrix24"
    )]
    pub portal_url: Option<SecretString>,
    /// A file that holds it
    #[arg(
        long,
        value_name = "PATH",
        env = "ONEDEAL_BITRIX24_WEBHOOK_URL_FILE",
        help_heading = "Bitrix24"
    )]
    pub portal_url_file: Option<String>,

    /// The shop's permanent name, acme.myshopify.com
    #[arg(
        long,
        value_name = "NAME",
        env = "ONEDEAL_SHOP",
        help_heading = "Shopify"
    )]
    pub shop: Option<String>,
    /// Client id of an app of the Dev Dashboard
    #[arg(
        long,
        value_name = "ID",
        env = "ONEDEAL_SHOPIFY_CLIENT_ID",
        help_heading = "Shopify"
    )]
    pub client_id: Option<String>,
    /// Its client secret
    #[arg(
        long,
        value_name = "SECRET",
        env = "ONEDEAL_SHOPIFY_CLIENT_SECRET",
        hide_env_values = true,
        help_heading = "Shopify"
    )]
    pub client_secret: Option<SecretString>,
    /// A file that holds it
    #[arg(
        long,
        value_name = "PATH",
        env = "ONEDEAL_SHOPIFY_CLIENT_SECRET_FILE",
        help_heading = "Shopify"
    )]
    pub client_secret_file: Option<String>,
    /// Access token of an app made in the shop's admin, in place of id and secret
    #[arg(
        long,
        value_name = "TOKEN",
        env = "ONEDEAL_SHOPIFY_ACCESS_TOKEN",
        hide_env_values = true,
        help_heading = "Shopify"
    )]
    pub access_token: Option<SecretString>,
    /// A file that holds it
    #[arg(
        long,
        value_name = "PATH",
        env = "ONEDEAL_SHOPIFY_ACCESS_TOKEN_FILE",
        help_heading = "Shopify"
    )]
    pub access_token_file: Option<String>,
    /// What signs the webhooks, where that is not the client secret
    #[arg(
        long,
        value_name = "SECRET",
        env = "ONEDEAL_SHOPIFY_SECRET",
        hide_env_values = true,
        help_heading = "Shopify"
    )]
    pub webhook_secret: Option<SecretString>,
    /// A file that holds it
    #[arg(
        long,
        value_name = "PATH",
        env = "ONEDEAL_SHOPIFY_SECRET_FILE",
        help_heading = "Shopify"
    )]
    pub webhook_secret_file: Option<String>,
    /// Another origin than the shop's, for tests
    #[arg(
        long,
        value_name = "URL",
        env = "ONEDEAL_SHOPIFY_API_URL",
        help_heading = "Shopify"
    )]
    pub shopify_api_url: Option<String>,

    /// Where Shopify reaches this service, https://…
    #[arg(
        long,
        value_name = "URL",
        env = "ONEDEAL_PUBLIC_URL",
        help_heading = "This service"
    )]
    pub public_url: Option<String>,
    /// Where it listens [default: 127.0.0.1:8080]
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "ONEDEAL_LISTEN",
        help_heading = "This service"
    )]
    pub listen: Option<String>,
    /// The ledger [default: sqlite:onedeal.db]
    #[arg(
        long,
        value_name = "sqlite:PATH",
        env = "ONEDEAL_DATABASE",
        help_heading = "This service"
    )]
    pub database: Option<String>,
    /// Make no token for /metrics
    #[arg(long, help_heading = "This service")]
    pub no_admin_token: bool,

    /// Funnel of new deals, by name or id [default: the portal's first one]
    #[arg(long, value_name = "FUNNEL", help_heading = "Deals")]
    pub funnel: Option<String>,
    /// Stage of a new deal, by name or id [default: NEW]
    #[arg(long, value_name = "STAGE", help_heading = "Deals")]
    pub new_stage: Option<String>,
    /// Stage of an order that is paid and fulfilled [default: WON]
    #[arg(long, value_name = "STAGE", help_heading = "Deals")]
    pub won_stage: Option<String>,
    /// Stage of an order that is cancelled, voided or refunded [default: LOSE]
    #[arg(long, value_name = "STAGE", help_heading = "Deals")]
    pub lost_stage: Option<String>,
    /// Who is responsible for new deals, by name or id [default: the webhook's user]
    #[arg(long, value_name = "PERSON", help_heading = "Deals")]
    pub responsible: Option<String>,
    /// Deal field for the order's number, by name [default: UF_CRM_1742556489]
    #[arg(
        long,
        value_name = "FIELD",
        env = "ONEDEAL_ORDER_FIELD",
        help_heading = "Deals"
    )]
    pub order_field: Option<String>,
    /// Make no fields on the portal
    #[arg(long, help_heading = "Deals")]
    pub no_fields: bool,
}

impl InitArgs {
    /// Refuses to begin where nobody can be asked and something is missing.
    pub(super) fn complete(&self, lang: Lang) -> Result<(), Failure> {
        let missing = self.missing(lang);
        if self.yes && missing.is_empty() {
            return Ok(());
        }
        let flags = missing.join(", ");
        let text = match (self.yes, missing.is_empty(), lang) {
            (true, _, Lang::En) => format!("with --yes nothing is asked, and there is no {flags}"),
            (true, _, Lang::Ru) => format!("с --yes вопросов нет, а этого не хватает: {flags}"),
            (false, true, Lang::En) => {
                "there is no terminal to ask on; add --yes to take the defaults for what the flags do not say".to_owned()
            }
            (false, true, Lang::Ru) => {
                "нет терминала для вопросов; добавьте --yes, чтобы взять остальное по умолчанию".to_owned()
            }
            (false, false, Lang::En) => {
                format!("there is no terminal to ask on; add --yes and {flags}")
            }
            (false, false, Lang::Ru) => {
                format!("нет терминала для вопросов; добавьте --yes и {flags}")
            }
        };
        Err(Failure::saying(
            Exit::Usage,
            format!("{text}; see onedeal init --help"),
        ))
    }

    fn missing(&self, lang: Lang) -> Vec<String> {
        let or = lang.say("or", "или");
        let has = |text: &Option<SecretString>, file: &Option<String>| {
            said(text.as_ref()).is_some() || self::text(file.as_ref()).is_some()
        };
        let mut missing = Vec::new();
        if !has(&self.portal_url, &self.portal_url_file) {
            missing.push("--portal-url-file".to_owned());
        }
        if text(self.shop.as_ref()).is_none() {
            missing.push("--shop".to_owned());
        }
        let secret = has(&self.client_secret, &self.client_secret_file);
        let signs = has(&self.webhook_secret, &self.webhook_secret_file);
        let token = has(&self.access_token, &self.access_token_file);
        match (
            text(self.client_id.as_ref()).is_some(),
            secret,
            token,
            signs,
        ) {
            (true, false, false, _) => missing.push("--client-secret-file".to_owned()),
            (false, true, false, _) => missing.push("--client-id".to_owned()),
            (_, _, true, false) => missing.push("--webhook-secret-file".to_owned()),
            (false, false, false, false) => missing.push(format!(
                "--client-id --client-secret-file ({or} --webhook-secret-file)"
            )),
            (true, true, false, _) | (_, _, true, true) | (false, false, false, true) => {}
        }
        missing
    }
}

/// A secret from its flag, or from the file that its twin names.
///
/// # Errors
/// The file cannot be read, or is empty.
pub(super) fn secret(
    text: Option<&SecretString>,
    file: Option<&String>,
    lang: Lang,
) -> Result<Option<SecretString>, Trouble> {
    let Some(path) = self::text(file) else {
        return Ok(said(text).cloned());
    };
    let cannot = |why: &str| Trouble {
        exit: Exit::Usage,
        problem: match lang {
            Lang::En => format!("the file {path} cannot be used: {why}"),
            Lang::Ru => format!("файл {path} не годится: {why}"),
        },
        remedy: lang
            .say(
                "correct the path, or the file's content",
                "исправьте путь или содержимое файла",
            )
            .to_owned(),
    };
    let read = std::fs::read_to_string(path).map_err(|error| cannot(&error.to_string()))?;
    let secret = read.trim();
    if secret.is_empty() {
        return Err(cannot(lang.say("it is empty", "он пуст")));
    }
    Ok(Some(secret.into()))
}

/// What a flag says; an empty text says nothing.
pub(super) fn text(given: Option<&String>) -> Option<&str> {
    given.map(|it| it.trim()).filter(|it| !it.is_empty())
}

fn said(secret: Option<&SecretString>) -> Option<&SecretString> {
    secret.filter(|it| !it.expose_secret().trim().is_empty())
}
