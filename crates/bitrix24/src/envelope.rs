//! The envelope around every answer: result or error, paging, times (facts §1.3).

use http::StatusCode;
use serde_json::{Map, Value};

use crate::call::Effect;
use crate::errors::{self, Reported, Verdict};
use crate::outcome::{Doubt, Outcome, Refusal, RefusalClass, Unknown};
use crate::value;

/// The largest body that is read, in bytes. Fifty full deals of a portal with many user fields stay well below.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What the transport has to say about one request.
#[derive(Debug, Clone, Copy)]
pub enum Reply<'a> {
    /// A complete answer.
    Answer {
        /// The HTTP status.
        status: StatusCode,
        /// The whole body.
        body: &'a [u8],
    },
    /// The request was surely not written: refused connection, DNS, TLS before writing.
    NotSent,
    /// Anything else: timeout, reset, a body that broke off.
    Lost,
}

/// The answer to a call that was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The method's result. Where a map is expected, an empty one arrives as `[]`.
    pub result: Value,
    /// The row at which the next page starts, if there is one: hand it to [`crate::page`].
    pub next: Option<u64>,
    /// How many rows a list method found; absent or 0 if it was asked not to count.
    pub total: Option<u64>,
    /// How long the call took.
    pub time: Option<CallTime>,
}

/// An answer that tells its result and nothing else.
impl From<Value> for Answer {
    fn from(result: Value) -> Self {
        Self {
            result,
            next: None,
            total: None,
            time: None,
        }
    }
}

/// How long a call took on the portal's side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CallTime {
    /// Duration in seconds.
    pub duration_s: f64,
    /// Unix second, with a fraction, at which it ended, by the portal's clock.
    pub finished_at: Option<f64>,
    /// Seconds that this method has used of its ten-minute budget, if the portal limits it (facts §5.2).
    pub operating_s: Option<f64>,
    /// Unix second at which part of that budget comes back.
    pub operating_reset_at: Option<i64>,
}

/// An answer, opened but not yet judged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Opened {
    Result(Answer),
    Error {
        status: StatusCode,
        reported: Reported,
    },
    NotSent,
    Doubt(Doubt),
}

/// Opens a reply without knowing which call it answers.
pub(crate) fn open(reply: Reply<'_>) -> Opened {
    let (status, body) = match reply {
        Reply::Answer { status, body } => (status, body),
        Reply::NotSent => return Opened::NotSent,
        Reply::Lost => return Opened::Doubt(Doubt::Lost),
    };
    if body.len() > ANSWER_BYTES_MAX {
        return Opened::Doubt(Doubt::TooLarge);
    }
    let mut envelope = match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(envelope)) => envelope,
        Ok(_) => return Opened::Doubt(without_explanation(status, Doubt::NoResult)),
        Err(broken) if broken.is_eof() => {
            return Opened::Doubt(without_explanation(status, Doubt::Truncated));
        }
        Err(_) => {
            return Opened::Doubt(without_explanation(status, Doubt::NotJson(status.as_u16())));
        }
    };
    if let Some(reported) = reported(&envelope) {
        // A result beside the error may mean that something was done after all.
        let done_too = envelope
            .get("result")
            .is_some_and(|result| !result.is_null());
        return if done_too {
            Opened::Doubt(Doubt::Contradictory)
        } else {
            Opened::Error { status, reported }
        };
    }
    let Some(result) = envelope.remove("result") else {
        return Opened::Doubt(without_explanation(status, Doubt::NoResult));
    };
    if !status.is_success() {
        return Opened::Doubt(without_explanation(status, Doubt::Contradictory));
    }
    Opened::Result(Answer {
        result,
        next: envelope.get("next").and_then(value::as_id),
        total: envelope.get("total").and_then(value::as_id),
        time: envelope.get("time").and_then(call_time),
    })
}

impl Opened {
    /// Judges the answer to a single call.
    pub(crate) fn settle(self, effect: Effect) -> Outcome<Answer> {
        match self {
            Self::Result(answer) => Outcome::Done(answer),
            Self::Error { status, reported } => {
                errors::classify(effect, Some(status), &reported).into()
            }
            Self::NotSent => Outcome::Refused(Refusal::silent(RefusalClass::NotSent)),
            Self::Doubt(why) => Outcome::Unknown(Unknown::silent(why)),
        }
    }
}

impl<T> From<Verdict> for Outcome<T> {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Refused(refusal) => Self::Refused(refusal),
            Verdict::Unknown(unknown) => Self::Unknown(unknown),
        }
    }
}

