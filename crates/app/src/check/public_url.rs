//! The public address: does it lead to this service?

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use service::{
    subscriptions::PublicUrl,
    transport::{SendError, Transport as _},
};

use super::{
    Subject,
    ledger::Ledger,
    report::{Line, Report},
};
use crate::lang::Lang;

const CHECK: &str = "public_url";

/// Shopify gives up after 5 s (facts/shopify.md §1.3).
const PATIENCE: Duration = Duration::from_secs(5);

/// What our `/healthz` says.
const ALIVE: &[u8] = b"alive\n";

/// What came back.
enum Came {
    Alive,
    Other(u16),
    NoConnection,
    NoAnswer,
}

/// Asks for `/healthz` at the public address.
pub(super) async fn public_url(subject: &Subject, ledger: &Ledger, report: &mut Report) {
    let lang = subject.lang;
    let Some(url) = &subject.settings.public_url else {
        let says = lang.say(
            "ONEDEAL_PUBLIC_URL is not set: where Shopify reaches this service is not known here",
            "ONEDEAL_PUBLIC_URL не задан: по какому адресу Shopify находит эту службу, неизвестно",
        );
        let remedy = lang.say(
            "set it to the outside address, like https://sync.example.com",
            "задайте внешний адрес, например https://sync.example.com",
        );
        report.add(Line::warning(CHECK, says.to_owned(), remedy.to_owned()));
        return;
    };
    let came = ask(subject, url).await;
    report.add(line(&came, url.as_str(), ledger.in_use, lang));
}

async fn ask(subject: &Subject, url: &PublicUrl) -> Came {
    let Ok(request) = Request::get(url.health()).body(Bytes::new()) else {
        return Came::NoConnection;
    };
    match tokio::time::timeout(PATIENCE, subject.transport.send(request)).await {
        Ok(Ok(answer)) if answer.status() == 200 && answer.body().as_ref() == ALIVE => Came::Alive,
        Ok(Ok(answer)) => Came::Other(answer.status().as_u16()),
        Ok(Err(SendError::NotSent)) => Came::NoConnection,
        Ok(Err(SendError::Lost)) | Err(_) => Came::NoAnswer,
    }
}

fn line(came: &Came, url: &str, in_use: bool, lang: Lang) -> Line {
    let what = match (came, lang) {
        (Came::Alive, Lang::En) => {
            let says = format!(
                "{url} leads to a onedeal that lives, seen from this machine. From Shopify the way is another one: the \
                 first webhook shows it"
            );
            return Line::fine(CHECK, says);
        }
        (Came::Alive, Lang::Ru) => {
            let says = format!(
                "{url} ведёт к живому onedeal, если смотреть с этой машины. Путь от Shopify другой: его покажет первый вебхук"
            );
            return Line::fine(CHECK, says);
        }
        (Came::Other(status), Lang::En) => {
            format!("{url} answers `/healthz` with {status}, and not as onedeal does")
        }
        (Came::Other(status), Lang::Ru) => {
            format!("{url} отвечает на `/healthz` кодом {status}, и не так, как onedeal")
        }
        (Came::NoConnection, Lang::En) => {
            format!("{url} takes no connection (name, address, port or certificate)")
        }
        (Came::NoConnection, Lang::Ru) => {
            format!("{url} не принимает соединений (имя, адрес, порт или сертификат)")
        }
        (Came::NoAnswer, Lang::En) => {
            format!("{url} does not answer within 5 s, as long as Shopify waits")
        }
        (Came::NoAnswer, Lang::Ru) => format!("{url} не отвечает за 5 с, дольше Shopify не ждёт"),
    };
    if in_use {
        let remedy = lang.say(
            "look at the reverse proxy: it has to pass all paths unchanged to the address of ONEDEAL_LISTEN; some networks \
             do not lead their own outside address back inside: then ask from elsewhere",
            "проверьте прокси: он должен передавать все пути без изменений на адрес ONEDEAL_LISTEN; из некоторых сетей свой \
             внешний адрес не виден: тогда проверьте снаружи",
        );
        return Line::problem(CHECK, what, Some(remedy.to_owned()));
    }
    let says = match lang {
        Lang::En => format!("{what}; no service runs on this ledger"),
        Lang::Ru => format!("{what}; служба с этим журналом не запущена"),
    };
    let remedy = lang.say(
        "start `onedeal serve`, then check again",
        "запустите `onedeal serve` и повторите проверку",
    );
    Line::warning(CHECK, says, remedy.to_owned())
}
