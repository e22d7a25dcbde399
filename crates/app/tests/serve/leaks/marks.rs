//! What must not come out, in all the forms in which it could.

use std::collections::BTreeSet;

/// Characters of a mark at least: a shorter one is found by chance.
const CHARS_MIN: usize = 8;

/// One marked text.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    text: String,
    secret: bool,
    forms: Vec<(&'static str, String)>,
}

/// All marked texts, and where they were found.
#[derive(Debug, Default)]
pub(super) struct Marks {
    marks: Vec<Mark>,
    found: BTreeSet<String>,
}

impl Mark {
    pub(super) fn secret(text: &str) -> Self {
        Self::new(text, true)
    }

    fn new(text: &str, secret: bool) -> Self {
        assert!(
            CHARS_MIN <= text.chars().count(),
            "`{text}` is too short to be a mark"
        );
        Self {
            text: text.to_owned(),
            secret,
            forms: forms(text),
        }
    }
}

impl Marks {
    pub(super) fn of(secrets: &[&str], personal: &[&str]) -> Self {
        let secrets = secrets.iter().map(|it| Mark::new(it, true));
        let personal = personal.iter().map(|it| Mark::new(it, false));
        Self {
            marks: secrets.chain(personal).collect(),
            found: BTreeSet::new(),
        }
    }

    pub(super) fn add(&mut self, mark: Mark) {
        self.marks.push(mark);
    }

    pub(super) fn len(&self) -> usize {
        self.marks.len()
    }

    /// Searches an output for everything.
    pub(super) fn search(&mut self, output: &str, text: &str) {
        self.search_for(output, text, |_| true);
    }

    /// Searches an output that may show an order to its reader.
    pub(super) fn search_for_secrets(&mut self, output: &str, text: &str) {
        self.search_for(output, text, |it| it.secret);
    }

    /// # Panics
    /// Something was found.
    #[track_caller]
    pub(super) fn none_was_found(&self) {
        assert!(self.found.is_empty(), "{:#?}", self.found);
    }

    fn search_for(&mut self, output: &str, text: &str, wanted: impl Fn(&Mark) -> bool) {
        // What a terminal shows is written over several lines.
        let joined: String = text.split_whitespace().collect();
        let texts = [text.to_lowercase(), joined.to_lowercase()];
        for mark in self.marks.iter().filter(|it| wanted(it)) {
            for (form, needle) in &mark.forms {
                let needle = needle.to_lowercase();
                let bare: String = needle.split_whitespace().collect();
                if texts[0].contains(&needle) || texts[1].contains(&bare) {
                    self.found
                        .insert(format!("`{}` {form} in {output}", mark.text));
                }
            }
        }
    }
}

/// The text as it is, and as programs write it elsewhere. All are compared without regard to case.
fn forms(text: &str) -> Vec<(&'static str, String)> {
    let bytes = text.as_bytes();
    let mut forms = vec![
        ("as it is", text.to_owned()),
        (
            "percent-encoded",
            percent(bytes, |it| {
                it.is_ascii_alphanumeric() || b"-_.~".contains(&it)
            }),
        ),
        (
            "form-encoded",
            percent(bytes, |it| {
                it.is_ascii_alphanumeric() || b"-_.*".contains(&it)
            })
            .replace("%20", "+"),
        ),
        ("in JSON", json(text)),
        (
            "in debug quotes",
            format!("{text:?}").trim_matches('"').to_owned(),
        ),
        (
            "in hex",
            bytes.iter().map(|it| format!("{it:02x}")).collect(),
        ),
        (
            "as a list of bytes",
            bytes
                .iter()
                .map(u8::to_string)
                .collect::<Vec<_>>()
                .join(", "),
        ),
    ];
    // In base64, three texts are possible, by what stands before.
    for before in 0..3 {
        forms.push(("in base64", base64_core(bytes, before)));
    }
    forms
}

fn percent(bytes: &[u8], keep: impl Fn(u8) -> bool) -> String {
    let one = |it: &u8| {
        if keep(*it) {
            char::from(*it).to_string()
        } else {
            format!("%{it:02X}")
        }
    };
    bytes.iter().map(one).collect()
}

fn json(text: &str) -> String {
    let one = |it: char| {
        if it.is_ascii() {
            it.to_string()
        } else {
            let mut units = [0; 2];
            let units = it.encode_utf16(&mut units);
            units.iter().map(|it| format!("\\u{it:04x}")).collect()
        }
    };
    text.chars().map(one).collect()
}

/// The digits that depend on the text alone, whatever stands before it (so many bytes) and behind it.
fn base64_core(bytes: &[u8], before: usize) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |it| it >> (7 - at % 8) & 1);
    let skipped = before * 8;
    let first = skipped.div_ceil(6) * 6 - skipped;
    let digits = (bytes.len() * 8).saturating_sub(first) / 6;
    let digit = |number: usize| {
        let value = (0..6).fold(0, |sum, it| sum << 1 | bit(first + number * 6 + it));
        char::from(DIGITS[usize::from(value)])
    };
    (0..digits).map(digit).collect()
}

#[test]
fn a_planted_leak_is_found_in_every_form() {
    let secret = "p4ss/W0rd+Ä\"q?!";
    let planted = [
        format!("token={secret}"),
        "x=p4ss%2FW0rd%2B%C3%84%22q%3F%21&y".to_owned(),
        "{\"t\": \"p4ss/W0rd+\\u00c4\\\"q?!\"}".replace("\\\"", "\""),
        "p4ss/W0rd+Ä\\\"q?!".to_owned(),
        "70347373 2f573072642bc38422713f21".replace(' ', ""),
        "[112, 52, 115, 115, 47, 87, 48, 114, 100, 43, 195, 132, 34, 113, 63, 33]".to_owned(),
        "a table\n p4ss/W0\n rd+Ä\"q?!".to_owned(),
        // `printf 'p4ss/W0rd+Ä"q?!' | base64`, and with one and two signs before.
        "cDRzcy9XMHJkK8OEInE/IQ==".to_owned(),
        "eHA0c3MvVzByZCvDhCJxPyE=".to_owned(),
        "eXhwNHNzL1cwcmQrw4QicT8h".to_owned(),
    ];
    for text in planted {
        let mut marks = Marks::of(&[secret], &[]);
        marks.search_for_secrets("here", &text);
        assert!(!marks.found.is_empty(), "{text} was not found");
    }
    let mut marks = Marks::of(&[secret], &["a person's name"]);
    marks.search("here", "nothing of the kind, p4ss word");
    marks.search_for_secrets("here", "a person's name");
    marks.none_was_found();
    marks.search("here", "A Person's Name");
    assert!(!marks.found.is_empty());
}
