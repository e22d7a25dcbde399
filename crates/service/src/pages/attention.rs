//! What needs a person.

use askama::Template;
use axum::{extract::State, response::Response};
use http::{StatusCode, request::Parts};
use store::Store;

use super::{
    Pages, act,
    frame::{Frame, Here},
    pager::Pager,
    show::{broken, page},
};
use crate::{
    board::{
        BoardError,
        model::{AttentionPage, UnreadablePage},
    },
    door::{Fields, Reader},
    operator::Action,
    transport::Transport,
};

/// Items of one page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "attention.html")]
struct Page {
    frame: Frame,
    page: AttentionPage,
    unreadable: UnreadablePage,
    bulk: [Bulk; 3],
    pager: Pager,
}

/// An action for all that are chosen.
struct Bulk {
    /// What the button asks for.
    perform: String,
    label: &'static str,
    does: &'static str,
}

/// `GET /attention?after=…`
pub(super) async fn show<S: Store, T: Transport>(
    State(pages): State<Pages<S, T>>,
    Reader(who): Reader,
    parts: Parts,
) -> Response {
    let frame = pages.frame(&parts, Here::Attention, who).await;
    let asked = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let after = asked.one("after");
    let found = async {
        let items = pages.board.attention(Some(after), Some(ROWS)).await?;
        // They stand below the first page.
        let unreadable = match after {
            "" => pages.board.unreadable(None, Some(ROWS)).await?,
            _ => UnreadablePage {
                items: Vec::new(),
                next: None,
            },
        };
        Ok::<_, BoardError>((items, unreadable))
    };
    let (found, unreadable) = match found.await {
        Ok(found) => found,
        Err(error) => return broken(frame, &error),
    };
    let template = Page {
        bulk: bulk(&frame),
        pager: Pager::new("/attention", &[], after, found.next.as_deref()),
        page: found,
        unreadable,
        frame,
    };
    page(StatusCode::OK, &template)
}

fn bulk(frame: &Frame) -> [Bulk; 3] {
    [
        Bulk {
            perform: act::written(&Action::Retry),
            label: frame.t("Try again", "Попробовать снова"),
            does: frame.t(
                "Wakes the chosen orders and tries them now",
                "Будит выбранные заказы и пробует сейчас",
            ),
        },
        Bulk {
            perform: act::written(&Action::Park),
            label: frame.t("Park", "Отложить"),
            does: frame.t(
                "Lets the chosen orders rest until somebody wakes them",
                "Откладывает выбранные заказы, пока их не разбудят",
            ),
        },
        Bulk {
            perform: act::written(&Action::Ignore),
            label: frame.t("Ignore", "Не нужны"),
            does: frame.t(
                "The chosen orders need no deal",
                "Выбранным заказам сделка не нужна",
            ),
        },
    ]
}
