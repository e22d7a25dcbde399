//! Where settings come from: the variables of the environment and `onedeal.toml`.

use std::{
    collections::BTreeMap,
    io::{ErrorKind, Read as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use service::{
    board::model::SettingsView,
    config::{self, ConfigError, MappingText, Settings},
};

use crate::{
    exit::{Exit, Exits as _, Failure},
    lang::Lang,
};

/// The settings file that is read if it exists.
pub const CONFIG_DEFAULT: &str = "onedeal.toml";

/// No settings file is longer.
const CONFIG_BYTES_MAX: u64 = 1024 * 1024;

/// Stands in for the portal where a command never speaks to one.
const NO_PORTAL: &str = "https://portal.invalid/rest/1/none/";

/// Stands in for the shop where a command never hears of one.
pub const DEMO_SHOP: &str = "demo-shop.myshopify.com";

const PORTAL_URL: &str = "ONEDEAL_BITRIX24_WEBHOOK_URL";

/// What matters where neither a shop nor a portal does.
const WITHOUT_PEERS: [&str; 3] = [
    "ONEDEAL_SHOP",
    "ONEDEAL_ORDER_FIELD",
    "ONEDEAL_MAPPING_FILE",
];

/// What matters of a portal that is asked.
const PORTAL: [&str; 3] = [
    PORTAL_URL,
    "ONEDEAL_BITRIX24_WEBHOOK_URL_FILE",
    "ONEDEAL_BITRIX24_TIMEOUT_MS",
];

/// The surroundings of one run of the program.
#[derive(Debug)]
pub struct Environment {
    /// All variables whose values are text.
    pub variables: BTreeMap<String, String>,
    /// The settings file: its name and its text.
    file: Option<(String, String)>,
}

impl Environment {
    /// Reads the variables, and the settings file: the one named, or [`CONFIG_DEFAULT`] if it exists.
    ///
    /// # Errors
    /// The named file does not exist, or a file cannot be read, or a variable of ours is not text.
    pub fn read(config: Option<&Path>) -> Result<Self, Failure> {
        let Self { variables, .. } = Self::without_file()?;
        let path = config.map_or_else(|| PathBuf::from(CONFIG_DEFAULT), Path::to_owned);
        let file = match read_text(&path) {
            Ok(text) => Some((path.display().to_string(), text)),
            Err(error) if config.is_none() && error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                return Err(error)
                    .with_context(|| {
                        format!("the settings file `{}` cannot be read", path.display())
                    })
                    .exits(Exit::Usage);
            }
        };
        Ok(Self { variables, file })
    }

    /// Reads the variables alone, for a command that is there to write the file.
    ///
    /// # Errors
    /// A variable of ours is not text.
    pub fn without_file() -> Result<Self, Failure> {
        let mut variables = BTreeMap::new();
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else {
                continue;
            };
            match value.into_string() {
                Ok(value) => {
                    variables.insert(name, value);
                }
                Err(_) if name.starts_with("ONEDEAL_") => {
                    let text = format!("the setting {name} is not text in UTF-8: write it anew");
                    return Err(Failure::saying(Exit::Usage, text));
                }
                Err(_) => {}
            }
        }
        Ok(Self {
            variables,
            file: None,
        })
    }

    /// Where the mapping stands; `None` where the defaults hold.
    ///
    /// # Errors
    /// It cannot be used.
    pub fn mapping(&self) -> Result<Option<MappingText>, Failure> {
        let (_, text) = config::mapping(self.file(), &self.variables).map_err(refused)?;
        Ok(text)
    }

    /// Settings that were read here, as people may see them.
    ///
    /// # Errors
    /// The mapping's file cannot be read any more.
    pub fn shown(&self, settings: &Settings) -> Result<SettingsView, Failure> {
        settings
            .shown(self.file(), &self.variables)
            .map_err(refused)
    }

    /// The language of summaries.
    pub fn lang(&self) -> Lang {
        Lang::of(&self.variables)
    }

    /// All settings of the service.
    ///
    /// # Errors
    /// One is missing or cannot be used.
    pub fn settings(&self) -> Result<Settings, Failure> {
        Settings::read(self.file(), &self.variables).map_err(refused)
    }

    /// The settings for a command that neither hears of a shop nor speaks to a portal: who they are does not matter.
    ///
    /// # Errors
    /// The settings file or one of the settings that do matter cannot be used.
    pub fn settings_without_peers(&self) -> Result<Settings, Failure> {
        let mut variables = self.some(&WITHOUT_PEERS);
        variables.insert(PORTAL_URL.to_owned(), NO_PORTAL.to_owned());
        self.without_shop(variables)
    }

    /// The settings for a command that asks a portal and does not hear of a shop.
    ///
    /// # Errors
    /// The portal's settings are missing, or a setting that matters cannot be used.
    pub fn settings_without_shop(&self) -> Result<Settings, Failure> {
        let names = [WITHOUT_PEERS.as_slice(), PORTAL.as_slice()].concat();
        self.without_shop(self.some(&names))
    }

    fn some(&self, names: &[&str]) -> BTreeMap<String, String> {
        self.variables
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    fn without_shop(&self, mut variables: BTreeMap<String, String>) -> Result<Settings, Failure> {
        variables.insert("ONEDEAL_SHOPIFY_SECRET".to_owned(), "none".to_owned());
        match Settings::read(self.file(), &variables) {
            Err(ConfigError::Missing {
                name: "ONEDEAL_SHOP",
                ..
            }) => {
                variables.insert("ONEDEAL_SHOP".to_owned(), DEMO_SHOP.to_owned());
                Settings::read(self.file(), &variables).map_err(refused)
            }
            read => read.map_err(refused),
        }
    }

    /// The ledger's file, for a command that needs nothing else.
    ///
    /// # Errors
    /// The settings file or the setting cannot be used.
    pub fn database(&self) -> Result<PathBuf, Failure> {
        config::database(self.file(), &self.variables).map_err(refused)
    }

    /// The settings file: its name and its text.
    pub fn file(&self) -> Option<(&str, &str)> {
        self.file
            .as_ref()
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

fn refused(error: ConfigError) -> Failure {
    Failure {
        exit: Exit::Usage,
        error: error.into(),
    }
}

fn read_text(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let file = std::fs::File::open(path)?;
    let read = file.take(CONFIG_BYTES_MAX + 1).read_to_string(&mut text)?;
    if CONFIG_BYTES_MAX < read as u64 {
        return Err(ErrorKind::FileTooLarge.into());
    }
    Ok(text)
}
