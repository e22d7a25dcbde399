//! Error codes: the one table that decides whether a reported error means "surely not" or "unknown" (facts §6).
//!
//! The code decides; the HTTP status and the text do not. The only use of the status is to name a refused
//! `ACCESS_DENIED` under 401 as a matter of the portal's subscription: both readings are refusals.
//!
//! | Code | Class | Said of an add |
//! |---|---|---|
//! | `QUERY_LIMIT_EXCEEDED` | `RateLimit` | refused |
//! | `OPERATION_TIME_LIMIT` | `OperatingLimit` | refused |
//! | `OVERLOAD_LIMIT` | `Overload` | refused |
//! | `NO_AUTH_FOUND` `INVALID_CREDENTIALS` `expired_token` `invalid_token` `APPLICATION_NOT_FOUND` `CONNECTION_ERROR` `user_access_error` `authorization_error` `WRONG_AUTH_TYPE` `allowed_only_intranet_user` `INVALID_REQUEST` `PORTAL_DELETED` `METHOD_CONFIRM_WAITING` `METHOD_CONFIRM_DENIED` | `Auth` | refused |
//! | `insufficient_scope` | `Scope` | refused |
//! | `PAYMENT_REQUIRED`, and `ACCESS_DENIED` under HTTP 401 | `Subscription` | refused |
//! | `ERROR_METHOD_NOT_FOUND` `ERROR_BATCH_METHOD_NOT_ALLOWED` | `Method` | refused |
//! | `ACCESS_DENIED` | `AccessDenied` | refused |
//! | `100` `INVALID_ARG_VALUE` `CRM_FIELD_ERROR_*` `ERROR_BATCH_LENGTH_EXCEEDED` | `Invalid` | refused |
//! | `NOT_FOUND` `OWNER_NOT_FOUND` | `NotFound` | **unknown** |
//! | everything else: empty, `ERROR_CORE`, `INTERNAL_SERVER_ERROR`, … | none | **unknown** |
//!
//! For reads and idempotent writes the table is the same, save that the two `NOT_FOUND` codes are refusals. In the
//! error of a whole batch they are not: there they name no object of any one command.

use http::StatusCode;

use crate::call::Effect;
use crate::outcome::{Doubt, Refusal, RefusalClass, Unknown};

/// Whether an error claims that the object already exists: code `DUPLICATE` or `ALREADY_EXISTS`, or one of four phrases
/// in the text, whatever the case. Localised portals word it otherwise, and the claim may be about something else, so
/// it counts and hints but decides nothing.
pub fn says_duplicate(code: &str, text: &str) -> bool {
    const CODES: [&str; 2] = ["DUPLICATE", "ALREADY_EXISTS"];
    const PHRASES: [&str; 4] = ["duplicate", "already exists", "уже существует", "уже есть"];
    let text = text.to_lowercase();
    CODES.iter().any(|known| code.eq_ignore_ascii_case(known))
        || PHRASES.iter().any(|phrase| text.contains(phrase))
}

/// An error as the portal reported it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reported {
    /// The code, numbers as text; `None` if the code is neither text nor number.
    pub(crate) code: Option<String>,
    pub(crate) text: String,
}

/// Either of the two outcomes that an error can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Refused(Refusal),
    Unknown(Unknown),
}

/// Reads the error of one call or command. `status` is that of the answer which carried it, `None` within a batch.
pub(crate) fn classify(effect: Effect, status: Option<StatusCode>, reported: &Reported) -> Verdict {
    let code = reported.code.as_deref();
    match code.and_then(|code| class_of(effect, code)) {
        Some(class) => Verdict::Refused(Refusal {
            class: named_by_status(class, status),
            code: code.unwrap_or_default().to_owned(),
            text: reported.text.clone(),
        }),
        None => Verdict::Unknown(Unknown {
            why: Doubt::UnrecognisedCode,
            code: reported.code.clone(),
            text: reported.text.clone(),
            says_duplicate: says_duplicate(code.unwrap_or_default(), &reported.text),
        }),
    }
}

/// For which effects a code means "surely not".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Always,
    ExceptForAdds,
}

