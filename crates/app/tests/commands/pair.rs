//! A portal and a shop on ports of this machine, and a folder in which `init` sets both up.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use axum::{
    body::to_bytes,
    extract::Request,
    http::StatusCode,
    middleware::{self, Next},
    response::IntoResponse as _,
};
use serde_json::Value;
use simulators::{
    bitrix24::{Portal, PortalConfig, User},
    shopify::{Shop, ShopConfig, Subscriptions, composed_order, sign, wire_bytes},
};

use crate::{
    program::{CODE, Folder, Ran},
    stand::serve,
};

/// The shop of every test.
pub(crate) const SHOP: &str = "acme.myshopify.com";

/// Its app.
pub(crate) const CLIENT: &str = "demo-client-id";

/// The app's secret; nothing may ever print it.
pub(crate) const SECRET: &str = "hush-hush-secret";

/// A test that has not seen what it waits for by then has failed; passing takes seconds.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// The two peers and the folder.
pub(crate) struct Pair {
    pub(crate) portal: Portal,
    pub(crate) shop: Shop,
    pub(crate) folder: Folder,
    portal_at: String,
    shop_at: String,
}

/// A running `onedeal serve`, ended with the test.
pub(crate) struct Serving {
    child: Child,
    pub(crate) address: String,
}

impl Pair {
    /// A fresh portal, without user fields, and a shop.
    pub(crate) fn new() -> Self {
        Self::with(fresh(), ShopConfig::default())
    }

    pub(crate) fn with(portal: PortalConfig, shop: ShopConfig) -> Self {
        Self::hindered(portal, shop, &[])
    }

    /// A portal that answers nothing of use to some methods, and executes none of them.
    pub(crate) fn hindered(
        portal: PortalConfig,
        shop: ShopConfig,
        methods: &'static [&'static str],
    ) -> Self {
        let portal = Portal::new(PortalConfig {
            code: CODE.to_owned(),
            ..portal
        });
        let shop = Shop::new(ShopConfig {
            domain: SHOP.to_owned(),
            client_id: CLIENT.to_owned(),
            secrets: vec![SECRET.to_owned()],
            subscriptions: Subscriptions::Shop,
            topics: Vec::new(),
            ..shop
        });
        let folder = Folder::new();
        let (portal_at, shop_at) = (
            serve(hindering(portal.router(), methods)),
            serve(shop.router()),
        );
        folder.put("url.txt", format!("http://{portal_at}/rest/1/{CODE}/\n"));
        folder.put("secret.txt", SECRET);
        Self {
            portal,
            shop,
            folder,
            portal_at,
            shop_at,
        }
    }

    /// The flags without which `init --yes` does not begin, and the simulated shop's address.
    pub(crate) fn flags(&self) -> Vec<String> {
        [
            ["--portal-url-file", "url.txt"],
            ["--shop", SHOP],
            ["--client-id", CLIENT],
            ["--client-secret-file", "secret.txt"],
            ["--shopify-api-url", &self.shop_url()],
            ["--listen", "127.0.0.1:0"],
        ]
        .concat()
        .into_iter()
        .map(str::to_owned)
        .collect()
    }

    /// `init --yes` with these flags after the usual ones. The peers' addresses, which differ from run to run, are shown as
    /// PORTAL and SHOP.
    pub(crate) fn init(&self, more: &[&str]) -> Ran {
        let flags = self.flags();
        let flags = flags.iter().map(String::as_str);
        let args: Vec<&str> = ["init", "--yes"]
            .into_iter()
            .chain(flags)
            .chain(more.iter().copied())
            .collect();
        self.run(&args, &[])
    }

    pub(crate) fn run(&self, args: &[&str], variables: &[(&str, &str)]) -> Ran {
        let ran = self.folder.run(args, variables);
        for text in [&ran.out, &ran.err] {
            for secret in [CODE, SECRET] {
                assert!(!text.contains(secret), "a secret was printed: {text}");
            }
        }
        Ran {
            code: ran.code,
            out: self.masked(&ran.out),
            err: self.masked(&ran.err),
        }
    }

    /// A text with the peers' names in place of their addresses.
    pub(crate) fn masked(&self, text: &str) -> String {
        text.replace(&self.portal_at, "PORTAL")
            .replace(&self.shop_at, "SHOP")
    }

    /// A file of the folder.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// The portal's address, its code included.
    pub(crate) fn portal_url(&self) -> String {
        format!("http://{}/rest/1/{CODE}/", self.portal_at)
    }

    /// The address of the shop's Admin API.
    pub(crate) fn shop_url(&self) -> String {
        format!("http://{}", self.shop_at)
    }

    /// Runs the service by the settings file alone, and waits until it listens.
    pub(crate) fn serve(&self) -> Serving {
        let mut child = Command::new(env!("CARGO_BIN_EXE_onedeal"))
            .arg("serve")
            .current_dir(self.folder.path())
            .env_clear()
            .env("ONEDEAL_LOG", "json")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let listens = |line: String| {
            let line: Value = serde_json::from_str(&line).ok()?;
            Some(line.get("listen")?.as_str()?.to_owned())
        };
        let address = lines.find_map(|it| listens(it.unwrap())).unwrap();
        // What it says further on must go somewhere.
        thread::spawn(move || lines.for_each(drop));
        Serving { child, address }
    }
}

impl Serving {
    /// Delivers the order of facts §3.9 as the shop signs it; the status of the answer.
    pub(crate) async fn deliver_order(&self) -> u16 {
        let body = wire_bytes(&composed_order());
        // Another test of this process may have chosen it first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client
            .post(format!("http://{}/webhooks/shopify", self.address))
            .header("X-Shopify-Topic", "orders/create")
            .header("X-Shopify-Shop-Domain", SHOP)
            .header("X-Shopify-Hmac-Sha256", sign(SECRET, &body))
            .body(body);
        request.send().await.unwrap().status().as_u16()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something shows.
#[expect(
    clippy::disallowed_methods,
    reason = "the processes that are waited for live in real time"
)]
pub(crate) fn until(what: &str, mut shows: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !shows() {
        assert!(Instant::now() < end, "{what} never showed");
        thread::sleep(LOOK);
    }
}

/// A portal without any user field, with people.
pub(crate) fn fresh() -> PortalConfig {
    PortalConfig {
        user_fields: Vec::new(),
        scopes: vec!["crm".to_owned(), "user_brief".to_owned()],
        users: vec![
            User::new(1, "Integration", "User"),
            User::new(7, "Erika", "Muster"),
        ],
        ..PortalConfig::default()
    }
}

/// HTTP 502 with a page of a proxy to every request that names one of the methods, in its path or in its batch.
fn hindering(router: axum::Router, methods: &'static [&'static str]) -> axum::Router {
    router.layer(middleware::from_fn(async |request: Request, next: Next| {
        let (head, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let names = format!("{} {}", head.uri, String::from_utf8_lossy(&body));
        if methods.iter().any(|it| names.contains(it)) {
            return (StatusCode::BAD_GATEWAY, "<html>502</html>").into_response();
        }
        next.run(Request::from_parts(head, body.into())).await
    }))
}
