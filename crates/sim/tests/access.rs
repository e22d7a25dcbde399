//! What opens the portal, and what people are told when it does not, against the simulated portal and its authorization
//! server.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Body};
use bitrix24::{
    WebhookUrl,
    oauth::{Client, Endpoint},
};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use kernel::{
    LedgerId, OrderId, OrderKey, ShopDomain,
    mapping::{Mapping, ORDER_FIELD_DEFAULT},
    rules::Rules,
};
use service::{
    Parts, Service,
    access::{AppSettings, Condition, INSTALL_PATH, RECORD},
    http::AdminAccess,
    portal::{Credential, PortalSettings},
    transport::{SendError, Transport},
};
use shopify::signature::Secrets;
use sim::{clock::SimClock, trace::Trace};
use simulators::{
    bitrix24::{AppConfig, Faults, Portal, PortalConfig, Revoked},
    shopify::{Shop, ShopConfig},
};
use store::{InlineStore, Store as _};
use tokio::sync::oneshot;
use tower::ServiceExt as _;
use tracing::subscriber::DefaultGuard;

const HOUR: Duration = Duration::from_secs(3_600);

/// The bucket's pauses and one pause of hours: looks at a closed portal.
const LOOKS_IN_SIX_HOURS: u64 = 400;

/// From the moment that a person acted to an order's next look (`kernel::rules`), and the work that follows it.
const CLOSED_LOOK: Duration = Duration::from_secs(370);

