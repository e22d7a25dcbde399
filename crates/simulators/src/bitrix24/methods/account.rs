//! The account of whoever calls, and methods that need no records.

use super::super::door::Door;
use super::super::error::RestError;
use super::super::php::Php;
use super::super::state::State;
use super::super::text::Text;
use super::{Call, Method, Step, done};

pub(super) static METHODS: &[Method] = &[
    Method {
        name: "scope",
        scope: "",
        run: scope,
    },
    Method {
        name: "methods",
        scope: "",
        run: methods,
    },
    Method {
        name: "method.get",
        scope: "",
        run: method,
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

fn scope(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    done(Php::list(
        state.scopes(call.door).into_iter().map(Php::text),
    ))
}

/// The methods that the caller's scopes open, all of them, or those of one scope.
fn methods(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let full = call.params.get("full").is_some_and(Php::truthy);
    let scope = call.params.get("scope").map(Php::string);
    let own = state.scopes(call.door);
    let shown = super::all().filter(|method| match &scope {
        Some(scope) => method.scope.split('|').any(|it| it == scope),
        None => full || method.open_to(&own),
    });
    done(Php::list(shown.map(|method| Php::text(method.name))))
}

fn method(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let name = call.params.get("name").map(Php::string).unwrap_or_default();
    let found = super::find(&name);
    let own = state.scopes(call.door);
    let open = found.is_some_and(|method| method.open_to(&own));
    done(Php::map([
        ("isExisting", Php::Bool(found.is_some())),
        ("isAvailable", Php::Bool(open)),
    ]))
}

fn time(state: &mut State, _call: &Call, _waited: bool) -> Result<Step, RestError> {
    done(Php::text(state.clock.iso(state.now)))
}

fn app(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let scopes = Php::list(state.scopes(call.door).into_iter().map(Php::text));
    done(Php::map([
        ("SCOPE", scopes),
        ("LICENSE", Php::text("en_pro100")),
        ("INSTALLED", Php::Bool(true)),
    ]))
}

/// An application subscribes to events, an inbound webhook cannot (facts §10).
fn bind(_state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    if call.door == Door::App {
        return done(Php::Bool(true));
    }
    let text = Text::Fixed("Current authorization type is denied for this method");
    Err(RestError::new(403, "WRONG_AUTH_TYPE", text))
}
