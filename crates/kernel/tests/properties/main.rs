//! What holds for every order, every order of arrival and all weather.

#[expect(dead_code, reason = "properties need only a part of the cast")]
#[path = "../support/mod.rs"]
mod support;

mod events;
mod mapping;
mod versions;
mod weather;

use kernel::state::OrderState;

/// What is on disk is what was in memory.
#[track_caller]
pub(crate) fn round_trips(state: &OrderState) {
    let json = serde_json::to_string(state).expect("the state is plain data");
    let read: OrderState = serde_json::from_str(&json).expect("what was written can be read");
    assert_eq!(read, *state);
}
