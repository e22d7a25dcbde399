//! How late lists show what was just created: the portal is asked again and again until they do (A-R).

use std::time::Duration;

use service::{
    canary::Witness,
    inquiry::{CanaryKey, Inquiry},
    transport::HttpTransport,
};
use tokio::{sync::watch, time::Instant};

/// Pauses between two looks: close at first, then ever wider, so that a running service loses little of its rate.
const PAUSES_MS: [u64; 8] = [100, 200, 300, 500, 1_000, 2_000, 3_000, 5_000];

/// When lists showed the deal, counted from the answer to its create: somewhere between the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    /// The last look that did not show it began then; zero if the first one did.
    pub(super) not_before: Duration,
    /// The look that showed it ended then.
    pub(super) at_latest: Duration,
}

/// By which of the two keys, and when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Lag {
    /// By origin pair.
    pub(super) origin: Option<Shown>,
    /// By order field.
    pub(super) field: Option<Shown>,
}

/// Waits for the first deal and watches lists until both keys show it, for so long at the most.
pub(super) async fn measure(
    inquiry: &Inquiry<HttpTransport>,
    key: &CanaryKey,
    mut witness: watch::Receiver<Witness>,
    at_most: Duration,
) -> Lag {
    let mut lag = Lag::default();
    let made = match witness.wait_for(|it| !it.made.is_empty()).await {
        Ok(seen) => seen.made[0],
        Err(_) => return lag,
    };
    let mut missed = [Duration::ZERO; 2];
    for n in 0_usize.. {
        let began = made.at.elapsed();
        if at_most < began {
            break;
        }
        if let Ok(found) = inquiry.canaries(key).await {
            let ended = made.at.elapsed();
            let shows = [
                Some(found.by_origin.contains(&made.deal)),
                found.by_field.map(|it| it.contains(&made.deal)),
            ];
            let kept = [&mut lag.origin, &mut lag.field];
            for ((shows, kept), missed) in shows.into_iter().zip(kept).zip(&mut missed) {
                match shows {
                    Some(true) if kept.is_none() => {
                        *kept = Some(Shown {
                            not_before: *missed,
                            at_latest: ended,
                        });
                    }
                    Some(false) if kept.is_none() => *missed = began,
                    Some(_) | None => {}
                }
            }
            if lag.origin.is_some() && (lag.field.is_some() || shows[1].is_none()) {
                break;
            }
        }
        let pause = PAUSES_MS[n.min(PAUSES_MS.len() - 1)];
        tokio::time::sleep_until(Instant::now() + Duration::from_millis(pause)).await;
    }
    lag
}
