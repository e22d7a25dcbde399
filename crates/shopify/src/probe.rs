//! What a shop says about itself and about the app that asks (facts §5.4, set-up probe).

use serde_json::{Value, json};

use crate::answer::{Failed, refuse_errors};

/// The document of the probe.
pub const SETUP_PROBE: &str = "query SetupProbe {
  shop { id name myshopifyDomain currencyCode ianaTimezone plan { publicDisplayName } }
  currentAppInstallation { accessScopes { handle } app { id title webhookApiVersion } }
  publicApiVersions { handle supported }
}
";

/// What the probe tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What people call the shop.
    pub name: Option<String>,
    /// What its plan is called.
    pub plan: Option<String>,
    /// The shop's permanent name: another one than expected is another shop.
    pub domain: String,
    /// The shop's currency.
    pub currency: Option<String>,
    /// The shop's time zone.
    pub zone: Option<String>,
    /// The scopes that the app has.
    pub scopes: Vec<String>,
    /// The version that webhooks of the app are made in.
    pub webhook_version: Option<String>,
    /// The versions that Shopify supports.
    pub supported: Vec<String>,
}

impl Probe {
    /// Those scopes that the app does not have. Who may write may read.
    pub fn lacking<'a>(&self, needed: &[&'a str]) -> Vec<&'a str> {
        let has = |scope: &str| {
            let writes = scope.replacen("read_", "write_", 1);
            self.scopes.iter().any(|it| *it == scope || *it == writes)
        };
        needed.iter().copied().filter(|it| !has(it)).collect()
    }
}

/// The request body of the probe.
pub fn request() -> Value {
    json!({ "query": SETUP_PROBE })
}

/// The answer to it.
///
/// # Errors
/// The answer has errors, or does not name the shop.
pub fn read(answer: &Value) -> Result<Probe, Failed> {
    refuse_errors(answer)?;
    let (shop, app) = (
        &answer["data"]["shop"],
        &answer["data"]["currentAppInstallation"],
    );
    let text = |it: &Value| it.as_str().map(str::to_owned);
    let list = |it: &Value| it.as_array().cloned().unwrap_or_default();
    let supported = list(&answer["data"]["publicApiVersions"]);
    Ok(Probe {
        name: text(&shop["name"]),
        plan: text(&shop["plan"]["publicDisplayName"]),
        domain: text(&shop["myshopifyDomain"]).ok_or(Failed::NoData {
            field: "data.shop.myshopifyDomain",
        })?,
        currency: text(&shop["currencyCode"]),
        zone: text(&shop["ianaTimezone"]),
        scopes: list(&app["accessScopes"])
            .iter()
            .filter_map(|it| text(&it["handle"]))
            .collect(),
        webhook_version: text(&app["app"]["webhookApiVersion"]),
        supported: supported
            .iter()
            .filter(|it| it["supported"] == true)
            .filter_map(|it| text(&it["handle"]))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_tells_shop_scopes_and_versions() {
        let answer = json!({"data": {
            "shop": {"name": "ACME", "plan": {"publicDisplayName": "Basic"}, "myshopifyDomain": "acme.myshopify.com", "currencyCode": "EUR", "ianaTimezone": "Europe/Berlin"},
            "currentAppInstallation": {"accessScopes": [{"handle": "read_orders"}, {"handle": "write_products"}], "app": {"webhookApiVersion": "2026-10"}},
            "publicApiVersions": [{"handle": "2026-10", "supported": true}, {"handle": "2027-01", "supported": false}],
        }});
        let probe = read(&answer).unwrap();
        assert_eq!(probe.domain, "acme.myshopify.com");
        assert_eq!(
            (probe.name.as_deref(), probe.plan.as_deref()),
            (Some("ACME"), Some("Basic"))
        );
        assert_eq!(probe.scopes, ["read_orders", "write_products"]);
        assert_eq!(
            probe.lacking(&["read_orders", "read_products", "read_customers"]),
            ["read_customers"],
            "who may write may read"
        );
        assert_eq!(probe.supported, ["2026-10"]);
        assert_eq!(probe.webhook_version.as_deref(), Some("2026-10"));
        assert!(read(&json!({"data": {}})).is_err());
    }
}
