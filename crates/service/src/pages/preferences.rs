//! What a browser remembers of its reader: language and appearance, and for one page what was just done.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};

use crate::board::words::Lang;

const LANG: &str = "onedeal_lang";
const THEME: &str = "onedeal_theme";

/// Preferences hold for so many seconds: a year.
const LIFE_SECS: u32 = 365 * 24 * 60 * 60;

/// An appearance that a reader chose; without one the system's counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Theme {
    Light,
    Dark,
}

impl Theme {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The language that was chosen, else the one that the browser prefers.
pub(super) fn lang(headers: &HeaderMap) -> Lang {
    match cookie(headers, LANG) {
        Some("ru") => Lang::Ru,
        Some("en") => Lang::En,
        Some(_) | None => accepted(headers),
    }
}

pub(super) fn theme(headers: &HeaderMap) -> Option<Theme> {
    match cookie(headers, THEME) {
        Some("light") => Some(Theme::Light),
        Some("dark") => Some(Theme::Dark),
        Some(_) | None => None,
    }
}

/// `GET /preferences?lang=ru&back=/orders`: remembers and leads back.
pub(super) async fn set(parts: Parts) -> Response {
    let query = parts.uri.query().unwrap_or_default();
    let mut back = "/".to_owned();
    let mut cookies = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match (&*name, &*value) {
            ("lang", "en" | "ru") => cookies.push((LANG, value.into_owned(), LIFE_SECS)),
            ("theme", "light" | "dark") => cookies.push((THEME, value.into_owned(), LIFE_SECS)),
            ("theme", _) => cookies.push((THEME, String::new(), 0)),
            ("back", _) => back = local(&value).to_owned(),
            (_, _) => {}
        }
    }
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response();
    for (name, value, life) in cookies {
        let text = format!("{name}={value}; Path=/; Max-Age={life}; SameSite=Lax; HttpOnly");
        if let Ok(text) = HeaderValue::from_str(&text) {
            response.headers_mut().append(header::SET_COOKIE, text);
        }
    }
    response
}

/// A path of this service; anything else leads to the overview.
pub(super) fn local(path: &str) -> &str {
    let within =
        path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n']);
    if within { path } else { "/" }
}

pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let pairs = cookies
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(';'))
        .filter_map(|it| it.trim().split_once('='));
    pairs
        .filter(|(it, _)| *it == name)
        .map(|(_, value)| value)
        .next()
}

/// The first of our languages in the order of the browser's wishes.
fn accepted(headers: &HeaderMap) -> Lang {
    let text = headers.get(header::ACCEPT_LANGUAGE);
    let text = text.and_then(|it| it.to_str().ok()).unwrap_or_default();
    let mut best = (Lang::En, 0.0);
    for wish in text.split(',') {
        let (name, weight) = wish.split_once(';').unwrap_or((wish, "q=1"));
        let weight: f32 = weight
            .trim()
            .strip_prefix("q=")
            .and_then(|it| it.parse().ok())
            .unwrap_or(0.0);
        let lang = match name.trim().get(..2) {
            Some("ru") => Lang::Ru,
            Some("en") => Lang::En,
            Some(_) | None => continue,
        };
        if best.1 < weight {
            best = (lang, weight);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(header::HeaderName, &str)], want: Lang) {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()));
        assert_eq!(lang(&headers.collect()), want);
    }

    #[test]
    fn a_chosen_language_counts_before_the_browsers() {
        check(&[], Lang::En);
        check(
            &[(header::ACCEPT_LANGUAGE, "ru-RU,ru;q=0.9,en;q=0.8")],
            Lang::Ru,
        );
        check(
            &[(header::ACCEPT_LANGUAGE, "de, en;q=0.5, ru;q=0.7")],
            Lang::Ru,
        );
        check(&[(header::ACCEPT_LANGUAGE, "en-GB, ru;q=0.9")], Lang::En);
        let russian = (header::ACCEPT_LANGUAGE, "ru");
        check(
            &[russian, (header::COOKIE, "a=b; onedeal_lang=en")],
            Lang::En,
        );
    }

    #[test]
    fn nobody_is_led_to_another_site() {
        for path in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "",
            "orders",
        ] {
            assert_eq!(local(path), "/", "{path}");
        }
        assert_eq!(local("/orders?q=1"), "/orders?q=1");
    }
}
