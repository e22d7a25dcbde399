//! Templates as answers, and what is shown instead of a page.

use super::frame::Frame;
use crate::{
    Chain,
    board::BoardError,
    door::{Reason, Refusal},
};
use askama::Template;
use axum::{
    extract::Request,
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use http::StatusCode;

#[derive(Template)]
#[template(path = "refused.html")]
struct Refused {
    frame: Frame,
    title: String,
    says: String,
    leads_back: bool,
}

/// A template as an answer.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(error = %Chain(&error), "Failed to write a page");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "the page cannot be shown\n",
            )
                .into_response()
        }
    }
}

/// There is no such page.
pub(super) fn nothing(frame: Frame) -> Response {
    let title = frame
        .t("There is nothing here", "Здесь ничего нет")
        .to_owned();
    let says = frame.t(
        "The order or page is not known to this service.",
        "Такой заказ или страница сервису не известны.",
    );
    let says = says.to_owned();
    let refused = Refused {
        frame,
        title,
        says,
        leads_back: true,
    };
    page(StatusCode::NOT_FOUND, &refused)
}

/// What was asked for cannot be shown.
pub(super) fn broken(frame: Frame, error: &BoardError) -> Response {
    let t = |en, ru| frame.lang.say(en, ru);
    let (status, title, says) = match error {
        BoardError::UnknownOrder | BoardError::NotACursor => return nothing(frame),
        BoardError::Store(_) => {
            tracing::error!(error = %Chain(error), "Failed to read the ledger for a page");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                t("The ledger cannot be read", "Журнал не читается"),
                t(
                    "Webhooks are not lost: those that cannot be stored are refused, and Shopify sends them again. Look at the disk of this machine.",
                    "Вебхуки не теряются: те, что нельзя сохранить, отклоняются, и Shopify присылает их снова. Проверьте диск этой машины.",
                ),
            )
        }
        BoardError::UnreadableState | BoardError::NotReadYet | BoardError::NoOrder(_) => (
            StatusCode::CONFLICT,
            t("Nothing to show yet", "Пока нечего показать"),
            t(
                "No state of this order could be read by this version of onedeal so far.",
                "Эта версия onedeal пока не смогла прочитать ни одного состояния этого заказа.",
            ),
        ),
        BoardError::Portal(_) | BoardError::PortalBusy => (
            StatusCode::BAD_GATEWAY,
            t("The portal did not answer", "Портал не ответил"),
            t(
                "What the service knows itself is shown without asking the portal. Try again in a minute.",
                "То, что сервис знает сам, показывается и без портала. Попробуйте ещё раз через минуту.",
            ),
        ),
    };
    let (title, says) = (title.to_owned(), says.to_owned());
    page(
        status,
        &Refused {
            frame,
            title,
            says,
            leads_back: true,
        },
    )
}

/// Something that was asked for was not done.
pub(super) fn not_done(frame: Frame, says: String) -> Response {
    let title = frame.t("Not done", "Не сделано").to_owned();
    let refused = Refused {
        frame,
        title,
        says,
        leads_back: true,
    };
    page(StatusCode::CONFLICT, &refused)
}

/// Shows in the reader's language why the door turned a request away.
pub(super) async fn refusals(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let frame = Frame::outside(&parts);
    let response = next.run(Request::from_parts(parts, body)).await;
    let refused = response.extensions().get::<Refusal>().map(Refusal::reason);
    match refused {
        // Those are led on.
        None | Some(Reason::Login) => response,
        Some(reason) => {
            let (title, says) = refusal(reason, &frame);
            let leads_back = matches!(
                reason,
                Reason::ReadOnly | Reason::StaleForm | Reason::BrokenForm | Reason::OtherSite
            );
            let refused = Refused {
                frame,
                title: title.to_owned(),
                says,
                leads_back,
            };
            let (mut parts, _) = response.into_parts();
            parts.headers.remove(http::header::CONTENT_TYPE);
            (
                parts.status,
                parts.headers,
                page(parts.status, &refused).into_body(),
            )
                .into_response()
        }
    }
}

/// Why, in words: a title and a sentence.
pub(super) fn refusal(reason: Reason, frame: &Frame) -> (&'static str, String) {
    let t = |en, ru| frame.lang.say(en, ru);
    let (title, says) = match reason {
        Reason::Off => (
            t("The dashboard is off", "Панель выключена"),
            t(
                "Set ONEDEAL_ADMIN_TOKEN to a long random text and start the service again: then this page asks for it.",
                "Задайте в ONEDEAL_ADMIN_TOKEN длинный случайный текст и перезапустите сервис: тогда эта страница спросит его.",
            ),
        ),
        Reason::Host => (
            t("Not under this name", "Не под этим именем"),
            t(
                "Without a token only this machine is answered, as 127.0.0.1 or localhost. Set ONEDEAL_ADMIN_TOKEN to use another name.",
                "Без токена сервис отвечает только этой машине, по имени 127.0.0.1 или localhost. Для другого имени задайте ONEDEAL_ADMIN_TOKEN.",
            ),
        ),
        Reason::Login => (t("Log in", "Вход"), t("Log in first.", "Сначала войдите.")),
        Reason::WrongToken => (
            t("Wrong token", "Неверный токен"),
            t("This token is not right.", "Этот токен неверный."),
        ),
        Reason::TooMany(wait) => {
            let wait = frame.span(&(wait.as_secs() + 1));
            let begin = t(
                "Too many wrong tokens. Try again in",
                "Слишком много неверных токенов. Попробуйте снова через",
            );
            return (
                t("Wait a little", "Подождите немного"),
                format!("{begin} {wait}."),
            );
        }
        Reason::ReadOnly => (
            t(
                "You may look and not act",
                "Вы можете смотреть, но не действовать",
            ),
            t(
                "Log in with the admin token to act.",
                "Чтобы действовать, войдите с токеном администратора.",
            ),
        ),
        Reason::OtherSite => (
            t("Not from here", "Запрос пришёл не отсюда"),
            t(
                "The form was sent by another site's page. Nothing was done.",
                "Форму отправила страница другого сайта. Ничего не сделано.",
            ),
        ),
        Reason::StaleForm => (
            t("The page is out of date", "Страница устарела"),
            t(
                "It was loaded before a restart, or by another login. Nothing was done: load it again and repeat.",
                "Она загружена до перезапуска или при другом входе. Ничего не сделано: обновите её и повторите.",
            ),
        ),
        Reason::BrokenForm => (
            t("The form did not arrive", "Форма не дошла"),
            t(
                "It did not come whole. Nothing was done: go back and repeat.",
                "Она пришла не целиком. Ничего не сделано: вернитесь и повторите.",
            ),
        ),
    };
    (title, says.to_owned())
}
