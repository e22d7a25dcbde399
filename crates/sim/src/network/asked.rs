//! What a request asks for, alone or in a batch, as far as the network's own faults need to know.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Map, Value};

use super::tokens;

/// The place of a request that is no batch.
const ALONE: &str = "";

/// A request, opened.
pub(super) struct Asked {
    request: Request<Bytes>,
    commands: usize,
    /// What its writes are about: one entry per record, two for one that is created twice.
    subjects: Vec<String>,
    /// The orders whose deals are created, by the command that does it.
    creates: BTreeMap<String, u64>,
    writes: u64,
    errors: Errors,
}

/// Commands of a batch that do not reach the portal, and what is answered for them.
#[derive(Default)]
pub(super) struct Errors {
    by_command: BTreeMap<String, &'static str>,
}

impl Asked {
    pub(super) fn read(request: Request<Bytes>) -> Self {
        let path = request.uri().path().to_owned();
        let body: Value = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
        let mut asked = Self {
            request,
            commands: 0,
            subjects: Vec::new(),
            creates: BTreeMap::new(),
            writes: 0,
            errors: Errors::default(),
        };
        match commands(&body) {
            Some(commands) if path.ends_with("/batch") => {
                for (key, command) in commands {
                    let command = command.as_str().unwrap_or_default();
                    let (method, query) = command.split_once('?').unwrap_or((command, ""));
                    asked.add(key, Said::of_query(method, query));
                }
            }
            Some(_) | None => {
                let method = path.rsplit('/').next().unwrap_or_default();
                asked.add(ALONE, Said::of_body(method, &body));
            }
        }
        asked
    }

    fn add(&mut self, key: &str, said: Said) {
        self.commands += 1;
        if !is_write(&said.method) {
            return;
        }
        self.writes += 1;
        let creates = said.method == "crm.item.add";
        let deal = said.entity.as_deref() == Some("2");
        if let Some(order) = said.origin.as_deref().filter(|_| creates && deal) {
            self.creates
                .extend(order.parse().ok().map(|it| (key.to_owned(), it)));
        }
        let subject = match (&said.origin, &said.record) {
            (Some(origin), _) if creates => format!("create {origin}"),
            // A record that the same request creates has no number yet.
            (_, Some(record)) if record.starts_with("%24") => return,
            (_, Some(record)) => format!("{} {record}", said.entity.unwrap_or_default()),
            (_, None) => return,
        };
        // Fields and rows of one deal may travel together; a record is created once.
        if creates || !self.subjects.contains(&subject) {
            self.subjects.push(subject);
        }
    }

    /// Whether it asks the authorization server for tokens.
    pub(super) fn is_for_tokens(&self) -> bool {
        self.request.uri().path().starts_with("/oauth/")
    }

    /// The access token that it shows.
    pub(super) fn token(&self) -> Option<String> {
        tokens::bearer(&self.request)
    }

    /// Commands that it carries.
    pub(super) fn commands(&self) -> usize {
        self.commands
    }

    /// Its method.
    pub(super) fn name(&self) -> String {
        if self.is_for_tokens() {
            return "tokens".to_owned();
        }
        let path = self.request.uri().path();
        path.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// What it says, for the trace.
    pub(super) fn words(&self) -> String {
        if self.is_for_tokens() {
            return self.request.uri().query().unwrap_or_default().to_owned();
        }
        let body = String::from_utf8_lossy(self.request.body());
        body.chars().take(super::WORDS_MAX).collect()
    }

    /// What its writes are about.
    pub(super) fn subjects(&self) -> Vec<String> {
        self.subjects.clone()
    }

    /// What is worth counting about it.
    pub(super) fn kinds(&self, poison: Option<u64>) -> Vec<String> {
        if self.is_for_tokens() {
            return vec!["request for tokens".to_owned()];
        }
        let size = match self.commands {
            0 | 1 => "1 command",
            2..10 => "2 to 9 commands",
            10..25 => "10 to 24 commands",
            _ => "25 to 50 commands",
        };
        let mut kinds = vec![format!("request of {size}")];
        if 1 < self.subjects.len() {
            kinds.push("request with writes of several records".to_owned());
        }
        if self.creates(poison) {
            let company = match self.creates.len() {
                1 => "alone",
                _ => "in company",
            };
            kinds.push(format!("poison {company}"));
        }
        kinds
    }

    /// Writes that it carries.
    pub(super) fn writes(&self) -> u64 {
        self.writes
    }

    /// The orders whose deals it creates.
    pub(super) fn orders_created(&self) -> impl Iterator<Item = u64> {
        self.creates.values().copied()
    }

    /// Whether it creates a deal of this order.
    pub(super) fn creates(&self, order: Option<u64>) -> bool {
        self.creates.values().any(|it| Some(*it) == order)
    }

    /// Takes the creates out that are refused. A request that is no batch is refused as a whole: `Some`.
    pub(super) fn refuse(
        &mut self,
        mut refused: impl FnMut(u64) -> Option<&'static str>,
    ) -> Option<&'static str> {
        for (key, order) in &self.creates {
            let Some(error) = refused(*order) else {
                continue;
            };
            if key == ALONE {
                return Some(error);
            }
            self.errors.by_command.insert(key.clone(), error);
        }
        None
    }

