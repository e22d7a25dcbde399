//! What became of a call: done, surely not, or unknown.

use crate::Answer;
use crate::value::Unreadable;

/// What became of a call. There is no fourth case and none may be folded into another.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<T> {
    /// The portal did it and said so.
    Done(T),
    /// The portal surely did nothing: sending again is safe, if it can help.
    Refused(Refusal),
    /// It may have happened, and may still happen. Never repeat an add from here without looking first.
    Unknown(Unknown),
}

/// The portal surely did nothing, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("refused by the portal: {class:?} {code} {text}")]
pub struct Refusal {
    /// What kind of refusal it is: the field to branch on.
    pub class: RefusalClass,
    /// The portal's own code, empty where there is none ([`RefusalClass::Halted`], [`RefusalClass::NotSent`]).
    pub code: String,
    /// The portal's description, in the portal's language: for people, never to branch on.
    pub text: String,
}

/// Why the portal surely did nothing. The codes behind each class are in [`crate::errors`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefusalClass {
    /// The leaky bucket of requests is full; wait a little (facts §5.1).
    RateLimit,
    /// This method has used up its execution time; wait until `operating_reset_at` (facts §5.2).
    OperatingLimit,
    /// The portal's REST is blocked by hand; waiting alone does not help (facts §6).
    Overload,
    /// The webhook or its owner is not accepted.
    Auth,
    /// The webhook lacks the scope of the method.
    Scope,
    /// The portal's plan or subscription does not include REST.
    Subscription,
    /// The portal does not know the method, or not in this place.
    Method,
    /// The webhook's owner may not touch this object.
    AccessDenied,
    /// The parameters or field values are not valid.
    Invalid,
    /// The object does not exist. Never said of an add.
    NotFound,
    /// An earlier command of the same halting batch failed, so this one was not run.
    Halted,
    /// The request never left: refused connection, DNS, TLS before the request was written.
    NotSent,
}

/// It may have happened, and may still happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("outcome unknown: {why:?} {} {text}", code.as_deref().unwrap_or(""))]
pub struct Unknown {
    /// What makes it unknown.
    pub why: Doubt,
    /// The portal's code, if it gave one. An empty code is `Some("")`.
    pub code: Option<String>,
    /// The portal's description or the reader's complaint: for people, never to branch on. Often empty.
    pub text: String,
    /// Whether code or text claim that the object already exists ([`crate::errors::says_duplicate`]). A hint to look
    /// and to count, not a proof: the outcome stays unknown.
    pub says_duplicate: bool,
}

/// What makes an outcome unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Doubt {
    /// No answer, or the connection broke after the request may have been written.
    Lost,
    /// A 5xx status without a JSON error that would explain it.
    ServerError(u16),
    /// A body that is not JSON, under this status: a proxy, a login page, a redirect.
    NotJson(u16),
    /// JSON that ends too early, or an empty body.
    Truncated,
    /// A body above [`crate::ANSWER_BYTES_MAX`].
    TooLarge,
    /// JSON that is neither a result nor an error.
    NoResult,
    /// An answer that says two things at once, such as a result under a status other than 2xx.
    Contradictory,
    /// An error whose code is not on the closed list of "surely not", the empty code included.
    UnrecognisedCode,
    /// The answer to the batch is complete, but says nothing of this command.
    Missing,
    /// The call was done, but its result could not be understood.
    Unreadable,
}

impl<T> Outcome<T> {
    /// Turns the value of [`Outcome::Done`] and leaves the rest as it is.
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Done(value) => Outcome::Done(turn(value)),
            Self::Refused(refusal) => Outcome::Refused(refusal),
            Self::Unknown(unknown) => Outcome::Unknown(unknown),
        }
    }

    /// The value of [`Outcome::Done`], if it is that.
    pub fn done(self) -> Option<T> {
        match self {
            Self::Done(value) => Some(value),
            Self::Refused(_) | Self::Unknown(_) => None,
        }
    }
}

