//! Bytes and signature of a body, exactly as they travel (facts §1.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

/// The minified body as Shopify writes it: `/` as `\/`, `&` as `\u0026`, everything else raw UTF-8 (facts §1.2).
pub fn wire_bytes(value: &Value) -> Bytes {
    // Both characters occur inside strings only, so replacing them in the whole text is exact.
    Bytes::from(
        value
            .to_string()
            .replace('/', "\\/")
            .replace('&', "\\u0026"),
    )
}

/// The value of `X-Shopify-Hmac-Sha256`: base64 of HMAC-SHA256 under the UTF-8 bytes of `secret` (facts §1.2).
pub fn sign(secret: &str, body: &[u8]) -> String {
    STANDARD.encode(digest(secret, body))
}

/// The raw 32 bytes under the signature.
pub(super) fn digest(secret: &str, body: &[u8]) -> Vec<u8> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::{sign, wire_bytes};

    #[test]
    fn the_published_vectors_are_met() {
        let escaped = r##"{"id":5236620492969,"admin_graphql_api_id":"gid:\/\/shopify\/Order\/5236620492969","name":"#1001"}"##;
        let plain = escaped.replace("\\/", "/");
        let lined = format!("{escaped}\n");
        let unicode =
            r#"{"id":5236620492969,"note":"Grüße – Привет 👋","landing_site":"\/a?x=1\u0026y=2"}"#;
        assert_eq!(
            (escaped.len(), plain.len(), lined.len(), unicode.len()),
            (98, 94, 99, 93)
        );
        let vectors = [
            (
                "test_secret_key",
                r#"{"foo": "bar"}"#,
                "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g=",
            ),
            (
                "kitties are cute",
                r#"{"foo": "bar"}"#,
                "whZTLhA7huY97fFO2wQU8i6CSxBGsM289q1MWkxqp2g=",
            ),
            (
                "testApiSecretKey",
                r#"{"foo": "bar"}"#,
                "PANl7JhOmE9k72wha4F9eRYMcExxfPqgVcyabvIDaeY=",
            ),
            (
                "testApiSecretKey",
                "{}",
                "t7kGq5KuWLmuF5DlDqohY+EFXvoXya2ePN+1/N2abN0=",
            ),
            (
                "test_secret_key",
                "{}",
                "XvcIOG8nFWDt7em908qMy3qjutRcuCIanacuUBx1sD8=",
            ),
            (
                "testApiSecretKey",
                r#"{"some":"data"}"#,
                "4lhnrX0J2d0J5kUNCF5IdIQCV6R400iFtZg/UChm+rk=",
            ),
            (
                "hush-hush-secret",
                escaped,
                "0mD7u5aHYsoEdRgoJQMlha7Gf+neSR68KbPW5HhA+3g=",
            ),
            (
                "hush-hush-secret",
                &plain,
                "ZTSXq5nkg/dPRAgXrngTP+0OCzTq1+NFIz2LfLKTdrM=",
            ),
            (
                "hush-hush-secret",
                &lined,
                "BWG6iUJpYte4hLfp44EPpZNHIGwy5Fw/weCo6re01LY=",
            ),
            (
                "hush-hush-secret",
                unicode,
                "qAWWksKEcGjcgIEGBKnTwcjoGOCIF5MIoDz/B2JyhqM=",
            ),
            (
                "shpss_0123456789abcdef0123456789abcdef",
                r#"{"id":820982911946154508}"#,
                "EWt6OQogH/v33I55p/h7ugPPrTDtweTTHsOxSwhWnS4=",
            ),
        ];
        for (secret, body, expected) in vectors {
            assert_eq!(
                sign(secret, body.as_bytes()),
                expected,
                "{secret} over {body}"
            );
        }
    }

    #[test]
    fn slashes_and_ampersands_are_escaped_and_letters_are_not() {
        let value = serde_json::json!({"landing_site": "/a?x=1&y=2", "note": "Grüße – Привет 👋"});
        let expected = r#"{"landing_site":"\/a?x=1\u0026y=2","note":"Grüße – Привет 👋"}"#;
        assert_eq!(wire_bytes(&value), expected);
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(expected.as_bytes()).unwrap(),
            value
        );
    }
}
