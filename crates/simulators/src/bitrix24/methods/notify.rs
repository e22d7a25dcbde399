//! Notifications: each call adds one, except that one with the same tag takes the place of an earlier one.

use super::super::error::RestError;
use super::super::php::Php;
use super::super::state::{Notification, State};
use super::{Call, Method, Step, done};

pub(super) static METHODS: &[Method] = &[Method {
    name: "im.notify.system.add",
    scope: "im",
    run: add,
}];

fn add(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let user = call.exact("USER_ID")?.idval();
    let message = call.exact("MESSAGE")?.string();
    if user == 0 || message.is_empty() {
        return Err(RestError::invalid_argument(
            "Message or user is empty".to_owned(),
        ));
    }
    let tag = call.params.get("TAG").map(Php::string).unwrap_or_default();
    state.notified += 1;
    state
        .notifications
        .retain(|it| tag.is_empty() || it.user != user || it.tag != tag);
    state
        .notifications
        .push(Notification { user, message, tag });
    done(Php::id(state.notified))
}
