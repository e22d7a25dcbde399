//! Where settings come from: the file, the variables of the environment, and the files that they name.

use std::{collections::BTreeMap, time::Duration};

use kernel::mapping::MappingFile;
use serde::Deserialize;

use super::{ConfigError, alerts};

/// `onedeal.toml`, key by key as the variables of the environment.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) listen: Option<String>,
    pub(super) database: Option<String>,
    pub(super) bitrix24_webhook_url: Option<String>,
    pub(super) bitrix24_webhook_url_file: Option<String>,
    pub(super) bitrix24_client_id: Option<String>,
    pub(super) bitrix24_client_secret: Option<String>,
    pub(super) bitrix24_client_secret_file: Option<String>,
    pub(super) bitrix24_portal: Option<String>,
    pub(super) bitrix24_oauth_url: Option<String>,
    pub(super) bitrix24_rate: Option<String>,
    pub(super) bitrix24_timeout_ms: Option<u64>,
    pub(super) settle_ms: Option<u64>,
    pub(super) shop: Option<String>,
    pub(super) shopify_secret: Option<String>,
    pub(super) shopify_secret_file: Option<String>,
    pub(super) shopify_client_id: Option<String>,
    pub(super) shopify_client_secret: Option<String>,
    pub(super) shopify_client_secret_file: Option<String>,
    pub(super) shopify_access_token: Option<String>,
    pub(super) shopify_access_token_file: Option<String>,
    pub(super) shopify_api_url: Option<String>,
    pub(super) shopify_api_version: Option<String>,
    pub(super) reconcile_secs: Option<u64>,
    pub(super) public_url: Option<String>,
    pub(super) admin_token: Option<String>,
    pub(super) admin_token_file: Option<String>,
    pub(super) viewer_token: Option<String>,
    pub(super) viewer_token_file: Option<String>,
    pub(super) order_field: Option<String>,
    pub(super) duplicate_field: Option<String>,
    pub(super) mapping_file: Option<String>,
    pub(super) mapping: Option<BTreeMap<String, MappingFile>>,
    #[serde(default)]
    pub(super) alerts: alerts::AlertsFile,
}

/// The file and the variables, asked setting by setting.
pub(super) struct Sources<'a> {
    pub(super) file: File,
    /// The file's path and text, to point at its lines.
    pub(super) source: (&'a str, &'a str),
    pub(super) variables: &'a BTreeMap<String, String>,
}

impl<'a> Sources<'a> {
    /// Reads the file's text, if there is one.
    pub(super) fn read(
        file: Option<(&'a str, &'a str)>,
        variables: &'a BTreeMap<String, String>,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            file: parse(file)?,
            source: file.unwrap_or_default(),
            variables,
        })
    }

    pub(super) fn text(&self, name: &str, file: Option<&String>) -> Option<String> {
        let text = self.variables.get(name).or(file)?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    pub(super) fn millis(
        &self,
        name: &'static str,
        file: Option<u64>,
        default: u64,
        min: u64,
    ) -> Result<Duration, ConfigError> {
        let wrong = |problem: String| ConfigError::Wrong {
            name,
            problem,
            remedy: "write a number of milliseconds, or leave the setting out",
        };
        let millis = match self.text(name, None) {
            Some(text) => text
                .parse()
                .map_err(|_| wrong("it is not a whole number".to_owned()))?,
            None => file.unwrap_or(default),
        };
        if millis < min {
            return Err(wrong(format!("it is less than {min}")));
        }
        Ok(Duration::from_millis(millis))
    }

    /// A secret: from its variable, from the file that its `_FILE` variable names, or likewise from `onedeal.toml`.
    pub(super) fn secret(
        &self,
        name: &str,
        (value, path): (&Option<String>, &Option<String>),
    ) -> Result<Option<String>, ConfigError> {
        if let Some(text) = self.text(name, None) {
            return Ok(Some(text));
        }
        let twin = format!("{name}_FILE");
        if let Some(path) = self.text(&twin, None) {
            return read_secret(twin, path).map(Some);
        }
        if let Some(text) = self.text(name, value.as_ref()) {
            return Ok(Some(text));
        }
        match self.text(&twin, path.as_ref()) {
            Some(path) => read_secret(twin, path).map(Some),
            None => Ok(None),
        }
    }
}

fn read_secret(name: String, path: String) -> Result<String, ConfigError> {
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(source) => Err(ConfigError::SecretFile { name, path, source }),
    }
}

fn parse(file: Option<(&str, &str)>) -> Result<File, ConfigError> {
    let Some((path, text)) = file else {
        return Ok(File::default());
    };
    toml::from_str(text).map_err(|error| ConfigError::File {
        path: path.to_owned(),
        message: complaint(text, &error),
    })
}

/// Where and why, without the words of the file: toml's own text quotes the line, and the value it did not expect.
pub(super) fn complaint(text: &str, error: &toml::de::Error) -> String {
    let at = error.span().map_or(0, |it| it.start.min(text.len()));
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|it| *it != '\n').count() + 1;
    let message = error.message();
    let message = match message.strip_prefix("invalid ") {
        Some(rest) => rest
            .rsplit_once(", ")
            .map_or("the value is not usable", |(_, expected)| expected),
        None => message,
    };
    format!(
        "line {line}, column {column}: {}",
        message.replace('\n', ", ")
    )
}
