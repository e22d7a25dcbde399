//! The language of summaries: English, and Russian where the environment asks for it.

use std::collections::BTreeMap;

/// The variables that name a language, the strongest first (POSIX).
const VARIABLES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

/// A language of summaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// English.
    En,
    /// Russian.
    Ru,
}

impl Lang {
    /// The language that the environment asks for: the first variable that is not empty decides.
    pub fn of(variables: &BTreeMap<String, String>) -> Self {
        let named = VARIABLES
            .iter()
            .filter_map(|it| variables.get(*it))
            .find(|it| !it.is_empty());
        match named {
            Some(name) if name.to_ascii_lowercase().starts_with("ru") => Self::Ru,
            Some(_) | None => Self::En,
        }
    }

    /// The one of two texts that is in this language.
    pub fn say<'a>(self, en: &'a str, ru: &'a str) -> &'a str {
        match self {
            Self::En => en,
            Self::Ru => ru,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(variables: &[(&str, &str)], lang: Lang) {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        assert_eq!(Lang::of(&variables), lang);
    }

    #[test]
    fn the_strongest_variable_decides() {
        check(&[], Lang::En);
        check(&[("LANG", "ru_RU.UTF-8")], Lang::Ru);
        check(&[("LANG", "ru_RU.UTF-8"), ("LC_ALL", "C")], Lang::En);
        check(&[("LANG", "de_DE"), ("LC_ALL", "ru")], Lang::Ru);
        check(&[("LANG", "ru_RU"), ("LC_ALL", "")], Lang::Ru);
    }
}
