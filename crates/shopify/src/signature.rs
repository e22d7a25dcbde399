//! The signature of a delivery: `base64(HMAC-SHA256(client secret, raw body))` (facts §1.2).
//!
//! It is computed over the bytes as received. Parsing and writing them again changes escapes, and with them the digest.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Most secrets accepted at one time. A rotation needs two, and shop-level subscriptions have one more.
pub const SECRETS_MAX: usize = 8;

/// Characters of a signature: 32 bytes in base64 with padding.
const SIGNATURE_CHARS: usize = 44;

/// The client secrets a delivery may be signed with. There are several for the hour in which a rotated secret and its
/// successor are both in use.
#[derive(Debug, Clone)]
pub struct Secrets(Vec<SecretString>);

/// Why a list of secrets is refused. It never holds a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSecrets {
    /// An entry is empty. Anybody could sign with an empty secret.
    #[error("list of webhook secrets has an empty entry")]
    Empty,
    /// There are more entries than [`SECRETS_MAX`].
    #[error("list of webhook secrets has more than {SECRETS_MAX} entries")]
    TooMany,
}

impl Secrets {
    /// Reads secrets separated by commas; whitespace around each is dropped.
    pub fn parse(comma_separated: &str) -> Result<Self, BadSecrets> {
        let secrets: Vec<&str> = comma_separated.split(',').map(str::trim).collect();
        if secrets.iter().any(|it| it.is_empty()) {
            return Err(BadSecrets::Empty);
        }
        if SECRETS_MAX < secrets.len() {
            return Err(BadSecrets::TooMany);
        }
        Ok(Self(secrets.into_iter().map(SecretString::from).collect()))
    }

    /// Whether `header` is the signature of `body` under one of the secrets, in constant time.
    ///
    /// The header must be exactly the base64 text: standard alphabet, padded, nothing around it. An empty body is
    /// never accepted: no topic has one.
    pub fn verify(&self, body: &[u8], header: &str) -> bool {
        if body.is_empty() || header.len() != SIGNATURE_CHARS {
            return false;
        }
        let Ok(digest) = STANDARD.decode(header) else {
            return false;
        };
        // Every secret is tried, so that the time does not tell which one fits.
        self.0.iter().fold(false, |found, secret| {
            found
                | mac(secret.expose_secret(), body)
                    .verify_slice(&digest)
                    .is_ok()
        })
    }
}

/// The value of `X-Shopify-Hmac-Sha256` for a body.
pub fn sign(secret: &str, body: &[u8]) -> String {
    STANDARD.encode(mac(secret, body).finalize().into_bytes())
}

