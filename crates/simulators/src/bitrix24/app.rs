//! A local application of the portal (facts §12): who holds which token, and which of them still open the portal.
//!
//! Its chance is its own: what strikes deals does not depend on whether somebody refreshes a token.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::query::form;
use super::state::State;

/// Separates the application's chance from the portal's.
const RNG_SALT: u64 = 0x006f_6175_7468;
/// How long an authorization code lives (facts §12).
const CODE_LIFE_MS: u64 = 30_000;

/// A local application as the portal's developer resources show it.
#[derive(Debug, Clone)]
pub struct AppConfig {
    /// `client_id`, shown after the application was saved.
    pub client_id: String,
    /// `client_secret`, likewise.
    pub client_secret: String,
    /// The portal's own identifier.
    pub member_id: String,
    /// What the portal puts into each event, so that its receiver knows it.
    pub application_token: String,
    /// The rights ticked in the application's card.
    pub scopes: Vec<String>,
    /// Life of an access token in seconds.
    pub access_life_s: u64,
    /// Life of a refresh token in seconds.
    pub refresh_life_s: u64,
    /// Whether an access token goes on to open the portal after its pair was refreshed (an open point, protocol §3).
    pub old_access_lives: bool,
    /// Whether the token is looked at again before each command of a batch, so that it may end within one.
    pub checks_each_command: bool,
    /// Origin of the authorization server of the portal's region.
    pub server: String,
    /// Origin of the portal as it is told to the application; `https://` and its host otherwise.
    pub portal: Option<String>,
    /// HTTP status of the authorization server's errors; only their code is documented.
    pub error_status: u16,
}

impl Default for AppConfig {
    fn default() -> Self {
        Self {
            client_id: "local.6745af0c1d2e33.12345678".to_owned(),
            client_secret: "SecretOfTheApplication".to_owned(),
            member_id: "a223c6b3710f85df22e9377d6c4f7553".to_owned(),
            application_token: "51856fefc120afa4b628cc82d3935cce".to_owned(),
            scopes: vec!["crm".to_owned()],
            access_life_s: 3_600,
            refresh_life_s: 180 * 24 * 3_600,
            old_access_lives: true,
            checks_each_command: false,
            server: "https://oauth.bitrix.info".to_owned(),
            portal: None,
            error_status: 400,
        }
    }
}

/// What a token stands for.
#[derive(Debug, Clone)]
struct Grant {
    client_id: String,
    user: u64,
    scopes: Vec<String>,
}

#[derive(Debug)]
struct Token {
    text: String,
    until: u64,
    grant: Grant,
    /// Why it is no longer taken: used up, or its application was removed.
    dead: bool,
}

/// A pair of tokens, fresh from the press.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) user: u64,
    pub(crate) scopes: Vec<String>,
}

/// Who holds an access token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Holder {
    pub(crate) user: u64,
    /// Milliseconds since the portal was built.
    pub(crate) until: u64,
    pub(crate) installed: bool,
}

/// The installed application with all tokens ever issued.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) config: AppConfig,
    installed: bool,
    /// When it was last installed; a revocation that began before is over.
    installed_ms: u64,
    access: Vec<Token>,
    refresh: Vec<Token>,
    codes: Vec<Token>,
    rng: ChaCha8Rng,
}

/// What the authorization server says instead of a pair.
pub(crate) type Denial = &'static str;

impl App {
    pub(crate) fn new(config: AppConfig, seed: u64) -> Self {
        Self {
            config,
            installed: false,
            installed_ms: 0,
            access: Vec::new(),
            refresh: Vec::new(),
            codes: Vec::new(),
            rng: ChaCha8Rng::seed_from_u64(seed ^ RNG_SALT),
        }
    }

    /// Whether something of this probability happens; impossible things cost no random number.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        // 53 bits are as many as a double holds exactly.
        0.0 < probability
            && ((self.rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64) < probability
    }

    pub(crate) fn between(&mut self, (low, high): (u64, u64)) -> u64 {
        if high <= low {
            low
        } else {
            low + self.rng.next_u64() % (high - low + 1)
        }
    }

    pub(crate) fn install(&mut self, now: u64, user: u64) -> Pair {
        self.installed = true;
        self.installed_ms = now;
        let grant = Grant {
            client_id: self.config.client_id.clone(),
            user,
            scopes: self.config.scopes.clone(),
        };
        self.issue(now, grant)
    }

    /// A pair of another application of the same portal.
    pub(crate) fn install_other(&mut self, now: u64, client_id: &str, user: u64) -> Pair {
        let grant = Grant {
            client_id: client_id.to_owned(),
            user,
            scopes: self.config.scopes.clone(),
        };
        self.issue(now, grant)
    }

    /// The application is removed: none of its tokens is taken any more.
    pub(crate) fn remove(&mut self) {
        self.installed = false;
        let lists = [&mut self.access, &mut self.refresh, &mut self.codes];
        for token in lists.into_iter().flatten() {
            token.dead = true;
        }
    }

