//! Up to fifty calls in one request, and their outcomes (facts §1.4).

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use crate::call::{Call, Effect};
use crate::encode::{self, NotBatchable};
use crate::envelope::{self, Answer, Opened, Reply};
use crate::errors::{self, Reported};
use crate::outcome::{Doubt, Outcome, Refusal, RefusalClass, Unknown};
use crate::value;

/// The most commands in one batch; the portal does not run those beyond.
pub const BATCH_COMMANDS_MAX: usize = 50;

/// The most bytes that the commands of one batch take together.
pub const BATCH_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Calls that travel as one request. The portal runs them one after the other, in the order they were pushed.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    halt: Halt,
    calls: Vec<Call>,
    commands: Vec<String>,
}

/// What the portal does after a command that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Halt {
    /// Runs the rest all the same (`halt: 0`).
    Never,
    /// Runs no more (`halt: 1`).
    AtFirstError,
}

impl Batch {
    /// An empty batch.
    pub fn new(halt: Halt) -> Self {
        Self {
            halt,
            calls: Vec::new(),
            commands: Vec::new(),
        }
    }

    /// Adds a call. In a batch that halts at the first error it may refer to the id that an earlier `crm.item.add`
    /// returns ([`crate::id_of_command`]): it runs only if that one was done.
    ///
    /// # Errors
    /// The batch is full, or the call would not arrive as it is meant ([`Call::batchable`]). The batch is unchanged.
    pub fn push(&mut self, call: Call) -> Result<(), NotBatchable> {
        let earlier = match self.halt {
            // The portal would put an odd value in the place of a result that is not there (facts §1.4).
            Halt::Never => 0,
            Halt::AtFirstError => self.len(),
        };
        let command = encode::command_after(&call, earlier)?;
        let bytes: usize = self.commands.iter().map(String::len).sum();
        if self.len() == BATCH_COMMANDS_MAX || bytes + command.len() > BATCH_BYTES_MAX {
            return Err(NotBatchable::Full);
        }
        self.calls.push(call);
        self.commands.push(command);
        Ok(())
    }

    /// How many calls it holds.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether it holds none. Such a batch is not worth sending.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// The calls, in order.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// What happens after a command that failed.
    pub fn halt(&self) -> Halt {
        self.halt
    }
}

/// Reads what came back for a batch: always one outcome per call, in their order.
///
/// A lost answer leaves each command in doubt on its own, since any number of them may have run. A complete answer that
/// says nothing of a command leaves that one in doubt, unless the batch halted before it.
pub fn read_batch(batch: &Batch, reply: Reply<'_>) -> Vec<Outcome<Answer>> {
    match envelope::open(reply) {
        Opened::Result(answer) => Report::new(batch, &answer.result).outcomes(),
        // The error of the whole request names no object of any one command, so "not found" is read as for an add.
        whole @ (Opened::Error { .. } | Opened::NotSent | Opened::Doubt(_)) => {
            let outcome = whole.settle(Effect::Add);
            vec![outcome; batch.len()]
        }
    }
}

/// The body of the request. The order of the commands in it is the order in which they run, and the keys sort in the
/// same order for the sake of peers that sort them.
impl Serialize for Batch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let halt = match self.halt {
            // Not booleans: the portal takes any text for true, that of "false" included.
            Halt::Never => 0,
            Halt::AtFirstError => 1,
        };
        let mut body = serializer.serialize_map(Some(2))?;
        body.serialize_entry("halt", &halt)?;
        body.serialize_entry("cmd", &Commands(&self.commands))?;
        body.end()
    }
}

struct Commands<'a>(&'a [String]);

impl Serialize for Commands<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            self.0
                .iter()
                .enumerate()
                .map(|(index, command)| (key(index), command)),
        )
    }
}

/// A letter in front, because maps with numeric keys come back as lists.
pub(crate) fn key(index: usize) -> String {
    format!("c{index:02}")
}