    /// The request as it reaches the portal, and what is added to the answer.
    pub(super) fn into_request(self) -> (Request<Bytes>, Errors) {
        let mut errors = self.errors;
        if errors.by_command.is_empty() {
            return (self.request, errors);
        }
        let (head, body) = self.request.into_parts();
        let mut body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let halts = body.get("halt").is_some_and(|it| *it == 1);
        if let Some(commands) = body.get_mut("cmd").and_then(Value::as_object_mut) {
            let first = errors.by_command.keys().next().cloned();
            commands.retain(|key, _| {
                let after = halts && first.as_ref().is_some_and(|first| first < key);
                !after && !errors.by_command.contains_key(key)
            });
            if halts {
                errors
                    .by_command
                    .retain(|key, _| Some(key) == first.as_ref());
            }
        }
        (
            Request::from_parts(head, Bytes::from(body.to_string())),
            errors,
        )
    }
}

impl Errors {
    /// The answer as if the portal itself had refused these commands.
    pub(super) fn put_into(self, answer: Response<Bytes>) -> Response<Bytes> {
        if self.by_command.is_empty() || !answer.status().is_success() {
            return answer;
        }
        let (head, body) = answer.into_parts();
        let Ok(mut value) = serde_json::from_slice::<Value>(&body) else {
            return Response::from_parts(head, body);
        };
        if let Some(result) = value.get_mut("result").and_then(Value::as_object_mut) {
            let errors = result.entry("result_error").or_insert(Value::Null);
            if !errors.is_object() {
                *errors = Value::Object(Map::new());
            }
            if let Some(errors) = errors.as_object_mut() {
                for (key, error) in self.by_command {
                    let error = serde_json::from_str(error).unwrap_or(Value::Null);
                    errors.insert(key, error);
                }
            }
        }
        Response::from_parts(head, Bytes::from(value.to_string()))
    }
}

fn commands(body: &Value) -> Option<&Map<String, Value>> {
    body.get("cmd")?.as_object()
}

/// What one command says.
#[derive(Default)]
struct Said {
    method: String,
    entity: Option<String>,
    origin: Option<String>,
    record: Option<String>,
}

impl Said {
    fn of_body(method: &str, body: &Value) -> Self {
        let text = |it: &Value| match it {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let of = |name: &str| body.get(name).and_then(text);
        Self {
            method: method.to_owned(),
            entity: of("entityTypeId").or_else(|| of("ownerType").map(deal_type)),
            origin: body
                .get("fields")
                .and_then(|it| it.get("originId"))
                .and_then(text),
            record: of("id").or_else(|| of("ownerId")),
        }
    }

    fn of_query(method: &str, query: &str) -> Self {
        let of = |name: &str| {
            let pairs = query.split('&').filter_map(|it| it.split_once('='));
            let mut named = pairs.filter(|(it, _)| *it == name);
            named.next().map(|(_, value)| value.to_owned())
        };
        Self {
            method: method.to_owned(),
            entity: of("entityTypeId").or_else(|| of("ownerType").map(deal_type)),
            origin: of("fields%5BoriginId%5D"),
            record: of("id").or_else(|| of("ownerId")),
        }
    }
}

/// Rows name their owner by a letter.
fn deal_type(letter: String) -> String {
    if letter == "D" {
        "2".to_owned()
    } else {
        letter
    }
}

fn is_write(method: &str) -> bool {
    [".add", ".update", ".set"]
        .iter()
        .any(|it| method.ends_with(it))
}