fn mac(secret: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(body);
    mac
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ESCAPED: &str = r##"{"id":5236620492969,"admin_graphql_api_id":"gid:\/\/shopify\/Order\/5236620492969","name":"#1001"}"##;
    const ESCAPED_DIGEST: &str = "0mD7u5aHYsoEdRgoJQMlha7Gf+neSR68KbPW5HhA+3g=";

    /// Secret, body, digest: facts §7, 1 to 11.
    fn vectors() -> Vec<(&'static str, String, &'static str)> {
        let plain = ESCAPED.replace(r"\/", "/");
        let unicode =
            r#"{"id":5236620492969,"note":"Grüße – Привет 👋","landing_site":"\/a?x=1\u0026y=2"}"#;
        assert_eq!((ESCAPED.len(), plain.len(), unicode.len()), (98, 94, 93));
        vec![
            (
                "test_secret_key",
                r#"{"foo": "bar"}"#.to_owned(),
                "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g=",
            ),
            (
                "kitties are cute",
                r#"{"foo": "bar"}"#.to_owned(),
                "whZTLhA7huY97fFO2wQU8i6CSxBGsM289q1MWkxqp2g=",
            ),
            (
                "testApiSecretKey",
                r#"{"foo": "bar"}"#.to_owned(),
                "PANl7JhOmE9k72wha4F9eRYMcExxfPqgVcyabvIDaeY=",
            ),
            (
                "testApiSecretKey",
                "{}".to_owned(),
                "t7kGq5KuWLmuF5DlDqohY+EFXvoXya2ePN+1/N2abN0=",
            ),
            (
                "test_secret_key",
                "{}".to_owned(),
                "XvcIOG8nFWDt7em908qMy3qjutRcuCIanacuUBx1sD8=",
            ),
            (
                "testApiSecretKey",
                r#"{"some":"data"}"#.to_owned(),
                "4lhnrX0J2d0J5kUNCF5IdIQCV6R400iFtZg/UChm+rk=",
            ),
            ("hush-hush-secret", ESCAPED.to_owned(), ESCAPED_DIGEST),
            (
                "hush-hush-secret",
                plain,
                "ZTSXq5nkg/dPRAgXrngTP+0OCzTq1+NFIz2LfLKTdrM=",
            ),
            (
                "hush-hush-secret",
                format!("{ESCAPED}\n"),
                "BWG6iUJpYte4hLfp44EPpZNHIGwy5Fw/weCo6re01LY=",
            ),
            (
                "hush-hush-secret",
                unicode.to_owned(),
                "qAWWksKEcGjcgIEGBKnTwcjoGOCIF5MIoDz/B2JyhqM=",
            ),
            (
                "shpss_0123456789abcdef0123456789abcdef",
                r#"{"id":820982911946154508}"#.to_owned(),
                "EWt6OQogH/v33I55p/h7ugPPrTDtweTTHsOxSwhWnS4=",
            ),
        ]
    }

    #[test]
    fn every_known_vector_is_signed_and_verified() {
        for (secret, body, digest) in vectors() {
            assert_eq!(sign(secret, body.as_bytes()), digest, "{body}");
            assert!(
                Secrets::parse(secret)
                    .unwrap()
                    .verify(body.as_bytes(), digest),
                "{body}"
            );
        }
    }

    #[test]
    fn a_digest_fits_no_other_vector() {
        let all = vectors();
        for (i, (secret, body, _)) in all.iter().enumerate() {
            for (j, (_, _, digest)) in all.iter().enumerate() {
                assert_eq!(
                    Secrets::parse(secret)
                        .unwrap()
                        .verify(body.as_bytes(), digest),
                    i == j
                );
            }
        }
    }

    #[test]
    fn a_signature_in_any_other_writing_is_refused() {
        let digest = STANDARD.decode(ESCAPED_DIGEST).unwrap();
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let url = ESCAPED_DIGEST.replace('+', "-").replace('/', "_");
        assert_ne!(url, ESCAPED_DIGEST);
        for header in [
            String::new(),
            hex,
            url,
            ESCAPED_DIGEST.trim_end_matches('=').to_owned(),
            ESCAPED_DIGEST[..40].to_owned(),
            format!("{}=", &ESCAPED_DIGEST[..42]),
            format!("{ESCAPED_DIGEST}\n"),
            format!(" {ESCAPED_DIGEST}"),
            format!("{ESCAPED_DIGEST}="),
            // The last two bits of the last character before the padding are unused and must be zero.
            ESCAPED_DIGEST.replace("3g=", "3h="),
            STANDARD.encode(&digest[..31]),
        ] {
            assert!(!hush().verify(ESCAPED.as_bytes(), &header), "{header:?}");
        }
    }

    #[test]
    fn an_empty_body_is_refused_even_when_signed() {
        assert!(!hush().verify(b"", &sign("hush-hush-secret", b"")));
    }

    #[test]
    fn a_second_secret_is_accepted_during_a_rotation() {
        let secrets = Secrets::parse("new-secret, hush-hush-secret").unwrap();
        assert!(secrets.verify(ESCAPED.as_bytes(), ESCAPED_DIGEST));
        assert!(secrets.verify(ESCAPED.as_bytes(), &sign("new-secret", ESCAPED.as_bytes())));
        assert!(!secrets.verify(
            ESCAPED.as_bytes(),
            &sign("retired-secret", ESCAPED.as_bytes())
        ));
    }

    #[test]
    fn a_list_of_secrets_has_no_empty_entry_and_a_limit() {
        for text in ["", " ", ",", "a,", ",a", "a, ,b"] {
            assert_eq!(
                Secrets::parse(text).unwrap_err(),
                BadSecrets::Empty,
                "{text:?}"
            );
        }
        assert_eq!(
            Secrets::parse(&["s"; SECRETS_MAX + 1].join(",")).unwrap_err(),
            BadSecrets::TooMany
        );
        assert!(Secrets::parse(&["s"; SECRETS_MAX].join(",")).is_ok());
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        assert!(!format!("{:?}", hush()).contains("hush"));
    }

    proptest! {
        #[test]
        fn any_flipped_bit_is_refused(body in prop::collection::vec(any::<u8>(), 1..200), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let header = sign("hush-hush-secret", &body);
            prop_assert!(hush().verify(&body, &header));
            let mut changed = body.clone();
            changed[at.index(body.len())] ^= 1 << bit;
            prop_assert!(!hush().verify(&changed, &header));
        }

        #[test]
        fn no_other_header_is_accepted(body in prop::collection::vec(any::<u8>(), 0..50), header in "\\PC{0,60}") {
            prop_assume!(header != sign("hush-hush-secret", &body));
            prop_assert!(!hush().verify(&body, &header));
        }
    }

    fn hush() -> Secrets {
        Secrets::parse("hush-hush-secret").unwrap()
    }
}