/// The answer to a batch, command by command.
struct Report<'a> {
    batch: &'a Batch,
    result: &'a Value,
    said: Vec<Said<'a>>,
}

/// What the answer says of one command.
enum Said<'a> {
    Nothing,
    Result(&'a Value),
    Error(Reported),
    Both,
}

impl<'a> Report<'a> {
    fn new(batch: &'a Batch, result: &'a Value) -> Self {
        let count = batch.len();
        let said = (0..count)
            .map(|index| {
                let result_of = entry(result, "result", index, count);
                let error_of = entry(result, "result_error", index, count).and_then(error_in);
                match (result_of, error_of) {
                    (None, None) => Said::Nothing,
                    (Some(value), None) => value
                        .as_object()
                        .and_then(error_as_result)
                        .map_or(Said::Result(value), Said::Error),
                    (None | Some(Value::Null), Some(reported)) => Said::Error(reported),
                    (Some(_), Some(_)) => Said::Both,
                }
            })
            .collect();
        Self {
            batch,
            result,
            said,
        }
    }

    fn outcomes(&self) -> Vec<Outcome<Answer>> {
        let halted_at = self.halted_at();
        let calls = self.batch.calls.iter().enumerate();
        calls
            .zip(&self.said)
            .map(|((index, call), said)| match said {
                Said::Result(value) => Outcome::Done(self.answer(index, value)),
                Said::Error(reported) => errors::classify(call.effect(), None, reported).into(),
                Said::Both => Outcome::Unknown(Unknown::silent(Doubt::Contradictory)),
                Said::Nothing if halted_at.is_some_and(|at| at < index) => {
                    Outcome::Refused(Refusal::silent(RefusalClass::Halted))
                }
                Said::Nothing => Outcome::Unknown(Unknown::silent(Doubt::Missing)),
            })
            .collect()
    }

    /// The command at which the batch halted: the first that failed, if nothing at all is said of those after it. An
    /// answer that goes on after an error did not come from a portal that halts.
    fn halted_at(&self) -> Option<usize> {
        match self.batch.halt {
            Halt::Never => None,
            Halt::AtFirstError => {
                let first = self
                    .said
                    .iter()
                    .position(|said| matches!(said, Said::Error(_)))?;
                let after = &self.said[first + 1..];
                after
                    .iter()
                    .all(|said| matches!(said, Said::Nothing))
                    .then_some(first)
            }
        }
    }

    fn answer(&self, index: usize, value: &Value) -> Answer {
        let of = |map| entry(self.result, map, index, self.batch.len());
        Answer {
            result: value.clone(),
            next: of("result_next").and_then(value::as_id),
            total: of("result_total").and_then(value::as_id),
            time: of("result_time").and_then(envelope::call_time),
        }
    }
}

/// The entry of one command in one of the five maps. An empty map arrives as `[]`. A list is taken only if it has an
/// entry for every command: in a shorter one a position would not tell whose it is.
fn entry<'a>(result: &'a Value, map: &str, index: usize, count: usize) -> Option<&'a Value> {
    match result.get(map)? {
        Value::Object(map) => map.get(&key(index)),
        Value::Array(list) if list.len() == count => list.get(index),
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            None
        }
    }
}

/// The error in an entry of `result_error`, of which null and `[]` mean none. An entry of any other shape is an error
/// without a code.
fn error_in(entry: &Value) -> Option<Reported> {
    let bare = |text: &str| Reported {
        code: None,
        text: text.to_owned(),
    };
    match entry {
        Value::Null => None,
        Value::Array(list) if list.is_empty() => None,
        Value::Object(error) => Some(envelope::reported(error).unwrap_or_else(|| bare(""))),
        Value::String(text) => Some(bare(text)),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => Some(bare("")),
    }
}

