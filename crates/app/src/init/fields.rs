//! The two user fields of deals that onedeal writes: which they are, and making those that are missing (design §3.4).

use kernel::mapping::{DUPLICATE_FIELD_DEFAULT, Directory, ORDER_FIELD_DEFAULT};
use serde::Serialize;
use service::setup::{FieldState, FieldWish, Made};

use super::{
    args::{self, InitArgs},
    portal::FoundPortal,
    talk::{Choice, Talk},
    trouble::Trouble,
};
use crate::{exit::Failure, lang::Lang, peer::Hindrance};

/// The prefix of every user field of the CRM.
const PREFIX: &str = "UF_CRM_";

/// What is wanted of the two fields.
pub(super) struct Wishes {
    order: FieldWish,
    duplicate: FieldWish,
    /// The missing ones are to be made.
    make: bool,
}

/// What became of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Became {
    /// It was there.
    Found,
    /// It was made.
    Made,
    /// It is not there, and nobody wished to make it.
    Missing,
    /// It is not there, and this user may not make it.
    NotAllowed,
    /// There is one that does not do.
    Unfit,
}

/// A field, and what became of it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) became: Became,
    /// What the portal said where it was not made, in its language.
    pub(super) portal_says: Option<String>,
}

/// Both fields.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Fields {
    pub(super) order: Field,
    pub(super) duplicate: Field,
}

impl Field {
    /// Whether the portal has it now.
    pub(super) fn is_there(&self) -> bool {
        matches!(self.became, Became::Found | Became::Made)
    }
}

/// Chooses the order field, and whether missing fields are made.
pub(super) fn choose(talk: Talk, args: &InitArgs, portal: &FoundPortal) -> Result<Wishes, Failure> {
    talk.explain(talk.say(
        "A deal carries its order's number in a field that people and filters can read. Another field names the deal that \
         stays, should one ever turn out to be a duplicate.",
        "Сделка хранит номер заказа в поле, которое видят люди и фильтры. Ещё одно поле называет сделку, которая \
         остаётся, если найдётся дубликат.",
    ));
    let order = order_field(
        talk,
        args::text(args.order_field.as_ref()),
        &portal.directory,
    )?;
    let duplicate = FieldWish::duplicate(DUPLICATE_FIELD_DEFAULT);
    let missing: Vec<&str> = [&order, &duplicate]
        .into_iter()
        .filter(|it| it.state(&portal.directory) == FieldState::Missing)
        .map(|it| it.name.as_str())
        .collect();
    let make = !missing.is_empty() && !args.no_fields && {
        let missing = missing.join(", ");
        talk.confirm(
            &match talk.lang {
                Lang::En => format!("Make the missing fields on the portal ({missing})"),
                Lang::Ru => format!("Создать недостающие поля на портале ({missing})"),
            },
            true,
        )?
    };
    Ok(Wishes {
        order,
        duplicate,
        make,
    })
}

fn order_field(
    talk: Talk,
    given: Option<&str>,
    directory: &Directory,
) -> Result<FieldWish, Failure> {
    let mut given = given.map(str::to_owned);
    if given.is_none() && !talk.asks {
        given = Some(ORDER_FIELD_DEFAULT.to_owned());
    }
    loop {
        let name = match given.take() {
            Some(name) => name,
            None => asked(talk, directory)?,
        };
        match usable(&name, directory, talk.lang) {
            Ok(wish) => return Ok(wish),
            Err(trouble) if talk.asks => talk.bad(&trouble),
            Err(trouble) => return Err(trouble.into_failure()),
        }
    }
}

/// A field for the order's number that is there and does, or that can be made.
fn usable(name: &str, directory: &Directory, lang: Lang) -> Result<FieldWish, Trouble> {
    let characters = |it: &str| {
        it.bytes()
            .all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_')
    };
    if !name.starts_with(PREFIX) || name == PREFIX || !characters(name) {
        return Err(Trouble::usage(
            &match lang {
                Lang::En => format!("`{name}` is no name of a user field"),
                Lang::Ru => format!("`{name}` — не имя пользовательского поля"),
            },
            lang.say(
                "write it like UF_CRM_1742556489: UF_CRM_, then capital letters, digits and _",
                "напишите его как UF_CRM_1742556489: UF_CRM_, затем заглавные латинские буквы, цифры и _",
            ),
        ));
    }
    let wish = FieldWish::order(name);
    let problem = match (wish.state(directory), lang) {
        (FieldState::Missing | FieldState::Fits, _) => return Ok(wish),
        (FieldState::OtherKind(kind), Lang::En) => {
            format!("the field {name} is of the type {kind}, not string")
        }
        (FieldState::OtherKind(kind), Lang::Ru) => {
            format!("поле {name} имеет тип {kind}, а не строка")
        }
        (FieldState::Several, Lang::En) => format!("the field {name} holds several values"),
        (FieldState::Several, Lang::Ru) => format!("в поле {name} несколько значений"),
    };
    Err(Trouble::usage(
        &problem,
        lang.say(
            "name another field (--order-field): a text of one value, or a name that the portal does not have, which is then made",
            "укажите другое поле (--order-field): строку с одним значением, или имя, которого на портале нет, и оно будет создано",
        ),
    ))
}

