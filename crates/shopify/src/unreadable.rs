//! Why a body could not be understood.

/// Why a body or a GraphQL node is not an order that can be used.
///
/// It names the field and what it should have been, never the value: bodies hold personal data and errors are logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The bytes are not JSON: a syntax error, invalid UTF-8 or nesting deeper than 127 levels.
    #[error("body is not JSON (line {line}, column {column})")]
    NotJson {
        /// Line of the first fault, from 1.
        line: usize,
        /// Column of the first fault, from 0.
        column: usize,
    },
    /// The JSON is not an object.
    #[error("body is not a JSON object")]
    NotAnObject,
    /// A field without which there is no order. A body that is only `{"id":…}` ends here with `updated_at`: the
    /// order has to be fetched (facts §1.8, §3.7).
    #[error("order has no `{field}`")]
    Missing {
        /// Name of the field in the body's own vocabulary.
        field: &'static str,
    },
    /// A field is there, and is not what it should be.
    #[error("`{path}` is not {expected}")]
    Malformed {
        /// Path of the field, such as `line_items[3].price`.
        path: String,
        /// What it should have been.
        expected: &'static str,
    },
    /// A GraphQL connection has a further page, so the order is not complete.
    #[error("`{path}` has a further page")]
    Incomplete {
        /// The connection that has a further page.
        path: &'static str,
    },
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        Self::NotJson {
            line: error.line(),
            column: error.column(),
        }
    }
}
