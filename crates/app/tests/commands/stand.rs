//! A portal on a port of this machine, served beside the test while it runs the binary.

use std::{net::Ipv4Addr, sync::mpsc, thread};

use serde_json::{Value, json};
use simulators::bitrix24::{Category, Portal, PortalConfig, UserField};
use tokio::net::TcpListener;

use crate::program::{CODE, Folder, Ran};

/// The portal, a folder to run in, and the settings that name both.
pub(crate) struct Stand {
    pub(crate) portal: Portal,
    pub(crate) folder: Folder,
    variables: Vec<(&'static str, String)>,
    host: String,
}

impl Stand {
    pub(crate) fn new() -> Self {
        Self::with(PortalConfig::default())
    }

    /// A portal like this one, save for its code.
    pub(crate) fn with(config: PortalConfig) -> Self {
        let portal = Portal::new(PortalConfig {
            code: CODE.to_owned(),
            ..config
        });
        let (tell, told) = mpsc::channel();
        let router = portal.router();
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
        let host = told.recv().unwrap().to_string();
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
        Ran {
            code: ran.code,
            out: ran.out.replace(&self.host, "PORTAL"),
            err: ran.err.replace(&self.host, "PORTAL"),
        }
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
        ..PortalConfig::default()
    }
}