/// Some handlers return an error as if it were a result (facts §1.3).
fn error_as_result(value: &Map<String, Value>) -> Option<Reported> {
    envelope::reported(value).filter(|_| value.contains_key("error_description"))
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn batch_of(halt: Halt, methods: &[&'static str]) -> Batch {
        let mut batch = Batch::new(halt);
        for method in methods {
            batch
                .push(Call::new(method, json!({"entityTypeId": 2})))
                .unwrap();
        }
        batch
    }

    fn answered(batch: &Batch, result: Value) -> Vec<Outcome<Answer>> {
        whole(
            batch,
            200,
            &json!({"result": result, "time": {"duration": 0.9}}),
        )
    }

    fn whole(batch: &Batch, status: u16, body: &Value) -> Vec<Outcome<Answer>> {
        let status = StatusCode::from_u16(status).unwrap();
        read_batch(
            batch,
            Reply::Answer {
                status,
                body: body.to_string().as_bytes(),
            },
        )
    }

    /// One word per outcome, for tables.
    fn words(outcomes: &[Outcome<Answer>]) -> Vec<String> {
        let word = |outcome: &Outcome<Answer>| match outcome {
            Outcome::Done(answer) => format!("done {}", answer.result),
            Outcome::Refused(refusal) => format!("{:?}", refusal.class),
            Outcome::Unknown(unknown) => format!("? {:?}", unknown.why),
        };
        outcomes.iter().map(word).collect()
    }

    const ADD: &str = "crm.item.add";
    const GET: &str = "crm.item.get";
    const UPDATE: &str = "crm.item.update";

    #[test]
    fn a_batch_takes_fifty_calls_and_no_more() {
        let mut batch = batch_of(Halt::Never, &[GET; BATCH_COMMANDS_MAX]);
        assert_eq!(
            batch.push(Call::new(GET, json!({}))),
            Err(NotBatchable::Full)
        );
        assert_eq!(batch.len(), BATCH_COMMANDS_MAX);
        let mut heavy = Batch::new(Halt::Never);
        let call = Call::new(ADD, json!({"a": "x".repeat(200_000)}));
        while heavy.push(call.clone()).is_ok() {}
        assert_eq!(heavy.len(), BATCH_BYTES_MAX / 200_000);
        assert_eq!(heavy.push(call), Err(NotBatchable::Full));
    }

    #[test]
    fn an_id_is_referred_to_only_where_the_batch_halts_before() {
        let rows = |owner: u64| Call::new("crm.item.productrow.set", json!({"ownerId": owner}));
        let mut batch = batch_of(Halt::AtFirstError, &[ADD]);
        assert_eq!(batch.push(rows(crate::id_of_command(0))), Ok(()));
        assert_eq!(
            batch.commands.last().map(String::as_str),
            Some("crm.item.productrow.set?ownerId=%24result%5Bc00%5D%5Bitem%5D%5Bid%5D")
        );
        // Itself, a later one, and any in a batch that goes on.
        for index in [2, 3] {
            let refused = batch.push(rows(crate::id_of_command(index)));
            assert_eq!(refused, Err(NotBatchable::Reference), "{index}");
        }
        let mut goes_on = batch_of(Halt::Never, &[ADD]);
        assert_eq!(
            goes_on.push(rows(crate::id_of_command(0))),
            Err(NotBatchable::Reference)
        );
    }

    #[test]
    fn results_errors_paging_and_times_belong_to_their_command() {
        let batch = batch_of(Halt::Never, &[ADD, UPDATE, GET, "crm.item.list", ADD]);
        let outcomes = answered(
            &batch,
            json!({
                "result": {"c03": {"items": []}, "c00": {"item": {"id": 812}}},
                "result_error": {
                    "c01": {"error": "NOT_FOUND", "error_description": "Item not found"},
                    "c02": {"error": "OPERATION_TIME_LIMIT", "error_description": ""},
                    "c04": {"error": "", "error_description": "Deal already exists"},
                },
                "result_next": {"c03": 50}, "result_total": {"c03": 51},
                "result_time": {"c00": {"duration": 0.2, "operating": 1.5}, "c03": {"duration": 0}},
            }),
        );
        assert_eq!(
            words(&outcomes),
            [
                r#"done {"item":{"id":812}}"#,
                "NotFound",
                "OperatingLimit",
                r#"done {"items":[]}"#,
                "? UnrecognisedCode"
            ]
        );
        let [
            Outcome::Done(added),
            _,
            _,
            Outcome::Done(listed),
            Outcome::Unknown(doubt),
        ] = outcomes.as_slice()
        else {
            panic!("five outcomes")
        };
        assert_eq!(added.time.and_then(|time| time.operating_s), Some(1.5));
        assert_eq!((added.next, added.total), (None, None));
        assert_eq!((listed.next, listed.total), (Some(50), Some(51)));
        assert!(doubt.says_duplicate);
    }

    #[test]
    fn silence_after_an_error_means_not_run_only_if_the_batch_halts() {
        let taken = json!({"error": "DISK_OBJ_22000", "error_description": "Folder with this name already exists."});
        let halted = json!({"result": [], "result_error": {"c00": taken}, "result_total": [], "result_next": [], "result_time": []});
        let commands = ["disk.folder.addsubfolder", ADD, ADD];
        assert_eq!(
            words(&answered(
                &batch_of(Halt::AtFirstError, &commands),
                halted.clone()
            )),
            ["? UnrecognisedCode", "Halted", "Halted"]
        );
        assert_eq!(
            words(&answered(&batch_of(Halt::Never, &commands), halted)),
            ["? UnrecognisedCode", "? Missing", "? Missing"]
        );
    }

    #[test]
    fn a_halt_that_did_not_halt_proves_nothing() {
        let batch = batch_of(Halt::AtFirstError, &[ADD, ADD, ADD]);
        let result = json!({"result": {"c02": {"item": {"id": 1}}}, "result_error": {"c00": {"error": "100"}}});
        assert_eq!(
            words(&answered(&batch, result)),
            ["Invalid", "? Missing", r#"done {"item":{"id":1}}"#]
        );
        let before = json!({"result": [], "result_error": {"c01": {"error": "100"}}});
        assert_eq!(
            words(&answered(&batch, before)),
            ["? Missing", "Invalid", "Halted"]
        );
        let silent = json!({"result": {"c00": true}, "result_error": []});
        assert_eq!(
            words(&answered(&batch, silent)),
            ["done true", "? Missing", "? Missing"]
        );
    }

    #[test]
    fn odd_shapes_of_the_maps_are_read_with_care() {
        let batch = batch_of(Halt::Never, &[ADD, ADD]);
        let rows = [
            (json!([]), ["? Missing", "? Missing"]),
            (json!(null), ["? Missing", "? Missing"]),
            (
                json!({"result": [1, 2], "result_error": []}),
                ["done 1", "done 2"],
            ),
            (json!({"result": [1]}), ["? Missing", "? Missing"]),
            (
                json!({"result": {"0": 1, "c00": 2}}),
                ["done 2", "? Missing"],
            ),
            (json!({"result": {"c00": null}}), ["done null", "? Missing"]),
            (
                json!({"result": {"c00": null}, "result_error": {"c00": {"error": "100"}}}),
                ["Invalid", "? Missing"],
            ),
            (
                json!({"result": {"c00": 1}, "result_error": {"c00": {"error": "100"}}}),
                ["? Contradictory", "? Missing"],
            ),
            (
                json!({"result": [], "result_error": {"c00": "text", "c01": 7}}),
                ["? UnrecognisedCode", "? UnrecognisedCode"],
            ),
            (
                json!({"result": {"c00": 1}, "result_error": {"c00": [], "c01": {}}}),
                ["done 1", "? UnrecognisedCode"],
            ),
            (
                json!({"result": {"c00": {"error": "ACCESS_DENIED", "error_description": ""}}}),
                ["AccessDenied", "? Missing"],
            ),
            (
                json!({"result": [], "result_error": {"c00": {"error": "insufficient_scope", "error_description": ""}}}),
                ["Scope", "? Missing"],
            ),
        ];
        for (result, expected) in rows {
            assert_eq!(
                words(&answered(&batch, result.clone())),
                expected,
                "{result}"
            );
        }
    }

    #[test]
    fn what_befell_the_whole_request_befell_every_command() {
        let batch = batch_of(Halt::AtFirstError, &[ADD, UPDATE, GET]);
        let rows = [
            (
                503,
                json!({"error": "QUERY_LIMIT_EXCEEDED", "error_description": "Too many requests"}),
                "RateLimit",
            ),
            (
                429,
                json!({"error": "OPERATION_TIME_LIMIT"}),
                "OperatingLimit",
            ),
            (401, json!({"error": "INVALID_CREDENTIALS"}), "Auth"),
            (401, json!({"error": "ACCESS_DENIED"}), "Subscription"),
            (400, json!({"error": "NOT_FOUND"}), "? UnrecognisedCode"),
            (
                500,
                json!({"error": "INTERNAL_SERVER_ERROR"}),
                "? UnrecognisedCode",
            ),
            (502, json!({}), "? ServerError(502)"),
            (
                400,
                json!({"result": {"result": {"c00": 1}}}),
                "? Contradictory",
            ),
        ];
        for (status, body, expected) in rows {
            assert_eq!(
                words(&whole(&batch, status, &body)),
                [expected; 3],
                "{body}"
            );
        }
        assert_eq!(words(&read_batch(&batch, Reply::Lost)), ["? Lost"; 3]);
        assert_eq!(words(&read_batch(&batch, Reply::NotSent)), ["NotSent"; 3]);
        assert!(read_batch(&Batch::new(Halt::Never), Reply::Lost).is_empty());
    }

    proptest! {
        #[test]
        fn whatever_is_missing_each_command_has_its_own_outcome(
            fates in prop::collection::vec(0_u8..3, 1..=BATCH_COMMANDS_MAX),
            halts in any::<bool>(),
        ) {
            let halt = if halts { Halt::AtFirstError } else { Halt::Never };
            let batch = batch_of(halt, &vec![ADD; fates.len()]);
            let pick = |fate: u8, value: fn(usize) -> Value| -> Value {
                let chosen = fates.iter().enumerate().filter(|(_, of)| **of == fate);
                let map: Map<_, _> = chosen.map(|(index, _)| (key(index), value(index))).collect();
                if map.is_empty() { json!([]) } else { map.into() }
            };
            let results = pick(0, |index| json!({"item": {"id": index + 1}}));
            let errors = pick(1, |_| json!({"error": "CRM_FIELD_ERROR_REQUIRED"}));
            let outcomes = answered(&batch, json!({"result": results, "result_error": errors}));
            prop_assert_eq!(outcomes.len(), fates.len());

            let first_error = fates.iter().position(|fate| *fate == 1);
            let halted = first_error.filter(|at| halts && fates[at + 1..].iter().all(|fate| *fate == 2));
            for (index, (outcome, fate)) in outcomes.into_iter().zip(&fates).enumerate() {
                match (fate, outcome) {
                    (0, Outcome::Done(answer)) => prop_assert_eq!(&answer.result["item"]["id"], index + 1),
                    (1, Outcome::Refused(refusal)) => prop_assert_eq!(refusal.class, RefusalClass::Invalid),
                    (2, Outcome::Refused(refusal)) => {
                        prop_assert_eq!(refusal.class, RefusalClass::Halted);
                        prop_assert!(halted.is_some_and(|at| at < index));
                    }
                    (2, Outcome::Unknown(unknown)) => {
                        prop_assert_eq!(unknown.why, Doubt::Missing);
                        prop_assert!(halted.is_none_or(|at| at > index));
                    }
                    (fate, outcome) => prop_assert!(false, "fate {} became {:?}", fate, outcome),
                }
            }
        }
    }
}