/// The closed list. A trailing `*` stands for any ending.
const TABLE: &[(&str, RefusalClass, Holds)] = &[
    (
        "QUERY_LIMIT_EXCEEDED",
        RefusalClass::RateLimit,
        Holds::Always,
    ),
    (
        "OPERATION_TIME_LIMIT",
        RefusalClass::OperatingLimit,
        Holds::Always,
    ),
    ("OVERLOAD_LIMIT", RefusalClass::Overload, Holds::Always),
    ("NO_AUTH_FOUND", RefusalClass::Auth, Holds::Always),
    ("INVALID_CREDENTIALS", RefusalClass::Auth, Holds::Always),
    ("expired_token", RefusalClass::Auth, Holds::Always),
    ("invalid_token", RefusalClass::Auth, Holds::Always),
    ("APPLICATION_NOT_FOUND", RefusalClass::Auth, Holds::Always),
    ("CONNECTION_ERROR", RefusalClass::Auth, Holds::Always),
    ("user_access_error", RefusalClass::Auth, Holds::Always),
    ("authorization_error", RefusalClass::Auth, Holds::Always),
    ("WRONG_AUTH_TYPE", RefusalClass::Auth, Holds::Always),
    (
        "allowed_only_intranet_user",
        RefusalClass::Auth,
        Holds::Always,
    ),
    ("INVALID_REQUEST", RefusalClass::Auth, Holds::Always),
    ("PORTAL_DELETED", RefusalClass::Auth, Holds::Always),
    ("METHOD_CONFIRM_WAITING", RefusalClass::Auth, Holds::Always),
    ("METHOD_CONFIRM_DENIED", RefusalClass::Auth, Holds::Always),
    ("insufficient_scope", RefusalClass::Scope, Holds::Always),
    (
        "PAYMENT_REQUIRED",
        RefusalClass::Subscription,
        Holds::Always,
    ),
    (
        "ERROR_METHOD_NOT_FOUND",
        RefusalClass::Method,
        Holds::Always,
    ),
    (
        "ERROR_BATCH_METHOD_NOT_ALLOWED",
        RefusalClass::Method,
        Holds::Always,
    ),
    ("ACCESS_DENIED", RefusalClass::AccessDenied, Holds::Always),
    ("100", RefusalClass::Invalid, Holds::Always),
    ("INVALID_ARG_VALUE", RefusalClass::Invalid, Holds::Always),
    ("CRM_FIELD_ERROR_*", RefusalClass::Invalid, Holds::Always),
    (
        "ERROR_BATCH_LENGTH_EXCEEDED",
        RefusalClass::Invalid,
        Holds::Always,
    ),
    ("NOT_FOUND", RefusalClass::NotFound, Holds::ExceptForAdds),
    (
        "OWNER_NOT_FOUND",
        RefusalClass::NotFound,
        Holds::ExceptForAdds,
    ),
];

fn class_of(effect: Effect, code: &str) -> Option<RefusalClass> {
    let (_, class, holds) = TABLE
        .iter()
        .find(|(pattern, _, _)| matches(pattern, code))?;
    match (holds, effect) {
        (Holds::Always, Effect::Read | Effect::Add | Effect::Write)
        | (Holds::ExceptForAdds, Effect::Read | Effect::Write) => Some(*class),
        (Holds::ExceptForAdds, Effect::Add) => None,
    }
}

fn matches(pattern: &str, code: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => code.starts_with(start),
        None => code == pattern,
    }
}