fn asked(talk: Talk, directory: &Directory) -> Result<String, Failure> {
    let is_there = directory.fields.contains_key(ORDER_FIELD_DEFAULT);
    let beside = |name: &str| directory.fields.get(name).map(|it| it.title.clone());
    let new = talk.say("will be made", "будет создано").to_owned();
    let mut names = vec![ORDER_FIELD_DEFAULT];
    let mut choices = vec![Choice::new(
        ORDER_FIELD_DEFAULT,
        beside(ORDER_FIELD_DEFAULT).unwrap_or(new),
    )];
    let fits = |name: &&String| {
        name.starts_with(PREFIX) && FieldWish::order(name).state(directory) == FieldState::Fits
    };
    for name in directory.fields.keys().filter(fits) {
        if name != ORDER_FIELD_DEFAULT {
            names.push(name);
            choices.push(Choice::new(name, beside(name).unwrap_or_default()));
        }
    }
    let question = talk.say("Field for the order's number", "Поле для номера заказа");
    if choices.len() == 1 && is_there {
        return Ok(ORDER_FIELD_DEFAULT.to_owned());
    }
    choices.push(Choice::new(
        talk.say("another", "другое"),
        talk.say("give its name", "ввести имя"),
    ));
    let at = talk.choose(question, &choices, 0)?;
    match names.get(at) {
        Some(name) => Ok((*name).to_owned()),
        None => talk.line(question, None),
    }
}

/// Makes what is to be made, and says what there is.
pub(super) async fn settle(talk: Talk, wishes: &Wishes, portal: &FoundPortal) -> Fields {
    let order = settle_one(talk, &wishes.order, wishes.make, portal).await;
    if !order.is_there() {
        let meanwhile = talk.say(
            "deals are made all the same, with the order's number in ORIGIN_ID only",
            "сделки создаются и так, но номер заказа стоит только в ORIGIN_ID",
        );
        let remedy = remedy(meanwhile, &wishes.order, talk.lang);
        talk.warn(&not_there(&order, talk.lang), &remedy);
    }
    let duplicate = settle_one(talk, &wishes.duplicate, wishes.make, portal).await;
    if !duplicate.is_there() {
        let meanwhile = talk.say(
            "a duplicate is flagged in its title only",
            "дубликат помечается только в названии",
        );
        let remedy = if duplicate.became == Became::Unfit {
            match talk.lang {
                Lang::En => format!(
                    "{meanwhile}; to change that, set duplicate_field to a field for one whole number"
                ),
                Lang::Ru => format!(
                    "{meanwhile}; чтобы это изменить, задайте duplicate_field: поле для одного целого числа"
                ),
            }
        } else {
            remedy(meanwhile, &wishes.duplicate, talk.lang)
        };
        talk.warn(&not_there(&duplicate, talk.lang), &remedy);
    }
    Fields { order, duplicate }
}

async fn settle_one(talk: Talk, wish: &FieldWish, make: bool, portal: &FoundPortal) -> Field {
    let name = &wish.name;
    let mut field = Field {
        name: name.clone(),
        became: Became::Missing,
        portal_says: None,
    };
    match wish.state(&portal.directory) {
        FieldState::Fits => {
            field.became = Became::Found;
            talk.good(&match talk.lang {
                Lang::En => format!("the field {name} is there, and holds one value"),
                Lang::Ru => format!("поле {name} есть, значение одно"),
            });
        }
        FieldState::OtherKind(_) | FieldState::Several => field.became = Became::Unfit,
        FieldState::Missing if !make => {}
        FieldState::Missing => {
            match portal.inquiry.make_field(wish).await {
                // The answers of a whole conversation are worth more than a field that can be made later.
                Err(error) => {
                    let hindrance = Hindrance::of(&error, &portal.settings, talk.lang);
                    talk.warn(&hindrance.problem, &hindrance.remedy);
                }
                Ok(Made::Yes) => {
                    field.became = Became::Made;
                    talk.good(&match talk.lang {
                        Lang::En => format!("the field {name} is made on the portal"),
                        Lang::Ru => format!("поле {name} создано на портале"),
                    });
                }
                Ok(Made::NotAllowed { words }) => {
                    field.became = Became::NotAllowed;
                    field.portal_says = Some(words).filter(|it| !it.is_empty());
                }
            }
        }
    }
    field
}

fn not_there(field: &Field, lang: Lang) -> String {
    let name = &field.name;
    let says = match (&field.portal_says, lang) {
        (None, _) => String::new(),
        (Some(words), Lang::En) => format!(" (the portal says: {words})"),
        (Some(words), Lang::Ru) => format!(" (портал отвечает: {words})"),
    };
    match (field.became, lang) {
        (Became::NotAllowed, Lang::En) => {
            format!("the field {name} is missing, and the webhook's user may not make it{says}")
        }
        (Became::NotAllowed, Lang::Ru) => {
            format!("поля {name} нет, и пользователю вебхука нельзя его создать{says}")
        }
        (Became::Unfit, Lang::En) => {
            format!("the field {name} is of another type or holds several values: it is not used")
        }
        (Became::Unfit, Lang::Ru) => {
            format!("поле {name} другого типа или с несколькими значениями: оно не используется")
        }
        (Became::Missing | Became::Found | Became::Made, Lang::En) => {
            format!("the field {name} is missing")
        }
        (Became::Missing | Became::Found | Became::Made, Lang::Ru) => format!("поля {name} нет"),
    }
}

fn remedy(meanwhile: &str, wish: &FieldWish, lang: Lang) -> String {
    let (name, kind) = (&wish.name, wish.made_as);
    match lang {
        Lang::En => format!(
            "{meanwhile}; let an administrator of the CRM make a deal field {name} (type {kind}, one value), or run onedeal init with an administrator's webhook"
        ),
        Lang::Ru => format!(
            "{meanwhile}; попросите администратора CRM создать поле сделки {name} (тип {kind}, одно значение) или запустите onedeal init с вебхуком администратора"
        ),
    }
}
