//! What a request asks for, alone or in a batch, as far as the network's own faults need to know.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Map, Value};

/// The place of a request that is no batch.
const ALONE: &str = "";

/// A request, opened.
pub(super) struct Asked {
    request: Request<Bytes>,
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
        let (mut creates, mut writes) = (BTreeMap::new(), 0);
        match commands(&body) {
            Some(commands) if path.ends_with("/batch") => {
                for (key, command) in commands {
                    let command = command.as_str().unwrap_or_default();
                    let (method, query) = command.split_once('?').unwrap_or((command, ""));
                    writes += u64::from(is_write(method));
                    if let Some(order) = created_by_query(method, query) {
                        creates.insert(key.clone(), order);
                    }
                }
            }
            Some(_) | None => {
                writes += u64::from(is_write(&path));
                if let Some(order) = created_by_body(&path, &body) {
                    creates.insert(ALONE.to_owned(), order);
                }
            }
        }
        Self {
            request,
            creates,
            writes,
            errors: Errors::default(),
        }
    }

    /// Writes that it carries.
    pub(super) fn writes(&self) -> u64 {
        self.writes
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

fn created_by_body(path: &str, body: &Value) -> Option<u64> {
    let deal = path.ends_with("/crm.item.add") && body.get("entityTypeId") == Some(&2.into());
    let origin = body.get("fields")?.get("originId")?.as_str()?;
    deal.then(|| origin.parse().ok())?
}

fn created_by_query(method: &str, query: &str) -> Option<u64> {
    let deal = method == "crm.item.add" && query.split('&').any(|it| it == "entityTypeId=2");
    let origin = query
        .split('&')
        .find_map(|it| it.strip_prefix("fields%5BoriginId%5D="))?;
    deal.then(|| origin.parse().ok())?
}

fn is_write(method: &str) -> bool {
    [".add", ".update", ".set"]
        .iter()
        .any(|it| method.ends_with(it))
}
