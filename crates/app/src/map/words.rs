//! What people call a deal's fields, and who owns them.

use kernel::mapping::Owner;

use service::{
    board::words::field_label,
    preview::{Field, Origin},
};

use crate::{lang::Lang, terminal::plain};

/// What people call a field; empty where nobody said.
pub(super) fn label(field: &Field, lang: Lang) -> String {
    let title = field.title.as_deref().filter(|it| *it != field.field);
    match (field_label(&field.field), title) {
        (Some(known), _) => lang.say(&known.en, &known.ru).to_owned(),
        (None, Some(title)) => plain(title),
        // Without the portal only the order field's sense is known, and it is the one that a default makes.
        (None, None) => {
            let by_default = matches!(field.from, Origin::Order(_));
            if by_default && field.field.starts_with("UF_") {
                lang.say("Order id", "Id заказа").to_owned()
            } else {
                String::new()
            }
        }
    }
}

/// When a field is written.
pub(super) fn owned(owner: Owner, lang: Lang) -> &'static str {
    match owner {
        Owner::Always => lang.say("always", "всегда"),
        Owner::OnCreate => lang.say("on creation", "при создании"),
        Owner::IfUntouched => lang.say("while untouched", "пока не тронуто"),
    }
}