/// A lapsed plan is reported as `ACCESS_DENIED` under 401, the rights on an object under 400 (facts §6).
fn named_by_status(class: RefusalClass, status: Option<StatusCode>) -> RefusalClass {
    if class == RefusalClass::AccessDenied && status == Some(StatusCode::UNAUTHORIZED) {
        RefusalClass::Subscription
    } else {
        class
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reported(code: &str, text: &str) -> Reported {
        Reported {
            code: Some(code.to_owned()),
            text: text.to_owned(),
        }
    }

    fn class(effect: Effect, code: &str) -> Option<RefusalClass> {
        match classify(effect, None, &reported(code, "text")) {
            Verdict::Refused(refusal) => Some(refusal.class),
            Verdict::Unknown(_) => None,
        }
    }

    const EFFECTS: [Effect; 3] = [Effect::Read, Effect::Add, Effect::Write];

    #[test]
    fn codes_of_the_closed_list_are_refusals_whatever_the_effect() {
        let rows = [
            ("QUERY_LIMIT_EXCEEDED", RefusalClass::RateLimit),
            ("OPERATION_TIME_LIMIT", RefusalClass::OperatingLimit),
            ("OVERLOAD_LIMIT", RefusalClass::Overload),
            ("NO_AUTH_FOUND", RefusalClass::Auth),
            ("INVALID_CREDENTIALS", RefusalClass::Auth),
            ("expired_token", RefusalClass::Auth),
            ("invalid_token", RefusalClass::Auth),
            ("APPLICATION_NOT_FOUND", RefusalClass::Auth),
            ("CONNECTION_ERROR", RefusalClass::Auth),
            ("user_access_error", RefusalClass::Auth),
            ("authorization_error", RefusalClass::Auth),
            ("WRONG_AUTH_TYPE", RefusalClass::Auth),
            ("allowed_only_intranet_user", RefusalClass::Auth),
            ("INVALID_REQUEST", RefusalClass::Auth),
            ("PORTAL_DELETED", RefusalClass::Auth),
            ("METHOD_CONFIRM_WAITING", RefusalClass::Auth),
            ("METHOD_CONFIRM_DENIED", RefusalClass::Auth),
            ("insufficient_scope", RefusalClass::Scope),
            ("PAYMENT_REQUIRED", RefusalClass::Subscription),
            ("ERROR_METHOD_NOT_FOUND", RefusalClass::Method),
            ("ERROR_BATCH_METHOD_NOT_ALLOWED", RefusalClass::Method),
            ("ACCESS_DENIED", RefusalClass::AccessDenied),
            ("100", RefusalClass::Invalid),
            ("INVALID_ARG_VALUE", RefusalClass::Invalid),
            ("CRM_FIELD_ERROR_VALUE_NOT_VALID", RefusalClass::Invalid),
            ("CRM_FIELD_ERROR_REQUIRED", RefusalClass::Invalid),
            ("CRM_FIELD_ERROR_VALUE_NOT_UNIQUE", RefusalClass::Invalid),
            (
                "CRM_FIELD_ERROR_CATEGORY_NOT_AVAILABLE",
                RefusalClass::Invalid,
            ),
            ("ERROR_BATCH_LENGTH_EXCEEDED", RefusalClass::Invalid),
        ];
        for (code, expected) in rows {
            for effect in EFFECTS {
                assert_eq!(class(effect, code), Some(expected), "{code} {effect:?}");
            }
        }
    }

    #[test]
    fn not_found_refuses_reads_and_writes_but_never_an_add() {
        for code in ["NOT_FOUND", "OWNER_NOT_FOUND"] {
            assert_eq!(class(Effect::Read, code), Some(RefusalClass::NotFound));
            assert_eq!(class(Effect::Write, code), Some(RefusalClass::NotFound));
            assert_eq!(class(Effect::Add, code), None);
        }
    }

    #[test]
    fn every_other_code_is_unknown() {
        let codes = [
            "",
            "0",
            "ERROR_CORE",
            "INTERNAL_SERVER_ERROR",
            "ERROR_UNEXPECTED_ANSWER",
            "ERROR_ARGUMENT",
            "ERROR_NOT_FOUND",
            "DISK_OBJ_22000",
            "DISK_ONS_22001",
            "DUPLICATE",
            "ALREADY_EXISTS",
            "MAX_IMPORT_BATCH_SIZE_EXCEEDED",
            "query_limit_exceeded",
            "QUERY_LIMIT_EXCEEDED ",
            "CRM_FIELD_ERROR",
            "1000",
        ];
        for code in codes {
            for effect in EFFECTS {
                assert_eq!(class(effect, code), None, "{code} {effect:?}");
            }
        }
        let shapeless = Reported {
            code: None,
            text: "QUERY_LIMIT_EXCEEDED".to_owned(),
        };
        assert!(matches!(
            classify(Effect::Write, None, &shapeless),
            Verdict::Unknown(_)
        ));
    }

    #[test]
    fn a_denial_under_401_is_the_subscription() {
        let rows = [
            (Some(StatusCode::UNAUTHORIZED), RefusalClass::Subscription),
            (Some(StatusCode::FORBIDDEN), RefusalClass::AccessDenied),
            (Some(StatusCode::BAD_REQUEST), RefusalClass::AccessDenied),
            (None, RefusalClass::AccessDenied),
        ];
        for (status, expected) in rows {
            let verdict = classify(
                Effect::Add,
                status,
                &reported("ACCESS_DENIED", "REST is available only by subscription."),
            );
            assert!(matches!(verdict, Verdict::Refused(refusal) if refusal.class == expected));
        }
    }

    #[test]
    fn claims_of_a_duplicate_are_recognised_and_stay_unknown() {
        let rows = [
            ("DUPLICATE", "", true),
            ("already_exists", "", true),
            ("", "Possible Duplicate found", true),
            ("ERROR_CORE", "Deal ALREADY EXISTS", true),
            ("", "Такая сделка уже существует", true),
            ("", "УЖЕ ЕСТЬ такая сделка", true),
            ("ERROR_CORE", "SQL query error!", false),
            ("", "", false),
        ];
        for (code, text, expected) in rows {
            match classify(Effect::Add, None, &reported(code, text)) {
                Verdict::Unknown(unknown) => {
                    assert_eq!(unknown.says_duplicate, expected, "{code} {text}")
                }
                Verdict::Refused(refusal) => panic!("{refusal}"),
            }
        }
    }

    proptest! {
        #[test]
        fn an_unrecognised_code_is_never_a_refusal(code in "\\PC{0,24}|[A-Z_]{3,24}", text in "\\PC{0,24}", status in 100_u16..600) {
            prop_assume!(!TABLE.iter().any(|(pattern, _, _)| matches(pattern, &code)));
            for effect in EFFECTS {
                let verdict = classify(effect, StatusCode::from_u16(status).ok(), &reported(&code, &text));
                prop_assert!(matches!(verdict, Verdict::Unknown(_)));
            }
        }

        #[test]
        fn the_text_never_decides(row in 0..TABLE.len(), one in "\\PC{0,24}", other in "\\PC{0,24}") {
            let code = TABLE[row].0.replace('*', "X");
            for effect in EFFECTS {
                let of = |text: &str| matches!(classify(effect, None, &reported(&code, text)), Verdict::Refused(_));
                prop_assert_eq!(of(&one), of(&other));
            }
        }
    }
}
