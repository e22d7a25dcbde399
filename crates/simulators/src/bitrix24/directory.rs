//! People of the portal and the values of its directories.

/// A person of the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Identifier.
    pub id: u64,
    /// First name.
    pub name: String,
    /// Last name.
    pub last_name: String,
    /// Address; only the scopes `user` and `user_basic` show it.
    pub email: String,
    /// Whether the person still works there.
    pub active: bool,
}

impl User {
    /// A person at work.
    pub fn new(id: u64, name: &str, last_name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            last_name: last_name.to_owned(),
            email: format!("user{id}@portal.example"),
            active: true,
        }
    }
}

/// One value of a directory such as `SOURCE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryValue {
    /// The directory (`ENTITY_ID`).
    pub entity: String,
    /// The value (`STATUS_ID`).
    pub id: String,
    /// Name shown to people.
    pub name: String,
    /// Whether the portal itself made it, so that nobody can delete it.
    pub system: bool,
}

impl DirectoryValue {
    /// A value that a person made.
    pub fn new(entity: &str, id: &str, name: &str) -> Self {
        Self {
            entity: entity.to_owned(),
            id: id.to_owned(),
            name: name.to_owned(),
            system: false,
        }
    }
}

/// The values of a new portal.
pub(crate) fn standard_values() -> Vec<DirectoryValue> {
    STANDARD
        .iter()
        .flat_map(|(entity, values)| {
            values
                .iter()
                .map(|(id, name)| DirectoryValue::new(entity, id, name))
        })
        .collect()
}

type Values = &'static [(&'static str, &'static str)];

static STANDARD: [(&str, Values); 7] = [
    (
        "SOURCE",
        &[
            ("CALL", "Call"),
            ("WEB", "Website"),
            ("STORE", "Online store"),
            ("OTHER", "Other"),
        ],
    ),
    (
        "DEAL_TYPE",
        &[
            ("SALE", "Sales"),
            ("COMPLEX", "Complex sales"),
            ("GOODS", "Goods"),
            ("SERVICES", "Services"),
            ("SERVICE", "Aftersales service"),
        ],
    ),
    (
        "CONTACT_TYPE",
        &[
            ("CLIENT", "Customer"),
            ("SUPPLIER", "Supplier"),
            ("PARTNER", "Partner"),
            ("OTHER", "Other"),
        ],
    ),
    (
        "COMPANY_TYPE",
        &[
            ("CUSTOMER", "Customer"),
            ("SUPPLIER", "Supplier"),
            ("PARTNER", "Partner"),
            ("OTHER", "Other"),
        ],
    ),
    (
        "INDUSTRY",
        &[
            ("IT", "Information technology"),
            ("DELIVERY", "Delivery"),
            ("OTHER", "Other"),
        ],
    ),
    (
        "EMPLOYEES",
        &[
            ("EMPLOYEES_1", "less than 50"),
            ("EMPLOYEES_2", "50-250"),
            ("EMPLOYEES_3", "250-500"),
            ("EMPLOYEES_4", "over 500"),
        ],
    ),
    ("HONORIFIC", &[("HNR_EN_1", "Mr."), ("HNR_EN_2", "Mrs.")]),
];
