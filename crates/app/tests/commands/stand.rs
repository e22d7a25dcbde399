//! A portal on a port of this machine, served beside the test while it runs the binary.

use std::{
    net::Ipv4Addr,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
};

use axum::{Router, routing::get};
use serde_json::{Value, json};
use service::{
    clock::{Clock as _, SystemClock},
    subscriptions::{NAME, TOPICS},
};
use simulators::{
    bitrix24::{Category, Portal, PortalConfig, UserField},
    shopify::{Shop, ShopConfig, Subscriptions},
};
use tokio::net::TcpListener;

use crate::program::{CODE, Folder, Ran};

/// The portal, a folder to run in, and the settings that name both.
pub(crate) struct Stand {
    pub(crate) portal: Portal,
    pub(crate) folder: Folder,
    variables: Vec<(&'static str, String)>,
    host: String,
    /// Other addresses of this run, and what is shown in their place.
    others: Vec<(String, &'static str)>,
}

impl Stand {
    pub(crate) fn new() -> Self {
        Self::with(on_time(PortalConfig::default()))
    }

    /// A portal like this one, save for its code.
    pub(crate) fn with(config: PortalConfig) -> Self {
        let portal = Portal::new(PortalConfig {
            code: CODE.to_owned(),
            ..config
        });
        let host = serve(portal.router());
        let variables = vec![
            (
                "ONEDEAL_BITRIX24_WEBHOOK_URL",
                format!("http://{host}/rest/1/{CODE}/"),
            ),
            ("ONEDEAL_SHOP", "acme.myshopify.com".to_owned()),
            ("ONEDEAL_SHOPIFY_SECRET", "hush-hush-secret".to_owned()),
        ];
        Self {
            portal,
            folder: Folder::new(),
            variables,
            host,
            others: Vec::new(),
        }
    }

    /// Changes a setting; an empty value takes it away.
    pub(crate) fn set(mut self, name: &'static str, value: &str) -> Self {
        self.variables.retain(|(it, _)| *it != name);
        if !value.is_empty() {
            self.variables.push((name, value.to_owned()));
        }
        self
    }

    /// The mapping that the binary is to use.
    pub(crate) fn mapping(self, text: &str) -> Self {
        self.folder.put("mapping.toml", text);
        self.set("ONEDEAL_MAPPING_FILE", "mapping.toml")
    }

    /// The same with a shop whose Admin API the app opens, an address where a onedeal lives, and all subscriptions.
    pub(crate) fn furnish(mut self, config: ShopConfig) -> (Self, Shop) {
        let shop = Shop::new(ShopConfig {
            domain: SHOP.to_owned(),
            epoch: SystemClock::new().wall(),
            subscriptions: Subscriptions::App,
            ..config
        });
        let host = serve(shop.router());
        let alive = serve(Router::new().route("/healthz", get(|| async { "alive\n" })));
        let uri = format!("http://{alive}/webhooks/shopify");
        for topic in TOPICS {
            shop.subscribe_by_api(&topic.to_string(), &uri, Some(NAME));
        }
        let origin = format!("http://{host}");
        self.others = vec![(host, "SHOP"), (alive.clone(), "PUBLIC")];
        let stand = self
            .set("ONEDEAL_SHOPIFY_CLIENT_ID", "demo-client-id")
            .set("ONEDEAL_SHOPIFY_CLIENT_SECRET", "hush-hush-secret")
            .set("ONEDEAL_SHOPIFY_SECRET", "")
            .set("ONEDEAL_SHOPIFY_API_URL", &origin)
            .set("ONEDEAL_PUBLIC_URL", &format!("http://{alive}"));
        (stand, shop)
    }

    /// Runs the binary; the portal's address, which differs from run to run, is shown as PORTAL.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        let variables: Vec<(&str, &str)> = self
            .variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let ran = self.folder.run(args, &variables);
        for text in [&ran.out, &ran.err] {
            assert!(!text.contains(CODE), "a secret was printed: {text}");
        }
        let shown = |text: String| {
            let text = text.replace(&self.host, "PORTAL");
            let others = self.others.iter();
            others.fold(text, |text, (address, name)| text.replace(address, name))
        };
        Ran {
            code: ran.code,
            out: shown(ran.out),
            err: shown(ran.err),
        }
    }

    /// Starts the binary and leaves it running.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_onedeal"))
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("TZ", "UTC")
            .envs(self.variables.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// A deal that a person made.
    pub(crate) fn deal(&self, fields: &Value) -> u64 {
        let fields = fields.as_object().unwrap().clone();
        self.portal.create_deal(5, fields)
    }

    /// Calls a method of the portal, as another program would.
    pub(crate) async fn call(&self, method: &str, params: &Value) -> Value {
        // Another test of this process may have chosen it first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client
            .post(format!("{}{method}", self.url()))
            .header("Content-Type", "application/json")
            .body(params.to_string());
        let text = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// The portal's address, its code included.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/rest/1/{CODE}/", self.host)
    }
}

/// The shop of every test.
const SHOP: &str = "acme.myshopify.com";

/// Serves a router on a port of its own, beside the test, and says where.
pub(crate) fn serve(router: Router) -> String {
    let (tell, told) = mpsc::channel();
    // It ends with the process: a request under way needs it until then.
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    told.recv().unwrap().to_string()
}

/// The page of a check without what differs from machine to machine: the disk, and its file system.
pub(crate) fn page(text: &str) -> String {
    let mut of_disk = false;
    let other = |it: &&str| {
        let begins = |word: &str| it.split_whitespace().take(2).any(|it| it == word);
        of_disk = begins("disk")
            || begins("диск")
            || begins("A-J")
            || (of_disk && it.starts_with("      "));
        !of_disk
    };
    let lines = text.lines().filter(other);
    lines.map(|it| format!("{}\n", it.trim_end())).collect()
}

/// The table of the checks alone, and how they ended.
pub(crate) fn checks(text: &str) -> String {
    let page = page(text);
    let whole: Vec<&str> = page.split("\n\n").collect();
    format!("{}\n\n{}", whole[0], whole[whole.len() - 1])
}

/// A portal whose clock is right.
pub(crate) fn on_time(config: PortalConfig) -> PortalConfig {
    PortalConfig {
        epoch: SystemClock::new().wall(),
        ..config
    }
}

/// A portal with fields of each kind that a mapping meets.
pub(crate) fn furnished() -> PortalConfig {
    let labels = [(44, "DHL"), (45, "Post"), (46, "Pick-up")];
    let field = |name: &str, kind: &str| UserField::of_type(name, kind);
    PortalConfig {
        categories: vec![
            Category::standard(0, "General"),
            Category::standard(9, "Shop"),
            Category::standard(11, "Warehouse"),
        ],
        user_fields: vec![
            UserField::string("UF_CRM_1742556489", 'E').labelled("Shopify order"),
            UserField::enumeration("UF_CRM_DELIVERY", &labels).labelled("Delivery"),
            field("UF_CRM_REFUNDED", "money").labelled("Refunded"),
            field("UF_CRM_OUTSTANDING", "money"),
            field("UF_CRM_PAYMENT", "string"),
            field("UF_CRM_DUE", "date"),
            field("UF_CRM_PLACED", "datetime"),
            field("UF_CRM_GIFT", "boolean"),
            field("UF_CRM_TRACKING", "string").many(),
            field("UF_CRM_TAGS", "string").many().labelled("Tags"),
            field("UF_CRM_PACKING", "string"),
            field("UF_CRM_PIECES", "integer"),
            field("UF_CRM_PURCHASE_ORDER", "string"),
            field("UF_CRM_EARLIER", "crm")
                .many()
                .with_setting("DEAL", json!("Y")),
            field("UF_CRM_TOTAL_TEXT", "string"),
        ],
        ..on_time(PortalConfig::default())
    }
}
