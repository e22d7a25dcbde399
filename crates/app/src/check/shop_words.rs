//! What a person is told of an Admin API that does not answer as it should.

use service::admin::AdminError;
use shopify::{answer::Failed, reply::Refused, token::NotGranted};

use crate::lang::Lang;

/// What is wrong, and what to do. Neither holds a secret or a text of the shop's answers.
pub(super) fn of(error: &AdminError, shop: &str, lang: Lang) -> (String, String) {
    match lang {
        Lang::En => (problem_en(error, shop), remedy_en(error)),
        Lang::Ru => (problem_ru(error, shop), remedy_ru(error).to_owned()),
    }
}

fn problem_en(error: &AdminError, shop: &str) -> String {
    match std::error::Error::source(error) {
        Some(why) => format!("{shop}: {error} ({why})"),
        None => format!("{shop}: {error}"),
    }
}

fn remedy_en(error: &AdminError) -> String {
    error.remedy().unwrap_or_else(|| {
        "try again; if it stays so, look at the network and at https://www.shopifystatus.com"
            .to_owned()
    })
}

fn problem_ru(error: &AdminError, shop: &str) -> String {
    let why = match error {
        AdminError::NoAnswer => "Shopify не отвечает".to_owned(),
        AdminError::Token(why) => {
            let why = match why {
                NotGranted::Later { .. } => "сейчас не может ответить",
                NotGranted::WrongClient => "client id или client secret неверны",
                NotGranted::ShopNotPermitted => "приложению этот магазин не разрешён",
                NotGranted::NoSuchShop => "такого магазина нет",
                NotGranted::Refused { .. } | NotGranted::NotUnderstood => "отказ без объяснения",
            };
            format!("Shopify не выдал токен ({why})")
        }
        AdminError::Refused(why) => {
            let why = match why {
                Refused::Unauthorized => "токен не принят".to_owned(),
                Refused::Frozen => "магазин заморожен".to_owned(),
                Refused::Forbidden => "доступ к магазину запрещён".to_owned(),
                Refused::NotFound => "нет такого магазина или версии Admin API".to_owned(),
                Refused::Locked => "магазин заблокирован".to_owned(),
                Refused::TooMany { .. } => "слишком много запросов".to_owned(),
                Refused::ServerFault { status, .. } => format!("ошибка Shopify, код {status}"),
                Refused::Unexpected { status } => format!("код {status}"),
                Refused::NotJson => "ответ не JSON".to_owned(),
            };
            format!("Shopify отклонил запрос ({why})")
        }
        AdminError::Failed(why) => {
            let why = match why {
                Failed::AccessDenied { scope } => {
                    format!("нет права {}", scope.unwrap_or_default())
                }
                Failed::ShopInactive => "магазин закрыт".to_owned(),
                Failed::Throttled { .. } => "слишком много запросов".to_owned(),
                Failed::ServerFault => "ошибка Shopify".to_owned(),
                Failed::TooCostly | Failed::Refused | Failed::NoData { .. } => {
                    "запрос не выполнен".to_owned()
                }
            };
            format!("Shopify ответил без данных ({why})")
        }
        AdminError::OtherShop { found } => {
            format!("ключи открывают другой магазин: `{found}`")
        }
    };
    format!("{shop}: {why}")
}

fn remedy_ru(error: &AdminError) -> &'static str {
    match error {
        AdminError::Token(NotGranted::WrongClient) => {
            "скопируйте ONEDEAL_SHOPIFY_CLIENT_ID и ONEDEAL_SHOPIFY_CLIENT_SECRET из настроек приложения в Dev Dashboard"
        }
        AdminError::Token(NotGranted::ShopNotPermitted) => {
            "установите приложение в этот магазин; оба должны принадлежать одной организации"
        }
        AdminError::Token(_) | AdminError::OtherShop { .. } => {
            "проверьте ONEDEAL_SHOP, ONEDEAL_SHOPIFY_CLIENT_ID и ONEDEAL_SHOPIFY_CLIENT_SECRET"
        }
        AdminError::Refused(Refused::Unauthorized) => {
            "токен неверен или приложение удалено: установите его заново и скопируйте ключи"
        }
        AdminError::Refused(Refused::NotFound) => {
            "проверьте ONEDEAL_SHOP и ONEDEAL_SHOPIFY_API_VERSION"
        }
        AdminError::Refused(Refused::Frozen) | AdminError::Failed(Failed::ShopInactive) => {
            "оплатите тариф или откройте магазин в админке Shopify"
        }
        AdminError::Failed(Failed::AccessDenied { .. }) => {
            "дайте приложению это право в Dev Dashboard, выпустите версию и примите её в магазине"
        }
        AdminError::NoAnswer | AdminError::Refused(_) | AdminError::Failed(_) => {
            "повторите позже; если не помогает, проверьте сеть и страницу приложения в админке Shopify"
        }
    }
}
