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

/// Pairs of a name and what it says, below each other.
pub fn facts(pairs: &[(&str, String)]) -> String {
    let width = pairs
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0);
    pairs
        .iter()
        .map(|(name, value)| {
            let gap = " ".repeat(width - name.chars().count());
            format!("  {name}{gap}  {value}\n")
        })
        .collect()
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