impl Outcome<Answer> {
    /// Reads the answer of a done call with one of the typed readers. A result that cannot be read makes the outcome
    /// unknown: an add whose id is not understood has happened all the same.
    pub fn read<T>(self, reader: impl FnOnce(&Answer) -> Result<T, Unreadable>) -> Outcome<T> {
        match self {
            Self::Done(answer) => match reader(&answer) {
                Ok(value) => Outcome::Done(value),
                Err(unreadable) => Outcome::Unknown(Unknown::unreadable(&unreadable)),
            },
            Self::Refused(refusal) => Outcome::Refused(refusal),
            Self::Unknown(unknown) => Outcome::Unknown(unknown),
        }
    }
}

impl Refusal {
    /// Whether the access token has expired: nothing was executed, and the same may be sent again with the next token.
    pub fn is_expired(&self) -> bool {
        self.class == RefusalClass::Auth && self.code == "expired_token"
    }

    /// A refusal that the portal did not word: [`RefusalClass::Halted`] or [`RefusalClass::NotSent`].
    pub fn silent(class: RefusalClass) -> Self {
        Self {
            class,
            code: String::new(),
            text: String::new(),
        }
    }
}

impl RefusalClass {
    /// Whether the refusal concerns everything sent to this portal, so that it says nothing about the one object: wait
    /// or call an operator, and count nothing against the object.
    pub fn is_portal_wide(self) -> bool {
        match self {
            Self::RateLimit
            | Self::OperatingLimit
            | Self::Overload
            | Self::Auth
            | Self::Scope
            | Self::Subscription
            | Self::Method
            | Self::NotSent => true,
            Self::AccessDenied | Self::Invalid | Self::NotFound | Self::Halted => false,
        }
    }
}

impl Unknown {
    /// An outcome about which the portal said nothing.
    pub fn silent(why: Doubt) -> Self {
        Self {
            why,
            code: None,
            text: String::new(),
            says_duplicate: false,
        }
    }

    fn unreadable(complaint: &Unreadable) -> Self {
        Self {
            text: complaint.to_string(),
            ..Self::silent(Doubt::Unreadable)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::item;

    #[test]
    fn a_done_add_with_an_unreadable_id_has_happened_all_the_same() {
        let answer = |result| Outcome::Done(Answer::from(result));
        assert_eq!(
            answer(json!({"item": {"id": 812}})).read(item::read_id),
            Outcome::Done(812)
        );
        let Outcome::Unknown(unknown) = answer(json!({"item": {"id": "x"}})).read(item::read_id)
        else {
            panic!("an unknown outcome")
        };
        assert_eq!(
            (unknown.why, unknown.text.as_str()),
            (Doubt::Unreadable, "reading `id`: not a whole number")
        );
    }

    #[test]
    fn reading_leaves_what_was_not_done_as_it_is() {
        let refused = Outcome::Refused(Refusal::silent(RefusalClass::Halted));
        assert_eq!(
            refused.read(item::read_id),
            Outcome::Refused(Refusal::silent(RefusalClass::Halted))
        );
        let lost = Outcome::<Answer>::Unknown(Unknown::silent(Doubt::Lost));
        assert_eq!(
            lost.clone().read(item::read_id),
            Outcome::Unknown(Unknown::silent(Doubt::Lost))
        );
        assert_eq!(lost.done(), None);
        assert_eq!(Outcome::Done(1).map(|id| id + 1), Outcome::Done(2));
    }

    #[test]
    fn outcomes_are_worded_for_people() {
        let refusal = Refusal {
            class: RefusalClass::Invalid,
            code: "100".to_owned(),
            text: "no fields".to_owned(),
        };
        assert_eq!(
            refusal.to_string(),
            "refused by the portal: Invalid 100 no fields"
        );
        let unknown = Unknown {
            code: Some("ERROR_CORE".to_owned()),
            ..Unknown::silent(Doubt::UnrecognisedCode)
        };
        assert_eq!(
            unknown.to_string().trim_end(),
            "outcome unknown: UnrecognisedCode ERROR_CORE"
        );
        assert_eq!(
            Unknown::silent(Doubt::Lost).to_string().trim_end(),
            "outcome unknown: Lost"
        );
    }
}
