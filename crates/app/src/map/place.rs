//! Where a deal stands, in words: which rule says so, and from where it may move a deal.

use kernel::deal::StageFrom;
use service::preview::{Rule, StageShown};

use crate::{lang::Lang, terminal::plain};

/// Why it stands there, and when it is moved.
pub(super) fn why(stage: &StageShown, lang: Lang) -> String {
    match &stage.rule {
        Rule::First => lang
            .say(
                "on creation; afterwards it belongs to the manager",
                "при создании; дальше стадией управляет менеджер",
            )
            .to_owned(),
        Rule::DefaultWon => lang
            .say(
                "paid and fulfilled; a closed deal stays as it is",
                "оплачен и выполнен; закрытая сделка не меняется",
            )
            .to_owned(),
        Rule::DefaultLost => lang
            .say(
                "cancelled, voided or fully refunded; a won deal is moved too",
                "отменён, аннулирован или полностью возвращён; и выигранная сделка переносится",
            )
            .to_owned(),
        Rule::Mapping { number, when } => match lang {
            Lang::En => format!("rule {number}: {}", plain(when)),
            Lang::Ru => format!("правило {number}: {}", plain(when)),
        },
    }
}

/// From where it moves a deal.
pub(super) fn moves(stage: &StageShown, lang: Lang) -> Option<String> {
    let Rule::Mapping { .. } = stage.rule else {
        return None;
    };
    let from: Vec<String> = stage.wish.from().iter().map(|it| told(it, lang)).collect();
    Some(if from.is_empty() {
        lang.say(
            "never a deal that exists already",
            "существующую сделку не переносит",
        )
        .to_owned()
    } else {
        let or = lang.say(", or from ", ", или из ");
        match lang {
            Lang::En => format!("an existing deal only from {}", from.join(or)),
            Lang::Ru => format!("существующую сделку только из {}", from.join(or)),
        }
    })
}

/// In words that go on after "from".
fn told(from: &StageFrom, lang: Lang) -> String {
    match from {
        StageFrom::Open => lang.say("an open stage", "открытой стадии").to_owned(),
        StageFrom::Won => lang.say("a won stage", "выигранной стадии").to_owned(),
        StageFrom::Lost => lang.say("a lost stage", "проигранной стадии").to_owned(),
        StageFrom::Ours => lang
            .say("where onedeal put it", "стадии, куда её поставил onedeal")
            .to_owned(),
        StageFrom::Stage(name) => format!("`{}`", plain(name)),
    }
}
