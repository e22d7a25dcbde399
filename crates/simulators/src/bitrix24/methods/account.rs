//! The webhook's own account, and methods that need no records.

use super::super::error::RestError;
use super::super::php::Php;
use super::super::state::State;
use super::super::text::Text;
use super::{Call, Method, Step, done};

pub(super) static METHODS: &[Method] = &[
    Method {
        name: "user.current",
        scope: "user_brief",
        run: user,
    },
    Method {
        name: "profile",
        scope: "",
        run: profile,
    },
    Method {
        name: "scope",
        scope: "",
        run: scope,
    },
    Method {
        name: "server.time",
        scope: "",
        run: time,
    },
    Method {
        name: "app.info",
        scope: "",
        run: app,
    },
    Method {
        name: "event.bind",
        scope: "",
        run: bind,
    },
];

fn user(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let zone = state.clock.iso(state.now);
    done(Php::map([
        ("ID", Php::text(call.who.to_string())),
        ("ACTIVE", Php::Bool(true)),
        ("NAME", Php::text("Integration")),
        ("LAST_NAME", Php::text("User")),
        ("LAST_LOGIN", Php::text(zone)),
    ]))
}

fn profile(_state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    done(Php::map([
        ("ID", Php::text(call.who.to_string())),
        ("ADMIN", Php::Bool(true)),
        ("NAME", Php::text("Integration")),
        ("LAST_NAME", Php::text("User")),
        ("PERSONAL_GENDER", Php::text("")),
    ]))
}

fn scope(state: &mut State, _call: &Call, _waited: bool) -> Result<Step, RestError> {
    done(Php::list(
        state
            .config
            .scopes
            .iter()
            .map(|scope| Php::text(scope.clone())),
    ))
}

fn time(state: &mut State, _call: &Call, _waited: bool) -> Result<Step, RestError> {
    done(Php::text(state.clock.iso(state.now)))
}

fn app(state: &mut State, _call: &Call, _waited: bool) -> Result<Step, RestError> {
    let scopes = Php::list(
        state
            .config
            .scopes
            .iter()
            .map(|scope| Php::text(scope.clone())),
    );
    done(Php::map([
        ("SCOPE", scopes),
        ("LICENSE", Php::text("en_pro100")),
        ("INSTALLED", Php::Bool(true)),
    ]))
}

/// An inbound webhook cannot subscribe to events (facts §10).
fn bind(_state: &mut State, _call: &Call, _waited: bool) -> Result<Step, RestError> {
    let text = Text::Fixed("Current authorization type is denied for this method");
    Err(RestError::new(403, "WRONG_AUTH_TYPE", text))
}