    /// A code for the first exchange; nothing if the application is not installed.
    pub(crate) fn authorize(&mut self, now: u64, user: u64) -> Option<String> {
        let grant = Grant {
            client_id: self.config.client_id.clone(),
            user,
            scopes: self.config.scopes.clone(),
        };
        let code = self.installed.then(|| self.text())?;
        self.codes.push(Token {
            text: code.clone(),
            until: now + CODE_LIFE_MS,
            grant,
            dead: false,
        });
        Some(code)
    }

    /// Uses a refresh token up and issues the next pair.
    pub(crate) fn refresh(&mut self, now: u64, refresh: &str) -> Result<Pair, Denial> {
        let grant = spend(&mut self.refresh, now, refresh, &self.config.client_id)?;
        if !self.config.old_access_lives {
            self.end_access(now);
        }
        Ok(self.issue(now, grant))
    }

    /// All access tokens end.
    pub(crate) fn end_access(&mut self, now: u64) {
        for token in &mut self.access {
            token.until = token.until.min(now);
        }
    }

    /// Uses a code up and issues the first pair.
    pub(crate) fn exchange(&mut self, now: u64, code: &str) -> Result<Pair, Denial> {
        let grant = spend(&mut self.codes, now, code, &self.config.client_id)?;
        Ok(self.issue(now, grant))
    }

    /// Who holds an access token and until when; dead tokens are known, too.
    pub(crate) fn holder(&self, access: &str) -> Option<Holder> {
        let token = self.access.iter().find(|it| it.text == access)?;
        Some(Holder {
            user: token.grant.user,
            until: token.until,
            installed: self.installed && !token.dead,
        })
    }

    pub(crate) fn installed_after(&self, ms: u64) -> bool {
        self.installed && ms <= self.installed_ms
    }

    pub(crate) fn takes_refresh(&self, now: u64, refresh: &str) -> bool {
        let known = |it: &&Token| it.text == refresh;
        let token = self.refresh.iter().find(known);
        token.is_some_and(|it| !it.dead && now < it.until)
    }

    fn issue(&mut self, now: u64, grant: Grant) -> Pair {
        let (access, refresh) = (self.text(), self.text());
        let pair = Pair {
            access: access.clone(),
            refresh: refresh.clone(),
            user: grant.user,
            scopes: grant.scopes.clone(),
        };
        self.access.push(Token {
            text: access,
            until: now + self.config.access_life_s * 1_000,
            grant: grant.clone(),
            dead: false,
        });
        self.refresh.push(Token {
            text: refresh,
            until: now + self.config.refresh_life_s * 1_000,
            grant,
            dead: false,
        });
        pair
    }

    /// Where the portal takes the application's requests.
    pub(crate) fn client_endpoint(&self, host: &str) -> String {
        match &self.config.portal {
            Some(origin) => format!("{origin}/rest/"),
            None => format!("https://{host}/rest/"),
        }
    }

    fn text(&mut self) -> String {
        let words = [(); 4].map(|()| format!("{:016x}", self.rng.next_u64()));
        words.concat()
    }
}

/// A token of the list can be spent once, in time, by its own application.
fn spend(list: &mut [Token], now: u64, text: &str, client_id: &str) -> Result<Grant, Denial> {
    let token = list.iter_mut().find(|it| it.text == text);
    let Some(token) = token.filter(|it| !it.dead && now < it.until) else {
        return Err("invalid_grant");
    };
    if token.grant.client_id != client_id {
        return Err("wrong_client");
    }
    token.dead = true;
    Ok(token.grant.clone())
}

impl State {
    /// The form that the portal posts when the application is installed (facts §12).
    pub(crate) fn install_form(&self, pair: &Pair) -> String {
        let app = &self.app.config;
        let host = &self.config.host;
        let ts = self.clock.unix_s(self.now).to_string();
        let (life, user) = (app.access_life_s.to_string(), pair.user.to_string());
        form(&[
            ("event", "ONAPPINSTALL"),
            ("event_handler_id", "0"),
            ("data[VERSION]", "1"),
            ("data[ACTIVE]", "Y"),
            ("data[INSTALLED]", "Y"),
            ("data[LANGUAGE_ID]", "en"),
            ("ts", &ts),
            ("auth[access_token]", &pair.access),
            ("auth[expires_in]", &life),
            ("auth[scope]", &pair.scopes.join(",")),
            ("auth[domain]", host),
            ("auth[server_endpoint]", &format!("{}/rest/", app.server)),
            ("auth[status]", "L"),
            ("auth[client_endpoint]", &self.app.client_endpoint(host)),
            ("auth[member_id]", &app.member_id),
            ("auth[refresh_token]", &pair.refresh),
            ("auth[user_id]", &user),
            ("auth[application_token]", &app.application_token),
        ])
    }
}
