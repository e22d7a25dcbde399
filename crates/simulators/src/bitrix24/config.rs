//! How a simulated portal is set up.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::app::AppConfig;
use super::directory::{DirectoryValue, User, standard_values};
use super::product::Product;
use super::robot::Robot;
use super::sight::Sight;
use super::user_field::UserField;

/// The language of the portal's texts; a client must never read meaning from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
    /// Russian.
    Ru,
}

/// A deal category ("pipeline") with its stages (facts §8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Identifier; the default category is 0.
    pub id: u64,
    /// Name shown to people.
    pub name: String,
    /// Stages in their order.
    pub stages: Vec<Stage>,
}

impl Category {
    /// A category with the eight stages of a new portal, prefixed and cut short as the portal does.
    pub fn standard(id: u64, name: &str) -> Self {
        let stages = STANDARD_STAGES
            .iter()
            .map(|(stage, label, semantic)| {
                let id = match id {
                    0 => (*stage).to_owned(),
                    // The column holds 21 characters after the prefix is written, which cuts one letter off.
                    _ if *stage == "PREPAYMENT_INVOICE" => format!("C{id}:PREPAYMENT_INVOIC"),
                    _ => format!("C{id}:{stage}"),
                };
                Stage {
                    id,
                    name: (*label).to_owned(),
                    semantic: *semantic,
                }
            })
            .collect();
        Self {
            id,
            name: name.to_owned(),
            stages,
        }
    }
}

/// A stage of a category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Identifier such as `NEW` or `C9:NEW`.
    pub id: String,
    /// Name shown to people.
    pub name: String,
    /// `P` in progress, `S` won, `F` lost.
    pub semantic: char,
}

const STANDARD_STAGES: [(&str, &str, char); 8] = [
    ("NEW", "New", 'P'),
    ("PREPARATION", "Preparation", 'P'),
    ("PREPAYMENT_INVOICE", "Prepayment", 'P'),
    ("EXECUTING", "In progress", 'P'),
    ("FINAL_INVOICE", "Final invoice", 'P'),
    ("WON", "Won", 'S'),
    ("LOSE", "Lost", 'F'),
    ("APOLOGY", "Analyse failure", 'F'),
];

/// The set-up of a portal. All durations are milliseconds unless the name says otherwise.
#[derive(Debug, Clone)]
pub struct PortalConfig {
    /// Seed of every random choice.
    pub seed: u64,
    /// The owner of the inbound webhook.
    pub user_id: u64,
    /// Whether the owner administers portal and CRM, as `profile` tells; nobody else may make user fields (facts §7).
    pub admin: bool,
    /// The secret of the inbound webhook.
    pub code: String,
    /// Host name of the portal; only checked after [`rename`](super::Portal::rename).
    pub host: String,
    /// Wall-clock time at which the portal is built.
    pub epoch: Timestamp,
    /// Offset of the portal's time zone from UTC.
    pub offset_hours: i8,
    /// Requests the leaky bucket drains per second (facts §5.1).
    pub per_second: f64,
    /// Requests the leaky bucket holds (facts §5.1).
    pub burst: f64,
    /// When a request is cut off (facts §5.2).
    pub request_limit_ms: u64,
    /// Execution time one method may use in ten minutes, in seconds (facts §5.2).
    pub operating_limit_s: f64,
    /// Also bill the time of a batch to `batch` itself (an open point, facts §16).
    pub bill_batch: bool,
    /// How long a hanging answer is held back before the connection breaks.
    pub hang_ms: u64,
    /// Time between the first insert of a record and its user fields, contacts and phones, shortest and longest.
    pub two_phase_ms: (u64, u64),
    /// Server time of a method, shortest and longest; methods not named use `command_ms_default`.
    pub command_ms: BTreeMap<String, (u64, u64)>,
    /// Server time of the methods not named in `command_ms`.
    pub command_ms_default: (u64, u64),
    /// Language of error texts and default titles.
    pub language: Language,
    /// User fields of deals.
    pub user_fields: Vec<UserField>,
    /// Whether mandatory user fields are checked on REST writes, which the portal leaves off by itself (facts §2.3).
    pub check_mandatory: bool,
    /// The local application that may be installed beside the webhook.
    pub app: AppConfig,
    /// Which deals the webhook's owner is shown.
    pub sight: Sight,
    /// What the portal does by itself to a deal that was created over REST.
    pub robot: Option<Robot>,
    /// Scopes of the webhook; without more than `crm` it reaches neither people nor the disk.
    pub scopes: Vec<String>,
    /// Deal categories; the first one is the default.
    pub categories: Vec<Category>,
    /// Categories that exist but that the portal's plan has switched off.
    pub closed_categories: Vec<u64>,
    /// Values of the directories apart from deal stages: sources, types of deals, contacts and companies, …
    pub directory: Vec<DirectoryValue>,
    /// People of the portal; the webhook's owner need not be among them.
    pub users: Vec<User>,
    /// The default product catalogue.
    pub catalog_id: u64,
    /// Products that are there from the start.
    pub products: Vec<Product>,
    /// Currencies of the portal; the first one is the base currency.
    pub currencies: Vec<String>,
}

impl Default for PortalConfig {
    fn default() -> Self {
        let command_ms = [
            ("crm.item.add", (100, 300)),
            ("crm.deal.add", (100, 300)),
            ("crm.item.import", (80, 200)),
            ("crm.contact.add", (80, 200)),
            ("crm.item.update", (60, 120)),
            ("crm.deal.update", (60, 120)),
            ("crm.contact.update", (60, 120)),
            ("crm.item.list", (10, 40)),
            ("crm.deal.list", (10, 40)),
            ("crm.item.productrow.set", (60, 120)),
            ("crm.deal.productrows.set", (60, 120)),
            ("crm.entity.mergebatch", (150, 400)),
        ];
        Self {
            seed: 1,
            user_id: 1,
            admin: true,
            code: "webhookcode".to_owned(),
            host: "portal.bitrix24.com".to_owned(),
            epoch: Timestamp::constant(1_785_312_000, 0),
            offset_hours: 2,
            per_second: 2.0,
            burst: 50.0,
            request_limit_ms: 60_000,
            operating_limit_s: 480.0,
            bill_batch: false,
            hang_ms: 600_000,
            two_phase_ms: (5, 50),
            command_ms: command_ms
                .into_iter()
                .map(|(name, range)| (name.to_owned(), range))
                .collect(),
            command_ms_default: (5, 30),
            language: Language::En,
            user_fields: vec![UserField::string("UF_CRM_1742556489", 'E')],
            app: AppConfig::default(),
            sight: Sight::All,
            robot: None,
            scopes: vec!["crm".to_owned()],
            check_mandatory: false,
            categories: vec![
                Category::standard(0, "General"),
                Category::standard(9, "Shop"),
            ],
            closed_categories: Vec::new(),
            directory: standard_values(),
            users: vec![User::new(1, "Integration", "User")],
            catalog_id: 25,
            products: Vec::new(),
            currencies: ["EUR", "USD", "GBP", "RUB", "JPY"]
                .map(str::to_owned)
                .to_vec(),
        }
    }
}
