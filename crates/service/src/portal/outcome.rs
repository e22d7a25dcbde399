//! From the portal's outcomes to the kernel's.

use bitrix24::{Answer, Outcome as Wire, RefusalClass as WireClass};
use kernel::outcome::{Outcome, Refusal, RefusalClass};

/// What an answer says about the portal itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    Fine,
    Limited,
    Unreachable,
    MethodBlocked,
    NoAccess,
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
            Self::Other => "other",
        }
    }
}

pub(super) fn news(answer: &Wire<Answer>) -> News {
    match answer {
        Wire::Done(_) => News::Fine,
        Wire::Unknown(_) => News::Other,
        Wire::Refused(refusal) => match refusal.class {
            WireClass::RateLimit | WireClass::Overload => News::Limited,
            WireClass::NotSent => News::Unreachable,
            WireClass::OperatingLimit => News::MethodBlocked,
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
pub(super) fn refusal(answer: &Wire<Answer>) -> Option<&bitrix24::Refusal> {
    match answer {
        Wire::Refused(refusal) if news(answer) == News::NoAccess => Some(refusal),
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

/// What a person can do about refused access.
pub(super) fn remedy(class: WireClass) -> &'static str {
    match class {
        WireClass::Auth => {
            "the inbound webhook was revoked or has expired; make a new one and set ONEDEAL_BITRIX24_WEBHOOK_URL"
        }
        WireClass::Scope => {
            "the inbound webhook lacks the right `crm`; grant it in Bitrix24 under Developer resources"
        }
        WireClass::Subscription => "this portal's plan does not include the REST API",
        WireClass::Method => "this portal does not know the method; is it a Bitrix24 with CRM?",
        WireClass::RateLimit
        | WireClass::OperatingLimit
        | WireClass::Overload
        | WireClass::AccessDenied
        | WireClass::Invalid
        | WireClass::NotFound
        | WireClass::Halted
        | WireClass::NotSent => "try again later",
    }
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