#[tokio::test(start_paused = true)]
async fn before_the_installation_webhooks_are_taken_and_after_it_the_work_begins_without_a_restart()
{
    let stand = Stand::app(|_| {});
    let running = stand.start().await;
    let order = stand.order(&running).await;
    tokio::time::sleep(HOUR).await;
    assert_eq!(
        (stand.deals_of(order), stand.portal.stats().requests),
        (0, 0)
    );
    insta::assert_snapshot!(stand.told(), @"WARN  The application is not installed in portal.bitrix24.com yet: in Bitrix24, open Developer resources, Integrations and the local application, tick `Application uses API only` and the right CRM (crm), paste https://YOUR-HOST/bitrix24/install both as its handler path and as its path for initial installation, save, and press Reinstall in its menu; nothing is lost, orders wait");
    assert!(matches!(
        running.service.portal_condition(),
        Some(Condition::NotInstalled { .. })
    ));

    assert_eq!(stand.install(&running).await, 200);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(stand.deals_of(order), 1);
    assert_eq!(running.service.portal_condition(), None);
    insta::assert_snapshot!(stand.told(), @r#"
WARN  The application is not installed in portal.bitrix24.com yet: in Bitrix24, open Developer resources, Integrations and the local application, tick `Application uses API only` and the right CRM (crm), paste https://YOUR-HOST/bitrix24/install both as its handler path and as its path for initial installation, save, and press Reinstall in its menu; nothing is lost, orders wait
INFO  The application is installed in portal.bitrix24.com: orders are worked on
"#);
    assert_eq!(stand.portal.deals()[0].created_by, 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_is_renewed_without_a_word_and_counts_against_no_order() {
    let stand = Stand::app(|app| app.access_life_s = 60);
    let running = stand.start_installed().await;
    for _ in 0..3 {
        tokio::time::sleep(HOUR).await;
        let order = stand.order(&running).await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(stand.deals_of(order), 1);
        let outcomes = stand.outcomes(order).await;
        assert!(outcomes.iter().all(|it| it == "done"), "{outcomes:?}");
    }
    // One pair for the installation, and one for each token that was found expired, by orders and by late looks.
    let (bought, expired) = {
        let stats = stand.portal.stats();
        (stats.oauth["refreshed"], stats.answers["expired_token"])
    };
    assert!(3 <= expired && bought == expired + 1, "{bought} {expired}");
    assert_eq!(stand.told(), "");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_goes_on_with_the_pair_that_the_ledger_keeps() {
    let stand = Stand::app(|app| app.access_life_s = 60);
    stand.start_installed().await.stop().await;
    tokio::time::sleep(HOUR).await;
    let running = stand.start().await;
    let order = stand.order(&running).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!((stand.deals_of(order), stand.told().as_str()), (1, ""));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_the_pair_that_is_on_its_way() {
    let stand = Stand::app(|app| app.access_life_s = 60);
    let running = stand.start_installed().await;
    tokio::time::sleep(HOUR).await;
    stand.faults(|faults| {
        faults.oauth_late = 1.0;
        faults.oauth_late_ms = (8_000, 8_000);
        faults.executed_share = 1.0;
    });
    stand.order(&running).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!stand.portal.takes_refresh(&stand.kept("refresh").await));
    running.stop().await;
    assert!(stand.portal.takes_refresh(&stand.kept("refresh").await));
}

#[tokio::test(start_paused = true)]
async fn a_revoked_webhook_is_told_once_looked_at_ever_more_rarely_and_said_to_work_again_once() {
    let stand = Stand::webhook();
    stand.revoked_for(6 * HOUR, Revoked::Credential);
    let running = stand.start().await;
    let order = stand.order(&running).await;
    tokio::time::sleep(6 * HOUR - CLOSED_LOOK).await;
    let condition = running.service.portal_condition().expect("a condition");
    assert_eq!(
        (condition.word(), condition.code()),
        ("no_access", Some("INVALID_CREDENTIALS"))
    );
    let asked = stand.portal.stats().requests;
    assert!((10..LOOKS_IN_SIX_HOURS).contains(&asked), "{asked}");
    tokio::time::sleep(2 * CLOSED_LOOK).await;
    assert_eq!(stand.deals_of(order), 1);
    insta::assert_snapshot!(stand.told(), @r#"
WARN  The portal portal.bitrix24.com refuses access (INVALID_CREDENTIALS): the inbound webhook was removed or has expired; make a new inbound webhook as a user who is active (Developer resources, Integrations) and set ONEDEAL_BITRIX24_WEBHOOK_URL; nothing is lost, orders wait
INFO  The portal portal.bitrix24.com answers again
"#);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_revoked_application_works_again_once_it_is_installed_again() {
    let stand = Stand::app(|_| {});
    let running = stand.start_installed().await;
    stand.portal.remove_app();
    let order = stand.order(&running).await;
    tokio::time::sleep(6 * HOUR).await;
    assert_eq!(stand.deals_of(order), 0);
    assert_eq!(stand.install(&running).await, 200);
    tokio::time::sleep(CLOSED_LOOK).await;
    assert_eq!(stand.deals_of(order), 1);
    insta::assert_snapshot!(stand.told(), @r#"
WARN  The portal portal.bitrix24.com refuses access (APPLICATION_NOT_FOUND): the application was removed or switched off in Bitrix24; open Developer resources, Integrations and press Reinstall in the application's menu as a user who is active; if it is gone, add it anew and set ONEDEAL_BITRIX24_CLIENT_ID and ONEDEAL_BITRIX24_CLIENT_SECRET; nothing is lost, orders wait
INFO  The application is installed in portal.bitrix24.com: orders are worked on
INFO  The portal portal.bitrix24.com answers again
"#);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_missing_right_is_named_with_the_box_to_tick() {
    let narrow = |faults: &mut Faults| faults.narrow_ms = Some((0, 7_200_000));
    let stand = Stand::webhook();
    stand.faults(narrow);
    let running = stand.start().await;
    let order = stand.order(&running).await;
    tokio::time::sleep(3 * HOUR).await;
    assert_eq!(stand.deals_of(order), 1);
    insta::assert_snapshot!(stand.told(), @r#"
WARN  The portal portal.bitrix24.com refuses access (insufficient_scope): the inbound webhook lacks the right CRM (crm); open it in Bitrix24 under Developer resources, Integrations, tick CRM (crm), and save; nothing is lost, orders wait
INFO  The portal portal.bitrix24.com answers again
"#);
    running.stop().await;

    let stand = Stand::app(|_| {});
    let running = stand.start_installed().await;
    tokio::time::sleep(HOUR / 60).await;
    stand.faults(|faults| faults.narrow_ms = Some((stand.portal.now_ms(), u64::MAX)));
    let order = stand.order(&running).await;
    tokio::time::sleep(HOUR / 2).await;
    assert_eq!(stand.install(&running).await, 200);
    tokio::time::sleep(CLOSED_LOOK).await;
    assert_eq!(stand.deals_of(order), 1);
    insta::assert_snapshot!(stand.told(), @r#"
WARN  The portal portal.bitrix24.com refuses access (insufficient_scope): the application lacks the right CRM (crm); open it in Bitrix24 under Developer resources, Integrations, tick CRM (crm), save, and press Reinstall in its menu; nothing is lost, orders wait
INFO  The application is installed in portal.bitrix24.com: orders are worked on
INFO  The portal portal.bitrix24.com answers again
"#);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_was_lost_on_its_way_is_told_and_the_next_installation_ends_it() {
    let stand = Stand::app(|app| app.access_life_s = 60);
    let running = stand.start_installed().await;
    tokio::time::sleep(HOUR).await;
    stand.faults(|faults| faults.oauth_lose_answer = 1.0);
    let order = stand.order(&running).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    stand.faults(|_| {});
    tokio::time::sleep(HOUR).await;
    let asked = stand.portal.stats().oauth["invalid_grant"];
    assert_eq!((stand.deals_of(order), asked), (0, 1));
    running.stop().await;

    let running = stand.start().await;
    tokio::time::sleep(HOUR).await;
    assert_eq!(stand.install(&running).await, 200);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(stand.deals_of(order), 1);
    insta::assert_snapshot!(stand.told(), @r#"
WARN  The access token for portal.bitrix24.com has expired, and Bitrix24's authorization server does not answer: asked again until it does; check the network; nothing is lost, orders wait
WARN  The access token for portal.bitrix24.com has expired, and Bitrix24's authorization server gives no new one (invalid_grant): its refresh token was used up or is too old; install the application again: in Bitrix24, open Developer resources, Integrations and press Reinstall in the application's menu; nothing is lost, orders wait
WARN  The access token for portal.bitrix24.com has expired, and Bitrix24's authorization server gives no new one (invalid_grant): its refresh token was used up or is too old; install the application again: in Bitrix24, open Developer resources, Integrations and press Reinstall in the application's menu; nothing is lost, orders wait
INFO  The application is installed in portal.bitrix24.com: orders are worked on
"#);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_wrong_since_a_restart_is_told_and_nothing_is_used_up() {
    let mut stand = Stand::app(|app| app.access_life_s = 60);
    stand.start_installed().await.stop().await;
    tokio::time::sleep(HOUR).await;
    let secret = std::mem::replace(&mut stand.secret, "guess".to_owned());
    let running = stand.start().await;
    let order = stand.order(&running).await;
    tokio::time::sleep(HOUR).await;
    insta::assert_snapshot!(stand.told(), @"WARN  The access token for portal.bitrix24.com has expired, and Bitrix24's authorization server gives no new one (invalid_client): check ONEDEAL_BITRIX24_CLIENT_ID and ONEDEAL_BITRIX24_CLIENT_SECRET against the application (Developer resources, Integrations); if it was removed there, add it anew; nothing is lost, orders wait");
    running.stop().await;

    stand.secret = secret;
    let running = stand.start().await;
    tokio::time::sleep(CLOSED_LOOK).await;
    assert_eq!(stand.deals_of(order), 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_authorization_server_that_is_away_is_asked_again_until_it_answers() {
    let stand = Stand::app(|app| app.access_life_s = 60);
    let running = stand.start_installed().await;
    tokio::time::sleep(HOUR).await;
    stand.faults(|faults| faults.oauth_html = 1.0);
    let order = stand.order(&running).await;
    tokio::time::sleep(6 * HOUR).await;
    let asked = stand.portal.stats().faults["oauth_html"];
    assert!((10..LOOKS_IN_SIX_HOURS).contains(&asked), "{asked}");
    stand.faults(|_| {});
    tokio::time::sleep(Duration::from_secs(310)).await;
    assert_eq!(stand.deals_of(order), 1);
    insta::assert_snapshot!(stand.told(), @r#"
WARN  The access token for portal.bitrix24.com has expired, and Bitrix24's authorization server does not answer: asked again until it does; check the network; nothing is lost, orders wait
INFO  Bitrix24's authorization server gives access tokens for portal.bitrix24.com again
"#);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_installation_that_cannot_be_confirmed_yet_is_confirmed_later() {
    let stand = Stand::app(|_| {});
    stand.faults(|faults| faults.oauth_drop_before = 1.0);
    let running = stand.start().await;
    assert_eq!(stand.install(&running).await, 202);
    stand.faults(|_| {});
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(running.service.portal_condition(), None);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn another_applications_tokens_are_refused() {
    let stand = Stand::app(|_| {});
    let running = stand.start().await;
    let form = stand.portal.install_other_app("local.other", 1);
    assert_eq!(running.post(form).await, 403);
    assert!(stand.store.meta(RECORD).await.expect("read").is_none());
    insta::assert_snapshot!(stand.told_after(1), @"WARN  An installation (it says: portal.bitrix24.com) was refused, as Bitrix24's authorization server does not confirm it (wrong_client): it is not of our application; check that ONEDEAL_BITRIX24_CLIENT_ID names the application that was installed");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_secret_is_told_as_such() {
    let mut stand = Stand::app(|_| {});
    stand.secret = "guess".to_owned();
    let running = stand.start().await;
    assert_eq!(stand.install(&running).await, 403);
    insta::assert_snapshot!(stand.told_after(1), @"WARN  An installation (it says: portal.bitrix24.com) was refused, as Bitrix24's authorization server does not confirm it (invalid_client): check ONEDEAL_BITRIX24_CLIENT_ID and ONEDEAL_BITRIX24_CLIENT_SECRET against the application, then press Reinstall in its menu");
    assert!(!stand.told().contains("guess"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn once_a_portal_is_linked_another_ones_installation_is_refused_before_anything_is_asked() {
    let stand = Stand::app(|_| {});
    let running = stand.start_installed().await;
    let other = Portal::new(PortalConfig {
        host: "other.bitrix24.com".to_owned(),
        app: AppConfig {
            member_id: "another".to_owned(),
            ..AppConfig::default()
        },
        ..PortalConfig::default()
    });
    let asked = stand.asked_for_tokens();
    assert_eq!(running.post(other.install_app(1)).await, 403);
    assert_eq!(stand.asked_for_tokens(), asked);
    insta::assert_snapshot!(stand.told(), @"WARN  An installation in another portal (it says: other.bitrix24.com) was refused: this ledger belongs to portal.bitrix24.com, and a second portal needs a ledger of its own");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_first_installation_must_be_in_the_portal_of_the_settings() {
    let mut stand = Stand::app(|_| {});
    stand.host = "acme.bitrix24.com".to_owned();
    let running = stand.start().await;
    assert_eq!(stand.install(&running).await, 403);
    assert!(stand.store.meta(RECORD).await.expect("read").is_none());
    insta::assert_snapshot!(stand.told_after(1), @"WARN  The application was installed in portal.bitrix24.com, and not in acme.bitrix24.com: set ONEDEAL_BITRIX24_PORTAL to portal.bitrix24.com if that is the right portal, and press Reinstall there; a ledger keeps to one portal");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_secret_leaves_for_no_server_that_a_form_made_up() {
    let stand = Stand::app(|app| app.server = "https://oauth.bitrix.info.example.org".to_owned());
    let running = stand.start().await;
    assert_eq!(stand.install(&running).await, 403);
    assert_eq!(stand.asked_for_tokens(), 0);
    insta::assert_snapshot!(stand.told_after(1), @"WARN  An installation was refused: it names https://oauth.bitrix.info.example.org/rest/ as Bitrix24's authorization server, and it is not an authorization server of Bitrix24");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_server_of_the_region_is_remembered() {
    let stand = Stand::app(|app| {
        app.server = "https://oauth.bitrix24.tech".to_owned();
        app.access_life_s = 60;
    });
    let running = stand.start_installed().await;
    tokio::time::sleep(HOUR).await;
    stand.order(&running).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let hosts = stand.way.servers();
    assert_eq!(hosts, ["oauth.bitrix24.tech", "oauth.bitrix24.tech"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_no_installation_is_answered_as_such() {
    let stand = Stand::app(|_| {});
    let running = stand.start().await;
    let uninstalled = "event=ONAPPUNINSTALL&auth%5Bmember_id%5D=m".to_owned();
    assert_eq!(running.post(uninstalled).await, 400);
    assert_eq!(running.post("a".repeat(65 * 1_024)).await, 413);
    running.stop().await;

    let stand = Stand::webhook();
    let running = stand.start().await;
    assert_eq!(running.post(stand.portal.install_app(1)).await, 404);
    running.stop().await;
}

/// A shop, a portal, a ledger and the log of everything.
struct Stand {
    shop: Shop,
    portal: Portal,
    way: Way,
    store: InlineStore,
    clock: Arc<SimClock>,
    trace: Trace,
    opened_by_app: bool,
    host: String,
    secret: String,
    _log: DefaultGuard,
}

impl Stand {
    fn app(change: impl FnOnce(&mut AppConfig)) -> Self {
        let mut app = AppConfig::default();
        change(&mut app);
        Self::new(app, true)
    }

    fn webhook() -> Self {
        Self::new(AppConfig::default(), false)
    }

    fn new(app: AppConfig, opened_by_app: bool) -> Self {
        let trace = Trace::new(true);
        let log = tracing::subscriber::set_default(trace.clone());
        let secret = app.client_secret.clone();
        let portal = Portal::new(PortalConfig {
            app,
            ..PortalConfig::default()
        });
        let way = Way {
            portal: portal.oauth_router().fallback_service(portal.router()),
            servers: Arc::default(),
        };
        Self {
            shop: Shop::new(ShopConfig::default()),
            portal,
            way,
            store: InlineStore::new().expect("memory"),
            clock: Arc::new(SimClock::new(ShopConfig::default().epoch)),
            trace,
            opened_by_app,
            host: "portal.bitrix24.com".to_owned(),
            secret,
            _log: log,
        }
    }

    fn credential(&self) -> Credential {
        if !self.opened_by_app {
            let url = WebhookUrl::parse("https://portal.bitrix24.com/rest/1/webhookcode/");
            return Credential::Webhook(url.expect("a URL"));
        }
        let portal = Endpoint::parse(&format!("https://{}/rest/", self.host));
        Credential::App(AppSettings {
            client: Client {
                id: AppConfig::default().client_id,
                secret: self.secret.as_str().into(),
            },
            portal: portal.expect("an endpoint"),
            server: None,
            install_url: None,
            ledger: PathBuf::new(),
        })
    }

    async fn start(&self) -> Running {
        let parts = Parts {
            store: self.store.clone(),
            transport: self.way.clone(),
            clock: self.clock.clone(),
            fresh_ledger: LedgerId::new("ledger"),
            portal: PortalSettings {
                credential: self.credential(),
                per_second: 2.0,
                burst: 50.0,
                timeout: Duration::from_secs(70),
            },
            shops: BTreeMap::from([(
                ShopDomain::sample(),
                Secrets::parse("hush-hush-secret").expect("a secret"),
            )]),
            rules: Rules {
                settle: Duration::from_secs(210),
            },
            mapping: Mapping::with_order_field(ORDER_FIELD_DEFAULT.to_owned()),
            admin: AdminAccess::Off,
            shopify: None,
        };
        let service = Arc::new(Service::start(parts).await.expect("the ledger starts"));
        let (stop, stopped) = oneshot::channel();
        let running = service.clone();
        let work = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            running.run(stopped).await;
        });
        Running {
            service,
            stop,
            work,
        }
    }

    /// Starts, and has the application installed before anything is written down of what is said.
    async fn start_installed(&self) -> Running {
        let running = self.start().await;
        assert_eq!(self.install(&running).await, 200);
        self.trace.forget();
        running
    }

    async fn install(&self, running: &Running) -> u16 {
        running.post(self.portal.install_app(1)).await
    }

    /// An order whose webhooks are all answered 200.
    async fn order(&self, running: &Running) -> u64 {
        let order = self.shop.place_order();
        tokio::time::sleep(Duration::from_secs(5)).await;
        for delivery in self.shop.due() {
            let request = delivery.request("http://127.0.0.1:8080");
            let answer = running.service.router().oneshot(request).await;
            assert_eq!(answer.expect("an answer").status().as_u16(), 200);
            self.shop.report(&delivery, Some(200));
        }
        order
    }

    fn faults(&self, change: impl FnOnce(&mut Faults)) {
        let mut faults = Faults::default();
        change(&mut faults);
        self.portal.set_faults(faults);
    }

    fn revoked_for(&self, time: Duration, how: Revoked) {
        let until = u64::try_from(time.as_millis()).expect("hours");
        self.faults(|faults| {
            faults.revoked_ms = Some((0, until));
            faults.revoked_as = how;
        });
    }

    fn deals_of(&self, order: u64) -> usize {
        let origin = order.to_string();
        let deals = self.portal.deals();
        deals
            .iter()
            .filter(|it| it.origin_id == origin && !it.deleted)
            .count()
    }

    async fn outcomes(&self, order: u64) -> Vec<String> {
        let key = OrderKey {
            shop: ShopDomain::sample(),
            order: OrderId(order),
        };
        let intents = self.store.intents(&key).await.expect("read");
        intents.into_iter().filter_map(|it| it.outcome).collect()
    }

    fn asked_for_tokens(&self) -> usize {
        self.way.servers().len()
    }

    /// What the ledger keeps of the application.
    async fn kept(&self, name: &str) -> String {
        let record = self
            .store
            .meta(RECORD)
            .await
            .expect("read")
            .expect("a pair");
        let record: serde_json::Value = serde_json::from_str(&record).expect("a record");
        record[name].as_str().expect("a text").to_owned()
    }

    /// Warnings, and the all-clear, as people read them: without times and without the fields behind the words.
    fn told(&self) -> String {
        self.told_after(0)
    }

    fn told_after(&self, known: usize) -> String {
        let lines = self.trace.lines();
        let told = lines.iter().filter_map(|it| {
            let (_, said) = it.trim_start().split_once(' ')?;
            let warns = said.starts_with("WARN") || said.starts_with("ERROR");
            let clears = ["answers again", "is installed in", "tokens for"];
            let clears = said.starts_with("INFO") && clears.iter().any(|it| said.contains(it));
            let words = said.split(" portal.host=").next().unwrap_or_default();
            (warns || clears).then(|| words.to_owned())
        });
        told.skip(known).collect::<Vec<_>>().join("\n")
    }
}

struct Running {
    service: Arc<Service<InlineStore, Way>>,
    stop: oneshot::Sender<()>,
    work: tokio::task::JoinHandle<()>,
}

impl Running {
    async fn post(&self, form: String) -> u16 {
        let request = Request::post(INSTALL_PATH)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .expect("a form");
        let answer = self.service.router().oneshot(request).await;
        answer.expect("an answer").status().as_u16()
    }

    async fn stop(self) {
        let _ = self.stop.send(());
        self.work.await.expect("it stops");
    }
}

/// Straight into the routes of portal and authorization server.
#[derive(Clone)]
struct Way {
    portal: Router,
    servers: Arc<Mutex<Vec<String>>>,
}

impl Way {
    /// The hosts that were asked for tokens.
    fn servers(&self) -> Vec<String> {
        self.servers.lock().expect("no panic").clone()
    }
}

impl Transport for Way {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        if request.uri().path().starts_with("/oauth/") {
            let host = request.uri().host().unwrap_or_default().to_owned();
            self.servers.lock().expect("no panic").push(host);
        }
        let answer = self.portal.clone().oneshot(request.map(Body::from)).await;
        let (head, body) = answer.map_err(|_| SendError::Lost)?.into_parts();
        let body = body.collect().await.map_err(|_| SendError::Lost)?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}
