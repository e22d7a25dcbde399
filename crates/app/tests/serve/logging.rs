//! What the documentation says about the log, held against a real log.

use std::process::Command;

use serde_json::json;

use crate::stand::{SHOP, Stand, order, two_deals};

/// An order whose first delivery is an update.
const LATE: u64 = 6_120_000_000_777;

fn docs() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/logging.md");
    std::fs::read_to_string(path).unwrap()
}

/// The commands of the documentation.
fn examples() -> Vec<String> {
    let text = docs();
    let lines = text.lines().filter(|it| it.starts_with("jq "));
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn the_examples_of_the_documentation_find_what_they_say_in_a_real_log() {
    let mut stand = Stand::start_with(&[], two_deals).await;
    assert_eq!(stand.deliver("orders/create", order(&[])).await, 200);
    let late = order(&[("id", json!(LATE)), ("name", json!("#1777"))]);
    assert_eq!(stand.deliver("orders/updated", late).await, 200);
    let says = |stand: &Stand, text: &str| stand.said().iter().any(|it| it.contains(text));
    stand
        .until("both deals", |it| {
            says(it, "Duplicate detected") && says(it, "Deal created successfully")
        })
        .await;
    let (_, said) = stand.stop().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("onedeal.log"), said.join("\n")).unwrap();

    let examples = examples();
    assert_eq!(examples.len(), 9);
    for example in examples {
        let output = Command::new("sh")
            .args(["-c", &example])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let (found, error) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{example}: {error}");
        assert!(
            2 < found.trim().len() || found.trim() == "1",
            "{example} found {found:?}"
        );
        let wanted = [
            ("Duplicate detected", "wasDuplicate"),
            ("attempt\"))'", "attempt 1/3"),
            ("creating new deal", "creating new deal"),
            ("6120000000001", "Found existing deal"),
            ("keeps one deal", SHOP),
        ];
        for (asked, answered) in wanted {
            assert!(
                !example.contains(asked) || found.contains(answered),
                "{example}: {found}"
            );
        }
    }
}

#[test]
fn the_documentation_explains_every_field_of_every_line_and_no_other() {
    let text = docs();
    let rows = text.lines().filter_map(|it| it.strip_prefix("| `"));
    let explained: std::collections::BTreeSet<_> = rows
        .filter(|it| it.matches(" | ").count() == 2)
        .filter_map(|it| it.split('`').next())
        .map(str::to_owned)
        .collect();
    let lines = source::lines();
    assert!(60 < lines.len(), "{}", lines.len());
    let used: std::collections::BTreeSet<_> =
        lines.iter().flat_map(|it| it.fields.clone()).collect();
    assert_eq!(explained, used);
}

#[test]
fn every_line_has_a_sentence() {
    for line in source::lines() {
        let sentence = line.sentence.unwrap_or_default();
        assert!(
            8 < sentence.len(),
            "{} has only {:?}",
            line.place,
            line.fields
        );
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Log lines as they stand in the source.
mod source {
    use std::path::{Path, PathBuf};

    /// The crates that are part of the program.
    const CRATES: [&str; 6] = ["app", "bitrix24", "kernel", "service", "shopify", "store"];

    const MACROS: [&str; 5] = ["error!", "warn!", "info!", "debug!", "trace!"];

    pub(super) struct Line {
        pub(super) place: String,
        pub(super) fields: Vec<String>,
        pub(super) sentence: Option<String>,
    }

    pub(super) fn lines() -> Vec<Line> {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut files = Vec::new();
        for name in CRATES {
            collect(&crates.join(name).join("src"), &mut files);
        }
        files.iter().flat_map(|it| of_file(it)).collect()
    }

    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|it| it == "rs") {
                files.push(path);
            }
        }
    }

    fn of_file(path: &Path) -> Vec<Line> {
        let text = std::fs::read_to_string(path).unwrap();
        let mut lines = Vec::new();
        for (at, _) in text.match_indices("tracing::") {
            let rest = &text[at + "tracing::".len()..];
            let Some(name) = MACROS.iter().find(|it| rest.starts_with(**it)) else {
                continue;
            };
            let mut line = read(&rest[name.len() + 1..]);
            line.place = format!("{}, byte {at}", path.display());
            lines.push(line);
        }
        lines
    }

    /// Reads the arguments of one macro up to its sentence: `name = value`, `name`, `%name`, `?name`.
    fn read(arguments: &str) -> Line {
        let (mut fields, mut sentence) = (Vec::new(), None);
        let mut rest = arguments.trim_start();
        while !rest.is_empty() && !rest.starts_with(')') {
            if let Some(text) = rest.strip_prefix('"') {
                sentence = text.split('"').next().map(str::to_owned);
                break;
            }
            let end = end_of_argument(rest);
            fields.push(field(&rest[..end]));
            rest = rest[end..].trim_start_matches(',').trim_start();
        }
        Line {
            place: String::new(),
            fields,
            sentence,
        }
    }

    /// Where an argument ends: at a comma or a bracket that belongs to none of its own brackets or texts.
    fn end_of_argument(text: &str) -> usize {
        let (mut depth, mut quoted) = (0, false);
        for (at, sign) in text.char_indices() {
            match sign {
                '"' => quoted = !quoted,
                '(' | '[' | '{' if !quoted => depth += 1,
                ')' | ']' | '}' if !quoted && depth == 0 => return at,
                ')' | ']' | '}' if !quoted => depth -= 1,
                ',' if !quoted && depth == 0 => return at,
                _ => {}
            }
        }
        text.len()
    }

    fn field(argument: &str) -> String {
        let name = argument.split('=').next().unwrap_or_default();
        name.trim().trim_start_matches(['%', '?']).to_owned()
    }
}