/// The error in an object, if its `error` is anything but null: also the empty text, a number, or a shape never seen.
pub(crate) fn reported(object: &Map<String, Value>) -> Option<Reported> {
    let error = object.get("error").filter(|error| !error.is_null())?;
    let code = match error {
        Value::String(code) => Some(code.clone()),
        Value::Number(code) => Some(code.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let text = object
        .get("error_description")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    Some(Reported { code, text })
}

/// The times of one call, from `time` of an answer or an entry of a batch's `result_time`.
pub(crate) fn call_time(time: &Value) -> Option<CallTime> {
    Some(CallTime {
        duration_s: time.get("duration").and_then(value::as_f64)?,
        finished_at: time.get("finish").and_then(value::as_f64),
        operating_s: time.get("operating").and_then(value::as_f64),
        operating_reset_at: time
            .get("operating_reset_at")
            .and_then(value::as_unix_second),
    })
}

/// Under 5xx the status says more than the shape of the body.
fn without_explanation(status: StatusCode, otherwise: Doubt) -> Doubt {
    if status.is_server_error() {
        Doubt::ServerError(status.as_u16())
    } else {
        otherwise
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn answered(status: u16, body: &str) -> Opened {
        open(Reply::Answer {
            status: StatusCode::from_u16(status).unwrap(),
            body: body.as_bytes(),
        })
    }

    /// One word per outcome, for tables.
    fn outcome(status: u16, body: &str, effect: Effect) -> String {
        match answered(status, body).settle(effect) {
            Outcome::Done(answer) => format!("done {}", answer.result),
            Outcome::Refused(refusal) => format!("{:?} {}", refusal.class, refusal.code),
            Outcome::Unknown(unknown) => format!(
                "{:?} {}",
                unknown.why,
                unknown.code.unwrap_or_else(|| "-".to_owned())
            ),
        }
    }

    #[test]
    fn every_oddity_of_an_add_has_its_outcome() {
        let limit = r#"{"error":"QUERY_LIMIT_EXCEEDED","error_description":"Too many requests"}"#;
        let rows = [
            (
                200,
                r#"{"result":{"item":{"id":812}},"time":{}}"#,
                r#"done {"item":{"id":812}}"#,
            ),
            (200, r#"{"result":[]}"#, "done []"),
            (200, r#"{"result":null}"#, "done null"),
            (200, r#"{"result":true,"error":null}"#, "done true"),
            (503, limit, "RateLimit QUERY_LIMIT_EXCEEDED"),
            (200, limit, "RateLimit QUERY_LIMIT_EXCEEDED"),
            (500, limit, "RateLimit QUERY_LIMIT_EXCEEDED"),
            (
                429,
                r#"{"error":"OPERATION_TIME_LIMIT"}"#,
                "OperatingLimit OPERATION_TIME_LIMIT",
            ),
            (401, r#"{"error":"expired_token"}"#, "Auth expired_token"),
            (
                400,
                r#"{"error":"100","error_description":"…","argument":"fields"}"#,
                "Invalid 100",
            ),
            (400, r#"{"error":100}"#, "Invalid 100"),
            (
                400,
                r#"{"error":"","error_description":"Not found"}"#,
                "UnrecognisedCode ",
            ),
            (
                400,
                r#"{"error":0,"error_description":"…"}"#,
                "UnrecognisedCode 0",
            ),
            (
                400,
                r#"{"error":"NOT_FOUND","error_description":"Item not found"}"#,
                "UnrecognisedCode NOT_FOUND",
            ),
            (
                500,
                r#"{"error":"ERROR_CORE","error_description":"SQL query error!"}"#,
                "UnrecognisedCode ERROR_CORE",
            ),
            (200, r#"{"error":{"code":"X"}}"#, "UnrecognisedCode -"),
            (200, r#"{"error":false}"#, "UnrecognisedCode -"),
            (
                503,
                "<html><body>Service Unavailable</body></html>",
                "ServerError(503) -",
            ),
            (502, "", "ServerError(502) -"),
            (
                500,
                r#"{"result":{"item":{"id":812}}}"#,
                "ServerError(500) -",
            ),
            (500, "{}", "ServerError(500) -"),
            (302, "<a href='https://new.bitrix24.com'>", "NotJson(302) -"),
            (429, "slow down", "NotJson(429) -"),
            (200, "<!DOCTYPE html>", "NotJson(200) -"),
            (200, "", "Truncated -"),
            (200, r#"{"result":{"item":{"id":81"#, "Truncated -"),
            (200, "{}", "NoResult -"),
            (200, "[]", "NoResult -"),
            (404, r#"{"result":true}"#, "Contradictory -"),
            (
                503,
                r#"{"error":"QUERY_LIMIT_EXCEEDED","result":{"item":{"id":812}}}"#,
                "Contradictory -",
            ),
        ];
        for (status, body, expected) in rows {
            assert_eq!(
                outcome(status, body, Effect::Add),
                expected,
                "{status} {body}"
            );
        }
    }

    #[test]
    fn an_update_of_something_gone_is_refused() {
        let body = r#"{"error":"NOT_FOUND","error_description":"Элемент не найден"}"#;
        assert_eq!(outcome(400, body, Effect::Write), "NotFound NOT_FOUND");
        assert_eq!(outcome(400, body, Effect::Read), "NotFound NOT_FOUND");
        let legacy = r#"{"error":"","error_description":"Not found"}"#;
        assert_eq!(outcome(400, legacy, Effect::Write), "UnrecognisedCode ");
    }

    #[test]
    fn what_never_left_is_refused_and_what_was_lost_is_not() {
        for effect in [Effect::Read, Effect::Add, Effect::Write] {
            assert_eq!(
                open(Reply::NotSent).settle(effect),
                Outcome::Refused(Refusal::silent(RefusalClass::NotSent))
            );
            assert_eq!(
                open(Reply::Lost).settle(effect),
                Outcome::Unknown(Unknown::silent(Doubt::Lost))
            );
        }
        let body = vec![b' '; ANSWER_BYTES_MAX + 1];
        let large = open(Reply::Answer {
            status: StatusCode::OK,
            body: &body,
        });
        assert_eq!(large, Opened::Doubt(Doubt::TooLarge));
    }

    #[test]
    fn paging_and_times_are_read_from_whole_and_broken_numbers() {
        let body = json!({
            "result": {"items": []}, "next": 50, "total": 112,
            "time": {"start": 1_785_312_000, "finish": 1_785_312_000.5, "duration": 0.412, "processing": 0, "operating": 0, "operating_reset_at": 1_785_312_600},
        });
        let Opened::Result(answer) = answered(200, &body.to_string()) else {
            panic!("a result")
        };
        assert_eq!((answer.next, answer.total), (Some(50), Some(112)));
        let time = CallTime {
            duration_s: 0.412,
            finished_at: Some(1_785_312_000.5),
            operating_s: Some(0.0),
            operating_reset_at: Some(1_785_312_600),
        };
        assert_eq!(answer.time, Some(time));

        let bare = json!({"result": true, "time": {"duration": 1}});
        let Opened::Result(answer) = answered(200, &bare.to_string()) else {
            panic!("a result")
        };
        assert_eq!(
            answer.time,
            Some(CallTime {
                duration_s: 1.0,
                finished_at: None,
                operating_s: None,
                operating_reset_at: None
            })
        );
        let Opened::Result(answer) = answered(200, r#"{"result":true,"time":[]}"#) else {
            panic!("a result")
        };
        assert_eq!(answer.time, None);
    }

    #[test]
    fn descriptions_with_hex_escapes_are_decoded() {
        let body = r#"{"error":"100","error_description":"\u0022Feld\u0022 \u003Cfehlt\u003E"}"#;
        let Outcome::Refused(refusal) = answered(400, body).settle(Effect::Add) else {
            panic!("a refusal")
        };
        assert_eq!(refusal.text, "\"Feld\" <fehlt>");
    }

    proptest! {
        #[test]
        fn an_add_cut_off_anywhere_is_unknown(status in prop::sample::select(vec![200_u16, 400, 401, 429, 503]), cut in 0_usize..70) {
            let body = r#"{"error":"QUERY_LIMIT_EXCEEDED","error_description":"Too many calls"}"#;
            prop_assume!(cut < body.len());
            prop_assert!(matches!(answered(status, &body[..cut]).settle(Effect::Add), Outcome::Unknown(_)));
        }

        #[test]
        fn any_bytes_have_an_outcome(status in 100_u16..1000, body in prop::collection::vec(any::<u8>(), 0..64)) {
            let status = StatusCode::from_u16(status).unwrap();
            let outcome = open(Reply::Answer { status, body: &body }).settle(Effect::Add);
            prop_assert!(matches!(outcome, Outcome::Unknown(_)));
        }
    }
}
