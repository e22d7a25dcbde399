//! A portal, a ledger in an empty folder, and the binary between them.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
};

use reqwest::StatusCode;
use serde_json::Value;
use simulators::{
    bitrix24::{AppConfig, Deal, Portal, PortalConfig},
    shopify::{composed_order, sign, wire_bytes},
};
use store::{Db, TIMELINE_MAX};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinSet, time};

/// The shop of every test.
pub(crate) const SHOP: &str = "acme.myshopify.com";

/// What signs its webhooks.
pub(crate) const SECRET: &str = "hush-hush-secret";

/// The code in the portal's address; nothing may ever print it.
pub(crate) const CODE: &str = "s3cr3tc0de";

/// The order of facts §3.9.
pub(crate) const ORDER: u64 = 6_120_000_000_001;

/// A test that has not seen what it waits for by then has failed; passing takes seconds.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// Two deals of somebody's that carry the number of the order to come: a person has to decide.
pub(crate) fn two_deals(portal: &Portal) {
    for _ in 0..2 {
        let fields = serde_json::json!({
            "title": "by hand",
            "originatorId": format!("shopify:{SHOP}"),
            "originId": ORDER.to_string(),
        });
        portal.create_deal(7, serde_json::from_value(fields).unwrap());
    }
}

/// The running service and its peers.
pub(crate) struct Stand {
    pub(crate) portal: Portal,
    pub(crate) client: reqwest::Client,
    folder: TempDir,
    variables: BTreeMap<&'static str, String>,
    service: Child,
    said: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
    base: String,
    _portal: JoinSet<()>,
}

