//! What setting up a portal asks beside [`crate::inquiry`]: who the credential acts as, who works there, and the two user
//! fields of deals that onedeal writes (design §3.4).

use bitrix24::{
    Doubt, Outcome as Wire, RefusalClass,
    account::{self, Person, Profile},
    directory, page,
    user_fields::{self, NewField},
};
use kernel::mapping::{Directory, FieldInfo};

use crate::{
    inquiry::{Inquiry, InquiryError, lost, read},
    transport::Transport,
};

/// Pages of people that are read: more names than anybody chooses from.
const PEOPLE_PAGES_MAX: usize = 20;

/// The types of a field that can hold a deal's number.
const NUMBER_KINDS: [&str; 3] = [user_fields::INTEGER, "double", user_fields::STRING];

/// The portal's words for the field that carries the order's number, in the languages of its cloud.
const ORDER_LABELS: [(&str, &str); 10] = [
    ("en", "Shopify order ID"),
    ("ru", "ID заказа Shopify"),
    ("de", "Shopify-Bestell-ID"),
    ("la", "ID del pedido de Shopify"),
    ("br", "ID do pedido da Shopify"),
    ("fr", "ID de commande Shopify"),
    ("it", "ID ordine Shopify"),
    ("pl", "ID zamówienia Shopify"),
    ("ua", "ID замовлення Shopify"),
    ("tr", "Shopify sipariş kimliği"),
];

/// The same for the field that names the survivor of a duplicate set.
const DUPLICATE_LABELS: [(&str, &str); 10] = [
    ("en", "Duplicate of deal"),
    ("ru", "Дубликат сделки"),
    ("de", "Duplikat von Auftrag"),
    ("la", "Duplicado de la negociación"),
    ("br", "Duplicata do negócio"),
    ("fr", "Doublon de la transaction"),
    ("it", "Duplicato dell'affare"),
    ("pl", "Duplikat deala"),
    ("ua", "Дублікат угоди"),
    ("tr", "Yinelenen anlaşma"),
];

/// Who the portal takes us for.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// The user that we act as.
    pub profile: Profile,
    /// What the credential may do.
    pub scopes: Vec<String>,
    /// When the portal answered, by its own clock, in seconds of Unix time.
    pub answered_at: Option<f64>,
}

/// A user field of deals as onedeal needs it: of one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldWish {
    /// Its whole name.
    pub name: String,
    /// The types that do.
    pub kinds: &'static [&'static str],
    /// The type that it is made with.
    pub made_as: &'static str,
    labels: &'static [(&'static str, &'static str)],
}

/// What a portal has of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldState {
    /// Nothing.
    Missing,
    /// A field that does.
    Fits,
    /// A field of a type that does not.
    OtherKind(String),
    /// A field that holds several values.
    Several,
}

/// What came of the wish to make a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// It is there now.
    Yes,
    /// It is not: most likely this user may not. Only administrators of the CRM may.
    NotAllowed {
        /// The portal's own words, in its language; empty if it said nothing.
        words: String,
    },
}

impl Account {
    /// Whether the credential may use the CRM.
    pub fn has_crm(&self) -> bool {
        self.has("crm")
    }

    /// Whether the credential may list people.
    pub fn sees_people(&self) -> bool {
        account::PEOPLE_SCOPES.iter().any(|it| self.has(it))
    }

    fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|it| it == scope)
    }
}

impl FieldWish {
    /// The field that carries the order's number.
    pub fn order(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kinds: &[user_fields::STRING],
            made_as: user_fields::STRING,
            labels: &ORDER_LABELS,
        }
    }

    /// The field that names the survivor of a duplicate set.
    pub fn duplicate(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kinds: &NUMBER_KINDS,
            made_as: user_fields::INTEGER,
            labels: &DUPLICATE_LABELS,
        }
    }

    /// What the portal has of it.
    pub fn state(&self, directory: &Directory) -> FieldState {
        match directory.fields.get(&self.name) {
            None => FieldState::Missing,
            Some(field) if !self.kinds.contains(&field.kind.as_str()) => {
                FieldState::OtherKind(field.kind.clone())
            }
            Some(FieldInfo { multiple: true, .. }) => FieldState::Several,
            Some(_) => FieldState::Fits,
        }
    }

    fn new_field(&self) -> NewField<'_> {
        NewField {
            name: &self.name,
            kind: self.made_as,
            label: self.labels.first().map_or(&self.name, |(_, label)| label),
            labels: self.labels,
        }
    }
}

