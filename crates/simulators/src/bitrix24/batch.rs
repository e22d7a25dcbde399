//! Batches (facts §1.4): strictly sequential, with references between commands.

use super::error::RestError;
use super::execute::{Execution, Stop};
use super::http::{error_body, time_of};
use super::methods::{Method, Reply, find};
use super::php::Php;
use super::query::parse_str;

/// The most commands of a batch that run; the others get an error each.
const COMMANDS_MAX: usize = 50;

/// What the commands of a batch answered so far.
#[derive(Debug)]
struct Answers {
    result: Php,
    error: Php,
    total: Php,
    next: Php,
    time: Php,
}

impl Execution {
    /// Runs a batch. It fails as a whole only if the server process dies.
    pub(crate) async fn batch(&mut self, params: &Php) -> Result<Reply, Stop> {
        let halt = params.get("halt").is_some_and(Php::truthy);
        let commands = params
            .get("cmd")
            .map(Php::pairs)
            .unwrap_or_default()
            .to_vec();
        // The server may also die after the last command, before it answers.
        let places = commands.len() as u64 + 1;
        let cut_at = self
            .ailment
            .cut_permille
            .map(|permille| permille * places / 1000);
        let mut answers = Answers {
            result: Php::empty(),
            error: Php::empty(),
            total: Php::empty(),
            next: Php::empty(),
            time: Php::empty(),
        };
        let token_end = self.inner.lock().token_end(self.caller, commands.len());
        for (index, (key, command)) in commands.iter().enumerate() {
            if token_end == Some(index) {
                let mut state = self.inner.lock();
                let now = state.now;
                state.app.end_access(now);
                self.caller.until = Some(now);
            }
            if cut_at == Some(index as u64) {
                self.inner.lock().count_fault("batch_cut");
                return Err(Stop::Died);
            }
            // Commands that are no texts are skipped without a word.
            let Php::Str(command) = command else { continue };
            let failed = self
                .batch_command(index, key, command, &mut answers)
                .await?;
            if failed && halt {
                break;
            }
        }
        if cut_at == Some(commands.len() as u64) {
            self.inner.lock().count_fault("batch_cut");
            return Err(Stop::Died);
        }
        Ok(Reply::of(Php::map([
            ("result", answers.result),
            ("result_error", answers.error),
            ("result_total", answers.total),
            ("result_next", answers.next),
            ("result_time", answers.time),
        ])))
    }

    async fn batch_command(
        &mut self,
        index: usize,
        key: &str,
        command: &str,
        answers: &mut Answers,
    ) -> Result<bool, Stop> {
        let outcome = match prepare(index, command, answers) {
            Ok((method, params)) => self.command(method, params).await,
            Err(error) => Err(Stop::Error(error)),
        };
        match outcome {
            Ok((reply, timing)) => {
                let state = self.inner.lock();
                answers.time.set(
                    key,
                    time_of(
                        &state,
                        self.caller.door,
                        find(command_name(command)).map(|method| method.name),
                        timing,
                    ),
                );
                if let Some(total) = reply.total {
                    answers.total.set(key, Php::Int(total));
                }
                if let Some(next) = reply.next {
                    answers.next.set(key, Php::Int(next));
                }
                answers.result.set(key, reply.result);
                Ok(false)
            }
            Err(Stop::Error(error)) => {
                let language = self.inner.config.language;
                let mut body = error_body(&error, language);
                if error.code == Php::text("insufficient_scope") {
                    body.set("error_description", Php::text(""));
                }
                answers.error.set(key, body);
                Ok(true)
            }
            Err(Stop::Died) => Err(Stop::Died),
        }
    }
}

fn prepare(
    index: usize,
    command: &str,
    answers: &Answers,
) -> Result<(&'static Method, Php), RestError> {
    let fixed = |code: &str, text| RestError::new(400, code, super::text::Text::Fixed(text));
    if index >= COMMANDS_MAX {
        return Err(fixed(
            "ERROR_BATCH_LENGTH_EXCEEDED",
            "Max batch length exceeded",
        ));
    }
    let name = command_name(command);
    if name.eq_ignore_ascii_case("batch") {
        return Err(fixed(
            "ERROR_BATCH_METHOD_NOT_ALLOWED",
            "Method is not allowed for batch usage",
        ));
    }
    let method = find(name).ok_or_else(RestError::method_not_found)?;
    let without_fragment = command.split('#').next().unwrap_or("");
    let query = without_fragment
        .split_once('?')
        .map_or("", |(_, query)| query);
    Ok((method, substitute(&parse_str(query), answers)))
}

fn command_name(command: &str) -> &str {
    let end = command.find(['?', '#']).unwrap_or(command.len());
    let name = command[..end].trim_matches('/');
    name.strip_suffix(".json").unwrap_or(name)
}

/// Replaces references in all values. Text of a customer that looks like one is replaced as well.
fn substitute(value: &Php, answers: &Answers) -> Php {
    match value {
        Php::Array(pairs) => Php::Array(
            pairs
                .iter()
                .map(|(key, item)| (key.clone(), substitute(item, answers)))
                .collect(),
        ),
        Php::Str(text) => substitute_text(text, answers),
        Php::Null | Php::Bool(_) | Php::Int(_) | Php::Float(_) => value.clone(),
    }
}

fn substitute_text(text: &str, answers: &Answers) -> Php {
    let mut out = String::new();
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        let (before, from) = rest.split_at(dollar);
        out.push_str(before);
        let end = from.find(char::is_whitespace).unwrap_or(from.len());
        match resolve(&from[1..end], answers) {
            Some(node) if rest.len() == text.len() && dollar == 0 && end == from.len() => {
                return node;
            }
            Some(node) if node.is_array() => {}
            Some(node) => out.push_str(&node.string()),
            None => {
                out.push('$');
                rest = &from[1..];
                continue;
            }
        }
        rest = &from[end..];
    }
    out.push_str(rest);
    Php::Str(out)
}

/// The node a reference names, or the deepest one on its way.
fn resolve(reference: &str, answers: &Answers) -> Option<Php> {
    let maps = [
        ("result", &answers.result),
        ("next", &answers.next),
        ("total", &answers.total),
        ("time", &answers.time),
        ("error", &answers.error),
    ];
    let (name, map) = maps.into_iter().find(|(name, _)| {
        reference
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
    })?;
    let mut node = map;
    let mut path = &reference[name.len()..];
    while let Some((key, after)) = path
        .strip_prefix('[')
        .and_then(|inner| inner.split_once(']'))
    {
        let Some(child) = node.get(key) else { break };
        node = child;
        path = after;
    }
    Some(node.clone())
}
