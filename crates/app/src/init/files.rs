//! Writing: secrets first, each readable by its owner alone, then the settings; each file whole or not at all.

use std::{
    collections::BTreeMap,
    fs::{DirBuilder, Permissions},
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use secrecy::ExposeSecret as _;
use service::config::Settings;
use tempfile::NamedTempFile;

use super::{Plan, page, talk::Talk, trouble::Trouble};
use crate::{
    environment::CONFIG_DEFAULT,
    exit::{Exit, Exits as _, Failure},
    lang::Lang,
};

/// The folder of the secrets, beside the settings.
const SECRETS: &str = "secrets";

/// Read by the owner alone.
const MODE_SECRET: u32 = 0o600;

/// The settings name secrets and hold none.
const MODE_SETTINGS: u32 = 0o644;

const MODE_FOLDER: u32 = 0o700;

/// Where the files go.
pub(super) struct Place {
    /// The settings file, as it was named.
    pub(super) config: PathBuf,
    folder: PathBuf,
    /// Whether it is the file that every command reads without being told.
    pub(super) is_default: bool,
}

/// What was written.
pub(super) struct Written {
    pub(super) config: PathBuf,
    pub(super) secrets: Vec<PathBuf>,
}

impl Place {
    /// The file that `--config` names, or the default one. Elsewhere than here, paths in it are absolute: the service may
    /// be started from any folder.
    ///
    /// # Errors
    /// The folder does not exist.
    pub(super) fn of(config: Option<&Path>) -> Result<Self, Failure> {
        let config = config.unwrap_or(Path::new(CONFIG_DEFAULT)).to_owned();
        let parent = config.parent().filter(|it| !it.as_os_str().is_empty());
        let folder = match parent {
            None => PathBuf::new(),
            Some(parent) => std::fs::canonicalize(parent)
                .with_context(|| format!("the folder `{}` cannot be used", parent.display()))
                .exits(Exit::Usage)?,
        };
        Ok(Self {
            is_default: config == Path::new(CONFIG_DEFAULT),
            config,
            folder,
        })
    }

    /// A file of this name beside the settings.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn secret(&self, name: &str) -> PathBuf {
        self.folder.join(SECRETS).join(name)
    }

    /// The files that are there already.
    fn existing(&self) -> Vec<PathBuf> {
        let secrets = page::SECRET_FILES.iter().map(|it| self.secret(it));
        std::iter::once(self.config.clone())
            .chain(secrets)
            .filter(|it| it.exists())
            .collect()
    }
}

/// Whether files that are there may be written over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// There were none: one that appears meanwhile stays.
    No,
    /// Somebody said so.
    Yes,
}

/// Makes sure that nothing is written over that somebody may need.
pub(super) fn may_write(talk: Talk, place: &Place, force: bool) -> Result<Over, Failure> {
    let existing = place.existing();
    if force {
        return Ok(Over::Yes);
    }
    if existing.is_empty() {
        return Ok(Over::No);
    }
    let names: Vec<String> = existing.iter().map(|it| it.display().to_string()).collect();
    let names = names.join(", ");
    let trouble = Trouble::usage(
        &match talk.lang {
            Lang::En => format!("there is {names} already, and nothing is written over it"),
            Lang::Ru => format!("уже есть {names}, и поверх ничего не записано"),
        },
        talk.say(
            "write somewhere else with --config PATH, or write over it with --force",
            "запишите в другое место: --config PATH, или поверх: --force",
        ),
    );
    if !talk.asks {
        return Err(trouble.into_failure());
    }
    talk.warn(
        &match talk.lang {
            Lang::En => format!("there is {names} already"),
            Lang::Ru => format!("уже есть {names}"),
        },
        "",
    );
    if talk.confirm(talk.say("Write over it", "Записать поверх"), false)? {
        Ok(Over::Yes)
    } else {
        Err(trouble.into_failure())
    }
}

/// Writes everything. The settings are read as `serve` will read them before they appear.
pub(super) fn write(
    talk: Talk,
    place: &Place,
    plan: &Plan,
    over: Over,
) -> Result<Written, Failure> {
    let path = |name: &str| place.secret(name).display().to_string();
    let text = page::text(plan, talk.lang, path);
    let settings = read_back(place, plan, &text)?;
    for finding in settings.mapping.lint(&plan.portal.directory) {
        // What is missing of the fields was said where they were to be made.
        if finding.place != "order_field" {
            talk.warn(&finding.problem, &finding.remedy);
        }
    }
    let folder = place.folder.join(SECRETS);
    if !folder.is_dir() {
        DirBuilder::new()
            .mode(MODE_FOLDER)
            .create(&folder)
            .with_context(|| format!("failed to make the folder `{}`", folder.display()))
            .exits(Exit::Storage)?;
    }
    let mut secrets = Vec::new();
    for secret in page::secrets(plan) {
        let path = place.secret(secret.file);
        let line = format!("{}\n", secret.value.expose_secret());
        whole(&path, line.as_bytes(), MODE_SECRET, over)?;
        secrets.push(path);
    }
    whole(&place.config, text.as_bytes(), MODE_SETTINGS, over)?;
    Ok(Written {
        config: place.config.clone(),
        secrets,
    })
}

/// The settings as the file gives them, with the secrets that its other files will hold.
fn read_back(place: &Place, plan: &Plan, text: &str) -> Result<Settings, Failure> {
    let secrets: BTreeMap<String, String> = page::secrets(plan)
        .iter()
        .map(|it| (it.variable.to_owned(), it.value.expose_secret().to_owned()))
        .collect();
    let path = place.config.display().to_string();
    Settings::read(Some((&path, text)), &secrets)
        .context("the answers make no settings that onedeal can use")
        .exits(Exit::Usage)
}

/// A file of this content in one step: who looks finds the old one, or the new one.
fn whole(path: &Path, content: &[u8], mode: u32, over: Over) -> Result<(), Failure> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let written = || -> std::io::Result<()> {
        let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        file.as_file()
            .set_permissions(Permissions::from_mode(mode))?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        let persisted = match over {
            Over::Yes => file.persist(path),
            Over::No => file.persist_noclobber(path),
        };
        persisted.map(drop).map_err(|it| it.error)
    };
    written()
        .with_context(|| format!("failed to write `{}`", path.display()))
        .exits(Exit::Storage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_if_that_was_said_and_gets_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "old and longer").unwrap();
        assert!(whole(&path, b"new\n", MODE_SECRET, Over::No).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old and longer");
        whole(&path, b"new\n", MODE_SECRET, Over::Yes).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new\n");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn paths_are_short_here_and_absolute_elsewhere() {
        let here = Place::of(None).unwrap();
        assert!(here.is_default);
        assert_eq!(here.secret("x"), Path::new("secrets/x"));
        let folder = tempfile::tempdir().unwrap();
        let there = Place::of(Some(&folder.path().join("shop.toml"))).unwrap();
        assert!(!there.is_default && there.secret("x").is_absolute());
        assert!(Place::of(Some(Path::new("no/such/folder/x.toml"))).is_err());
    }
}