impl<T: Transport> Inquiry<T> {
    /// Who the portal takes us for.
    ///
    /// # Errors
    /// It could not be asked for.
    pub async fn account(&self) -> Result<Account, InquiryError> {
        let calls = [account::profile(), account::scopes()];
        let mut answers = self.all(self.access()?, &calls).await.into_iter();
        let mut next = || answers.next().unwrap_or_else(lost);
        let mut answered_at = None;
        let profile = read(&calls[0], next(), |it| {
            answered_at = it.time.and_then(|time| time.finished_at);
            account::read_profile(it)
        })?;
        let scopes = read(&calls[1], next(), account::read_scopes)?;
        Ok(Account {
            profile,
            scopes,
            answered_at,
        })
    }

    /// The people at work, by rising id.
    ///
    /// # Errors
    /// They could not be asked for: without one of [`account::PEOPLE_SCOPES`] the portal refuses.
    pub async fn people(&self) -> Result<Vec<Person>, InquiryError> {
        let first = account::people();
        let mut call = first.clone();
        let mut people = Vec::new();
        for _ in 0..PEOPLE_PAGES_MAX {
            let answer = self.ask(&call).await?;
            let mut next = None;
            people.extend(read(&call, answer, |it| {
                next = it.next;
                account::read_people(it)
            })?);
            let Some(next) = next else { break };
            call = page(&first, next);
        }
        people.retain(|it| it.active);
        Ok(people)
    }

    /// Makes a user field of deals, and looks whether it is there: an unclear answer to the first question is settled by
    /// the second one.
    ///
    /// # Errors
    /// The portal cannot be asked, or refuses for another reason than the user's rights.
    pub async fn make_field(&self, wish: &FieldWish) -> Result<Made, InquiryError> {
        let add = user_fields::add(&wish.new_field());
        let answer = self.ask(&add).await?;
        let method = add.method;
        let unmade = match answer.read(user_fields::read_added) {
            Wire::Done(_) => Err(InquiryError::Unreadable {
                method,
                problem: "it says that the field is made, and there is none".to_owned(),
            }),
            Wire::Refused(refusal) if refusal.class == RefusalClass::AccessDenied => {
                Ok(Made::NotAllowed {
                    words: refusal.text,
                })
            }
            Wire::Refused(refusal) => return Err(InquiryError::Refused { method, refusal }),
            // The method answers its own errors without a code, the one about rights among them (facts §7).
            Wire::Unknown(unknown) if unknown.why == Doubt::UnrecognisedCode => {
                Ok(Made::NotAllowed {
                    words: unknown.text,
                })
            }
            Wire::Unknown(unknown) => Err(InquiryError::Unknown { method, unknown }),
        };
        if self.has_field(wish).await? {
            return Ok(Made::Yes);
        }
        unmade
    }

    async fn has_field(&self, wish: &FieldWish) -> Result<bool, InquiryError> {
        let call = directory::deal_fields();
        let answer = self.ask(&call).await?;
        let fields = read(&call, answer, directory::read_fields)?;
        let fits = |it: &directory::Field| {
            it.name == wish.name && !it.multiple && wish.kinds.contains(&it.kind.as_str())
        };
        Ok(fields.iter().any(fits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wish: &FieldWish, kind: &str, multiple: bool, want: &FieldState) {
        let field = FieldInfo {
            kind: kind.to_owned(),
            multiple,
            ..FieldInfo::default()
        };
        let directory = Directory {
            fields: [(wish.name.clone(), field)].into(),
            ..Directory::default()
        };
        assert_eq!(wish.state(&directory), *want, "{kind}");
    }

    #[test]
    fn the_order_field_is_a_text_of_one_value() {
        let wish = FieldWish::order("UF_CRM_ORDER");
        check(&wish, "string", false, &FieldState::Fits);
        check(&wish, "string", true, &FieldState::Several);
        check(
            &wish,
            "integer",
            false,
            &FieldState::OtherKind("integer".to_owned()),
        );
        assert_eq!(wish.state(&Directory::default()), FieldState::Missing);
    }

    #[test]
    fn the_duplicate_field_is_of_any_type_that_holds_a_number() {
        let wish = FieldWish::duplicate("UF_CRM_DUP");
        for kind in ["integer", "double", "string"] {
            check(&wish, kind, false, &FieldState::Fits);
        }
        check(
            &wish,
            "boolean",
            false,
            &FieldState::OtherKind("boolean".to_owned()),
        );
    }

    #[test]
    fn a_field_is_made_with_a_label_for_every_language_that_we_speak() {
        for wish in [
            FieldWish::order("UF_CRM_A"),
            FieldWish::duplicate("UF_CRM_B"),
        ] {
            let field = wish.new_field();
            assert_eq!(field.label, field.labels[0].1);
            for language in ["en", "ru", "de"] {
                assert!(field.labels.iter().any(|(it, _)| *it == language));
            }
            assert!(wish.kinds.contains(&field.kind));
        }
    }
}
