//! Errors as the portal answers them.

use super::door::Door;
use super::field::Family;
use super::php::Php;
use super::text::Text;

/// An error answer: HTTP status, code and text. The body never carries `time`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RestError {
    pub(crate) status: u16,
    /// A text, an empty text or a number.
    pub(crate) code: Php,
    pub(crate) text: Text,
    /// The name of the bad argument, for `ERROR_ARGUMENT`.
    pub(crate) argument: Option<&'static str>,
}

impl RestError {
    pub(crate) fn new(status: u16, code: &str, text: Text) -> Self {
        Self {
            status,
            code: Php::text(code),
            text,
            argument: None,
        }
    }

    /// HTTP 400 with an empty code, as the legacy family answers.
    pub(crate) fn legacy(text: Text) -> Self {
        Self::new(400, "", text)
    }

    pub(crate) fn item_not_found() -> Self {
        Self::new(400, "NOT_FOUND", Text::ItemNotFound)
    }

    pub(crate) fn missing(parameter: &'static str) -> Self {
        Self::new(400, "100", Text::MissingParameter(parameter))
    }

    /// A single value given to a field of the item family that holds a list.
    pub(crate) fn not_iterable(value: &Php) -> Self {
        let kind = match value {
            Php::Null => "null",
            Php::Bool(_) => "bool",
            Php::Int(_) => "int",
            Php::Float(_) => "float",
            Php::Str(_) => "string",
            Php::Array(_) => "array",
        };
        let text = format!("Expected iterable value for multiple field, but got `{kind}` instead");
        Self::new(400, "100", Text::Built(text))
    }

    /// A user field of money that got none; the code is that of an error without a code of its own.
    pub(crate) fn bad_money(field: &str, family: Family) -> Self {
        let text = format!("Field \"{field}\": the format of the value is wrong");
        match family {
            Family::Legacy => Self::legacy(Text::Built(text)),
            Family::Item => Self::new(400, "BX_ERROR", Text::Built(text)),
        }
    }

    pub(crate) fn required_field(field: &str) -> Self {
        let text = format!("Field \"{field}\" is required");
        Self::new(400, "CRM_FIELD_ERROR_REQUIRED", Text::Built(text))
    }

    pub(crate) fn invalid_argument(text: String) -> Self {
        Self::new(400, "INVALID_ARG_VALUE", Text::Built(text))
    }

    pub(crate) fn query_limit() -> Self {
        Self::new(
            503,
            "QUERY_LIMIT_EXCEEDED",
            Text::Fixed("Too many requests"),
        )
    }

    pub(crate) fn operating() -> Self {
        Self::new(
            429,
            "OPERATION_TIME_LIMIT",
            Text::Fixed("Method is blocked due to operation time limit."),
        )
    }

    pub(crate) fn method_not_found() -> Self {
        Self::new(
            404,
            "ERROR_METHOD_NOT_FOUND",
            Text::Fixed("Method not found!"),
        )
    }

    pub(crate) fn no_auth() -> Self {
        Self::new(
            401,
            "NO_AUTH_FOUND",
            Text::Fixed("Wrong authorization data"),
        )
    }

    pub(crate) fn invalid_credentials() -> Self {
        Self::new(
            401,
            "INVALID_CREDENTIALS",
            Text::Fixed("Invalid request credentials"),
        )
    }

    pub(crate) fn insufficient_scope() -> Self {
        Self::insufficient_scope_of(Door::Webhook)
    }

    pub(crate) fn insufficient_scope_of(door: Door) -> Self {
        let text = match door {
            Door::Webhook => {
                "The request requires higher privileges than provided by the webhook token"
            }
            Door::App => "The request requires higher privileges than provided by the access token",
        };
        Self::new(401, "insufficient_scope", Text::Fixed(text))
    }

    pub(crate) fn internal() -> Self {
        Self::new(
            500,
            "INTERNAL_SERVER_ERROR",
            Text::Fixed("Internal server error"),
        )
    }

    pub(crate) fn core() -> Self {
        Self::new(500, "ERROR_CORE", Text::Fixed("SQL query error!"))
    }

    pub(crate) fn unexpected() -> Self {
        Self::new(
            500,
            "ERROR_UNEXPECTED_ANSWER",
            Text::Fixed("Server returned an unexpected response"),
        )
    }
}
