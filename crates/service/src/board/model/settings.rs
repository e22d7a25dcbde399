//! The settings that hold.

use serde::Serialize;
use utoipa::ToSchema;

use crate::board::words::Said;

/// The settings that hold. No secret is part of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettingsView {
    /// The version of the program.
    pub version: String,
    /// The settings by what they are about.
    pub groups: Vec<SettingsGroup>,
    /// What no program can prove and this one relies on.
    pub assumptions: Vec<Assumption>,
    /// From order to deal.
    pub mapping: MappingView,
}

/// Settings about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettingsGroup {
    /// What they are about.
    pub title: Said,
    /// The settings.
    pub settings: Vec<Setting>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Setting {
    /// Its variable.
    pub variable: String,
    /// What it is about.
    pub label: Said,
    /// Its value; of a secret only that it is set.
    pub value: Said,
    /// Where the value comes from.
    pub source: SettingSource,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettingSource {
    /// A variable of the environment.
    Variable,
    /// The settings file.
    File,
    /// Nobody set it.
    Default,
}

/// Something that is relied on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Assumption {
    /// Its name, `A-D`.
    pub id: String,
    /// Its value here.
    pub value: Said,
    /// What is assumed.
    pub says: Said,
    /// Where the value comes from, or how it is watched.
    pub from: Said,
}

/// The mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MappingView {
    /// The file it was read from; `None` where the defaults hold.
    pub path: Option<String>,
    /// Its text as written; `None` where the defaults hold.
    pub text: Option<String>,
    /// Whether the names in it were looked up on the portal.
    pub resolved: bool,
}
