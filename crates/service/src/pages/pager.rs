//! From one page of a list to the next.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Where the list begins and goes on; `None` where it stands there already.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pager {
    pub(super) first: Option<String>,
    pub(super) next: Option<String>,
}

impl Pager {
    /// Of a list at `path` with these parts of its query, shown from `after` on, which goes on at `next`.
    pub(super) fn new(path: &str, kept: &[(&str, &str)], after: &str, next: Option<&str>) -> Self {
        let next = next.map(|next| href(path, kept.iter().copied().chain([("after", next)])));
        Self {
            first: (!after.is_empty()).then(|| href(path, kept.iter().copied())),
            next,
        }
    }
}

/// An address with a query, without its empty parts.
pub(super) fn href<'a>(path: &str, query: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let filled = query.into_iter().filter(|(_, value)| !value.is_empty());
    let parts: Vec<String> = filled
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect();
    if parts.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", parts.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_in_the_middle_leads_both_ways_and_keeps_the_search() {
        let kept = [("q", "a&b"), ("part", "")];
        let pager = Pager::new("/orders", &kept, "9", Some("8"));
        assert_eq!(pager.first.as_deref(), Some("/orders?q=a%26b"));
        assert_eq!(pager.next.as_deref(), Some("/orders?q=a%26b&after=8"));
        let only = Pager::new("/orders", &[], "", None);
        assert_eq!(
            only,
            Pager {
                first: None,
                next: None
            }
        );
    }
}