impl Stand {
    /// Starts a portal and the service, and waits until it listens.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[], |_| {}).await
    }

    /// The same with a local application in the webhook's place, whose tokens live for so many seconds.
    pub(crate) async fn start_app(life_s: u64) -> Self {
        Self::opened_by(|address| {
            let app = AppConfig {
                client_secret: CODE.to_owned(),
                access_life_s: life_s,
                portal: Some(format!("http://{address}")),
                ..AppConfig::default()
            };
            let variables = BTreeMap::from([
                ("ONEDEAL_BITRIX24_CLIENT_ID", app.client_id.clone()),
                ("ONEDEAL_BITRIX24_CLIENT_SECRET", CODE.to_owned()),
                ("ONEDEAL_BITRIX24_PORTAL", format!("http://{address}")),
                ("ONEDEAL_BITRIX24_OAUTH_URL", format!("http://{address}")),
            ]);
            (app, variables)
        })
        .await
    }

    /// The same by a webhook with these settings beside, before which `prepare` finds the portal.
    pub(crate) async fn start_with(
        more: &[(&'static str, String)],
        prepare: impl FnOnce(&Portal),
    ) -> Self {
        let more = more.to_vec();
        let credential = |address| {
            let url = format!("http://{address}/rest/1/{CODE}/");
            let mut variables = BTreeMap::from([("ONEDEAL_BITRIX24_WEBHOOK_URL", url)]);
            variables.extend(more);
            (AppConfig::default(), variables)
        };
        Self::prepared(credential, prepare).await
    }

    async fn opened_by(
        credential: impl FnOnce(SocketAddr) -> (AppConfig, BTreeMap<&'static str, String>),
    ) -> Self {
        Self::prepared(credential, |_| {}).await
    }

    async fn prepared(
        credential: impl FnOnce(SocketAddr) -> (AppConfig, BTreeMap<&'static str, String>),
        prepare: impl FnOnce(&Portal),
    ) -> Self {
        // Another test of this process may have chosen it first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (app, mut variables) = credential(listener.local_addr().unwrap());
        let portal = Portal::new(PortalConfig {
            code: CODE.to_owned(),
            app,
            scopes: vec!["crm".to_owned(), "im".to_owned()],
            ..PortalConfig::default()
        });
        prepare(&portal);
        let router = portal.oauth_router().fallback_service(portal.router());
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        let given = variables.clone();
        variables.extend([
            ("ONEDEAL_BITRIX24_TIMEOUT_MS", "1000".to_owned()),
            ("ONEDEAL_SETTLE_MS", "5000".to_owned()),
            ("ONEDEAL_SHOP", SHOP.to_owned()),
            ("ONEDEAL_SHOPIFY_SECRET", SECRET.to_owned()),
            ("ONEDEAL_LISTEN", "127.0.0.1:0".to_owned()),
            ("ONEDEAL_LOG", "json".to_owned()),
            ("RUST_LOG", "trace".to_owned()),
            ("TZ", "UTC".to_owned()),
        ]);
        variables.extend(given);
        let folder = tempfile::tempdir().unwrap();
        let mut service = command(&folder, &variables, &["serve"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let lines = BufReader::new(service.stderr.take().unwrap()).lines();
        let kept = said.clone();
        let reader = std::thread::spawn(move || {
            for line in lines {
                kept.lock().unwrap().push(line.unwrap());
            }
        });
        let mut stand = Self {
            portal,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            folder,
            variables,
            service,
            said,
            reader: Some(reader),
            base: String::new(),
            _portal: serving,
        };
        let listens = |stand: &Self| stand.said().iter().find_map(|it| listen_address(it));
        stand.until("it listens", |it| listens(it).is_some()).await;
        stand.base = format!("http://{}", listens(&stand).unwrap());
        stand
    }

    /// Waits until something shows.
    pub(crate) async fn until(&self, what: &str, shows: impl Fn(&Self) -> bool) {
        let looking = async {
            while !shows(self) {
                time::sleep(LOOK).await;
            }
        };
        if time::timeout(PATIENCE, looking).await.is_err() {
            panic!(
                "{what} never showed; the service said:\n{}",
                self.said().join("\n")
            );
        }
    }

    /// Waits until the ledger has taken in this many deliveries of the order, and nothing is on its way.
    pub(crate) async fn until_settled(&self, deliveries: usize) {
        self.until("a settled order", |stand| {
            let Ok(ledger) = stand.ledger() else {
                return false;
            };
            let found = ledger
                .find_orders(&ORDER.to_string(), 1)
                .unwrap_or_default();
            let Some(order) = found.first() else {
                return false;
            };
            let lines = ledger
                .timeline(&order.key, TIMELINE_MAX)
                .unwrap_or_default();
            let arrived = lines.iter().filter(|it| it.kind == "arrived").count();
            let open = ledger.counts().map_or(1, |it| it.open_intents);
            let complete = stand.portal.deals().iter().any(|it| !it.rows.is_empty());
            arrived == deliveries && open == 0 && !order.claimed && complete
        })
        .await;
    }

    /// The ledger, read beside the service.
    pub(crate) fn ledger(&self) -> Result<Db, store::StoreError> {
        Db::open_to_read(&self.folder.path().join("onedeal.db"))
    }

    /// Where the service and its commands run.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Lines on stderr so far.
    pub(crate) fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    /// Where the service is, as a browser asks for it.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Where the service listens.
    pub(crate) fn address(&self) -> &str {
        self.base().trim_start_matches("http://")
    }

    /// Another command beside the running service.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        command(&self.folder, &self.variables, args)
            .output()
            .unwrap()
    }

    /// Another command that asks the portal, which answers on this thread meanwhile.
    pub(crate) async fn run_beside(&self, args: &[&str]) -> Output {
        let mut command = command(&self.folder, &self.variables, args);
        let waiting = tokio::task::spawn_blocking(move || command.output());
        waiting.await.unwrap().unwrap()
    }

    /// `serve` with other variables beside, in a folder of its own, which must refuse to start: its exit code and what it said.
    #[cfg(feature = "otel")]
    pub(crate) fn refused(&self, more: &[(&'static str, String)]) -> (Option<i32>, String) {
        let folder = tempfile::tempdir().unwrap();
        let mut variables = self.variables.clone();
        variables.extend(more.iter().cloned());
        let output = command(&folder, &variables, &["serve"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    }

    /// A request to the service's webhook address with these headers.
    pub(crate) fn request(
        &self,
        headers: &[(&'static str, &str)],
        body: Vec<u8>,
    ) -> impl Future<Output = StatusCode> + Send + use<> {
        let mut request = self
            .client
            .post(format!("{}/webhooks/shopify", self.base))
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        async move { request.send().await.unwrap().status() }
    }

    /// A genuine delivery.
    pub(crate) fn deliver(
        &self,
        topic: &str,
        body: Vec<u8>,
    ) -> impl Future<Output = StatusCode> + Send + use<> {
        let signature = sign(SECRET, &body);
        let headers = [
            ("X-Shopify-Topic", topic),
            ("X-Shopify-Shop-Domain", SHOP),
            ("X-Shopify-Hmac-Sha256", &signature),
        ];
        self.request(&headers, body)
    }

    /// Posts the form of an installation, as Bitrix24 does.
    pub(crate) async fn install(&self) -> StatusCode {
        let form = self.portal.install_app(1);
        let request = self.client.post(format!("{}/bitrix24/install", self.base));
        let kind = "application/x-www-form-urlencoded";
        let request = request.header("content-type", kind).body(form);
        request.send().await.unwrap().status()
    }

    /// Asks for a page of the service.
    pub(crate) async fn get(&self, path: &str) -> (StatusCode, String) {
        let answer = self.client.get(format!("{}{path}", self.base)).send().await;
        let answer = answer.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    /// Asks the service to stop, waits until it has, and returns its exit code and all it ever said.
    pub(crate) async fn stop(&mut self) -> (Option<i32>, Vec<String>) {
        let id = self.service.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(sent.success());
        let waiting = async {
            loop {
                if let Some(status) = self.service.try_wait().unwrap() {
                    return status;
                }
                time::sleep(LOOK).await;
            }
        };
        let status = time::timeout(PATIENCE, waiting).await.expect("it stops");
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        let said = self.said();
        let told = said
            .iter()
            .find(|it| it.contains(CODE) || it.contains(SECRET));
        assert_eq!(told, None, "a secret was printed");
        (status.code(), said)
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

/// The order of facts §3.9 with some fields changed, as it is on the wire.
pub(crate) fn order(changes: &[(&str, Value)]) -> Vec<u8> {
    let mut order = composed_order();
    for (name, value) in changes {
        order[*name] = value.clone();
    }
    wire_bytes(&order).to_vec()
}

/// The one deal there may be.
#[track_caller]
pub(crate) fn the_one_deal(portal: &Portal) -> Deal {
    let mut deals = portal.deals();
    assert_eq!(deals.len(), 1, "{deals:#?}");
    deals.remove(0)
}

/// What a deal's rows add up to.
pub(crate) fn rows_total(deal: &Deal) -> rust_decimal::Decimal {
    deal.rows.iter().map(|it| it.price * it.quantity).sum()
}

fn command(folder: &TempDir, variables: &BTreeMap<&'static str, String>, args: &[&str]) -> Command {
    let mut command = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_onedeal")));
    command
        .args(args)
        .current_dir(folder.path())
        .env_clear()
        .envs(variables)
        .stdin(Stdio::null());
    command
}

/// Where the service says that it listens, to machines or to people.
fn listen_address(line: &str) -> Option<String> {
    let shown = line.split_once("POST http://");
    if let Some(address) = shown.and_then(|(_, it)| it.strip_suffix("/webhooks/shopify")) {
        return Some(address.to_owned());
    }
    let line: Value = serde_json::from_str(line).ok()?;
    Some(line.get("listen")?.as_str()?.to_owned())
}
