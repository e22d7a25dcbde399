//! The shop's permanent name, found in what people copy.

use kernel::ShopDomain;

use crate::{
    exit::Failure,
    init::{talk::Talk, trouble::Trouble},
    lang::Lang,
};

/// The shop's permanent name: asks until one is given.
pub(super) fn find(talk: Talk, given: Option<&str>) -> Result<ShopDomain, Failure> {
    let mut given = given.map(str::to_owned);
    loop {
        let text = match given.take() {
            Some(text) => text,
            None => talk.line(
                talk.say(
                    "Shop (its permanent name, like acme.myshopify.com)",
                    "Магазин (постоянное имя, как acme.myshopify.com)",
                ),
                None,
            )?,
        };
        match permanent(&text, talk.lang) {
            Ok(domain) => return Ok(domain),
            Err(trouble) if talk.asks => talk.bad(&trouble),
            Err(trouble) => return Err(trouble.into_failure()),
        }
    }
}

/// A wrong name is one reason why a shop does not answer.
pub(super) fn again(talk: Talk, before: &ShopDomain) -> Result<ShopDomain, Failure> {
    loop {
        let text = talk.line(talk.say("Shop", "Магазин"), Some(before.as_str()))?;
        match permanent(&text, talk.lang) {
            Ok(domain) => return Ok(domain),
            Err(trouble) => talk.bad(&trouble),
        }
    }
}

/// The permanent name in what people copy: the name alone, its URL, or the address of the shop's admin.
fn permanent(text: &str, lang: Lang) -> Result<ShopDomain, Trouble> {
    let lower = text.trim().to_ascii_lowercase();
    let bare = lower
        .trim_start_matches("https://")
        .trim_start_matches("http://");
    let handle = bare.strip_prefix("admin.shopify.com/store/");
    let first = handle.unwrap_or(bare);
    let first = first.split(['/', '?', '#']).next().unwrap_or_default();
    let is_handle = !first.is_empty()
        && first
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'-');
    let name = if is_handle {
        format!("{first}.myshopify.com")
    } else {
        first.to_owned()
    };
    ShopDomain::parse(&name).map_err(|_| {
        let problem = match (first.contains('.'), lang) {
            (true, Lang::En) => format!("{first} is the shop's public address, not its permanent name"),
            (true, Lang::Ru) => format!("{first} — публичный адрес магазина, а не его постоянное имя"),
            (false, _) => lang
                .say("that is no shop's name", "это не имя магазина")
                .to_owned(),
        };
        Trouble::usage(
            &problem,
            lang.say(
                "the permanent name ends in .myshopify.com; it stands in the shop's admin under Settings, Domains, and after /store/ in the admin's address bar",
                "постоянное имя кончается на .myshopify.com; оно стоит в админке магазина: Settings, Domains, и в адресной строке админки после /store/",
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_permanent_name_is_found_in_what_people_copy() {
        for text in [
            "acme.myshopify.com",
            "ACME.myshopify.com",
            " https://acme.myshopify.com/ ",
            "https://acme.myshopify.com/admin/orders?x=1",
            "https://admin.shopify.com/store/acme/settings/domains",
            "acme",
        ] {
            assert_eq!(
                permanent(text, Lang::En).unwrap().as_str(),
                "acme.myshopify.com",
                "{text}"
            );
        }
    }

    #[test]
    fn a_public_address_is_told_from_a_permanent_name() {
        let complaint = |text| permanent(text, Lang::En).unwrap_err().problem;
        assert_eq!(
            complaint("https://www.acme.com/"),
            "www.acme.com is the shop's public address, not its permanent name"
        );
        assert_eq!(complaint("a b"), "that is no shop's name");
        assert_eq!(complaint(""), "that is no shop's name");
    }
}
