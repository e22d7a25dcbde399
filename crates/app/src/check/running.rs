//! What a service that runs with these settings says of itself: its metrics, asked for on this machine.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use service::{
    config::Settings,
    transport::{HttpTransport, Transport as _},
};

use super::ledger::Ledger;

/// A service on this machine answers at once.
const PATIENCE: Duration = Duration::from_secs(3);

/// Numbers of a running service since its start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Figures {
    /// Commands sent to the portal.
    pub(super) commands: u64,
    /// Those that were refused because there were too many.
    pub(super) limited: u64,
    /// Deliveries whose signature did not fit.
    pub(super) wrong_signature: u64,
}

/// Asks it; `None` if none runs, or it does not show its metrics to us.
pub(super) async fn figures(
    settings: &Settings,
    transport: &HttpTransport,
    ledger: &Ledger,
) -> Option<Figures> {
    // On port 0 nobody knows where it listens.
    if !ledger.in_use || settings.listen.port() == 0 {
        return None;
    }
    let mut request = Request::builder().uri(format!("http://{}/metrics", settings.listen));
    if let Some(header) = settings.admin.header() {
        request = request.header(http::header::AUTHORIZATION, header);
    }
    let request = request.body(Bytes::new()).ok()?;
    let answer = tokio::time::timeout(PATIENCE, transport.send(request)).await;
    let answer = answer.ok()?.ok()?;
    (answer.status() == StatusCode::OK).then(|| read(&String::from_utf8_lossy(answer.body())))
}

fn read(page: &str) -> Figures {
    let sum = |begin: &str| {
        let lines = page.lines().filter(|it| it.starts_with(begin));
        let numbers = lines.filter_map(|it| it.rsplit(' ').next()?.parse::<u64>().ok());
        numbers.sum()
    };
    Figures {
        commands: sum("onedeal_portal_requests_total"),
        limited: sum("onedeal_portal_requests_total{kind=\"limited\"}"),
        wrong_signature: sum("onedeal_deliveries_total{kind=\"wrong_signature\"}"),
    }
}

#[cfg(test)]
mod tests {
    use service::counters::Counters;

    use super::*;

    #[test]
    fn the_page_of_a_service_is_read() {
        let counters = Counters::default();
        for kind in ["done", "done", "limited"] {
            counters.request(kind);
        }
        counters.delivery("wrong_signature");
        counters.delivery("stored");
        let want = Figures {
            commands: 3,
            limited: 1,
            wrong_signature: 1,
        };
        assert_eq!(read(&counters.page()), want);
    }
}
