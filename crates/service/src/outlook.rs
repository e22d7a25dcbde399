//! What is expected of a backlog: said in the log, and shown in the metrics.

use std::time::Duration;

use kernel::forecast::{Forecast, Outlook};
use store::Store;

use crate::{transport::Transport, worker::Shared};

/// A backlog is looked at, and spoken of, this often.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Looks at the backlog again and again.
pub(crate) async fn watch<S: Store, T: Transport>(shared: &Shared<S, T>) {
    let mut forecast = Forecast::default();
    let mut known = Outlook::Clear;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let now = shared.clock.now();
        // A store that does not answer is spoken of elsewhere.
        let Ok(waiting) = shared.store.overdue(now).await else {
            continue;
        };
        let outlook = forecast.see(now, waiting);
        tell(shared, waiting, outlook, known);
        shared.notes.outlook(outlook);
        // The next minute writes it down again.
        let _ = shared.notes.remember(&shared.store).await;
        known = outlook;
    }
}

fn tell<S, T>(shared: &Shared<S, T>, waiting: u64, outlook: Outlook, known: Outlook) {
    let seconds = match outlook {
        Outlook::Clear => 0,
        Outlook::Stands => -1,
        Outlook::EmptyIn(left) => i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
    };
    let backlog = i64::try_from(waiting).unwrap_or(i64::MAX);
    shared.counters.ledger.backlog(backlog, seconds);
    match outlook {
        Outlook::EmptyIn(left) => {
            let at = shared.clock.wall() + left;
            tracing::info!(
                backlog.orders = waiting,
                backlog.seconds = left.as_secs(),
                "backlog of {} orders empties at {} UTC",
                grouped(waiting),
                at.strftime("%H:%M")
            );
        }
        Outlook::Stands => tracing::info!(
            backlog.orders = waiting,
            "backlog of {} orders, which does not shrink at the moment",
            grouped(waiting)
        ),
        Outlook::Clear if known != Outlook::Clear => tracing::info!("the backlog is empty"),
        Outlook::Clear => {}
    }
}

/// A number with a thin gap between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if 0 < at && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        let texts = [7, 999, 8_214, 1_000_000].map(grouped);
        assert_eq!(texts, ["7", "999", "8 214", "1 000 000"]);
    }
}
