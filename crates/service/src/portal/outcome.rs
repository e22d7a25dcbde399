//! From the portal's outcomes to the kernel's.

use bitrix24::{Answer, Outcome as Wire, RefusalClass as WireClass};
use kernel::outcome::{Outcome, Refusal, RefusalClass};

/// The portal could not ask the authorization server whose token it was shown (facts/bitrix24.md §6): it passes.
const CONNECTION_ERROR: &str = "CONNECTION_ERROR";

/// What an answer says about the portal itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    Fine,
    Limited,
    Unreachable,
    MethodBlocked,
    NoAccess,
    /// The access token has expired, or could not be checked: it is renewed without a person.
    NoToken,
    Other,
}

impl News {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "done",
            Self::Limited => "limited",
            Self::Unreachable => "unreachable",
            Self::MethodBlocked => "method_blocked",
            Self::NoAccess => "no_access",
            Self::NoToken => "no_token",
            Self::Other => "other",
        }
    }
}

/// One of the three outcomes, for counting.
pub(super) fn word<T>(answer: &Wire<T>) -> &'static str {
    match answer {
        Wire::Done(_) => "done",
        Wire::Refused(_) => "surely_not",
        Wire::Unknown(_) => "unknown",
    }
}

/// Reads the news of an answer; `fixed` says that the key is never exchanged.
pub(super) fn news(answer: &Wire<Answer>, fixed: bool) -> News {
    match answer {
        Wire::Done(_) => News::Fine,
        Wire::Unknown(_) => News::Other,
        Wire::Refused(refusal) => match refusal.class {
            WireClass::RateLimit | WireClass::Overload => News::Limited,
            WireClass::NotSent => News::Unreachable,
            WireClass::OperatingLimit => News::MethodBlocked,
            WireClass::Auth if refusal.is_expired() && !fixed => News::NoToken,
            WireClass::Auth if refusal.code == CONNECTION_ERROR => News::Limited,
            WireClass::Auth | WireClass::Scope | WireClass::Subscription | WireClass::Method => {
                News::NoAccess
            }
            WireClass::AccessDenied
            | WireClass::Invalid
            | WireClass::NotFound
            | WireClass::Halted => News::Other,
        },
    }
}

/// The refusal that closes the portal to us, if the answer is one.
pub(super) fn refusal(answer: &Wire<Answer>, fixed: bool) -> Option<&bitrix24::Refusal> {
    match answer {
        Wire::Refused(refusal) if news(answer, fixed) == News::NoAccess => Some(refusal),
        Wire::Done(_) | Wire::Refused(_) | Wire::Unknown(_) => None,
    }
}

/// The portal's code where it gave no answer.
pub(super) fn code(answer: &Wire<Answer>) -> Option<String> {
    match answer {
        Wire::Done(_) => None,
        Wire::Refused(refusal) => Some(refusal.code.clone()),
        Wire::Unknown(unknown) => unknown.code.clone(),
    }
}

/// Whether nothing was executed because the access token had expired.
pub(super) fn is_expired(answer: &Wire<Answer>) -> bool {
    matches!(answer, Wire::Refused(refusal) if refusal.is_expired())
}

pub(super) fn is_not_found<T>(answer: &Wire<T>) -> bool {
    matches!(answer, Wire::Refused(refusal) if refusal.class == WireClass::NotFound)
}

pub(super) fn to_kernel<T>(answer: Wire<T>) -> Outcome<T> {
    match answer {
        Wire::Done(value) => Outcome::Done(value),
        Wire::Refused(refusal) => Outcome::Refused(Refusal {
            class: class(refusal.class),
            code: refusal.code,
        }),
        Wire::Unknown(unknown) => Outcome::Unknown {
            says_duplicate: unknown.says_duplicate,
        },
    }
}

fn class(wire: WireClass) -> RefusalClass {
    match wire {
        WireClass::RateLimit
        | WireClass::OperatingLimit
        | WireClass::Overload
        | WireClass::Halted
        | WireClass::NotSent => RefusalClass::Busy,
        WireClass::Auth | WireClass::Scope | WireClass::Subscription | WireClass::Method => {
            RefusalClass::Access
        }
        WireClass::AccessDenied => RefusalClass::Denied,
        WireClass::Invalid => RefusalClass::Invalid,
        WireClass::NotFound => RefusalClass::NotFound,
    }
}
