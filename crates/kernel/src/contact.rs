//! The contact of a buyer: what it should be, and how to find it.

use serde::{Deserialize, Serialize};

use crate::{order::Buyer, version::Digest};

/// What a contact should be, and how to find it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactWish {
    /// Keys under which our ledger knows the person, the strongest first: customer id, e-mail, phone without an e-mail.
    pub keys: Vec<String>,
    /// `ORIGIN_ID` of the contact.
    pub origin: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Lower-cased.
    pub email: Option<String>,
    /// Digits, with a leading plus where it was written with one.
    pub phone: Option<String>,
}

/// Fewer digits than this are no phone number.
const PHONE_DIGITS_MIN: usize = 5;

impl ContactWish {
    /// What an order says about its buyer; `None` where there is nothing to find a person by.
    pub fn of(buyer: &Buyer) -> Option<Self> {
        let email = buyer.email.as_deref().and_then(normal_email);
        let phone = buyer.phone.as_deref().and_then(normal_phone);
        let mut keys = Vec::new();
        keys.extend(buyer.customer.map(|id| format!("customer:{id}")));
        keys.extend(
            email
                .as_deref()
                .map(|it| format!("email:{}", Digest::of_bytes(it.as_bytes()).as_str())),
        );
        if email.is_none() {
            keys.extend(
                phone
                    .as_deref()
                    .map(|it| format!("phone:{}", Digest::of_bytes(it.as_bytes()).as_str())),
            );
        }
        let origin = keys.first()?.trim_start_matches("customer:").to_owned();
        Some(Self {
            origin,
            keys,
            first_name: buyer.first_name.clone(),
            last_name: buyer.last_name.clone(),
            email,
            phone,
        })
    }

    /// The name of this person's entry in the ledger.
    pub fn key(&self) -> &str {
        self.keys.first().map_or("", String::as_str)
    }
}

/// An e-mail in the form Bitrix24 compares: lower case, no spaces around.
fn normal_email(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let (user, host) = email.split_once('@')?;
    (!user.is_empty() && host.contains('.') && !email.contains(char::is_whitespace))
        .then_some(email)
}

/// A phone number as digits.
fn normal_phone(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let plus = if text.trim_start().starts_with('+') {
        "+"
    } else {
        ""
    };
    (PHONE_DIGITS_MIN <= digits.len()).then(|| format!("{plus}{digits}"))
}
