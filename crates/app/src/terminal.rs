//! What goes to stdout: text, JSON, tables.

use std::io::{ErrorKind, Write as _};

use comfy_table::{
    Attribute, Cell, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle,
};
use serde::Serialize;

use crate::exit::{Exit, Exits as _, Failure};

/// One line below the header, and otherwise only space.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Below this many columns no table looks good, and every one of its columns has to give way.
const NARROW: u16 = 76;

/// With less room for words than this, breaking lines helps nobody.
const ROOM_MIN: usize = 20;

/// Writes a text to stdout. A reader who has seen enough (`| head`) is no failure.
///
/// # Errors
/// Nothing can be written there.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context("failed to write the output")).exits(Exit::Usage)
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes a value as JSON that people can read too.
///
/// # Errors
/// Nothing can be written there.
pub fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(value).exits(Exit::Bug)?;
    text.push('\n');
    print(&text)
}

/// An empty table in the program's one style, as wide as its content and no wider than the terminal.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(
            header
                .iter()
                .map(|it| Cell::new(it).add_attribute(Attribute::Bold)),
        );
    table
}

/// Lets one column wrap where the terminal is too narrow; the others keep their words whole.
pub fn wrap_only(table: &mut Table, column: usize) {
    wrap_these(table, &[column]);
}

/// Lets these columns wrap where the terminal is too narrow; the others keep their words whole.
pub fn wrap_these(table: &mut Table, columns: &[usize]) {
    if table.width().is_some_and(|it| it < NARROW) {
        return;
    }
    for (at, it) in table.column_iter_mut().enumerate() {
        if !columns.contains(&at) {
            it.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
}

/// Pairs of a name and what it says, below each other; what is too long for the terminal goes on below itself.
pub fn facts(pairs: &[(&str, String)]) -> String {
    let names = pairs
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0);
    let indent = names + 4;
    let room = width().map(|it| usize::from(it).saturating_sub(indent));
    pairs
        .iter()
        .map(|(name, value)| {
            let gap = " ".repeat(names - name.chars().count());
            let value = wrapped(value, room, indent);
            format!("  {name}{gap}  {value}\n")
        })
        .collect()
}

/// A text of one paragraph, broken between words where the terminal ends.
pub fn prose(text: &str) -> String {
    wrapped(text, width().map(usize::from), 0)
}

/// The same for a text that begins after `indent` spaces, as do its further lines.
pub fn indented(text: &str, indent: usize) -> String {
    let room = width().map(|it| usize::from(it).saturating_sub(indent));
    wrapped(text, room, indent)
}

/// Columns of the terminal; `None` if stdout is none.
pub fn width() -> Option<u16> {
    Table::new().width()
}

/// A text on as many lines as it needs, broken between words; lines after the first begin with `indent` spaces.
pub fn wrapped(text: &str, room: Option<usize>, indent: usize) -> String {
    let Some(room) = room.filter(|it| ROOM_MIN <= *it) else {
        return text.to_owned();
    };
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        let used = line.chars().count();
        if used != 0 && room < used + 1 + word.chars().count() {
            lines.push(word.to_owned());
        } else {
            if used != 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

/// A text that came from outside, on one line and without anything a terminal would obey.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|it| if it.is_control() { ' ' } else { it })
        .collect()
}

/// The same for a text of several lines, of which so many are kept.
pub fn plain_lines(text: &str, lines_max: usize) -> String {
    let mut lines: Vec<String> = text.lines().take(lines_max).map(plain).collect();
    let left = text.lines().skip(lines_max).count();
    if 0 < left {
        lines.push(format!("… (+{left})"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_fact_goes_on_below_itself_between_words() {
        let text = "the rows add up to the amount of the order";
        let want = "the rows add up to the\n    amount of the order";
        assert_eq!(wrapped(text, Some(22), 4), want);
        assert_eq!(wrapped(text, None, 4), text);
    }

    #[test]
    fn a_long_text_shows_how_many_lines_are_left() {
        assert_eq!(plain_lines("a\nb\u{7}\nc\nd", 2), "a\nb \n… (+2)");
    }
}
