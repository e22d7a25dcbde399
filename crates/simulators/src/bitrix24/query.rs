//! Query strings and form bodies as PHP's `parse_str` reads them.

use super::php::Php;

/// The most variables one query may carry (`max_input_vars`, facts §1.6); the rest is cut off.
const INPUT_VARS_MAX: usize = 1000;

/// Reads `a=1&b[c]=2&d[]=3` into nested arrays. A raw `=` inside brackets breaks the key, as in PHP.
pub(crate) fn parse_str(query: &str) -> Php {
    let mut root = Php::empty();
    for pair in query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .take(INPUT_VARS_MAX)
    {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, path) = key_path(&url_decode(key));
        if !name.is_empty() {
            insert(&mut root, &name, &path, Php::Str(url_decode(value)));
        }
    }
    root
}

/// A form body of names and values, percent-encoded as PHP's `http_build_query` does it.
pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    let encoded = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", url_encode(name), url_encode(value)));
    encoded.collect::<Vec<_>>().join("&")
}

fn url_encode(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        b' ' => "+".to_owned(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// Decodes `%XX` and `+`.
pub(crate) fn url_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let decoded = match bytes[index] {
            b'%' => bytes
                .get(index + 1)
                .zip(bytes.get(index + 2))
                .and_then(|(high, low)| Some((hex(*high)? << 4) | hex(*low)?)),
            _ => None,
        };
        match decoded {
            Some(byte) => {
                out.push(byte);
                index += 3;
            }
            None => {
                out.push(if bytes[index] == b'+' {
                    b' '
                } else {
                    bytes[index]
                });
                index += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

/// Splits `a[b][]` into `a` and the path `b`, "append".
fn key_path(key: &str) -> (String, Vec<Option<String>>) {
    let key = key.trim_start();
    let Some(open) = key.find('[') else {
        return (plain(key), Vec::new());
    };
    let mut path = Vec::new();
    let mut rest = &key[open..];
    while let Some(inner) = rest.strip_prefix('[') {
        let Some(close) = inner.find(']') else { break };
        path.push(Some(inner[..close].to_owned()).filter(|part| !part.is_empty()));
        rest = &inner[close + 1..];
    }
    if path.is_empty() {
        // An opening bracket that is never closed turns into an underscore.
        return (plain(&key.replacen('[', "_", 1)), Vec::new());
    }
    (plain(&key[..open]), path)
}

fn plain(name: &str) -> String {
    name.replace(['.', ' '], "_")
}

fn insert(array: &mut Php, name: &str, path: &[Option<String>], value: Php) {
    let Some((head, tail)) = path.split_first() else {
        array.set(name, value);
        return;
    };
    let mut child = match array.get(name) {
        Some(existing) if existing.is_array() => existing.clone(),
        Some(_) | None => Php::empty(),
    };
    match head {
        Some(key) => insert(&mut child, key, tail, value),
        None if tail.is_empty() => child.push(value),
        None => {
            let mut nested = Php::empty();
            insert(&mut nested, "0", tail, value);
            child.push(nested.get("0").cloned().unwrap_or(Php::Null));
        }
    }
    array.set(name, child);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_build_nested_arrays() {
        let parsed =
            parse_str("fields[TITLE]=a%26b&fields[CONTACT_IDS][]=7&fields[CONTACT_IDS][]=8&x=1+2");
        assert_eq!(
            parsed.to_json(),
            r#"{"fields":{"TITLE":"a\u0026b","CONTACT_IDS":["7","8"]},"x":"1 2"}"#
        );
    }

    #[test]
    fn a_raw_equals_sign_inside_a_key_breaks_the_filter() {
        assert_eq!(
            parse_str("filter[=originId]=5").to_json(),
            r#"{"filter_":"originId]=5"}"#
        );
        assert_eq!(
            parse_str("filter[%3DoriginId]=5").to_json(),
            r#"{"filter":{"=originId":"5"}}"#
        );
    }
}
