//! Why a shop gives no answer, and what to do, in words for people.

use kernel::ShopDomain;
use service::admin::AdminError;
use shopify::{answer::Failed, reply::Refused, token::NotGranted};

use crate::{lang::Lang, peer::Hindrance};

/// What a person is told of an error. It holds nothing secret.
pub(super) fn of(error: &AdminError, shop: &ShopDomain, lang: Lang) -> Hindrance {
    let (problem, remedy) = match error {
        AdminError::NoAnswer => silent(shop, lang),
        AdminError::Token(why) => not_granted(why, shop, lang),
        AdminError::Refused(why) => refused(why, shop, lang),
        AdminError::Failed(Failed::AccessDenied { scope }) => (
            match lang {
                Lang::En => format!("the app may not see what onedeal has to know of {shop}"),
                Lang::Ru => format!("приложению не видно в {shop} того, что нужно onedeal"),
            },
            grant(
                scope.unwrap_or("read_orders, read_customers, read_products"),
                lang,
            ),
        ),
        AdminError::Failed(Failed::ShopInactive) => (
            match lang {
                Lang::En => format!("the shop {shop} is closed"),
                Lang::Ru => format!("магазин {shop} закрыт"),
            },
            lang.say(
                "open it in Shopify's admin",
                "откройте его в админке Shopify",
            )
            .to_owned(),
        ),
        AdminError::Failed(Failed::Throttled { .. } | Failed::ServerFault) => busy(shop, lang),
        AdminError::Failed(Failed::TooCostly | Failed::Refused | Failed::NoData { .. }) => (
            match lang {
                Lang::En => format!("{shop} does not understand the question"),
                Lang::Ru => format!("{shop} не понимает вопрос"),
            },
            lang.say("please report this", "сообщите нам об этом")
                .to_owned(),
        ),
        AdminError::OtherShop { found } => (
            match lang {
                Lang::En => format!("these credentials open the shop {found}, not {shop}"),
                Lang::Ru => format!("эти данные открывают магазин {found}, а не {shop}"),
            },
            lang.say(
                "give the name and the credentials of the same shop",
                "задайте имя и данные одного и того же магазина",
            )
            .to_owned(),
        ),
    };
    Hindrance { problem, remedy }
}

/// How to give the app a scope.
pub(super) fn grant(scopes: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!(
            "give the app {scopes} in Shopify's Dev Dashboard, release that version, and let the shop accept it"
        ),
        Lang::Ru => format!(
            "дайте приложению {scopes} в Shopify Dev Dashboard, выпустите эту версию и примите её в магазине"
        ),
    }
}

fn silent(shop: &ShopDomain, lang: Lang) -> (String, String) {
    (
        match lang {
            Lang::En => format!("{shop} does not answer"),
            Lang::Ru => format!("{shop} не отвечает"),
        },
        lang.say(
            "check the shop's name, and this machine's network",
            "проверьте имя магазина и сеть этой машины",
        )
        .to_owned(),
    )
}

fn busy(shop: &ShopDomain, lang: Lang) -> (String, String) {
    (
        match lang {
            Lang::En => format!("{shop} gives no answer for now"),
            Lang::Ru => format!("{shop} сейчас не даёт ответа"),
        },
        lang.say("try again in a minute", "повторите через минуту")
            .to_owned(),
    )
}

fn not_granted(why: &NotGranted, shop: &ShopDomain, lang: Lang) -> (String, String) {
    let (problem, remedy) = match why {
        NotGranted::WrongClient => (
            lang.say(
                "Shopify does not know this client id with this client secret",
                "Shopify не знает такого client id с таким секретом",
            )
            .to_owned(),
            lang.say(
                "copy both anew from the app's settings in Shopify's Dev Dashboard",
                "скопируйте оба заново из настроек приложения в Shopify Dev Dashboard",
            ),
        ),
        NotGranted::ShopNotPermitted => (
            match lang {
                Lang::En => format!("the app has no access to {shop}"),
                Lang::Ru => format!("у приложения нет доступа к {shop}"),
            },
            lang.say(
                "install the app in this shop; app and shop must belong to the same organisation in Shopify's Dev Dashboard",
                "установите приложение в этот магазин; оба должны принадлежать одной организации в Shopify Dev Dashboard",
            ),
        ),
        NotGranted::NoSuchShop => (
            match lang {
                Lang::En => format!("there is no shop {shop}"),
                Lang::Ru => format!("магазина {shop} нет"),
            },
            lang.say("check the shop's name", "проверьте имя магазина"),
        ),
        NotGranted::Later { .. } => return busy(shop, lang),
        NotGranted::Refused { status } => (
            match lang {
                Lang::En => format!("Shopify gives the app no access to {shop} (status {status})"),
                Lang::Ru => format!("Shopify не пускает приложение в {shop} (статус {status})"),
            },
            lang.say(
                "check the shop's name, the client id and the client secret",
                "проверьте имя магазина, client id и секрет",
            ),
        ),
        NotGranted::NotUnderstood => (
            match lang {
                Lang::En => format!("{shop} answers, but not as Shopify does"),
                Lang::Ru => format!("{shop} отвечает, но не как Shopify"),
            },
            lang.say("check the shop's name", "проверьте имя магазина"),
        ),
    };
    (problem, remedy.to_owned())
}

fn refused(why: &Refused, shop: &ShopDomain, lang: Lang) -> (String, String) {
    let (problem, remedy) = match why {
        Refused::Unauthorized => (
            match lang {
                Lang::En => format!("{shop} does not accept the access token"),
                Lang::Ru => format!("{shop} не принимает токен доступа"),
            },
            lang.say(
                "copy the token anew; if the app was removed from the shop, install it again",
                "скопируйте токен заново; если приложение удалено из магазина, установите его снова",
            ),
        ),
        Refused::Frozen => (
            match lang {
                Lang::En => format!("the shop {shop} is frozen"),
                Lang::Ru => format!("магазин {shop} заморожен"),
            },
            lang.say("its plan has to be paid in Shopify's admin", "оплатите тариф в админке Shopify"),
        ),
        Refused::Forbidden => (
            match lang {
                Lang::En => format!("Shopify forbids the app to work in {shop}"),
                Lang::Ru => format!("Shopify запрещает приложению работать в {shop}"),
            },
            lang.say(
                "look at the app's page in Shopify's admin",
                "посмотрите страницу приложения в админке Shopify",
            ),
        ),
        Refused::NotFound => (
            match lang {
                Lang::En => format!("there is no shop {shop}"),
                Lang::Ru => format!("магазина {shop} нет"),
            },
            lang.say("check the shop's name", "проверьте имя магазина"),
        ),
        Refused::Locked => (
            match lang {
                Lang::En => format!("the shop {shop} is locked"),
                Lang::Ru => format!("магазин {shop} заблокирован"),
            },
            lang.say(
                "its owner has to ask Shopify's support",
                "владельцу нужно обратиться в поддержку Shopify",
            ),
        ),
        Refused::TooMany { .. } | Refused::ServerFault { .. } => return busy(shop, lang),
        Refused::Unexpected { .. } | Refused::NotJson => (
            match lang {
                Lang::En => format!("{shop} answers, but not as Shopify does"),
                Lang::Ru => format!("{shop} отвечает, но не как Shopify"),
            },
            lang.say(
                "check the shop's name, and whether a proxy stands in between",
                "проверьте имя магазина и нет ли между вами прокси",
            ),
        ),
    };
    (problem, remedy.to_owned())
}
