//! The ledger as it lies on the disk: read beside a running service, never written.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use kernel::DealId;
use store::{Db, LAYOUT_NEWEST, StoreError};

use super::{
    Subject,
    report::{Line, Report},
};
use crate::{exit::Exit, lang::Lang};

/// The newest deals of the ledger that the portal is asked for.
const DEALS_MAX: usize = 15;

/// Beside a running service a larger database is not read through: it takes the disk for minutes.
const READ_BESIDE_MAX: u64 = 512 * 1024 * 1024;

const MIB: u64 = 1024 * 1024;

const CHECK: &str = "database";

/// What was found before anybody was asked.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// There is one.
    pub(super) exists: bool,
    /// A service works with it.
    pub(super) in_use: bool,
    /// The newest deals that it made.
    pub(super) deals: Vec<DealId>,
    /// When its newest delivery came, in milliseconds of Unix time.
    pub(super) last_delivery: Option<i64>,
    trouble: Option<StoreError>,
}

impl Ledger {
    /// Looks at the ledger at `path`.
    pub(super) fn look(path: &Path) -> Self {
        let mut ledger = Self {
            exists: path.is_file(),
            ..Self::default()
        };
        if ledger.exists
            && let Err(error) = ledger.read(path)
        {
            ledger.trouble = Some(error);
        }
        ledger
    }

    fn read(&mut self, path: &Path) -> Result<(), StoreError> {
        self.in_use = store::is_in_use(path)?;
        let db = Db::open_to_read(path)?;
        self.deals = db.newest_deals(DEALS_MAX)?;
        self.last_delivery = db.last_delivery()?;
        Ok(())
    }
}

/// Is it whole, of this version's layout, warm, and who has it?
pub(super) fn database(subject: &Subject, ledger: &Ledger, report: &mut Report) {
    let (path, lang) = (&subject.settings.database, subject.lang);
    let shown = path.display();
    if !ledger.exists {
        let says = match lang {
            Lang::En => format!("there is no ledger `{shown}` yet; `serve` makes it"),
            Lang::Ru => format!("журнала `{shown}` ещё нет; его создаст `serve`"),
        };
        report.add(Line::fine(CHECK, says));
        return;
    }
    let found = match &ledger.trouble {
        Some(error) => Err(error.clone()),
        None => state(path, ledger.in_use),
    };
    match found {
        Err(error) => report.add(broken(&error, lang)),
        Ok(state) => report.add(said(&state, ledger.in_use, &shown.to_string(), lang)),
    }
}

/// When the shop was last heard of.
pub(super) fn deliveries(subject: &Subject, ledger: &Ledger, now: Timestamp, report: &mut Report) {
    const CHECK: &str = "deliveries";
    let lang = subject.lang;
    let last = ledger
        .last_delivery
        .and_then(|it| Timestamp::from_millisecond(it).ok());
    let says = match (last, lang) {
        (None, Lang::En) => "none has come yet".to_owned(),
        (None, Lang::Ru) => "пока ни одной".to_owned(),
        (Some(last), _) => {
            let ago = ago(now.duration_since(last), lang);
            match lang {
                Lang::En => format!("the last one came {ago} ago"),
                Lang::Ru => format!("последняя пришла {ago} назад"),
            }
        }
    };
    report.add(Line::fine(CHECK, says));
}

fn ago(passed: SignedDuration, lang: Lang) -> String {
    let minutes = passed.as_mins().max(0);
    match (minutes, lang) {
        (0..120, Lang::En) => format!("{minutes} min"),
        (0..120, Lang::Ru) => format!("{minutes} мин"),
        (120..2_880, Lang::En) => format!("{} h", minutes / 60),
        (120..2_880, Lang::Ru) => format!("{} ч", minutes / 60),
        (_, Lang::En) => format!("{} days", minutes / 1_440),
        (_, Lang::Ru) => format!("{} дн.", minutes / 1_440),
    }
}

struct State {
    layout: usize,
    bytes: u64,
    read_through: bool,
    orders: u64,
    cold: Option<String>,
}

fn state(path: &Path, in_use: bool) -> Result<State, StoreError> {
    let db = Db::open_to_read(path)?;
    let bytes = std::fs::metadata(path).map_or(0, |it| it.len());
    let read_through = !in_use || bytes <= READ_BESIDE_MAX;
    if read_through {
        db.quick_check()?;
    }
    // While a service runs, its start is past: nobody is about to find the ledger cold.
    let cold = if in_use {
        None
    } else {
        store::cold_at_next_start(path)?
    };
    Ok(State {
        layout: db.layout()?,
        bytes,
        read_through,
        orders: db.counts()?.orders,
        cold,
    })
}

fn said(state: &State, in_use: bool, path: &str, lang: Lang) -> Line {
    let State { layout, orders, .. } = state;
    let size = state.bytes.div_ceil(MIB);
    let who = if in_use {
        lang.say("a running service has it", "с ним работает служба")
    } else {
        lang.say("no service runs on it", "служба с ним не работает")
    };
    let whole = if state.read_through {
        lang.say(
            "read through and whole",
            "прочитан целиком, повреждений нет",
        )
    } else {
        lang.say(
            "too large to be read through beside the service",
            "слишком велик, чтобы читать его целиком рядом со службой",
        )
    };
    let layout = if *layout == LAYOUT_NEWEST {
        match lang {
            Lang::En => format!("layout {layout}"),
            Lang::Ru => format!("схема {layout}"),
        }
    } else {
        match lang {
            Lang::En => format!("layout {layout}, which the next start brings to {LAYOUT_NEWEST}"),
            Lang::Ru => format!("схема {layout}, следующий запуск обновит её до {LAYOUT_NEWEST}"),
        }
    };
    let says = match lang {
        Lang::En => format!("`{path}`: {orders} orders, {size} MiB, {layout}, {whole}; {who}"),
        Lang::Ru => format!("`{path}`: заказов {orders}, {size} МиБ, {layout}, {whole}; {who}"),
    };
    match &state.cold {
        None => Line::fine(CHECK, says),
        Some(reason) => {
            let says = match lang {
                Lang::En => format!(
                    "{says}. The next start finds it cold ({reason}): it adopts deals and creates none for one settle time"
                ),
                Lang::Ru => format!(
                    "{says}. Следующий запуск будет холодным ({reason}): одно время выдержки сделки только находятся, но не создаются"
                ),
            };
            let remedy = lang.say(
                "nothing, if you restored a backup or moved the ledger; else put the file .epoch back beside it",
                "ничего, если вы восстановили копию или перенесли журнал; иначе верните рядом файл .epoch",
            );
            Line::warning(CHECK, says, remedy.to_owned())
        }
    }
}

fn broken(error: &StoreError, lang: Lang) -> Line {
    let says = match lang {
        Lang::En => format!("{error}"),
        Lang::Ru => format!("журнал нельзя использовать: {error}"),
    };
    let remedy = lang.say(
        "stop the service; restore a backup, or see to the file's rights (ONEDEAL_DATABASE)",
        "остановите службу; восстановите копию или проверьте права на файл (ONEDEAL_DATABASE)",
    );
    Line::problem(CHECK, says, Some(remedy.to_owned())).ending(Exit::Storage)
}
