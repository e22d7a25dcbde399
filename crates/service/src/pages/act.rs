//! What an operator does by a form: the wish is written down, and the page that is shown then says so.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use kernel::DealId;
use store::Store;

use super::{
    Pages,
    frame::{Frame, Here, plural},
    order_key,
    preferences::{cookie, local},
    show::{not_done, nothing},
};
use crate::{
    board::words::Lang,
    door::{Fields, Posted, Via, Who},
    operator::{self, Action, Refused},
    transport::Transport,
};

/// How the log names somebody who logged in …
pub(super) const BY_SESSION: &str = "dashboard";

/// … and somebody on this machine, where no token is set.
pub(super) const BY_MACHINE: &str = "dashboard on this machine";

/// Carries to the next page what was done: so many wishes taken, so many not.
const COOKIE: &str = "onedeal_told";

/// It is told on the next page only.
const LIFE_SECS: u32 = 10;

/// `POST /orders/{shop}/{id}/act`
pub(super) async fn order<S: Store, T: Transport>(
    State(pages): State<Pages<S, T>>,
    Path((shop, id)): Path<(String, u64)>,
    parts: Parts,
    Posted { who, fields }: Posted,
) -> Response {
    let name = name_of(&who);
    let frame = Frame::inside(&parts, Here::Orders, who, 0);
    let Some(key) = order_key(&shop, id) else {
        return nothing(frame);
    };
    let Some(action) = action(&fields) else {
        return unknown(frame);
    };
    match pages.operators.perform(&name, &key, action).await {
        Ok(_) => led(local(fields.one("back")), 1, 0),
        Err(refused) => refusal(frame, &refused),
    }
}

/// `POST /attention/act`: the same action for all orders that were chosen.
pub(super) async fn bulk<S: Store, T: Transport>(
    State(pages): State<Pages<S, T>>,
    parts: Parts,
    Posted { who, fields }: Posted,
) -> Response {
    let name = name_of(&who);
    let frame = Frame::inside(&parts, Here::Attention, who, 0);
    let Some(action) = action(&fields) else {
        return unknown(frame);
    };
    let chosen = fields.all("order").filter_map(|it| {
        let (shop, id) = it.split_once('/')?;
        order_key(shop, id.parse().ok()?)
    });
    let chosen: Vec<_> = chosen.collect();
    if chosen.is_empty() {
        let says = frame.t("No order was chosen.", "Не выбрано ни одного заказа.");
        let says = says.to_owned();
        return not_done(frame, says);
    }
    match pages.operators.perform_all(&name, &chosen, &action).await {
        Ok(results) => {
            let taken = results.iter().filter(|(_, it)| it.is_ok()).count();
            led("/attention", taken, results.len() - taken)
        }
        Err(refused) => refusal(frame, &refused),
    }
}

/// What the page before this one had done, if anything.
pub(super) fn told(headers: &HeaderMap, lang: Lang) -> Option<String> {
    let (taken, not) = cookie(headers, COOKIE)?.split_once('-')?;
    let (taken, not): (u64, u64) = (taken.parse().ok()?, not.parse().ok()?);
    Some(match (taken, not, lang) {
        (1, 0, Lang::En) => "Noted. It is done as soon as it is the order's turn; the order's page and the operator log show what came of it.".to_owned(),
        (1, 0, Lang::Ru) => "Принято. Будет сделано, как только дойдёт очередь; результат — на странице заказа и в журнале действий.".to_owned(),
        (_, 0, Lang::En) => format!("Noted for {taken} orders."),
        (_, 0, Lang::Ru) => format!("Принято для {taken} {}.", plural(taken, "заказа", "заказов", "заказов")),
        (_, _, Lang::En) => format!("Noted for {taken} orders; it was not possible for {not}."),
        (_, _, Lang::Ru) => format!("Принято заказов: {taken}; невозможно: {not}."),
    })
}

/// The action that a form asks for: a whole one, or one that a deal was chosen for.
fn action(fields: &Fields) -> Option<Action> {
    let whole = fields.one("perform");
    if !whole.is_empty() {
        return serde_json::from_str(whole).ok();
    }
    let named = fields.one("other_deal").trim();
    let deal = if named.is_empty() {
        fields.one("deal")
    } else {
        named
    };
    let deal = DealId(deal.parse().ok()?);
    (fields.one("action") == "choose_deal").then_some(Action::ChooseDeal { deal })
}

/// An action as a form carries it.
pub(super) fn written(action: &Action) -> String {
    // Whatever cannot be written asks for nothing.
    serde_json::to_string(action).unwrap_or_default()
}

/// How an operator of the dashboard stands in the log.
fn name_of(who: &Who) -> operator::Who {
    operator::Who::new(match who.via {
        Via::Session => BY_SESSION,
        Via::Loopback => BY_MACHINE,
        Via::Token => "token",
    })
}

/// To a page that may be loaded again, and that tells what was done.
fn led(back: &str, taken: usize, not: usize) -> Response {
    let told =
        format!("{COOKIE}={taken}-{not}; Path=/; Max-Age={LIFE_SECS}; SameSite=Strict; HttpOnly");
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response();
    if let Ok(told) = HeaderValue::from_str(&told) {
        response.headers_mut().append(header::SET_COOKIE, told);
    }
    response
}

fn refusal(frame: Frame, refused: &Refused) -> Response {
    let says = frame.said(&refused.says()).to_owned();
    not_done(frame, says)
}

fn unknown(frame: Frame) -> Response {
    let says = frame.t(
        "The form does not say what to do, or of which deal. Go back and choose.",
        "В форме не сказано, что сделать или с какой сделкой. Вернитесь и выберите.",
    );
    let says = says.to_owned();
    not_done(frame, says)
}

#[cfg(test)]
mod tests {
    use kernel::DeliverySeq;

    use super::*;

    #[test]
    fn a_form_is_an_action_only_if_it_is_whole() {
        let check =
            |form: &str, want| assert_eq!(action(&Fields::parse(form.as_bytes())), want, "{form}");
        let choose = |deal| Some(Action::ChooseDeal { deal: DealId(deal) });
        check("action=choose_deal&deal=17&other_deal=", choose(17));
        check("action=choose_deal&deal=17&other_deal=18", choose(18));
        check("action=choose_deal&other_deal=all", None);
        check("action=choose_deal", None);
        check("deal=17", None);
        check("perform=everything", None);
        check("", None);
        for whole in [
            Action::Park,
            Action::Replay {
                delivery: DeliverySeq(3),
            },
        ] {
            let text = written(&whole);
            let form: String = form_urlencoded::Serializer::new(String::new())
                .append_pair("perform", &text)
                .finish();
            check(&form, Some(whole));
        }
    }
}
