//! The HTTP side: faults of the connection and of the proxy, limits, sign-in, and the envelope of answers.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, LOCATION};
use http::request::Parts;
use http_body_util::{BodyExt, Full, Limited};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout_at};

use super::config::Language;
use super::door::{Caller, Door};
use super::error::RestError;
use super::execute::{Ailment, Execution, Stop, Timing};
use super::methods::{Method, Reply, find};
use super::php::Php;
use super::portal::Inner;
use super::request::Incoming;
use super::state::State;

/// The largest request body that is read.
const BODY_MAX: usize = 16 * 1024 * 1024;
/// Announced length of a broken body; the connection breaks before it is reached.
const BROKEN_LEN: usize = 64;
/// A slow request is held up at one of this many first pauses.
const SLOW_PAUSES: u64 = 4;

/// What goes wrong with a request, drawn when it arrives.
#[derive(Debug)]
enum Trouble {
    None,
    DropBefore,
    LoseAnswer,
    Hang,
    LateLanding(Duration),
    Truncated,
    /// Another answer takes the place of the real one.
    Instead {
        answer: Substitute,
        executed: bool,
    },
}

/// What was drawn for a request. It counts as a fault only once it strikes: a refused request meets none.
#[derive(Debug)]
struct Drawn {
    name: Option<&'static str>,
    trouble: Trouble,
    ailment: Ailment,
}

#[derive(Debug)]
enum Substitute {
    Html(u16),
    Json(RestError),
}

/// What a finished execution answers; nothing if the server process died.
type Output = Option<(u16, Php)>;

pub(crate) fn router(inner: Arc<Inner>) -> Router {
    Router::new().fallback(serve).with_state(inner)
}

/// The `time` block of an answer (facts §1.3); the start is a whole number.
pub(crate) fn time_of(state: &State, door: Door, method: Option<&str>, timing: Timing) -> Php {
    let seconds = Timing::seconds(timing);
    let mut time = Php::map([
        ("start", Php::Int(state.clock.unix_s(timing.start))),
        ("finish", Php::Float(state.clock.unix(timing.finish))),
        ("duration", Php::Float(seconds)),
        ("processing", Php::Int(0)),
        ("date_start", Php::text(state.clock.iso(timing.start))),
        ("date_finish", Php::text(state.clock.iso(timing.finish))),
    ]);
    if let Some(method) = method {
        let (reset, spent) = state.operating_of(door, method);
        time.set("operating_reset_at", Php::Int(state.clock.unix_s(reset)));
        time.set("operating", Php::Float(spent));
    }
    time
}

/// The body of an error: no `time`.
pub(crate) fn error_body(error: &RestError, language: Language) -> Php {
    let mut body = Php::map([
        ("error", error.code.clone()),
        ("error_description", Php::text(error.text.say(language))),
    ]);
    if let Some(argument) = error.argument {
        body.set("argument", Php::text(argument));
    }
    body
}

async fn serve(Shared(inner): Shared<Arc<Inner>>, request: Request) -> Response {
    let arrival = Instant::now();
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_MAX)
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
    else {
        return html(&inner, 413);
    };
    let Drawn {
        name,
        trouble,
        ailment,
    } = {
        let mut state = inner.lock();
        state.stats.requests += 1;
        draw(&mut state, arrival, inner.config.request_limit_ms)
    };
    let strike = || {
        name.into_iter()
            .for_each(|name| inner.lock().count_fault(name))
    };
    if matches!(trouble, Trouble::DropBefore) {
        strike();
        return broken(&inner);
    }
    let (caller, command) = match admit(&inner, &parts, &body) {
        Ok(admitted) => admitted,
        Err(refusal) => return refusal.answer(&inner),
    };
    strike();
    if let Trouble::Instead {
        answer,
        executed: false,
    } = trouble
    {
        return answer.respond(&inner);
    }
    let max_landing = Duration::from_millis(inner.lock().faults.max_landing_ms);
    let execution = Execution::new(
        Arc::clone(&inner),
        caller,
        (arrival, arrival + max_landing),
        ailment,
    );
    let delay = if let Trouble::LateLanding(delay) = trouble {
        delay
    } else {
        Duration::ZERO
    };
    let (sender, receiver) = oneshot::channel();
    tokio::spawn(async move {
        // The caller may be gone; the work is done all the same.
        let _ = sender.send(execute(execution, command, delay).await);
    });
    if matches!(trouble, Trouble::Hang | Trouble::LateLanding(_)) {
        sleep(Duration::from_millis(inner.config.hang_ms)).await;
        return broken(&inner);
    }
    let cut = arrival + Duration::from_millis(inner.config.request_limit_ms);
    let output = timeout_at(cut, receiver)
        .await
        .ok()
        .and_then(Result::ok)
        .flatten();
    let Some((status, body)) = output else {
        return cut_off(&inner);
    };
    match trouble {
        Trouble::LoseAnswer => broken(&inner),
        Trouble::Instead { answer, .. } => answer.respond(&inner),
        Trouble::Truncated => {
            let text = body.to_json();
            let half = text
                .char_indices()
                .nth(text.chars().count() / 2)
                .map_or(0, |(index, _)| index);
            count_answer(&inner, "truncated");
            json_response(status, text[..half].to_owned())
        }
        Trouble::None | Trouble::DropBefore | Trouble::Hang | Trouble::LateLanding(_) => {
            json(&inner, status, &body)
        }
    }
}

