//! What goes wrong, how often and how badly.

/// How access is lost while it is revoked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Revoked {
    /// The webhook, or the application, was removed.
    #[default]
    Credential,
    /// The user behind it was dismissed.
    Owner,
    /// The portal's subscription ended.
    Plan,
}

/// Probabilities are per HTTP request unless the field says otherwise; ranges are milliseconds, both ends included.
/// Every fault that strikes is counted under its field's name in [`Stats::faults`](super::Stats::faults).
#[derive(Debug, Clone, PartialEq)]
pub struct Faults {
    /// The connection breaks; nothing is executed.
    pub drop_before: f64,
    /// Executed in time, but the connection breaks instead of an answer.
    pub lose_answer: f64,
    /// Executed in time, but no answer comes until the client gives up.
    pub hang: f64,
    /// No answer, and the execution starts only `late_ms` after the request arrived.
    pub late_landing: f64,
    /// How late a late execution starts.
    pub late_ms: (u64, u64),
    /// The server is so slow that the request is cut while the execution goes on, or dies at the cut.
    pub slow: f64,
    /// How much server time a slow request takes on top.
    pub slow_ms: (u64, u64),
    /// Of the slow requests: how many die at the cut instead of going on.
    pub slow_dies: f64,
    /// HTTP 500 `INTERNAL_SERVER_ERROR`, executed or not.
    pub http_500: f64,
    /// HTTP 500 `ERROR_CORE` "SQL query error!", executed or not.
    pub error_core: f64,
    /// HTTP 500 `ERROR_UNEXPECTED_ANSWER`, executed or not.
    pub unexpected_answer: f64,
    /// HTTP 502 with an HTML body, executed or not.
    pub html_502: f64,
    /// HTTP 503 with an HTML body, executed or not.
    pub html_503: f64,
    /// HTTP 200 with an HTML body, executed or not.
    pub html_200: f64,
    /// Executed; the JSON of the answer stops half-way.
    pub truncated: f64,
    /// HTTP 503 `QUERY_LIMIT_EXCEEDED`, not executed.
    pub storm_503: f64,
    /// Per command: its method is frozen for `freeze_ms` and answers 429 `OPERATION_TIME_LIMIT`.
    pub method_429: f64,
    /// How long a frozen method stays frozen.
    pub freeze_ms: (u64, u64),
    /// Per command: its execution is billed with the whole operating limit, so the method is blocked for minutes.
    pub operating: f64,
    /// HTTP 400 with an empty error code, not executed.
    pub empty_error_code: f64,
    /// HTTP 401 `insufficient_scope`, not executed.
    pub wrong_scope: f64,
    /// Per written version of a record: it shows late in lists and in `findbycomm`.
    pub list_lag: f64,
    /// How late such a version shows.
    pub lag_ms: (u64, u64),
    /// No version shows later than this after it was written, whatever `lag_ms` says.
    pub max_lag_ms: u64,
    /// Per two-phase write: the server dies between the phases, and the second one never happens.
    pub die_between: f64,
    /// Per batch: the server dies before a command drawn at random.
    pub batch_cut: f64,
    /// Of the faults that may strike before or after the execution: how many strike after it.
    pub executed_share: f64,
    /// Access is refused from the first to the second time, in milliseconds since the portal was built, or until the
    /// application is installed anew.
    pub revoked_ms: Option<(u64, u64)>,
    /// What a revoked access is refused with.
    pub revoked_as: Revoked,
    /// The right `crm` is missing from the first to the second time, likewise.
    pub narrow_ms: Option<(u64, u64)>,
    /// Per request by token: the portal does not reach the authorization server, HTTP 401 `CONNECTION_ERROR`.
    pub oauth_connection: f64,
    /// Per batch by token, where the portal looks at the token before each command: it ends before one of them.
    pub oauth_ends_in_batch: f64,
    /// Per request for tokens: the connection breaks; nothing is issued.
    pub oauth_drop_before: f64,
    /// Per request for tokens: a new pair is issued, but the connection breaks instead of an answer.
    pub oauth_lose_answer: f64,
    /// Per request for tokens: HTTP 502 with an HTML body; nothing is issued.
    pub oauth_html: f64,
    /// Per request for tokens: the answer comes `oauth_late_ms` later, the pair is issued before or after that.
    pub oauth_late: f64,
    /// How late such an answer comes.
    pub oauth_late_ms: (u64, u64),
    /// No execution starts or writes later than this after its request arrived: what would be later happens then.
    pub max_landing_ms: u64,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            drop_before: 0.0,
            lose_answer: 0.0,
            hang: 0.0,
            late_landing: 0.0,
            late_ms: (1_000, 150_000),
            slow: 0.0,
            slow_ms: (60_000, 120_000),
            slow_dies: 0.5,
            http_500: 0.0,
            error_core: 0.0,
            unexpected_answer: 0.0,
            html_502: 0.0,
            html_503: 0.0,
            html_200: 0.0,
            truncated: 0.0,
            storm_503: 0.0,
            method_429: 0.0,
            freeze_ms: (1_000, 60_000),
            operating: 0.0,
            empty_error_code: 0.0,
            wrong_scope: 0.0,
            list_lag: 0.0,
            lag_ms: (50, 5_000),
            max_lag_ms: 10_000,
            die_between: 0.0,
            batch_cut: 0.0,
            executed_share: 0.5,
            revoked_ms: None,
            revoked_as: Revoked::Credential,
            narrow_ms: None,
            oauth_connection: 0.0,
            oauth_ends_in_batch: 0.0,
            oauth_drop_before: 0.0,
            oauth_lose_answer: 0.0,
            oauth_html: 0.0,
            oauth_late: 0.0,
            oauth_late_ms: (1_000, 120_000),
            max_landing_ms: 180_000,
        }
    }
}

impl Faults {
    /// A good day on the internet: each fault strikes now and then, about one request in a hundred in sum.
    pub fn normal() -> Self {
        Self {
            drop_before: 0.001,
            lose_answer: 0.001,
            hang: 0.000_5,
            late_landing: 0.000_2,
            slow: 0.000_5,
            http_500: 0.001,
            error_core: 0.000_5,
            html_502: 0.001,
            html_503: 0.000_5,
            storm_503: 0.002,
            method_429: 0.000_2,
            list_lag: 0.02,
            lag_ms: (50, 1_000),
            die_between: 0.000_2,
            batch_cut: 0.000_5,
            oauth_connection: 0.000_5,
            oauth_drop_before: 0.002,
            oauth_html: 0.002,
            ..Self::default()
        }
    }

    /// A portal that fails in every way it can: about one request in three goes wrong.
    pub fn hostile() -> Self {
        Self {
            drop_before: 0.03,
            lose_answer: 0.04,
            hang: 0.02,
            late_landing: 0.03,
            slow: 0.02,
            http_500: 0.03,
            error_core: 0.02,
            unexpected_answer: 0.01,
            html_502: 0.03,
            html_503: 0.02,
            html_200: 0.01,
            truncated: 0.02,
            storm_503: 0.04,
            method_429: 0.01,
            operating: 0.001,
            empty_error_code: 0.005,
            wrong_scope: 0.005,
            list_lag: 0.3,
            die_between: 0.02,
            batch_cut: 0.03,
            oauth_connection: 0.005,
            oauth_ends_in_batch: 0.02,
            oauth_drop_before: 0.05,
            oauth_lose_answer: 0.03,
            oauth_html: 0.05,
            oauth_late: 0.05,
            ..Self::default()
        }
    }
}
