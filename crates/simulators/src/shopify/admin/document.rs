//! As much of a GraphQL document as is needed to find root fields and their arguments.

use serde_json::Value;

/// One operation with its variables.
pub(super) struct Document {
    text: String,
    operation: String,
    variables: Value,
}

impl Document {
    /// Reads a request body; picks the operation named by `operationName`, else the first one.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let request: Value = serde_json::from_slice(body).ok()?;
        let query = request["query"].as_str()?;
        let start = match request["operationName"].as_str() {
            Some(name) => operation_start(query, name)?,
            None => 0,
        };
        let operation = selection(&query[start..])?.to_owned();
        Some(Self {
            text: query.to_owned(),
            operation,
            variables: request["variables"].clone(),
        })
    }

    /// Whether the operation has this root field.
    pub(super) fn asks(&self, field: &str) -> bool {
        self.root(field).is_some()
    }

    /// Whether the whole document, fragments included, has this word.
    pub(super) fn mentions(&self, word: &str) -> bool {
        self.text
            .split(|letter: char| !is_word(letter))
            .any(|it| it == word)
    }

    /// An argument of a root field, its variable resolved; `None` if absent or null.
    pub(super) fn argument(&self, field: &str, argument: &str) -> Option<Value> {
        self.argument_after(self.root(field)?, argument)
    }

    /// The same for a field of a root field's own selection.
    pub(super) fn nested_argument(&self, field: &str, argument: &str) -> Option<Value> {
        let (end, _) = tokens_at_depth(&self.operation, 2).find(|(_, word)| *word == field)?;
        self.argument_after(&self.operation[end..], argument)
    }

    fn argument_after(&self, text: &str, argument: &str) -> Option<Value> {
        let rest = text.trim_start().strip_prefix('(')?;
        let list = &rest[..close(rest, '(', ')')?];
        let value = tokens_at_depth(list, 0)
            .find(|(_, word)| *word == argument)
            .map(|(end, _)| list[end..].trim_start())?
            .strip_prefix(':')?
            .trim_start();
        let value = match value.strip_prefix('$') {
            Some(variable) => {
                let end = variable
                    .find(|letter: char| !is_word(letter))
                    .unwrap_or(variable.len());
                self.variables[&variable[..end]].clone()
            }
            // Literals of lists, strings and numbers read as JSON; enumerations and objects are not needed.
            None => serde_json::Deserializer::from_str(value)
                .into_iter()
                .next()?
                .ok()?,
        };
        (!value.is_null()).then_some(value)
    }

    /// The text after a root field's name.
    fn root(&self, field: &str) -> Option<&str> {
        tokens_at_depth(&self.operation, 1)
            .find(|(_, word)| *word == field)
            .map(|(end, _)| &self.operation[end..])
    }
}

fn operation_start(query: &str, name: &str) -> Option<usize> {
    let words: Vec<(usize, &str)> = tokens_at_depth(query, 0).collect();
    let pair = words
        .windows(2)
        .find(|pair| ["query", "mutation"].contains(&pair[0].1) && pair[1].1 == name)?;
    Some(pair[0].0)
}

/// From the first brace outside parentheses to its partner, both included.
fn selection(text: &str) -> Option<&str> {
    let mut round = 0;
    let open = text.find(|letter: char| {
        match letter {
            '(' => round += 1,
            ')' => round -= 1,
            _ => {}
        }
        letter == '{' && round == 0
    })?;
    let length = close(&text[open + 1..], '{', '}')?;
    Some(&text[open..open + length + 2])
}

/// Where the bracket closes whose inside begins at the start of `text`; strings are skipped.
fn close(text: &str, opening: char, closing: char) -> Option<usize> {
    let mut depth = 1;
    let mut quoted = false;
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        if quoted {
            quoted = letter != '"' || escaped;
            escaped = letter == '\\' && !escaped;
            continue;
        }
        quoted = letter == '"';
        depth += i32::from(letter == opening) - i32::from(letter == closing);
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// Words outside strings at a depth of brackets of any kind, with the offset behind each.
fn tokens_at_depth(text: &str, wanted: i32) -> impl Iterator<Item = (usize, &str)> {
    let mut words = Vec::new();
    let (mut depth, mut quoted, mut escaped, mut start) = (0, false, false, None);
    for (at, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        if quoted {
            quoted = letter != '"' || escaped;
            escaped = letter == '\\' && !escaped;
            continue;
        }
        if is_word(letter) {
            start = start.or(Some(at));
            continue;
        }
        if let Some(from) = start.take()
            && depth == wanted
            && !text[..from].ends_with('$')
        {
            words.push((at, &text[from..at]));
        }
        match letter {
            '"' => quoted = true,
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth -= 1,
            _ => {}
        }
    }
    words.into_iter()
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::Document;
    use serde_json::json;

    fn document(query: &str, name: Option<&str>) -> Document {
        let body = json!({"query": query, "operationName": name, "variables": {"q": "x", "n": 7, "after": null}});
        Document::parse(body.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn root_fields_and_arguments_are_found_and_nested_ones_are_not() {
        let query = "query A($q: String) { orders(first: 5, query: $q, after: $after) { nodes { order shop { id } } } }
            query B { shop { name } nodes(ids: [\"a) {\", \"b\"]) { id } order(id: \"gid\") { id } } fragment F on Order { id }";
        let first = document(query, None);
        assert!(
            first.asks("orders")
                && !first.asks("shop")
                && !first.asks("nodes")
                && !first.asks("order")
        );
        assert_eq!(first.argument("orders", "first"), Some(json!(5)));
        assert_eq!(first.argument("orders", "query"), Some(json!("x")));
        assert_eq!(first.argument("orders", "after"), None);
        let second = document(query, Some("B"));
        assert!(second.asks("shop") && !second.asks("orders"));
        assert_eq!(second.argument("nodes", "ids"), Some(json!(["a) {", "b"])));
        assert_eq!(second.argument("order", "id"), Some(json!("gid")));
    }
}
