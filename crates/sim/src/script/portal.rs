//! What is drawn about a local application in the webhook's place, by a chance of its own: everything else of a seed stays
//! as it is.

use std::time::Duration;

use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use simulators::bitrix24::{Faults, Revoked};

use super::{After, Crash, CrashAt, Script, swarm};

/// Separates what is drawn about the application from everything else.
const APP_SALT: u64 = 0x6170_7000_0000;

/// The share of universes with an application, of those that are neither storms nor calm crowds.
const SHARE: f64 = 0.35;

/// A local application opens the portal.
#[derive(Debug, Clone, Copy)]
pub struct AppScript {
    /// How long its access tokens live, in seconds.
    pub life_s: u64,
    /// Whether an old access token goes on to open the portal after its pair was refreshed.
    pub old_lives: bool,
    /// Whether the portal looks at the token again before each command of a batch.
    pub checks_each_command: bool,
    /// HTTP status of the authorization server's errors.
    pub error_status: u16,
    /// When people install it for the first time.
    pub installed_after: Duration,
    /// How long it takes them to install it again once they are told to, shortest and longest, in milliseconds.
    pub notice_ms: (u64, u64),
    /// When somebody removes it from the portal.
    pub removed_after: Option<Duration>,
}

impl Script {
    /// In some universes a local application opens the portal.
    pub(super) fn install_app(&mut self) {
        let rng = &mut ChaCha8Rng::seed_from_u64(self.seed ^ APP_SALT);
        if self.storm || self.calm || !rng.random_bool(SHARE) {
            return;
        }
        let busy_ms = u64::try_from(self.busy.as_millis()).unwrap_or(u64::MAX);
        let hours = 3_600_000;
        let mut app = AppScript {
            life_s: match rng.next_u32() % 4 {
                0 => 3_600,
                1 => rng.random_range(60..600),
                _ => rng.random_range(4..60),
            },
            old_lives: rng.random_bool(0.5),
            checks_each_command: rng.random_bool(0.5),
            error_status: [200, 400, 401][rng.random_range(0..3)],
            installed_after: Duration::from_millis(if rng.random_bool(0.5) {
                rng.random_range(0..200)
            } else {
                rng.random_range(0..busy_ms)
            }),
            notice_ms: if rng.random_bool(0.5) {
                (1_000, 60_000)
            } else {
                (60_000, 3 * hours)
            },
            removed_after: rng
                .random_bool(0.15)
                .then(|| Duration::from_millis(rng.random_range(0..busy_ms))),
        };
        // Nobody removes what is not there yet.
        app.removed_after = app.removed_after.map(|it| app.installed_after + it);
        self.app = Some(app);
        let loud = Faults::hostile();
        let mut of = |it: f64| swarm(rng, it, 1.0);
        let faults = &mut self.portal;
        faults.oauth_ends_in_batch = of(loud.oauth_ends_in_batch);
        faults.oauth_connection = of(loud.oauth_connection * 2.0);
        faults.oauth_drop_before = of(loud.oauth_drop_before);
        faults.oauth_lose_answer = of(loud.oauth_lose_answer);
        faults.oauth_html = of(loud.oauth_html);
        faults.oauth_late = of(loud.oauth_late);
        let mut window = |often: f64, longest: u64| {
            let from = rng.random_range(0..busy_ms);
            let until = from + rng.random_range(longest / 6..longest);
            rng.random_bool(often).then_some((from, until))
        };
        if let Some(revoked) = window(0.35, 6 * hours) {
            faults.revoked_ms = Some(revoked);
        }
        faults.narrow_ms = window(0.2, 3 * hours);
        faults.revoked_as = match rng.next_u32() % 3 {
            0 => Revoked::Owner,
            1 => Revoked::Plan,
            _ => Revoked::Credential,
        };
        if rng.random_bool(0.4) {
            // The process dies while the next pair is on its way to it.
            self.crashes.push(Crash {
                at: CrashAt::Tokens(rng.random_range(1..4)),
                down_ms: rng.random_range(10..30_000),
                after: After::Restart,
            });
        }
    }
}
