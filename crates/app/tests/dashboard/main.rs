//! The dashboard of the real binary in a real browser, with a simulated portal behind it.
//!
//! Needs Debian's `chromium` and `chromium-driver`, and axe-core in `target/axe-core`; `scripts/test.sh` brings them.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, in its helpers too"
)]

mod access;
mod acting;
mod browser;
mod house;
mod looking;
#[path = "../serve/stand.rs"]
#[expect(dead_code, reason = "the stand also serves the tests of `serve`")]
mod stand;