/// A request that passed limits and sign-in.
#[derive(Debug)]
enum Command {
    Batch(Php),
    Single(&'static Method, Php),
}

/// Why a request is not executed.
#[derive(Debug)]
enum Refusal {
    Error(RestError),
    Moved(String),
    NotRest,
}

impl Refusal {
    fn answer(self, inner: &Inner) -> Response {
        match self {
            Self::Error(error) => Substitute::Json(error).respond(inner),
            Self::NotRest => html(inner, 404),
            Self::Moved(location) => {
                count_answer(inner, "moved");
                let mut response = html(inner, 302);
                if let Ok(location) = location.parse() {
                    response.headers_mut().insert(LOCATION, location);
                }
                response
            }
        }
    }
}

impl Substitute {
    fn respond(self, inner: &Inner) -> Response {
        match self {
            Self::Html(status) => html(inner, status),
            Self::Json(error) => json(
                inner,
                error.status,
                &error_body(&error, inner.config.language),
            ),
        }
    }
}

impl Timing {
    fn seconds(self) -> f64 {
        self.finish.saturating_sub(self.start) as f64 / 1000.0
    }
}

fn draw(state: &mut State, arrival: Instant, request_limit_ms: u64) -> Drawn {
    let faults = state.faults.clone();
    let mut ailment = Ailment::default();
    if state.chance(faults.batch_cut) {
        ailment.cut_permille = Some(state.between((0, 999)));
    }
    let drawn = |name, trouble| Drawn {
        name: Some(name),
        trouble,
        ailment,
    };
    if state.chance(faults.drop_before) {
        return drawn("drop_before", Trouble::DropBefore);
    }
    if state.chance(faults.lose_answer) {
        return drawn("lose_answer", Trouble::LoseAnswer);
    }
    if state.chance(faults.hang) {
        return drawn("hang", Trouble::Hang);
    }
    if state.chance(faults.late_landing) {
        let delay = Duration::from_millis(state.between(faults.late_ms));
        return drawn("late_landing", Trouble::LateLanding(delay));
    }
    if state.chance(faults.slow) {
        let extra = state.between(faults.slow_ms);
        let pause = state.between((0, SLOW_PAUSES - 1));
        let cut = arrival + Duration::from_millis(request_limit_ms);
        ailment.slow = Some((pause, Duration::from_millis(extra)));
        ailment.dies_at = state.chance(faults.slow_dies).then_some(cut);
        return Drawn {
            name: Some("slow"),
            trouble: Trouble::None,
            ailment,
        };
    }
    if state.chance(faults.truncated) {
        return drawn("truncated", Trouble::Truncated);
    }
    let either: [(&str, f64, Substitute); 6] = [
        (
            "http_500",
            faults.http_500,
            Substitute::Json(RestError::internal()),
        ),
        (
            "error_core",
            faults.error_core,
            Substitute::Json(RestError::core()),
        ),
        (
            "unexpected_answer",
            faults.unexpected_answer,
            Substitute::Json(RestError::unexpected()),
        ),
        ("html_502", faults.html_502, Substitute::Html(502)),
        ("html_503", faults.html_503, Substitute::Html(503)),
        ("html_200", faults.html_200, Substitute::Html(200)),
    ];
    for (name, probability, answer) in either {
        if state.chance(probability) {
            let executed = state.chance(faults.executed_share);
            return drawn(name, Trouble::Instead { answer, executed });
        }
    }
    let never = [
        ("storm_503", faults.storm_503, RestError::query_limit()),
        (
            "empty_error_code",
            faults.empty_error_code,
            RestError::legacy(super::text::Text::AccessDenied),
        ),
        (
            "wrong_scope",
            faults.wrong_scope,
            RestError::insufficient_scope(),
        ),
    ];
    for (name, probability, error) in never {
        if state.chance(probability) {
            let answer = Substitute::Json(error);
            return drawn(
                name,
                Trouble::Instead {
                    answer,
                    executed: false,
                },
            );
        }
    }
    Drawn {
        name: None,
        trouble: Trouble::None,
        ailment,
    }
}

/// Limits and sign-in, in the portal's order: bucket, method, webhook or token, operating time of a billed batch.
fn admit(inner: &Inner, parts: &Parts, body: &[u8]) -> Result<(Caller, Command), Refusal> {
    let mut state = inner.lock();
    let (now, per_second, burst) = (state.now, inner.config.per_second, inner.config.burst);
    if !state.bucket.admit(now, per_second, burst) {
        return Err(Refusal::Error(RestError::query_limit()));
    }
    if let Some((old, new)) = &state.moved
        && parts
            .headers
            .get(HOST)
            .is_some_and(|host| host.as_bytes() == old.as_bytes())
    {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        return Err(Refusal::Moved(format!("https://{new}{path}")));
    }
    let incoming = Incoming::read(parts, body).ok_or(Refusal::NotRest)?;
    let batch = incoming.method.eq_ignore_ascii_case("batch");
    let method = find(&incoming.method);
    if !batch && method.is_none() {
        return Err(Refusal::Error(RestError::method_not_found()));
    }
    let caller = match (&incoming.webhook, &incoming.token) {
        (Some((user, code)), _) => state.caller_by_webhook(user, code),
        (None, Some(token)) => state.caller_by_token(token),
        (None, None) => Err(RestError::no_auth()),
    }
    .map_err(Refusal::Error)?;
    match method {
        Some(method) => Ok((caller, Command::Single(method, incoming.params))),
        None if inner.config.bill_batch && state.over_operating_limit(caller.door, "batch") => {
            Err(Refusal::Error(RestError::operating()))
        }
        None => Ok((caller, Command::Batch(incoming.params))),
    }
}

async fn execute(mut execution: Execution, command: Command, delay: Duration) -> Output {
    execution.start_after(delay).await;
    let start = execution.inner.lock().now;
    let (outcome, method) = match command {
        Command::Single(method, params) => (
            execution
                .command(method, params)
                .await
                .map(|(reply, _)| reply),
            Some(method.name),
        ),
        Command::Batch(params) => (execution.batch(&params).await, None),
    };
    let outcome = match outcome {
        Err(Stop::Died) => return None,
        Ok(_) | Err(Stop::Error(_)) if execution.spend_slowness().await.is_err() => return None,
        Ok(_) | Err(Stop::Error(_)) => outcome,
    };
    let mut state = execution.inner.lock();
    let timing = Timing {
        start,
        finish: state.now,
    };
    if method.is_none() && execution.inner.config.bill_batch {
        let spent_ms = timing.finish - timing.start;
        state.bill(execution.caller.door, "batch", spent_ms);
    }
    match outcome {
        Ok(reply) => Some((
            200,
            envelope(&state, execution.caller.door, reply, (method, timing)),
        )),
        Err(Stop::Error(error)) => Some((
            error.status,
            error_body(&error, execution.inner.config.language),
        )),
        Err(Stop::Died) => None,
    }
}

fn envelope(
    state: &State,
    door: Door,
    reply: Reply,
    (method, timing): (Option<&str>, Timing),
) -> Php {
    let mut body = Php::map([("result", reply.result)]);
    if let Some(next) = reply.next {
        body.set("next", Php::Int(next));
    }
    if let Some(total) = reply.total {
        body.set("total", Php::Int(total));
    }
    body.set(
        "time",
        time_of(state, door, method.or(Some("batch")), timing),
    );
    body
}

/// A request cut at its limit, or whose server process died: a proxy page or a broken connection.
fn cut_off(inner: &Inner) -> Response {
    let choice = inner.lock().between((0, 2));
    match choice {
        0 => html(inner, 502),
        1 => html(inner, 504),
        _ => broken(inner),
    }
}

/// A response whose body fails after the head, so the connection breaks without an answer.
pub(crate) fn broken(inner: &Inner) -> Response {
    count_answer(inner, "lost");
    let longer_than_announced = Bytes::from_static(&[b' '; BROKEN_LEN + 1]);
    let mut response = Response::new(Body::new(Limited::new(
        Full::new(longer_than_announced),
        BROKEN_LEN,
    )));
    response.headers_mut().insert(
        CONTENT_TYPE,
        http::HeaderValue::from_static("application/json; charset=utf-8"),
    );
    response
}

pub(crate) fn html(inner: &Inner, status: u16) -> Response {
    count_answer(inner, "html");
    let body = format!(
        "<html>\r\n<head><title>{status}</title></head>\r\n<body><center><h1>{status}</h1></center></body>\r\n</html>\r\n"
    );
    response(status, "text/html; charset=utf-8", body)
}

fn json(inner: &Inner, status: u16, body: &Php) -> Response {
    let class = match body.get("error").map(Php::string) {
        None => "ok".to_owned(),
        Some(code) if code.is_empty() => "empty".to_owned(),
        Some(code) => code,
    };
    count_answer(inner, &class);
    json_response(status, body.to_json())
}

pub(crate) fn json_response(status: u16, body: String) -> Response {
    response(status, "application/json; charset=utf-8", body)
}

fn response(status: u16, content_type: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    response
}

fn count_answer(inner: &Inner, class: &str) {
    *inner
        .lock()
        .stats
        .answers
        .entry(class.to_owned())
        .or_default() += 1;
}
