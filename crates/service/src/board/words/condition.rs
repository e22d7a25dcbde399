//! Why nothing can be sent to the portal.

use bitrix24::{RefusalClass, oauth::NotGranted};

use super::Said;
use crate::{
    access::{Condition, Opener},
    board::model::Trouble,
    portal::PauseReason,
};

/// What is wrong and what to do.
pub fn trouble(condition: &Condition, host: &str, opener: Opener) -> Trouble {
    Trouble {
        word: condition.word().to_owned(),
        code: condition.code().map(str::to_owned),
        problem: Said::new(condition.problem(host), problem(condition, host)),
        remedy: Said::new(condition.remedy(opener), remedy(condition, opener)),
    }
}

/// Why nothing leaves.
pub fn paused(reason: &PauseReason, host: &str) -> Said {
    match reason {
        PauseReason::Halted => Said::new(
            "a deal answered with another order's key: nothing is sent until somebody looked and restarted onedeal",
            "сделка ответила ключом чужого заказа: ничего не отправляется, пока человек не проверит и не перезапустит onedeal",
        ),
        PauseReason::Closed(condition) => {
            Said::new(condition.problem(host), problem(condition, host))
        }
        PauseReason::NoToken => Said::new(
            "an access token is being fetched",
            "запрашивается токен доступа",
        ),
        PauseReason::Limited => Said::new(
            "the portal said that it is asked too often",
            "портал ответил, что запросов слишком много",
        ),
    }
}

fn problem(condition: &Condition, host: &str) -> String {
    match condition {
        Condition::Unreachable => format!("Портал {host} недоступен"),
        Condition::Refused { code, .. } => format!("Портал {host} отказывает в доступе ({code})"),
        Condition::NotInstalled { .. } => {
            format!("Приложение ещё не установлено на портале {host}")
        }
        Condition::NoToken(NotGranted::NoAnswer | NotGranted::NotSent) => {
            format!("Токен доступа к {host} истёк, а сервер авторизации Битрикс24 не отвечает")
        }
        Condition::NoToken(why) => format!(
            "Токен доступа к {host} истёк, а сервер авторизации Битрикс24 не выдаёт новый ({})",
            why.code().unwrap_or_default()
        ),
    }
}

fn remedy(condition: &Condition, opener: Opener) -> String {
    let text = match condition {
        Condition::Unreachable => "проверьте адрес портала и сеть",
        Condition::Refused { class, .. } => refused(*class, opener),
        Condition::NotInstalled { .. } => {
            "в Битрикс24 откройте «Разработчикам», локальное приложение, укажите адрес установки этой службы, отметьте право CRM (crm), сохраните и нажмите «Переустановить»"
        }
        Condition::NoToken(why) if why.is_final() => {
            "установите приложение заново: «Разработчикам», «Интеграции», меню приложения, «Переустановить»"
        }
        Condition::NoToken(_) => "запрос повторяется, пока не получится; проверьте сеть",
    };
    text.to_owned()
}

fn refused(class: RefusalClass, opener: Opener) -> &'static str {
    match (class, opener) {
        (RefusalClass::Auth, Opener::Webhook) => {
            "входящий вебхук удалён, просрочен или его пользователь уволен: создайте новый от имени действующего пользователя и задайте ONEDEAL_BITRIX24_WEBHOOK_URL"
        }
        (RefusalClass::Auth, Opener::App) => {
            "приложение удалено, выключено или недоступно пользователю: нажмите «Переустановить» в его меню («Разработчикам», «Интеграции»)"
        }
        (RefusalClass::Scope, Opener::Webhook) => {
            "у вебхука нет права CRM (crm): откройте его («Разработчикам», «Интеграции»), отметьте CRM и сохраните"
        }
        (RefusalClass::Scope, Opener::App) => {
            "у приложения нет права CRM (crm): отметьте CRM, сохраните и нажмите «Переустановить»"
        }
        (RefusalClass::Subscription, _) => {
            "тариф портала не включает REST API: продлите подписку или выберите тариф с REST"
        }
        (RefusalClass::Method, _) => "портал не знает этого метода: это Битрикс24 с CRM?",
        (
            RefusalClass::RateLimit
            | RefusalClass::OperatingLimit
            | RefusalClass::Overload
            | RefusalClass::AccessDenied
            | RefusalClass::Invalid
            | RefusalClass::NotFound
            | RefusalClass::Halted
            | RefusalClass::NotSent,
            _,
        ) => "повторите позже",
    }
}
