//! The people who order: varied scripts, companies, missing contact data. All of them are made up.

use jiff::Timestamp;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

/// A customer of the shop.
#[derive(Clone, Debug)]
pub(super) struct Customer {
    pub id: u64,
    pub first: &'static str,
    pub last: &'static str,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub locale: &'static str,
    pub address: Address,
    pub since: Timestamp,
}

/// A postal address.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub id: u64,
    pub first: &'static str,
    pub last: &'static str,
    pub company: Option<&'static str>,
    pub street: String,
    pub extra: Option<&'static str>,
    pub zip: &'static str,
    pub city: &'static str,
    pub province: Option<(&'static str, &'static str)>,
    pub country: (&'static str, &'static str),
    pub phone: Option<String>,
}

/// Draws the shop's customers.
pub(super) fn customers(rng: &mut ChaCha8Rng, count: usize, since: Timestamp) -> Vec<Customer> {
    (0..count.max(1))
        .map(|index| customer(rng, index, since))
        .collect()
}

fn customer(rng: &mut ChaCha8Rng, index: usize, since: Timestamp) -> Customer {
    let (first, last, locale) = NAMES[rng.random_range(0..NAMES.len())];
    let place = &PLACES[rng.random_range(0..PLACES.len())];
    let reach = rng.random_range(0..10);
    let phone = format!("+4930901820{:02}{index}", rng.random_range(0..100));
    let number = u64::try_from(index).unwrap_or(0) + 1;
    let phone = (reach < 5).then_some(phone);
    let address = Address {
        id: 8_120_000_000_000 + number,
        first,
        last,
        company: rng
            .random_bool(0.2)
            .then(|| COMPANIES[rng.random_range(0..COMPANIES.len())]),
        street: format!("{} {}", place.street, rng.random_range(1..200)),
        extra: rng
            .random_bool(0.2)
            .then_some("2. OG links, c/o \"Müller & Söhne\""),
        zip: place.zip,
        city: place.city,
        province: place.province,
        country: place.country,
        phone: phone.clone(),
    };
    Customer {
        id: 7_120_000_000_000 + number,
        first,
        last,
        // Phone alone, e-mail alone, both, or (rarely) neither.
        email: (3 <= reach || reach == 0).then(|| format!("buyer{number}@example.com")),
        phone,
        locale,
        address,
        since,
    }
}

struct Place {
    street: &'static str,
    zip: &'static str,
    city: &'static str,
    province: Option<(&'static str, &'static str)>,
    country: (&'static str, &'static str),
}

const NAMES: [(&str, &str, &str); 12] = [
    ("Erika", "Muster", "de-DE"),
    ("Jürgen", "Müßig-Öhler", "de-AT"),
    ("Олександр", "Коваленко", "uk-UA"),
    ("Мария", "Иванова", "ru-UA"),
    ("Łukasz", "Żółć", "pl-PL"),
    ("Zoë", "O'Brien", "en-IE"),
    ("José María", "Núñez de la Peña", "es-ES"),
    ("美咲", "佐藤", "ja-JP"),
    ("John", "Smith", "en-US"),
    ("Anne-Sophie", "L'Évêque", "fr-FR"),
    ("Robert\"); --", "Tables & <b>Co</b>", "en-GB"),
    ("Їжак", "Ґудзь", "uk-UA"),
];

const COMPANIES: [&str; 4] = [
    "Muster GmbH & Co. KG",
    "ТОВ «Ромашка»",
    "ACME/Europe, Inc.",
    "Ægir A/S",
];

const PLACES: [Place; 6] = [
    Place {
        street: "Musterstr.",
        zip: "10115",
        city: "Berlin",
        province: None,
        country: ("Germany", "DE"),
    },
    Place {
        street: "вул. Хрещатик",
        zip: "01001",
        city: "Київ",
        province: None,
        country: ("Ukraine", "UA"),
    },
    Place {
        street: "Main St",
        zip: "94105-0001",
        city: "San Francisco",
        province: Some(("California", "CA")),
        country: ("United States", "US"),
    },
    Place {
        street: "丸の内",
        zip: "100-0005",
        city: "千代田区",
        province: Some(("Tōkyō", "JP-13")),
        country: ("Japan", "JP"),
    },
    Place {
        street: "Rue de l'Église",
        zip: "75015",
        city: "Paris",
        province: None,
        country: ("France", "FR"),
    },
    Place {
        street: "Köpenicker Straße/Hof",
        zip: "10997",
        city: "Berlin",
        province: None,
        country: ("Germany", "DE"),
    },
];
